//! The document of an alarm from what CloudWatch answers.

use aws_sdk_cloudwatch::types::{
    ActionConfiguration, Dimension, EvaluationCriteria, EvaluationWindow, MetricAlarm, MetricDataQuery, MetricStat,
    StandardUnit,
};
use serde_json::{Map, Value, json};

use super::alarm::{Alarm, TAGS};
use crate::cloud::CallError;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::object::{Object, list, number};
use crate::cloud::aws::tags;
use crate::model::{Parts, Resource};

/// The document, with its tags where they are asked for.
pub async fn document(aws: &Clients, alarm: &MetricAlarm, parts: &Parts) -> Result<Resource, CallError> {
    let (name, arn) = (alarm.alarm_name().unwrap_or_default(), alarm.alarm_arn().unwrap_or_default());
    let mut properties = properties(alarm);
    if parts.wants(TAGS) {
        let _slot = aws.slot("cloudwatch").await;
        let answer = aws.cloudwatch.list_tags_for_resource().resource_arn(arn).send().await;
        let output = answer.map_err(|error| call_error("cloudwatch", "ListTagsForResource", error))?;
        let pairs = output.tags().iter().filter_map(|tag| Some((tag.key()?, tag.value().unwrap_or_default())));
        properties.set("Tags", tags::property(pairs, tags::Shape::Pairs));
    }
    Ok(Resource::new(aws.key(&Alarm, name), arn, properties.0, Map::new()))
}

fn properties(alarm: &MetricAlarm) -> Object {
    let mut properties = Object::default();
    properties
        .set("ActionConfiguration", alarm.action_configuration().and_then(action_configuration))
        .set("ActionsEnabled", alarm.actions_enabled())
        .set("AlarmActions", list(alarm.alarm_actions()))
        .set("AlarmDescription", alarm.alarm_description())
        .set("AlarmName", alarm.alarm_name())
        .set("ComparisonOperator", alarm.comparison_operator().map(|operator| operator.as_str()))
        .set("DatapointsToAlarm", alarm.datapoints_to_alarm())
        .set("Dimensions", dimensions(alarm.dimensions()))
        .set("EvaluateLowSampleCountPercentile", alarm.evaluate_low_sample_count_percentile())
        .set("EvaluationCriteria", alarm.evaluation_criteria().and_then(evaluation_criteria))
        .set("EvaluationInterval", alarm.evaluation_interval())
        .set("EvaluationPeriods", alarm.evaluation_periods())
        .set("EvaluationWindow", alarm.evaluation_window().and_then(evaluation_window))
        .set("ExtendedStatistic", alarm.extended_statistic())
        .set("InsufficientDataActions", list(alarm.insufficient_data_actions()))
        .set("MetricName", alarm.metric_name())
        .set("Metrics", metrics(alarm.metrics()))
        .set("Namespace", alarm.namespace())
        .set("OKActions", list(alarm.ok_actions()))
        .set("Period", alarm.period())
        .set("Statistic", alarm.statistic().map(|statistic| statistic.as_str()))
        .set("Threshold", alarm.threshold().map(number))
        .set("ThresholdMetricId", alarm.threshold_metric_id())
        .set("TreatMissingData", alarm.treat_missing_data())
        .set("Unit", alarm.unit().map(StandardUnit::as_str));
    if let Some(warm_up) = alarm.warm_up_configuration() {
        let mut members = Object::default();
        members.set("WarmUpPeriodDurationInMinutes", warm_up.warm_up_period_duration_in_minutes());
        let waits = warm_up.only_start_evaluating_after_warm_up_period_ends();
        members.set("OnlyStartEvaluatingAfterWarmUpPeriodEnds", waits);
        properties.set("WarmUpConfiguration", members.non_empty());
    }
    properties
}

fn dimensions(dimensions: &[Dimension]) -> Option<Value> {
    let pairs: Vec<Value> =
        dimensions.iter().map(|dimension| json!({"Name": dimension.name(), "Value": dimension.value()})).collect();
    (!pairs.is_empty()).then_some(pairs.into())
}

fn metrics(queries: &[MetricDataQuery]) -> Option<Value> {
    let query = |query: &MetricDataQuery| {
        let mut members = Object::default();
        members
            .set("Id", query.id())
            .set("AccountId", query.account_id())
            .set("Expression", query.expression())
            .set("Label", query.label())
            .set("MetricStat", query.metric_stat().and_then(metric_stat))
            .set("Period", query.period())
            .set("ReturnData", query.return_data());
        Value::Object(members.0)
    };
    let queries: Vec<Value> = queries.iter().map(query).collect();
    (!queries.is_empty()).then_some(queries.into())
}

fn metric_stat(stat: &MetricStat) -> Option<Value> {
    let metric = stat.metric().and_then(|metric| {
        let mut members = Object::default();
        members
            .set("Namespace", metric.namespace())
            .set("MetricName", metric.metric_name())
            .set("Dimensions", dimensions(metric.dimensions()));
        members.non_empty()
    });
    let mut members = Object::default();
    members
        .set("Metric", metric)
        .set("Period", stat.period())
        .set("Stat", stat.stat())
        .set("Unit", stat.unit().map(StandardUnit::as_str));
    members.non_empty()
}

fn evaluation_window(window: &EvaluationWindow) -> Option<Value> {
    match window {
        EvaluationWindow::SlidingWindow(_) => Some(json!({"SlidingWindow": {}})),
        EvaluationWindow::WallClockWindow(clock) => {
            let mut members = Object::default();
            members.set("Timezone", clock.timezone());
            Some(json!({"WallClockWindow": members.0}))
        }
        _ => None,
    }
}

fn evaluation_criteria(criteria: &EvaluationCriteria) -> Option<Value> {
    let query = criteria.as_prom_ql_criteria().ok()?;
    let mut members = Object::default();
    members
        .set("Query", query.query())
        .set("PendingPeriod", query.pending_period())
        .set("RecoveryPeriod", query.recovery_period());
    Some(json!({"PromQLCriteria": members.0}))
}

fn action_configuration(configuration: &ActionConfiguration) -> Option<Value> {
    let tags = configuration.alarm_tags_propagation()?;
    let mut members = Object::default();
    members
        .set("Enabled", tags.enabled())
        .set("IncludedTagKeys", list(tags.included_tag_keys()))
        .set("ExcludedTagKeys", list(tags.excluded_tag_keys()));
    Some(json!({"AlarmTagsPropagation": members.0}))
}
