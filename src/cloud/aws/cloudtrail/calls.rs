//! The calls between two documents of a trail.

use serde_json::{Map, Value, json};

use super::rights::{PASS, TAG, TO_LOGS};
use super::selectors;
use crate::cloud::aws::fields::{Field, Unset, changed, field, only_fields};
use crate::cloud::aws::tags;
use crate::model::{Call, Impossible, Resource};

/// What CreateTrail and UpdateTrail write. An empty text takes a setting away
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-encryption-cli.html>,
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/stop-cloudtrail-from-sending-events-to-cloudwatch-logs.html>).
pub const FIELDS: &[Field] = &[
    field("S3BucketName", "S3BucketName", Unset::Impossible),
    field("S3KeyPrefix", "S3KeyPrefix", Unset::EmptyText),
    field("SnsTopicName", "SnsTopicName", Unset::EmptyText),
    field("IncludeGlobalServiceEvents", "IncludeGlobalServiceEvents", Unset::Impossible),
    field("IsMultiRegionTrail", "IsMultiRegionTrail", Unset::Impossible),
    field("EnableLogFileValidation", "EnableLogFileValidation", Unset::Impossible),
    field("CloudWatchLogsLogGroupArn", "CloudWatchLogsLogGroupArn", Unset::EmptyText),
    field("CloudWatchLogsRoleArn", "CloudWatchLogsRoleArn", Unset::EmptyText),
    field("KMSKeyId", "KmsKeyId", Unset::EmptyText),
];

/// What has calls of its own.
const APART: &[&str] = &["EventSelectors", "IsLogging", "Tags"];

/// The calls that make a trail.
pub fn creation(after: &Resource) -> Result<Vec<Call>, Impossible> {
    writable(after)?;
    let name = after.text("/TrailName").unwrap_or(&after.id);
    let mut input = Map::new();
    for field in FIELDS {
        if let Some(value) = after.property(&format!("/{}", field.property)) {
            input.insert(field.member.to_owned(), value.clone());
        }
    }
    if after.property("/AdvancedEventSelectors").is_some()
        || after.property("/IsOrganizationTrail") == Some(&json!(true))
    {
        return Err(Impossible("rectify makes trails of one account, without advanced event selectors".into()));
    }
    let tags = tags::of(after);
    let takes_role = after.property("/CloudWatchLogsRoleArn").map(|_| PASS);
    let takes_tags = (!tags.is_empty()).then_some(TAG);
    if !tags.is_empty() {
        input.insert("TagsList".into(), tags::pairs(&tags, "Key", "Value"));
    }
    input.insert("Name".into(), name.into());
    let create = Call::new("cloudtrail", "CreateTrail", Value::Object(input));
    let mut calls = vec![create.and_permissions(takes_role.into_iter().chain(takes_tags))];
    if let Some(selectors) = after.property("/EventSelectors") {
        calls.push(select(name, selectors));
    }
    if after.property("/IsLogging") == Some(&json!(true)) {
        calls.push(Call::new("cloudtrail", "StartLogging", json!({"Name": name})));
    }
    Ok(calls)
}

/// The call that ends a trail.
pub fn deletion(before: &Resource) -> Result<Vec<Call>, Impossible> {
    writable(before)?;
    Ok(vec![Call::new("cloudtrail", "DeleteTrail", json!({"Name": before.id}))])
}

/// The calls between two documents.
pub fn changes(before: &Resource, after: &Resource) -> Result<Vec<Call>, Impossible> {
    only_fields(FIELDS, APART, before, after)?;
    let name = &before.id;
    let mut calls = Vec::new();
    let mut input = changed(FIELDS, before, after)?;
    if !input.is_empty() {
        // Each of the two is nothing without the other.
        let to_logs = TO_LOGS.iter().any(|member| input.contains_key(*member));
        for member in TO_LOGS.iter().filter(|_| to_logs) {
            let value = after.property(&format!("/{member}")).cloned();
            input.entry(*member).or_insert_with(|| value.unwrap_or_else(|| "".into()));
        }
        let passes = to_logs.then_some(PASS).filter(|_| after.property("/CloudWatchLogsRoleArn").is_some());
        input.insert("Name".into(), name.as_str().into());
        calls.push(Call::new("cloudtrail", "UpdateTrail", Value::Object(input)).and_permissions(passes));
    }
    if before.property("/EventSelectors") != after.property("/EventSelectors") {
        if before.property("/AdvancedEventSelectors").is_some() {
            return Err(Impossible("its advanced event selectors would be overwritten".into()));
        }
        calls.push(select(name, after.property("/EventSelectors").unwrap_or(&selectors::default())));
    }
    calls.extend(tags::difference(before, after)?.calls(
        |set| {
            let input = json!({"ResourceId": before.arn, "TagsList": tags::pairs(&set, "Key", "Value")});
            Call::new("cloudtrail", "AddTags", input)
        },
        |gone| {
            let gone: Vec<Value> = gone.iter().map(|key| json!({"Key": key})).collect();
            Call::new("cloudtrail", "RemoveTags", json!({"ResourceId": before.arn, "TagsList": gone}))
        },
    ));
    let logging = |trail: &Resource| trail.property("/IsLogging").and_then(Value::as_bool);
    match (logging(before), logging(after)) {
        (old, new) if old == new => {}
        (_, Some(true)) => calls.push(Call::new("cloudtrail", "StartLogging", json!({"Name": name}))),
        (_, Some(false)) => calls.push(Call::new("cloudtrail", "StopLogging", json!({"Name": name}))),
        (_, None) => return Err(Impossible("a trail is logging or is not".into())),
    }
    if !calls.is_empty() {
        writable(before)?;
    }
    Ok(calls)
}

fn select(name: &str, selectors: &Value) -> Call {
    Call::new("cloudtrail", "PutEventSelectors", json!({"TrailName": name, "EventSelectors": selectors}))
}

/// A trail is changed in its home Region, by the account that it belongs to. The id of any other is its ARN.
fn writable(trail: &Resource) -> Result<(), Impossible> {
    match trail.id.starts_with("arn:") {
        true => Err(Impossible("the trail belongs to another account or another Region, and is changed there".into())),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Trail;
    use super::*;
    use crate::cloud::aws::testing::{document, leads, round_trip, run, shown, world};
    use crate::model::ResourceType;

    const ARN: &str = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit";
    const GROUP: &str = "arn:aws:logs:eu-west-1:111122223333:log-group:audit:*";
    const ROLE: &str = "arn:aws:iam::111122223333:role/audit";

    fn before() -> Resource {
        let properties = json!({
            "TrailName": "audit", "S3BucketName": "logs", "IncludeGlobalServiceEvents": true, "IsMultiRegionTrail": true,
            "IsOrganizationTrail": false, "EnableLogFileValidation": false, "IsLogging": false,
        });
        document(&Trail, "audit", ARN, properties, json!({"HomeRegion": "eu-west-1"}))
    }

    fn with(changes: Value) -> Resource {
        let mut properties = before().properties;
        for (name, value) in changes.as_object().unwrap() {
            properties[name] = value.clone();
        }
        before().with_properties(properties)
    }

    #[test]
    fn everything_changes_in_few_calls_and_back() {
        let after = with(json!({
            "EnableLogFileValidation": true, "KMSKeyId": "arn:aws:kms:eu-west-1:111122223333:key/k1", "IsLogging": true,
            "CloudWatchLogsLogGroupArn": GROUP, "CloudWatchLogsRoleArn": ROLE, "Tags": [{"Key": "team", "Value": "sec"}],
            "EventSelectors": [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": true}],
        }));
        let calls = leads(&Trail, &before(), &after).unwrap();
        let operations: Vec<&str> = calls.iter().map(|call| call.operation.as_str()).collect();
        assert_eq!(operations, ["UpdateTrail", "PutEventSelectors", "AddTags", "StartLogging"]);
        assert_eq!(calls[0].permissions, ["cloudtrail:UpdateTrail", "iam:PassRole"]);
        let back = leads(&Trail, &after, &before()).unwrap();
        assert_eq!(
            shown(&back),
            json!([
                ["UpdateTrail", {"Name": "audit", "EnableLogFileValidation": false, "KmsKeyId": "",
                    "CloudWatchLogsLogGroupArn": "", "CloudWatchLogsRoleArn": ""}],
                ["PutEventSelectors", {"TrailName": "audit",
                    "EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": true}]}],
                ["RemoveTags", {"ResourceId": ARN, "TagsList": [{"Key": "team"}]}],
                ["StopLogging", {"Name": "audit"}],
            ])
        );
        round_trip(&Trail, &before(), after.properties);
    }

    #[test]
    fn a_log_group_is_never_sent_without_its_role() {
        let one = with(json!({"CloudWatchLogsLogGroupArn": GROUP, "CloudWatchLogsRoleArn": ROLE}));
        let other = one.with_properties({
            let mut properties = one.properties.clone();
            properties["CloudWatchLogsLogGroupArn"] = "arn:aws:logs:eu-west-1:111122223333:log-group:other:*".into();
            properties
        });
        let calls = leads(&Trail, &one, &other).unwrap();
        assert_eq!(calls[0].input["CloudWatchLogsRoleArn"], ROLE);
    }

    #[test]
    fn a_trail_is_made_and_deleted_again() {
        let after =
            with(json!({"IsLogging": true, "EnableLogFileValidation": true, "Tags": [{"Key": "a", "Value": "1"}]}));
        let calls = Trail.calls(None, Some(&after)).unwrap();
        let operations: Vec<&str> = calls.iter().map(|call| call.operation.as_str()).collect();
        assert_eq!(operations, ["CreateTrail", "StartLogging"]);
        assert_eq!(calls[0].permissions, ["cloudtrail:CreateTrail", "cloudtrail:AddTags"]);
        let mut world = world([]);
        let made = run(&Trail, &calls, None, &mut world).unwrap().unwrap();
        assert_eq!((&made.properties, made.arn.as_str()), (&after.properties, ARN));
        let error = run(&Trail, &calls, None, &mut world).unwrap_err();
        assert!(error.starts_with("TrailAlreadyExistsException"), "{error}");
        let gone = Trail.calls(Some(&made), None).unwrap();
        assert_eq!(run(&Trail, &gone, Some(&made.key()), &mut world), Ok(None));
        let error = run(&Trail, &gone, Some(&made.key()), &mut world).unwrap_err();
        assert!(error.starts_with("TrailNotFoundException"), "{error}");
    }

    #[test]
    fn what_is_anothers_or_advanced_is_left_alone() {
        let mut shadow = before();
        shadow.id = "arn:aws:cloudtrail:us-east-1:111122223333:trail/audit".into();
        let mut logging = shadow.properties.clone();
        logging["IsLogging"] = true.into();
        assert!(Trail.calls(Some(&shadow), Some(&shadow.with_properties(logging))).is_err());
        assert_eq!(Trail.calls(Some(&shadow), Some(&shadow)), Ok(vec![]));
        let advanced = with(json!({"AdvancedEventSelectors": [{"FieldSelectors": []}]}));
        let mut selected = advanced.properties.clone();
        selected["EventSelectors"] = selectors::default();
        assert!(Trail.calls(Some(&advanced), Some(&advanced.with_properties(selected))).is_err());
    }
}
