//! `AWS::CloudWatch::Alarm`. Its id is the alarm's name. Composite and log alarms are types of their own.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_cloudwatch::types::AlarmType;
use futures::future::join_all;
use serde_json::{Map, Value, json};

use super::{alarm_document, alarm_send, trails};
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::only;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::by_token;
use crate::cloud::aws::object::same;
use crate::cloud::aws::world::edit;
use crate::cloud::aws::{AwsType, tags};
use crate::cloud::{CallError, Listing};
use crate::model::{Call, Impossible, Part, Parts, Place, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write};

/// `AWS::CloudWatch::Alarm`.
pub struct Alarm;

const LISTING: &str = "listing";
/// The part that takes a call for each alarm.
pub const TAGS: &str = "tags";

/// Properties and the members of PutMetricAlarm, which have the same names. It writes an alarm whole
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>).
const WRITTEN: [&str; 25] = [
    "ActionsEnabled",
    "ActionConfiguration",
    "AlarmActions",
    "AlarmDescription",
    "ComparisonOperator",
    "DatapointsToAlarm",
    "Dimensions",
    "EvaluateLowSampleCountPercentile",
    "EvaluationCriteria",
    "EvaluationInterval",
    "EvaluationPeriods",
    "EvaluationWindow",
    "ExtendedStatistic",
    "InsufficientDataActions",
    "MetricName",
    "Metrics",
    "Namespace",
    "OKActions",
    "Period",
    "Statistic",
    "Threshold",
    "ThresholdMetricId",
    "TreatMissingData",
    "Unit",
    "WarmUpConfiguration",
];

/// What only PutMetricAlarm writes: all but the switch.
const WRITTEN_BY_PUT: &[&str] = {
    let [_, rest @ ..] = &WRITTEN;
    rest
};

/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html>
const fn alarm(action: &'static str) -> Right {
    Right::new(action, "arn:${partition}:cloudwatch:${region}:${account}:alarm:*")
}

const WRITES: &[Write] = &[
    Write::create(&[alarm("cloudwatch:PutMetricAlarm")]),
    Write::create_with(&["Tags"], &[alarm("cloudwatch:TagResource")]),
    Write::update(WRITTEN_BY_PUT, &[alarm("cloudwatch:PutMetricAlarm")]),
    Write::update(
        &["ActionsEnabled"],
        &[alarm("cloudwatch:EnableAlarmActions"), alarm("cloudwatch:DisableAlarmActions")],
    ),
    Write::update(&["Tags"], &[alarm("cloudwatch:TagResource"), alarm("cloudwatch:UntagResource")]),
    Write::delete(&[alarm("cloudwatch:DeleteAlarms")]),
];

impl ResourceType for Alarm {
    fn name(&self) -> &'static str {
        "AWS::CloudWatch::Alarm"
    }

    fn identified_by(&self) -> &'static [&'static str] {
        &["AlarmName"]
    }

    fn reads(&self) -> &'static [Right] {
        const { &[alarm("cloudwatch:DescribeAlarms")] }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        const {
            &[
                Part { name: LISTING, permissions: &[], properties: &WRITTEN, facts: &[] },
                Part {
                    name: TAGS,
                    permissions: &[alarm("cloudwatch:ListTagsForResource")],
                    properties: &["Tags"],
                    facts: &[],
                },
            ]
        }
    }

    /// The account, and of each metric that it watches what [`named_by`] and [`everything_of`] say, and its namespace.
    fn refers(&self, alarm: &Resource) -> Vec<String> {
        let queries = alarm.property("/Metrics").and_then(Value::as_array).into_iter().flatten();
        let metrics = queries.filter_map(|query| query.pointer("/MetricStat/Metric"));
        let mut all = BTreeSet::from([alarm.account.clone()]);
        for metric in metrics.chain([&alarm.properties]) {
            let Some(namespace) = metric.get("Namespace").and_then(Value::as_str) else { continue };
            let dimensions = metric.get("Dimensions").and_then(Value::as_array).into_iter().flatten();
            let dimensions: Vec<String> = dimensions
                .filter_map(|dimension| {
                    let text = |name| dimension.get(name).and_then(Value::as_str);
                    Some(named_by(namespace, text("Name")?, text("Value")?))
                })
                .collect();
            if dimensions.is_empty() {
                all.insert(everything_of(namespace));
            }
            all.insert(namespace.to_owned());
            all.extend(dimensions);
        }
        all.into_iter().collect()
    }

    fn refers_by(&self) -> &'static [&'static str] {
        &["Dimensions", "Metrics", "Namespace"]
    }

    fn trails(&self) -> &'static [Trail] {
        trails::ALARM
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named(arn)
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        match (before, after) {
            (None, Some(after)) => {
                let tags = tags::of(after);
                let mut input = input(after);
                let tagged = !tags.is_empty();
                if tagged {
                    input.insert("Tags".into(), tags::pairs(&tags, "Key", "Value"));
                }
                let put = Call::new("cloudwatch", "PutMetricAlarm", input.into());
                Ok(vec![put.and_permissions(tagged.then_some("cloudwatch:TagResource"))])
            }
            (Some(before), Some(after)) => update(before, after),
            (Some(before), None) => {
                Ok(vec![Call::new("cloudwatch", "DeleteAlarms", json!({"AlarmNames": [before.id]}))])
            }
            (None, None) => Ok(vec![]),
        }
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        on_alarm(place, call, world)
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        // https://aws.amazon.com/cloudwatch/pricing/
        let new = before.is_none() && after.is_some();
        new.then(|| "An alarm costs about 0.10 USD a month for each metric that it watches.".into())
            .into_iter()
            .collect()
    }
}

/// What an alarm refers to that watches a metric with this dimension.
pub fn named_by(namespace: &str, dimension: &str, value: &str) -> String {
    format!("{namespace} {dimension}={value}")
}

/// What an alarm refers to that watches a metric without dimensions: that of everything in the namespace.
pub fn everything_of(namespace: &str) -> String {
    format!("{namespace} *")
}

/// The whole input of PutMetricAlarm, but for tags.
fn input(alarm: &Resource) -> Map<String, Value> {
    let mut input = Map::from_iter([("AlarmName".to_owned(), name(alarm).into())]);
    for name in WRITTEN {
        input.extend(alarm.property(&format!("/{name}")).map(|value| (name.to_owned(), value.clone())));
    }
    input
}

fn name(alarm: &Resource) -> &str {
    alarm.text("/AlarmName").unwrap_or(&alarm.id)
}

fn update(before: &Resource, after: &Resource) -> Result<Vec<Call>, Impossible> {
    only(&[&WRITTEN[..], &["Tags"]].concat(), before, after)?;
    let on = |alarm: &Resource| alarm.property("/ActionsEnabled") != Some(&Value::Bool(false));
    let differs = |name: &&&str| {
        let pointer = format!("/{name}");
        match **name {
            // Absent is on.
            "ActionsEnabled" => on(before) != on(after),
            _ => !same(before.property(&pointer), after.property(&pointer)),
        }
    };
    let different: Vec<&str> = WRITTEN.iter().filter(differs).copied().collect();
    let mut calls = match different.as_slice() {
        [] => vec![],
        // The switch has calls of its own, which leave everything else alone.
        ["ActionsEnabled"] => {
            let operation = if on(after) { "EnableAlarmActions" } else { "DisableAlarmActions" };
            vec![Call::new("cloudwatch", operation, json!({"AlarmNames": [before.id]}))]
        }
        _ => vec![Call::new("cloudwatch", "PutMetricAlarm", input(after).into())],
    };
    calls.extend(tags::difference(before, after)?.calls(
        |tags| {
            let tags = tags::pairs(&tags, "Key", "Value");
            Call::new("cloudwatch", "TagResource", json!({"ResourceARN": before.arn, "Tags": tags}))
        },
        |keys| Call::new("cloudwatch", "UntagResource", json!({"ResourceARN": before.arn, "TagKeys": keys})),
    ));
    Ok(calls)
}

/// What CloudWatch does to the documents: the sandbox's half of the calls.
fn on_alarm(place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
    let input = Input(call);
    let by_arn = || input.text("ResourceARN").and_then(|arn| trails::named(&arn));
    let first = || input.texts("AlarmNames").and_then(|names| names.into_iter().next());
    let name = input.text("AlarmName").or_else(first).or_else(by_arn).ok_or("AlarmName is missing")?;
    let key = Alarm.key(place, &name);
    match call.operation.as_str() {
        "PutMetricAlarm" => {
            // Tags are taken of a new alarm only.
            let tags = match world.get(&key) {
                Some(found) => found.property("/Tags").cloned(),
                None => tags::property(tags::map(input.value("Tags")), tags::Shape::Pairs),
            };
            let mut properties = call.input.as_object().cloned().unwrap_or_default();
            properties.remove("Tags");
            properties.extend(tags.map(|tags| ("Tags".to_owned(), tags)));
            properties.entry("ActionsEnabled").or_insert(Value::Bool(true));
            let arn = arn(place, &name);
            world.insert(Resource::new(key, arn.clone(), properties, Map::new()));
            Ok(Sent { id: Some(name), arn: Some(arn), request_id: None })
        }
        "DeleteAlarms" => match world.remove(&key) {
            Some(_) => Ok(Sent::default()),
            None => Err(format!("ResourceNotFound: Alarm {name} does not exist")),
        },
        operation => edit(world, &key, "ResourceNotFoundException: Unknown alarm", |properties, _| {
            match operation {
                "EnableAlarmActions" | "DisableAlarmActions" => {
                    properties.insert("ActionsEnabled".into(), (operation == "EnableAlarmActions").into());
                }
                "TagResource" | "UntagResource" => tags::effect(&input, tags::Shape::Pairs, properties),
                operation => return Err(format!("UnknownOperationException: {operation}")),
            }
            Ok(())
        }),
    }
}

fn arn(place: &Place, name: &str) -> String {
    format!("arn:{}:cloudwatch:{}:{}:alarm:{name}", place.partition, place.region, place.account)
}

#[async_trait]
impl AwsType for Alarm {
    async fn list(&self, aws: &Clients, _within: Option<&str>, parts: &Parts) -> Listing {
        let mut listing = Listing::default();
        let (alarms, error) = {
            let _slot = aws.slot("cloudwatch").await;
            by_token("cloudwatch", "DescribeAlarms", |token| async {
                let request = aws.cloudwatch.describe_alarms().alarm_types(AlarmType::MetricAlarm);
                let page = request.set_next_token(token).send().await;
                page.map(|page| (page.metric_alarms, page.next_token))
            })
            .await
        };
        listing.incomplete(aws, self, error);
        let documents = alarms.into_iter().map(|alarm| async move {
            let name = alarm.alarm_name().unwrap_or_default().to_owned();
            (name, alarm_document::document(aws, &alarm, parts).await)
        });
        for (name, document) in join_all(documents).await {
            listing.add(aws, self, &name, document.map(Some));
        }
        listing
    }

    async fn read(&self, aws: &Clients, id: &str, parts: &Parts) -> Result<Option<Resource>, CallError> {
        let page = {
            let _slot = aws.slot("cloudwatch").await;
            let request = aws.cloudwatch.describe_alarms().alarm_names(id).alarm_types(AlarmType::MetricAlarm);
            request.send().await.map_err(|error| call_error("cloudwatch", "DescribeAlarms", error))?
        };
        match page.metric_alarms().iter().find(|alarm| alarm.alarm_name() == Some(id)) {
            Some(alarm) => alarm_document::document(aws, alarm, parts).await.map(Some),
            None => Ok(None),
        }
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let _slot = aws.slot("cloudwatch").await;
        let sent = alarm_send::send(aws, call).await?;
        Ok(match (call.operation.as_str(), Input(call).text("AlarmName")) {
            ("PutMetricAlarm", Some(name)) => Sent { arn: Some(arn(&aws.place, &name)), id: Some(name), ..sent },
            _ => sent,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{document, leads, place, round_trip, run, shown, world};

    const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:alarms";

    fn errors(more: Value) -> Resource {
        let mut properties = json!({"AlarmName": "pay-errors", "ActionsEnabled": true, "Namespace": "AWS/Lambda",
            "MetricName": "Errors", "Dimensions": [{"Name": "FunctionName", "Value": "pay"}], "Statistic": "Sum",
            "Period": 300, "EvaluationPeriods": 1, "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold"});
        properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        document(&Alarm, "pay-errors", &arn(&place(), "pay-errors"), properties, json!({}))
    }

    #[test]
    fn the_switch_is_switched_and_nothing_else() {
        let off = errors(json!({"ActionsEnabled": false}));
        let calls = leads(&Alarm, &off, &errors(json!({}))).unwrap();
        assert_eq!(shown(&calls), json!([["EnableAlarmActions", {"AlarmNames": ["pay-errors"]}]]));
        round_trip(&Alarm, &off, errors(json!({})).properties);
    }

    #[test]
    fn another_difference_writes_the_alarm_whole() {
        let before = errors(json!({"ActionsEnabled": false, "Tags": [{"Key": "a", "Value": "1"}]}));
        let after = errors(json!({"AlarmActions": [TOPIC], "Tags": [{"Key": "b", "Value": "2"}]}));
        let calls = leads(&Alarm, &before, &after).unwrap();
        let mut whole = after.properties.clone();
        whole.as_object_mut().unwrap().remove("Tags");
        assert_eq!(
            shown(&calls),
            json!([
                ["PutMetricAlarm", whole],
                ["TagResource", {"ResourceARN": before.arn, "Tags": [{"Key": "b", "Value": "2"}]}],
                ["UntagResource", {"ResourceARN": before.arn, "TagKeys": ["a"]}],
            ])
        );
        round_trip(&Alarm, &before, after.properties);
    }

    #[test]
    fn an_alarm_comes_and_goes() {
        let new = errors(json!({"AlarmActions": [TOPIC], "Tags": [{"Key": "team", "Value": "pay"}]}));
        let calls = Alarm.calls(None, Some(&new)).unwrap();
        assert_eq!(calls[0].permissions, ["cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"]);
        let mut world = world([]);
        let made = run(&Alarm, &calls, None, &mut world).unwrap().unwrap();
        assert_eq!((&made.arn, &made.properties), (&new.arn, &new.properties));
        let calls = Alarm.calls(Some(&made), None).unwrap();
        assert_eq!(run(&Alarm, &calls, Some(&made.key()), &mut world), Ok(None));
        let error = run(&Alarm, &calls, Some(&made.key()), &mut world).unwrap_err();
        assert!(error.starts_with("ResourceNotFound"), "{error}");
    }

    #[test]
    fn what_an_alarm_watches_is_what_it_refers_to() {
        let refers = |more: Value| Alarm.refers(&errors(more));
        let own = ["111122223333", "AWS/Lambda", "AWS/Lambda FunctionName=pay"];
        assert_eq!(refers(json!({})), own);
        assert_eq!(refers(json!({"Dimensions": null})), ["111122223333", "AWS/Lambda", "AWS/Lambda *"]);
        let metrics = json!({"Namespace": null, "MetricName": null, "Dimensions": null, "Metrics": [
            {"Id": "rate", "Expression": "e/i"},
            {"Id": "e", "MetricStat": {"Metric": {"Namespace": "AWS/Lambda", "MetricName": "Errors",
                "Dimensions": [{"Name": "FunctionName", "Value": "pay"}]}, "Period": 60, "Stat": "Sum"}},
        ]});
        assert_eq!(refers(metrics), own);
    }
}
