//! `AWS::Logs::LogGroup`. Its id is the group's name.

use async_trait::async_trait;
use aws_sdk_cloudwatchlogs::types::{self, LogGroupClass};
use futures::future::join_all;
use serde_json::{Map, Value, json};

use super::{log_group_effect, rights, trails};
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::sent;
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::only;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::items;
use crate::cloud::aws::object::Object;
use crate::cloud::aws::{AwsType, tags};
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Locate, Part, Parts, Place, Relation, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write,
};

/// `AWS::Logs::LogGroup`.
pub struct LogGroup;

const LISTING: &str = "listing";
const TAGS: &str = "tags";

const RETENTION: &str = "RetentionInDays";
const KEY: &str = "KmsKeyId";
const PROTECTION: &str = "DeletionProtectionEnabled";

const WRITES: &[Write] = &[
    Write::create(&[rights::group("logs:CreateLogGroup")]),
    Write::create_with(&[RETENTION], &[rights::group("logs:PutRetentionPolicy")]),
    Write::create_with(&["Tags"], &[rights::group("logs:TagResource")]),
    Write::update(
        &[RETENTION],
        &[rights::group("logs:PutRetentionPolicy"), rights::group("logs:DeleteRetentionPolicy")],
    ),
    Write::update(&[KEY], &[rights::group("logs:AssociateKmsKey"), rights::group("logs:DisassociateKmsKey")]),
    Write::update(&[PROTECTION], &[rights::group("logs:PutLogGroupDeletionProtection")]),
    Write::update(&["Tags"], &[rights::group("logs:TagResource"), rights::group("logs:UntagResource")]),
];

impl ResourceType for LogGroup {
    fn name(&self) -> &'static str {
        "AWS::Logs::LogGroup"
    }

    fn identified_by(&self) -> &'static [&'static str] {
        &["LogGroupName"]
    }

    fn reads(&self) -> &'static [Right] {
        const { &[rights::LIST_GROUPS] }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        const {
            &[
                Part {
                    name: LISTING,
                    permissions: &[],
                    properties: &[RETENTION, KEY, "LogGroupClass", PROTECTION],
                    facts: &[],
                },
                Part {
                    name: TAGS,
                    permissions: &[rights::group("logs:ListTagsForResource")],
                    properties: &["Tags"],
                    facts: &[],
                },
            ]
        }
    }

    fn relations(&self) -> &'static [Relation] {
        &[
            Relation {
                name: "metric_filters",
                of: "AWS::Logs::MetricFilter",
                many: true,
                locate: |group| Locate::ChildrenOf(group.id.clone()),
                needs: &[],
            },
            // Which of them watch a metric of the group's filters, the filters say.
            Relation {
                name: "alarms",
                of: "AWS::CloudWatch::Alarm",
                many: true,
                locate: |group| Locate::Referring(vec![group.account.clone()]),
                needs: &[],
            },
        ]
    }

    fn trails(&self) -> &'static [Trail] {
        trails::GROUP
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named(arn)
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        match (before, after) {
            (None, Some(after)) => create(after),
            (Some(before), Some(after)) => update(before, after),
            (Some(_), None) => {
                Err(Impossible("a log group that may have recorded events is not deleted by rectify".into()))
            }
            (None, None) => Ok(Vec::new()),
        }
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        log_group_effect::on_group(place, call, world)
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        let (days, key) =
            (|group: &Resource| days(group), |group: &Resource| group.text("/KmsKeyId").map(str::to_owned));
        let Some(after) = after else { return Vec::new() };
        let shorter = before.is_some_and(|before| days(before) > days(after));
        let encrypts = key(after).is_some() && before.is_none_or(|before| key(before) != key(after));
        let texts = [
            // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
            (
                shorter,
                "Events that are older than the new retention are deleted, and an undo does not bring them back.",
            ),
            // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
            (
                encrypts,
                "What is logged from now on can be read only as long as the key is there, enabled, and lets CloudWatch Logs in: after an undo too.",
            ),
        ];
        texts.into_iter().filter(|(applies, _)| *applies).map(|(_, text)| text.to_owned()).collect()
    }
}

/// How long events are kept; without a retention they never expire.
fn days(group: &Resource) -> i64 {
    group.property("/RetentionInDays").and_then(Value::as_i64).unwrap_or(i64::MAX)
}

fn create(after: &Resource) -> Result<Vec<Call>, Impossible> {
    let name = after.text("/LogGroupName").unwrap_or(&after.id);
    let mut input = Map::from_iter([("logGroupName".to_owned(), name.into())]);
    for (member, property) in
        [("kmsKeyId", KEY), ("logGroupClass", "LogGroupClass"), ("deletionProtectionEnabled", PROTECTION)]
    {
        input.extend(after.property(&format!("/{property}")).map(|value| (member.to_owned(), value.clone())));
    }
    let tags = tags::of(after);
    let tagged = !tags.is_empty();
    if tagged {
        input.insert("tags".into(), json!(tags));
    }
    let create = Call::new("logs", "CreateLogGroup", input.into());
    // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
    let mut calls = vec![create.and_permissions(tagged.then_some("logs:TagResource"))];
    if let Some(days) = after.property("/RetentionInDays") {
        let input = json!({"logGroupName": name, "retentionInDays": days});
        calls.push(Call::new("logs", "PutRetentionPolicy", input));
    }
    Ok(calls)
}

fn update(before: &Resource, after: &Resource) -> Result<Vec<Call>, Impossible> {
    only(&[RETENTION, KEY, PROTECTION, "Tags"], before, after)?;
    let name = before.id.as_str();
    let differs = |pointer: &str| before.property(pointer) != after.property(pointer);
    let mut calls = vec![];
    if differs("/KmsKeyId") {
        calls.push(match after.property("/KmsKeyId") {
            Some(key) => Call::new("logs", "AssociateKmsKey", json!({"logGroupName": name, "kmsKeyId": key})),
            None => Call::new("logs", "DisassociateKmsKey", json!({"logGroupName": name})),
        });
    }
    if differs("/RetentionInDays") {
        // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html
        if before.text("/LogGroupClass") == Some("DELIVERY") {
            return Err(Impossible("a log group of the class DELIVERY keeps its events for a day".into()));
        }
        calls.push(match after.property("/RetentionInDays") {
            Some(days) => {
                Call::new("logs", "PutRetentionPolicy", json!({"logGroupName": name, "retentionInDays": days}))
            }
            None => Call::new("logs", "DeleteRetentionPolicy", json!({"logGroupName": name})),
        });
    }
    if differs("/DeletionProtectionEnabled") {
        let on = after.property("/DeletionProtectionEnabled").and_then(Value::as_bool).unwrap_or(false);
        let input = json!({"logGroupIdentifier": name, "deletionProtectionEnabled": on});
        calls.push(Call::new("logs", "PutLogGroupDeletionProtection", input));
    }
    calls.extend(tags::difference(before, after)?.calls(
        |tags| Call::new("logs", "TagResource", json!({"resourceArn": before.arn, "tags": tags})),
        |keys| Call::new("logs", "UntagResource", json!({"resourceArn": before.arn, "tagKeys": keys})),
    ));
    Ok(calls)
}

#[async_trait]
impl AwsType for LogGroup {
    async fn list(&self, aws: &Clients, _within: Option<&str>, parts: &Parts) -> Listing {
        let mut listing = Listing::default();
        let (groups, error) = {
            let _slot = aws.slot("logs").await;
            let pages = aws.logs.describe_log_groups().into_paginator().stop_on_duplicate_token(false).items().send();
            items("logs", "DescribeLogGroups", pages).await
        };
        listing.incomplete(aws, self, error);
        let documents = groups.into_iter().map(|group| async move {
            let name = group.log_group_name().unwrap_or_default().to_owned();
            (name, document(aws, &group, parts).await)
        });
        for (name, document) in join_all(documents).await {
            listing.add(aws, self, &name, document.map(Some));
        }
        listing
    }

    async fn read(&self, aws: &Clients, id: &str, parts: &Parts) -> Result<Option<Resource>, CallError> {
        // No call reads one group by its name. Those whose names begin with it come sorted, so it is the first of them
        // (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html).
        let page = {
            let _slot = aws.slot("logs").await;
            let page = aws.logs.describe_log_groups().log_group_name_prefix(id).send().await;
            page.map_err(|error| call_error("logs", "DescribeLogGroups", error))?
        };
        match page.log_groups().iter().find(|group| group.log_group_name() == Some(id)) {
            Some(group) => document(aws, group, parts).await.map(Some),
            None => Ok(None),
        }
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let _slot = aws.slot("logs").await;
        let (client, input) = (&aws.logs, Input(call));
        let name = input.text("logGroupName");
        match call.operation.as_str() {
            "CreateLogGroup" => {
                let tags = input.value("tags").map(|tags| tags::map(Some(tags)).into_iter().collect());
                let request = client
                    .create_log_group()
                    .set_log_group_name(name.clone())
                    .set_kms_key_id(input.text("kmsKeyId"))
                    .set_log_group_class(input.text("logGroupClass").as_deref().map(LogGroupClass::from))
                    .set_deletion_protection_enabled(input.flag("deletionProtectionEnabled"))
                    .set_tags(tags);
                let arn = name.as_ref().map(|name| arn(&aws.place, name));
                Ok(Sent { id: name, arn, ..sent(call, request.send().await)? })
            }
            "PutRetentionPolicy" => {
                let request = client.put_retention_policy().set_log_group_name(name);
                sent(call, request.set_retention_in_days(input.integer("retentionInDays")).send().await)
            }
            "DeleteRetentionPolicy" => {
                sent(call, client.delete_retention_policy().set_log_group_name(name).send().await)
            }
            "AssociateKmsKey" => {
                let request = client.associate_kms_key().set_log_group_name(name);
                sent(call, request.set_kms_key_id(input.text("kmsKeyId")).send().await)
            }
            "DisassociateKmsKey" => sent(call, client.disassociate_kms_key().set_log_group_name(name).send().await),
            "PutLogGroupDeletionProtection" => {
                let request = client
                    .put_log_group_deletion_protection()
                    .set_log_group_identifier(input.text("logGroupIdentifier"))
                    .set_deletion_protection_enabled(input.flag("deletionProtectionEnabled"));
                sent(call, request.send().await)
            }
            "TagResource" => {
                let tags = tags::map(input.value("tags")).into_iter().collect();
                let request = client.tag_resource().set_resource_arn(input.text("resourceArn"));
                sent(call, request.set_tags(Some(tags)).send().await)
            }
            "UntagResource" => {
                let request = client.untag_resource().set_resource_arn(input.text("resourceArn"));
                sent(call, request.set_tag_keys(input.texts("tagKeys")).send().await)
            }
            _ => Err(input.unknown()),
        }
    }
}

/// The ARN of a group, as IAM and tags have it: without the `:*` that CloudFormation and CloudTrail put behind it
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html>).
pub fn arn(place: &Place, name: &str) -> String {
    format!("arn:{}:logs:{}:{}:log-group:{name}", place.partition, place.region, place.account)
}

async fn document(aws: &Clients, group: &types::LogGroup, parts: &Parts) -> Result<Resource, CallError> {
    let name = group.log_group_name().unwrap_or_default();
    let arn = arn(&aws.place, name);
    let mut properties = Object::default();
    properties
        .set("LogGroupName", Some(name))
        .set(RETENTION, group.retention_in_days())
        .set(KEY, group.kms_key_id())
        .set("LogGroupClass", group.log_group_class().map(LogGroupClass::as_str))
        .set(PROTECTION, group.deletion_protection_enabled());
    if parts.wants(TAGS) {
        let _slot = aws.slot("logs").await;
        let answer = aws.logs.list_tags_for_resource().resource_arn(&arn).send().await;
        let output = answer.map_err(|error| call_error("logs", "ListTagsForResource", error))?;
        properties.set("Tags", tags::property(output.tags.unwrap_or_default(), tags::Shape::Pairs));
    }
    Ok(Resource::new(aws.key(&LogGroup, name), arn, properties.0, Map::new()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::kms::Key;
    use crate::cloud::aws::testing::{document as resource, leads, place, round_trip, run, shown, world};

    const KEY_ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/k1";

    fn group(more: Value) -> Resource {
        let mut properties = json!({"LogGroupName": "/aws/lambda/pay", "LogGroupClass": "STANDARD"});
        properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        resource(&LogGroup, "/aws/lambda/pay", &arn(&place(), "/aws/lambda/pay"), properties, json!({}))
    }

    #[test]
    fn the_calls_lead_from_one_document_to_the_other_and_back() {
        let before = group(json!({}));
        let after = json!({"LogGroupName": "/aws/lambda/pay", "LogGroupClass": "STANDARD", "RetentionInDays": 365,
            "KmsKeyId": KEY_ARN, "DeletionProtectionEnabled": true, "Tags": [{"Key": "team", "Value": "pay"}]});
        let calls = leads(&LogGroup, &before, &before.with_properties(after.clone())).unwrap();
        assert_eq!(
            shown(&calls),
            json!([
                ["AssociateKmsKey", {"logGroupName": "/aws/lambda/pay", "kmsKeyId": KEY_ARN}],
                ["PutRetentionPolicy", {"logGroupName": "/aws/lambda/pay", "retentionInDays": 365}],
                ["PutLogGroupDeletionProtection",
                    {"logGroupIdentifier": "/aws/lambda/pay", "deletionProtectionEnabled": true}],
                ["TagResource", {"resourceArn": before.arn, "tags": {"team": "pay"}}],
            ])
        );
        let mut back = after;
        back["DeletionProtectionEnabled"] = false.into();
        round_trip(&LogGroup, &group(json!({"DeletionProtectionEnabled": false})), back);
    }

    #[test]
    fn a_group_keeps_its_class_and_is_not_deleted() {
        let before = group(json!({}));
        let moved = group(json!({"LogGroupClass": "INFREQUENT_ACCESS"}));
        assert!(LogGroup.calls(Some(&before), Some(&moved)).is_err());
        assert!(LogGroup.calls(Some(&before), None).is_err());
        let passing = group(json!({"LogGroupClass": "DELIVERY"}));
        let kept = group(json!({"LogGroupClass": "DELIVERY", "RetentionInDays": 30}));
        assert!(LogGroup.calls(Some(&passing), Some(&kept)).is_err());
    }

    #[test]
    fn a_new_group_has_what_was_asked_for() {
        let new =
            group(json!({"RetentionInDays": 365, "KmsKeyId": KEY_ARN, "Tags": [{"Key": "team", "Value": "pay"}]}));
        let calls = LogGroup.calls(None, Some(&new)).unwrap();
        assert_eq!(
            shown(&calls),
            json!([
                ["CreateLogGroup", {"logGroupName": "/aws/lambda/pay", "kmsKeyId": KEY_ARN, "logGroupClass": "STANDARD",
                    "tags": {"team": "pay"}}],
                ["PutRetentionPolicy", {"logGroupName": "/aws/lambda/pay", "retentionInDays": 365}],
            ])
        );
        assert_eq!(calls[0].permissions, ["logs:CreateLogGroup", "logs:TagResource"]);
        let mut world = world([]);
        let made = run(&LogGroup, &calls, None, &mut world).unwrap().unwrap();
        assert_eq!((made.arn, made.properties), (new.arn, new.properties));
        let again = run(&LogGroup, &calls, None, &mut world).unwrap_err();
        assert!(again.starts_with("ResourceAlreadyExistsException"), "{again}");
    }

    #[test]
    fn a_key_is_taken_only_where_its_policy_lets_the_service_in() {
        let before = group(json!({}));
        let calls = LogGroup.calls(Some(&before), Some(&group(json!({"KmsKeyId": KEY_ARN})))).unwrap();
        let key = |service: &str| {
            let statement = json!({"Effect": "Allow", "Principal": {"Service": service}, "Action": "kms:Decrypt"});
            let properties = json!({"Enabled": true, "KeyPolicy": {"Statement": [statement]}});
            resource(&Key, "k1", KEY_ARN, properties, json!({}))
        };
        let then = |key: Resource| run(&LogGroup, &calls, Some(&before.key()), &mut world([before.clone(), key]));
        assert!(then(key("logs.eu-west-1.amazonaws.com")).is_ok());
        let error = then(key("logs.us-east-1.amazonaws.com")).unwrap_err();
        assert!(error.starts_with("InvalidParameterException"), "{error}");
        // Of a key that is not among the documents nothing is known.
        assert!(then(resource(&Key, "k2", "", json!({}), json!({}))).is_ok());
    }

    #[test]
    fn a_person_is_told_what_a_difference_means() {
        let of = |before: Value, after: Value| LogGroup.warnings(Some(&group(before)), Some(&group(after))).len();
        assert_eq!(of(json!({}), json!({"RetentionInDays": 365})), 1);
        assert_eq!(of(json!({"RetentionInDays": 30}), json!({"RetentionInDays": 365})), 0);
        assert_eq!(of(json!({}), json!({"KmsKeyId": KEY_ARN})), 1);
        assert_eq!(LogGroup.warnings(None, Some(&group(json!({"RetentionInDays": 365})))), [""; 0]);
    }
}
