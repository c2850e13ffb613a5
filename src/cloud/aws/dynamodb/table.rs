//! `AWS::DynamoDB::Table`. Its id is the table's name.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{
    PointInTimeRecoverySpecification, SseDescription, SseSpecification, SseStatus, TableDescription, Tag,
};
use aws_sdk_kms::types::KeyManagerType;
use serde_json::{Value, json};

use super::table_calls::{self, recovery_property, update};
use super::{rights, trails};
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::both;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::{by_token, each, items};
use crate::cloud::aws::object::Object;
use crate::cloud::aws::world::edit;
use crate::cloud::aws::{AwsType, kms, tags};
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Locate, Part, Parts, Place, Relation, Resource, ResourceType, Right, Sent, Settled, Snapshot,
    Trail, Write,
};

/// `AWS::DynamoDB::Table`.
pub struct Table;

const DESCRIPTION: &str = "description";
const KEY: &str = "key";
const BACKUPS: &str = "backups";
const TAGS: &str = "tags";

const WRITES: &[Write] = &[
    Write::update(&["DeletionProtectionEnabled", "SSESpecification"], &[rights::table("dynamodb:UpdateTable")]),
    Write::update(&["SSESpecification"], rights::USE_KEY)
        .with(|specification| matches!(specification.get("SSEEnabled"), Some(Value::Bool(true)))),
    Write::update(&["PointInTimeRecoverySpecification"], &[rights::table("dynamodb:UpdateContinuousBackups")]),
    Write::update(&["Tags"], &[rights::table("dynamodb:TagResource"), rights::table("dynamodb:UntagResource")]),
];

impl ResourceType for Table {
    fn name(&self) -> &'static str {
        "AWS::DynamoDB::Table"
    }

    fn identified_by(&self) -> &'static [&'static str] {
        &["TableName"]
    }

    fn reads(&self) -> &'static [Right] {
        const { &[rights::LIST, rights::table("dynamodb:DescribeTable")] }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        const {
            &[
                Part {
                    name: DESCRIPTION,
                    permissions: &[],
                    properties: &[
                        "AttributeDefinitions",
                        "BillingMode",
                        "DeletionProtectionEnabled",
                        "KeySchema",
                        "SSESpecification",
                        "StreamSpecification",
                        "TableClass",
                    ],
                    facts: &["TableStatus", "SSEStatus", "Replicas"],
                },
                Part { name: KEY, permissions: &[rights::DESCRIBE_KEY], properties: &[], facts: &["AwsManagedKey"] },
                Part {
                    name: BACKUPS,
                    permissions: &[rights::table("dynamodb:DescribeContinuousBackups")],
                    properties: &["PointInTimeRecoverySpecification"],
                    facts: &[],
                },
                Part {
                    name: TAGS,
                    permissions: &[rights::table("dynamodb:ListTagsOfResource")],
                    properties: &["Tags"],
                    facts: &[],
                },
            ]
        }
    }

    fn relations(&self) -> &'static [Relation] {
        &[Relation {
            name: "key",
            of: "AWS::KMS::Key",
            many: false,
            locate: |table| {
                let key = table.text("/SSESpecification/KMSMasterKeyId").and_then(kms::key_in);
                Locate::Ids(key.into_iter().collect())
            },
            needs: &["SSESpecification"],
        }]
    }

    fn trails(&self) -> &'static [Trail] {
        trails::TABLE
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named(arn)
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        if let (Some(_), None) = (before, after) {
            return Err(Impossible("a table that may hold data is not deleted by rectify".into()));
        }
        let Some((before, after)) = both(before, after)? else { return Ok(Vec::new()) };
        update(before, after)
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        let by_arn = || input.text("ResourceArn").and_then(|arn| trails::named(&arn));
        let name = input.text("TableName").or_else(by_arn).ok_or("TableName is missing")?;
        let missing = format!("ResourceNotFoundException: Requested resource not found: Table: {name} not found");
        edit(world, &self.key(place, &name), &missing, |properties, _| table_calls::effect(&input, properties))
    }

    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html>
    fn settled(&self, table: &Resource) -> Settled {
        let fact = |name: &str| table.fact(name).and_then(Value::as_str).unwrap_or_default();
        match (fact("/TableStatus"), fact("/SSEStatus")) {
            ("INACCESSIBLE_ENCRYPTION_CREDENTIALS", _) => Settled::Failed("DynamoDB cannot use the table's key".into()),
            ("CREATING" | "UPDATING", _) | (_, "ENABLING" | "DISABLING" | "UPDATING") => Settled::NotYet,
            _ => Settled::Yes,
        }
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        let (Some(before), Some(after)) = (before, after) else { return Vec::new() };
        let differs = |pointer: &str| before.property(pointer) != after.property(pointer);
        let sets = |pointer: &str| differs(pointer) && after.property(pointer).is_some();
        let turns_on = |pointer: &str| differs(pointer) && after.property(pointer) == Some(&Value::Bool(true));
        let texts = [
            // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
            (
                sets("/SSESpecification/KMSMasterKeyId"),
                "Whoever applies this, and whoever reads or writes the table, needs kms:Decrypt on the key; without the key \
                 the table cannot be read, and after seven days DynamoDB archives it.",
            ),
            // https://aws.amazon.com/dynamodb/pricing/
            (
                turns_on("/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled"),
                "Point-in-time recovery is billed by the size of the table.",
            ),
            (
                turns_on("/DeletionProtectionEnabled"),
                "Whoever deletes or replaces the table, a stack too, has to turn deletion protection off first.",
            ),
        ];
        texts.into_iter().filter(|(applies, _)| *applies).map(|(_, text)| text.to_owned()).collect()
    }
}

/// The encryption with a key of AWS KMS; none where the key is DynamoDB's own, or is going to be.
fn in_use(table: &TableDescription) -> Option<&SseDescription> {
    table.sse_description().filter(|sse| !matches!(sse.status(), None | Some(SseStatus::Disabled)))
}

/// What DescribeTable brings.
fn described(table: &TableDescription, properties: &mut Object, facts: &mut Object) {
    let definitions = table.attribute_definitions().iter().map(|definition| {
        json!({"AttributeName": definition.attribute_name(), "AttributeType": definition.attribute_type().as_str()})
    });
    let keys = table
        .key_schema()
        .iter()
        .map(|key| json!({"AttributeName": key.attribute_name(), "KeyType": key.key_type().as_str()}));
    // A table that was always provisioned has no summary.
    let billing = table.billing_mode_summary().and_then(|summary| summary.billing_mode());
    let billing = billing.map_or("PROVISIONED", |mode| mode.as_str());
    let class = table.table_class_summary().and_then(|summary| summary.table_class());
    let stream = table.stream_specification().filter(|stream| stream.stream_enabled());
    let stream =
        stream.and_then(|stream| stream.stream_view_type()).map(|view| json!({"StreamViewType": view.as_str()}));
    let sse = in_use(table);
    let specification = sse.map(|sse| {
        let mut specification = Object::default();
        specification
            .set("SSEEnabled", Some(true))
            .set("SSEType", Some(sse.sse_type().map_or("KMS", |kind| kind.as_str())))
            .set("KMSMasterKeyId", sse.kms_master_key_arn());
        Value::Object(specification.0)
    });
    properties
        .set("AttributeDefinitions", Some(definitions.collect::<Value>()))
        .set("KeySchema", Some(keys.collect::<Value>()))
        .set("BillingMode", Some(billing))
        .set("TableClass", class.map(|class| class.as_str()))
        .set("StreamSpecification", stream)
        .set("DeletionProtectionEnabled", Some(table.deletion_protection_enabled().unwrap_or(false)))
        .set("SSESpecification", specification);
    let replicas: Vec<&str> = table.replicas().iter().filter_map(|replica| replica.region_name()).collect();
    facts
        .set("TableStatus", table.table_status().map(|status| status.as_str()))
        .set("SSEStatus", sse.and_then(|sse| sse.status()).map(|status| status.as_str()))
        .set("Replicas", Some(replicas));
}

impl Table {
    /// The document of a table; none where there is none. One that was listed is not asked for its being there. The caller
    /// holds the slot.
    async fn document(
        &self,
        aws: &Clients,
        name: &str,
        parts: &Parts,
        listed: bool,
    ) -> Result<Option<Resource>, CallError> {
        let dynamodb = &aws.dynamodb;
        let (mut properties, mut facts) = (Object::default(), Object::default());
        properties.set("TableName", Some(name));
        if parts.wants(DESCRIPTION) || parts.wants(KEY) || !listed {
            let answer = dynamodb.describe_table().table_name(name).send().await;
            let output = found(answer.map_err(|error| call_error("dynamodb", "DescribeTable", error)))?;
            let Some(table) = output.and_then(|output| output.table) else { return Ok(None) };
            if parts.wants(DESCRIPTION) {
                described(&table, &mut properties, &mut facts);
            }
            let key = in_use(&table).and_then(|sse| sse.kms_master_key_arn()).filter(|_| parts.wants(KEY));
            if let Some(key) = key {
                let answer = aws.kms.describe_key().key_id(key).send().await;
                let output = found(answer.map_err(|error| call_error("kms", "DescribeKey", error)))?;
                let manager = output.and_then(|output| output.key_metadata).and_then(|key| key.key_manager);
                // Named, so that a document with another key is not taken for this one.
                facts.set("AwsManagedKey", (manager == Some(KeyManagerType::Aws)).then_some(key));
            }
        }
        if parts.wants(BACKUPS) {
            let answer = dynamodb.describe_continuous_backups().table_name(name).send().await;
            let output = answer.map_err(|error| call_error("dynamodb", "DescribeContinuousBackups", error))?;
            let recovery = output.continuous_backups_description.and_then(|it| it.point_in_time_recovery_description);
            let status = recovery.as_ref().and_then(|recovery| recovery.point_in_time_recovery_status());
            let on = status.is_some_and(|status| status.as_str() == "ENABLED");
            let days = recovery.as_ref().and_then(|recovery| recovery.recovery_period_in_days()).map(i64::from);
            properties.set("PointInTimeRecoverySpecification", Some(recovery_property(on, days)));
        }
        let arn = trails::arn(&aws.place, name);
        if parts.wants(TAGS) {
            let table = arn.as_str();
            let (tags, error) = by_token("dynamodb", "ListTagsOfResource", |token| async move {
                let request = dynamodb.list_tags_of_resource().resource_arn(table).set_next_token(token);
                request.send().await.map(|page| (page.tags, page.next_token))
            })
            .await;
            if let Some(error) = error {
                return Err(error);
            }
            let tags = tags.into_iter().map(|tag| (tag.key, tag.value));
            properties.set("Tags", tags::property(tags, tags::Shape::Pairs));
        }
        Ok(Some(Resource::new(aws.key(self, name), arn, properties.0, facts.0)))
    }
}

fn specification(input: &Input<'_>) -> Option<SseSpecification> {
    input.value("SSESpecification")?;
    let member = |name: &str| input.text(&format!("/SSESpecification/{name}"));
    let builder = SseSpecification::builder().set_enabled(input.flag("/SSESpecification/Enabled"));
    let builder = builder.set_kms_master_key_id(member("KMSMasterKeyId"));
    Some(builder.set_sse_type(member("SSEType").map(|kind| kind.as_str().into())).build())
}

fn recovery(input: &Input<'_>) -> Result<PointInTimeRecoverySpecification, CallError> {
    let member = |name: &str| format!("/PointInTimeRecoverySpecification/{name}");
    let builder = PointInTimeRecoverySpecification::builder();
    let builder = builder.set_point_in_time_recovery_enabled(input.flag(&member("PointInTimeRecoveryEnabled")));
    let builder = builder.set_recovery_period_in_days(input.integer(&member("RecoveryPeriodInDays")));
    builder.build().map_err(|error| input.invalid(error.to_string()))
}

fn sdk_tags(input: &Input<'_>) -> Result<Vec<Tag>, CallError> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build();
    let tags = tags::map(input.value("Tags")).into_iter().map(tag).collect::<Result<_, _>>();
    tags.map_err(|error| input.invalid(error.to_string()))
}

#[async_trait]
impl AwsType for Table {
    async fn list(&self, aws: &Clients, _within: Option<&str>, parts: &Parts) -> Listing {
        let pages = aws.dynamodb.list_tables().into_paginator().stop_on_duplicate_token(false).items().send();
        let names = items("dynamodb", "ListTables", pages).await;
        each(aws, self, "dynamodb", &names, |name| self.document(aws, name, parts, true)).await
    }

    async fn read(&self, aws: &Clients, id: &str, parts: &Parts) -> Result<Option<Resource>, CallError> {
        let _slot = aws.slot("dynamodb").await;
        self.document(aws, id, parts, false).await
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let _slot = aws.slot("dynamodb").await;
        let (dynamodb, input) = (&aws.dynamodb, Input(call));
        let (name, arn) = (input.text("TableName"), input.text("ResourceArn"));
        match call.operation.as_str() {
            "UpdateTable" => {
                let request = dynamodb.update_table().set_table_name(name);
                let request = request.set_deletion_protection_enabled(input.flag("DeletionProtectionEnabled"));
                sent(call, request.set_sse_specification(specification(&input)).send().await)
            }
            "UpdateContinuousBackups" => {
                let request = dynamodb.update_continuous_backups().set_table_name(name);
                sent(call, request.point_in_time_recovery_specification(recovery(&input)?).send().await)
            }
            "TagResource" => {
                let request = dynamodb.tag_resource().set_resource_arn(arn).set_tags(Some(sdk_tags(&input)?));
                sent(call, request.send().await)
            }
            "UntagResource" => {
                let request = dynamodb.untag_resource().set_resource_arn(arn).set_tag_keys(input.texts("TagKeys"));
                sent(call, request.send().await)
            }
            _ => Err(input.unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{document, leads, place, resource, round_trip, shown, world};

    const KEY_ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/k1";

    fn table() -> Resource {
        let properties = json!({"TableName": "orders", "DeletionProtectionEnabled": false,
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": false}});
        document(&Table, "orders", &trails::arn(&place(), "orders"), properties, json!({}))
    }

    #[test]
    fn the_calls_lead_from_one_document_to_the_other_and_back() {
        let sse = json!({"SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": KEY_ARN});
        let after = json!({"TableName": "orders", "DeletionProtectionEnabled": true, "SSESpecification": sse,
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true},
            "Tags": [{"Key": "team", "Value": "orders"}]});
        let calls = leads(&Table, &table(), &table().with_properties(after.clone())).unwrap();
        assert_eq!(
            shown(&calls),
            json!([
                ["TagResource", {"ResourceArn": trails::arn(&place(), "orders"), "Tags": [{"Key": "team", "Value": "orders"}]}],
                ["UpdateContinuousBackups", {"TableName": "orders",
                    "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 35}}],
                ["UpdateTable", {"TableName": "orders", "DeletionProtectionEnabled": true}],
                ["UpdateTable", {"TableName": "orders",
                    "SSESpecification": {"Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": KEY_ARN}}],
            ])
        );
        assert!(calls[3].permissions.contains(&"kms:CreateGrant".to_owned()));
        round_trip(&Table, &table(), after);
    }

    #[test]
    fn a_shorter_recovery_stays_as_it_is() {
        let week = json!({"TableName": "orders", "DeletionProtectionEnabled": false,
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 7}});
        round_trip(&Table, &table(), week);
    }

    #[test]
    fn off_is_off_however_it_is_said() {
        let said = json!({"TableName": "orders", "DeletionProtectionEnabled": false, "SSESpecification": {"SSEEnabled": false},
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": false}});
        assert_eq!(Table.calls(Some(&table()), Some(&table().with_properties(said))), Ok(vec![]));
    }

    #[test]
    fn a_table_that_is_updated_is_waited_for() {
        let state = |facts: Value| Table.settled(&resource(&Table, "orders", json!({}), facts));
        assert_eq!(state(json!({"TableStatus": "ACTIVE", "SSEStatus": "ENABLED"})), Settled::Yes);
        assert_eq!(state(json!({"TableStatus": "UPDATING"})), Settled::NotYet);
        assert_eq!(state(json!({"TableStatus": "ACTIVE", "SSEStatus": "UPDATING"})), Settled::NotYet);
        assert!(matches!(state(json!({"TableStatus": "INACCESSIBLE_ENCRYPTION_CREDENTIALS"})), Settled::Failed(_)));
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        assert!(Table.calls(Some(&table()), None).is_err());
        assert!(Table.calls(None, Some(&table())).is_err());
        let call = Call::new("dynamodb", "UpdateTable", json!({"TableName": "gone"}));
        let refused = Table.effect(&place(), &call, &mut world([])).unwrap_err();
        assert_eq!(refused, "ResourceNotFoundException: Requested resource not found: Table: gone not found");
    }
}
