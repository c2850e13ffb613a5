//! `AWS::Logs::MetricFilter`. Its id is `LOGGROUPNAME|FILTERNAME`. It has no ARN: it stands under that of its log group.

use async_trait::async_trait;
use aws_sdk_cloudwatchlogs::types::{self, MetricTransformation, StandardUnit};
use serde_json::{Map, Value, json};

use super::log_group::arn;
use super::{LogGroup, rights, trails};
use crate::cloud::aws::AwsType;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::only;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::items;
use crate::cloud::aws::object::{Object, list, number};
use crate::cloud::aws::world::is_missing;
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Locate, Part, Parts, Place, Relation, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write,
};

/// `AWS::Logs::MetricFilter`.
pub struct MetricFilter;

/// PutMetricFilter writes a filter whole
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html>).
const WRITTEN: [&str; 5] = [
    "FilterPattern",
    "MetricTransformations",
    "ApplyOnTransformedLogs",
    "FieldSelectionCriteria",
    "EmitSystemFieldDimensions",
];

const WRITES: &[Write] = &[
    Write::create(&[rights::group("logs:PutMetricFilter")]),
    Write::update(&WRITTEN, &[rights::group("logs:PutMetricFilter")]),
    Write::delete(&[rights::group("logs:DeleteMetricFilter")]),
];

impl ResourceType for MetricFilter {
    fn name(&self) -> &'static str {
        "AWS::Logs::MetricFilter"
    }

    fn identified_by(&self) -> &'static [&'static str] {
        &["LogGroupName", "FilterName"]
    }

    fn reads(&self) -> &'static [Right] {
        const { &[rights::group("logs:DescribeMetricFilters")] }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        &[Part { name: "listing", permissions: &[], properties: &WRITTEN, facts: &[] }]
    }

    fn belongs_to(&self) -> Option<&'static str> {
        Some("log_group")
    }

    fn relations(&self) -> &'static [Relation] {
        &[Relation {
            name: "log_group",
            of: "AWS::Logs::LogGroup",
            many: false,
            locate: |filter| Locate::Ids(filter.text("/LogGroupName").map(str::to_owned).into_iter().collect()),
            needs: &["LogGroupName"],
        }]
    }

    /// The account.
    fn refers(&self, filter: &Resource) -> Vec<String> {
        vec![filter.account.clone()]
    }

    fn parent(&self, id: &str) -> Option<String> {
        id.split_once('|').map(|(group, _)| group.to_owned())
    }

    fn trails(&self) -> &'static [Trail] {
        trails::FILTER
    }

    fn named(&self, _arn: &str) -> Option<String> {
        None
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let put = |filter: &Resource| Call::new("logs", "PutMetricFilter", input(filter));
        Ok(match (before, after) {
            (None, Some(after)) => vec![put(after)],
            (Some(before), Some(after)) => {
                only(&WRITTEN, before, after)?;
                let differs = WRITTEN.iter().any(|name| {
                    let pointer = format!("/{name}");
                    before.property(&pointer) != after.property(&pointer)
                });
                if differs { vec![put(after)] } else { vec![] }
            }
            (Some(before), None) => {
                let names = names(before);
                let input = json!({"logGroupName": names.0, "filterName": names.1});
                vec![Call::new("logs", "DeleteMetricFilter", input)]
            }
            (None, None) => vec![],
        })
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        let text = |name| input.text(name).ok_or(format!("{name} is missing"));
        let (group, filter) = (text("logGroupName")?, text("filterName")?);
        let id = format!("{group}|{filter}");
        let key = self.key(place, &id);
        if is_missing(world, &LogGroup.key(place, &group)) {
            return Err("ResourceNotFoundException: The specified log group does not exist.".into());
        }
        match call.operation.as_str() {
            "PutMetricFilter" => {
                world.insert(written(place, &call.input, &group, &filter));
                Ok(Sent { id: Some(id), ..Sent::default() })
            }
            "DeleteMetricFilter" => match world.remove(&key) {
                Some(_) => Ok(Sent::default()),
                None => Err("ResourceNotFoundException: The specified metric filter does not exist.".into()),
            },
            operation => Err(format!("UnknownOperationException: {operation}")),
        }
    }
}

/// The names of a filter's group and of the filter itself.
fn names(filter: &Resource) -> (&str, &str) {
    let (group, name) = filter.id.split_once('|').unwrap_or_default();
    (filter.text("/LogGroupName").unwrap_or(group), filter.text("/FilterName").unwrap_or(name))
}

/// The whole input of PutMetricFilter. CloudFormation has dimensions as pairs, the call has them as a map.
fn input(filter: &Resource) -> Value {
    let (group, name) = names(filter);
    let transformations = filter.property("/MetricTransformations").and_then(Value::as_array).into_iter().flatten();
    let transformations: Vec<Value> = transformations.map(|transformation| renamed(transformation, true)).collect();
    // An empty pattern is one that every event matches.
    let pattern = filter.text("/FilterPattern").unwrap_or_default();
    let mut input = Object(Map::from_iter([
        ("logGroupName".to_owned(), group.into()),
        ("filterName".to_owned(), name.into()),
        ("filterPattern".to_owned(), pattern.into()),
        ("metricTransformations".to_owned(), transformations.into()),
    ]));
    let optional = WRITTEN.iter().skip(2);
    for property in optional {
        input.set(&in_lower(property), filter.property(&format!("/{property}")).cloned());
    }
    input.0.into()
}

/// The document that the input of PutMetricFilter makes.
fn written(place: &Place, input: &Value, group: &str, filter: &str) -> Resource {
    let mut properties = Object::default();
    for property in WRITTEN {
        properties.set(property, input.get(in_lower(property)).cloned());
    }
    let transformations = input.get("metricTransformations").and_then(Value::as_array).into_iter().flatten();
    let transformations: Vec<Value> = transformations.map(|transformation| renamed(transformation, false)).collect();
    properties.set("MetricTransformations", Some(transformations));
    resource(place, group, filter, properties)
}

fn resource(place: &Place, group: &str, filter: &str, mut properties: Object) -> Resource {
    properties.set("LogGroupName", Some(group)).set("FilterName", Some(filter));
    // CloudFormation asks for the pattern, even where it is empty.
    properties.0.entry("FilterPattern").or_insert_with(|| "".into());
    let key = MetricFilter.key(place, &format!("{group}|{filter}"));
    Resource::new(key, arn(place, group), properties.0, Map::new())
}

fn in_lower(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_ascii_lowercase() + rest
}

/// The members of a transformation as the call names them, or as CloudFormation does.
fn renamed(transformation: &Value, for_call: bool) -> Value {
    const NAMES: [(&str, &str); 5] = [
        ("MetricName", "metricName"),
        ("MetricNamespace", "metricNamespace"),
        ("MetricValue", "metricValue"),
        ("DefaultValue", "defaultValue"),
        ("Unit", "unit"),
    ];
    let mut members = Object::default();
    for (property, member) in NAMES {
        let (from, to) = if for_call { (property, member) } else { (member, property) };
        members.set(to, transformation.get(from).cloned());
    }
    match for_call {
        true => {
            let pairs = transformation.get("Dimensions").and_then(Value::as_array).into_iter().flatten();
            let pairs =
                pairs.filter_map(|pair| Some((pair.get("Key")?.as_str()?.to_owned(), pair.get("Value")?.clone())));
            members.set("dimensions", Object(pairs.collect()).non_empty());
        }
        false => {
            let map = transformation.get("dimensions").and_then(Value::as_object).into_iter().flatten();
            let pairs: Vec<Value> = map.map(|(key, value)| json!({"Key": key, "Value": value})).collect();
            members.set("Dimensions", (!pairs.is_empty()).then_some(pairs));
        }
    }
    members.0.into()
}

#[async_trait]
impl AwsType for MetricFilter {
    async fn list(&self, aws: &Clients, within: Option<&str>, _parts: &Parts) -> Listing {
        let _slot = aws.slot("logs").await;
        let request = aws.logs.describe_metric_filters().set_log_group_name(within.map(str::to_owned));
        let (filters, error) = items(
            "logs",
            "DescribeMetricFilters",
            request.into_paginator().stop_on_duplicate_token(false).items().send(),
        )
        .await;
        let resources = filters.iter().map(|filter| document(&aws.place, filter, within)).collect();
        match within {
            Some(group) => Listing::of_parent(aws, self, group, resources, error),
            None => {
                let mut listing = Listing { resources, ..Listing::default() };
                listing.incomplete(aws, self, error);
                listing
            }
        }
    }

    async fn read(&self, aws: &Clients, id: &str, _parts: &Parts) -> Result<Option<Resource>, CallError> {
        let Some((group, name)) = id.split_once('|') else { return Ok(None) };
        let _slot = aws.slot("logs").await;
        let request = aws.logs.describe_metric_filters().log_group_name(group).filter_name_prefix(name);
        let page = request.send().await.map_err(|error| call_error("logs", "DescribeMetricFilters", error));
        let filters = found(page)?.and_then(|page| page.metric_filters).unwrap_or_default();
        let filter = filters.iter().find(|filter| filter.filter_name() == Some(name));
        Ok(filter.map(|filter| document(&aws.place, filter, Some(group))))
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let _slot = aws.slot("logs").await;
        let (client, input) = (&aws.logs, Input(call));
        let (group, name) = (input.text("logGroupName"), input.text("filterName"));
        match call.operation.as_str() {
            "PutMetricFilter" => {
                let list = input.value("metricTransformations").and_then(Value::as_array).into_iter().flatten();
                let transformations: Result<Vec<_>, _> = list.map(transformation).collect();
                let transformations = transformations.map_err(|error| input.invalid(error.to_string()))?;
                let request = client
                    .put_metric_filter()
                    .set_log_group_name(group.clone())
                    .set_filter_name(name.clone())
                    .set_filter_pattern(input.text("filterPattern"))
                    .set_metric_transformations(Some(transformations))
                    .set_apply_on_transformed_logs(input.flag("applyOnTransformedLogs"))
                    .set_field_selection_criteria(input.text("fieldSelectionCriteria"))
                    .set_emit_system_field_dimensions(input.texts("emitSystemFieldDimensions"));
                let id = group.zip(name).map(|(group, name)| format!("{group}|{name}"));
                Ok(Sent { id, ..sent(call, request.send().await)? })
            }
            "DeleteMetricFilter" => {
                let request = client.delete_metric_filter().set_log_group_name(group).set_filter_name(name);
                sent(call, request.send().await)
            }
            _ => Err(input.unknown()),
        }
    }
}

fn transformation(value: &Value) -> Result<MetricTransformation, aws_smithy_types::error::operation::BuildError> {
    let text = |name| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let dimensions = value.get("dimensions").and_then(Value::as_object);
    let text_of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    MetricTransformation::builder()
        .set_metric_name(text("metricName"))
        .set_metric_namespace(text("metricNamespace"))
        .set_metric_value(text("metricValue"))
        .set_default_value(value.get("defaultValue").and_then(Value::as_f64))
        .set_dimensions(dimensions.map(|map| map.iter().map(|(key, value)| (key.clone(), text_of(value))).collect()))
        .set_unit(text("unit").as_deref().map(StandardUnit::from))
        .build()
}

fn document(place: &Place, filter: &types::MetricFilter, within: Option<&str>) -> Resource {
    let group = filter.log_group_name().or(within).unwrap_or_default();
    let transformations: Vec<Value> = filter
        .metric_transformations()
        .iter()
        .map(|transformation| {
            let mut dimensions: Vec<_> = transformation.dimensions().into_iter().flatten().collect();
            dimensions.sort();
            let pairs: Vec<Value> =
                dimensions.into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
            let mut members = Object::default();
            members
                .set("MetricName", Some(transformation.metric_name()))
                .set("MetricNamespace", Some(transformation.metric_namespace()))
                .set("MetricValue", Some(transformation.metric_value()))
                .set("DefaultValue", transformation.default_value().map(number))
                .set("Unit", transformation.unit().map(StandardUnit::as_str))
                .set("Dimensions", (!pairs.is_empty()).then_some(pairs));
            members.0.into()
        })
        .collect();
    let mut properties = Object::default();
    properties
        .set("FilterPattern", filter.filter_pattern())
        .set("MetricTransformations", Some(transformations))
        .set("ApplyOnTransformedLogs", filter.apply_on_transformed_logs().then_some(true))
        .set("FieldSelectionCriteria", filter.field_selection_criteria())
        .set("EmitSystemFieldDimensions", list(filter.emit_system_field_dimensions()));
    resource(place, group, filter.filter_name().unwrap_or_default(), properties)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{document as resource_of, leads, place, round_trip, run, shown, world};

    fn filter(more: Value) -> Resource {
        let mut properties = json!({"LogGroupName": "trail", "FilterName": "root", "FilterPattern": "{ $.a = 1 }",
            "MetricTransformations": [{"MetricName": "Root", "MetricNamespace": "CIS", "MetricValue": "1"}]});
        properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        resource_of(&MetricFilter, "trail|root", &arn(&place(), "trail"), properties, json!({}))
    }

    #[test]
    fn a_filter_is_always_written_whole() {
        let before = filter(json!({"ApplyOnTransformedLogs": true}));
        let transformation = json!([{"MetricName": "Root", "MetricNamespace": "CIS", "MetricValue": "$.n",
            "DefaultValue": 0, "Unit": "Count", "Dimensions": [{"Key": "user", "Value": "$.user"}]}]);
        let after = filter(json!({"FilterPattern": "", "MetricTransformations": transformation,
            "ApplyOnTransformedLogs": true}));
        let calls = leads(&MetricFilter, &before, &after).unwrap();
        assert_eq!(
            shown(&calls),
            json!([["PutMetricFilter", {"logGroupName": "trail", "filterName": "root", "filterPattern": "",
                "metricTransformations": [{"metricName": "Root", "metricNamespace": "CIS", "metricValue": "$.n",
                    "defaultValue": 0, "unit": "Count", "dimensions": {"user": "$.user"}}],
                "applyOnTransformedLogs": true}]])
        );
        round_trip(&MetricFilter, &before, after.properties);
    }

    #[test]
    fn a_filter_comes_and_goes() {
        let new = filter(json!({}));
        let mut world = world([]);
        let calls = MetricFilter.calls(None, Some(&new)).unwrap();
        let made = run(&MetricFilter, &calls, None, &mut world).unwrap().unwrap();
        assert_eq!((made.id.as_str(), &made.properties), ("trail|root", &new.properties));
        let calls = MetricFilter.calls(Some(&made), None).unwrap();
        assert_eq!(run(&MetricFilter, &calls, Some(&made.key()), &mut world), Ok(None));
        let error = run(&MetricFilter, &calls, Some(&made.key()), &mut world).unwrap_err();
        assert!(error.starts_with("ResourceNotFoundException"), "{error}");
    }
}
