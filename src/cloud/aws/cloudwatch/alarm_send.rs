//! Sends the calls of alarms: their input as the SDK has it.

use aws_sdk_cloudwatch::types::{
    ActionConfiguration, AlarmPromQlCriteria, AlarmTagsPropagation, ComparisonOperator, Dimension, EvaluationCriteria,
    EvaluationWindow, Metric, MetricDataQuery, MetricStat, SlidingWindow, StandardUnit, Statistic, Tag,
    WallClockWindow, WarmUpConfiguration,
};
use serde_json::Value;

use crate::cloud::CallError;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::sent;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::tags;
use crate::model::{Call, Sent};

/// Sends a call. The caller holds the slot.
pub async fn send(aws: &Clients, call: &Call) -> Result<Sent, CallError> {
    let (client, input) = (&aws.cloudwatch, Input(call));
    let (names, arn) = (input.texts("AlarmNames"), input.text("ResourceARN"));
    match call.operation.as_str() {
        "PutMetricAlarm" => put(aws, call).await,
        "DeleteAlarms" => sent(call, client.delete_alarms().set_alarm_names(names).send().await),
        "EnableAlarmActions" => sent(call, client.enable_alarm_actions().set_alarm_names(names).send().await),
        "DisableAlarmActions" => sent(call, client.disable_alarm_actions().set_alarm_names(names).send().await),
        "TagResource" => {
            let request = client.tag_resource().set_resource_arn(arn).set_tags(tags_of(input.value("Tags")));
            sent(call, request.send().await)
        }
        "UntagResource" => {
            let request = client.untag_resource().set_resource_arn(arn).set_tag_keys(input.texts("TagKeys"));
            sent(call, request.send().await)
        }
        _ => Err(input.unknown()),
    }
}

async fn put(aws: &Clients, call: &Call) -> Result<Sent, CallError> {
    let input = Input(call);
    let warm_up = input.value("WarmUpConfiguration").map(|value| {
        let waits = value.get("OnlyStartEvaluatingAfterWarmUpPeriodEnds").and_then(Value::as_bool);
        WarmUpConfiguration::builder()
            .set_warm_up_period_duration_in_minutes(integer(value, "WarmUpPeriodDurationInMinutes"))
            .set_only_start_evaluating_after_warm_up_period_ends(waits)
            .build()
    });
    let request = aws
        .cloudwatch
        .put_metric_alarm()
        .set_action_configuration(input.value("ActionConfiguration").map(action_configuration))
        .set_actions_enabled(input.flag("ActionsEnabled"))
        .set_alarm_actions(input.texts("AlarmActions"))
        .set_alarm_description(input.text("AlarmDescription"))
        .set_alarm_name(input.text("AlarmName"))
        .set_comparison_operator(input.text("ComparisonOperator").as_deref().map(ComparisonOperator::from))
        .set_datapoints_to_alarm(input.integer("DatapointsToAlarm"))
        .set_dimensions(dimensions(input.value("Dimensions")))
        .set_evaluate_low_sample_count_percentile(input.text("EvaluateLowSampleCountPercentile"))
        .set_evaluation_criteria(input.value("EvaluationCriteria").and_then(evaluation_criteria))
        .set_evaluation_interval(input.integer("EvaluationInterval"))
        .set_evaluation_periods(input.integer("EvaluationPeriods"))
        .set_evaluation_window(input.value("EvaluationWindow").and_then(evaluation_window))
        .set_extended_statistic(input.text("ExtendedStatistic"))
        .set_insufficient_data_actions(input.texts("InsufficientDataActions"))
        .set_metric_name(input.text("MetricName"))
        .set_metrics(input.value("Metrics").and_then(Value::as_array).map(|list| list.iter().map(query).collect()))
        .set_namespace(input.text("Namespace"))
        .set_ok_actions(input.texts("OKActions"))
        .set_period(input.integer("Period"))
        .set_statistic(input.text("Statistic").as_deref().map(Statistic::from))
        .set_tags(tags_of(input.value("Tags")))
        .set_threshold(input.value("Threshold").and_then(Value::as_f64))
        .set_threshold_metric_id(input.text("ThresholdMetricId"))
        .set_treat_missing_data(input.text("TreatMissingData"))
        .set_unit(input.text("Unit").as_deref().map(StandardUnit::from))
        .set_warm_up_configuration(warm_up);
    sent(call, request.send().await)
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn integer(value: &Value, name: &str) -> Option<i32> {
    value.get(name).and_then(Value::as_i64).and_then(|number| i32::try_from(number).ok())
}

fn texts(value: &Value, name: &str) -> Option<Vec<String>> {
    let list = value.get(name)?.as_array()?;
    Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

fn tags_of(value: Option<&Value>) -> Option<Vec<Tag>> {
    let tags = tags::map(Some(value?));
    Some(tags.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect())
}

fn dimensions(value: Option<&Value>) -> Option<Vec<Dimension>> {
    let dimension =
        |value: &Value| Dimension::builder().set_name(text(value, "Name")).set_value(text(value, "Value")).build();
    Some(value?.as_array()?.iter().map(dimension).collect())
}

fn query(value: &Value) -> MetricDataQuery {
    MetricDataQuery::builder()
        .set_id(text(value, "Id"))
        .set_account_id(text(value, "AccountId"))
        .set_expression(text(value, "Expression"))
        .set_label(text(value, "Label"))
        .set_metric_stat(value.get("MetricStat").map(metric_stat))
        .set_period(integer(value, "Period"))
        .set_return_data(value.get("ReturnData").and_then(Value::as_bool))
        .build()
}

fn metric_stat(value: &Value) -> MetricStat {
    let metric = value.get("Metric").map(|metric| {
        Metric::builder()
            .set_namespace(text(metric, "Namespace"))
            .set_metric_name(text(metric, "MetricName"))
            .set_dimensions(dimensions(metric.get("Dimensions")))
            .build()
    });
    MetricStat::builder()
        .set_metric(metric)
        .set_period(integer(value, "Period"))
        .set_stat(text(value, "Stat"))
        .set_unit(text(value, "Unit").as_deref().map(StandardUnit::from))
        .build()
}

fn evaluation_window(value: &Value) -> Option<EvaluationWindow> {
    let clock = |clock: &Value| WallClockWindow::builder().set_timezone(text(clock, "Timezone")).build();
    let clock = value.get("WallClockWindow").map(|value| EvaluationWindow::WallClockWindow(clock(value)));
    let sliding = || EvaluationWindow::SlidingWindow(SlidingWindow::builder().build());
    clock.or_else(|| value.get("SlidingWindow").map(|_| sliding()))
}

fn evaluation_criteria(value: &Value) -> Option<EvaluationCriteria> {
    let query = value.get("PromQLCriteria")?;
    let criteria = AlarmPromQlCriteria::builder()
        .set_query(text(query, "Query"))
        .set_pending_period(integer(query, "PendingPeriod"))
        .set_recovery_period(integer(query, "RecoveryPeriod"));
    Some(EvaluationCriteria::PromQlCriteria(criteria.build()))
}

fn action_configuration(value: &Value) -> ActionConfiguration {
    let tags = value.get("AlarmTagsPropagation").map(|tags| {
        AlarmTagsPropagation::builder()
            .set_enabled(tags.get("Enabled").and_then(Value::as_bool))
            .set_included_tag_keys(texts(tags, "IncludedTagKeys"))
            .set_excluded_tag_keys(texts(tags, "ExcludedTagKeys"))
            .build()
    });
    ActionConfiguration::builder().set_alarm_tags_propagation(tags).build()
}
