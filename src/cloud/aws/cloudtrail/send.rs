//! Sends the calls of trails through the SDK.

use aws_sdk_cloudtrail::types::Tag;
use aws_smithy_types::error::operation::BuildError;
use serde_json::Value;

use super::selectors;
use crate::cloud::CallError;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::sent;
use crate::cloud::aws::input::Input;
use crate::model::{Call, Sent};

/// Sends a call of a trail. The caller holds the slot.
pub async fn send(aws: &Clients, call: &Call) -> Result<Sent, CallError> {
    let input = Input(call);
    let name = input.text("Name");
    let tags = || tags(input.value("TagsList")).map_err(|error| input.invalid(error.to_string()));
    let client = &aws.cloudtrail;
    match call.operation.as_str() {
        "CreateTrail" => {
            let tags = input.value("TagsList").map(|_| tags()).transpose()?;
            let request = client
                .create_trail()
                .set_name(name.clone())
                .set_s3_bucket_name(input.text("S3BucketName"))
                .set_s3_key_prefix(input.text("S3KeyPrefix"))
                .set_sns_topic_name(input.text("SnsTopicName"))
                .set_include_global_service_events(input.flag("IncludeGlobalServiceEvents"))
                .set_is_multi_region_trail(input.flag("IsMultiRegionTrail"))
                .set_enable_log_file_validation(input.flag("EnableLogFileValidation"))
                .set_cloud_watch_logs_log_group_arn(input.text("CloudWatchLogsLogGroupArn"))
                .set_cloud_watch_logs_role_arn(input.text("CloudWatchLogsRoleArn"))
                .set_kms_key_id(input.text("KmsKeyId"))
                .set_tags_list(tags);
            let answer = request.send().await;
            let arn = answer.as_ref().ok().and_then(|output| output.trail_arn.clone());
            Ok(Sent { id: name, arn, ..sent(call, answer)? })
        }
        "UpdateTrail" => {
            let request = client
                .update_trail()
                .set_name(name)
                .set_s3_bucket_name(input.text("S3BucketName"))
                .set_s3_key_prefix(input.text("S3KeyPrefix"))
                .set_sns_topic_name(input.text("SnsTopicName"))
                .set_include_global_service_events(input.flag("IncludeGlobalServiceEvents"))
                .set_is_multi_region_trail(input.flag("IsMultiRegionTrail"))
                .set_enable_log_file_validation(input.flag("EnableLogFileValidation"))
                .set_cloud_watch_logs_log_group_arn(input.text("CloudWatchLogsLogGroupArn"))
                .set_cloud_watch_logs_role_arn(input.text("CloudWatchLogsRoleArn"))
                .set_kms_key_id(input.text("KmsKeyId"));
            sent(call, request.send().await)
        }
        "DeleteTrail" => sent(call, client.delete_trail().set_name(name).send().await),
        "StartLogging" => sent(call, client.start_logging().set_name(name).send().await),
        "StopLogging" => sent(call, client.stop_logging().set_name(name).send().await),
        "PutEventSelectors" => {
            let selectors = selectors::built(input.value("EventSelectors"));
            let request = client.put_event_selectors().set_trail_name(input.text("TrailName"));
            sent(call, request.set_event_selectors(Some(selectors)).send().await)
        }
        "AddTags" => {
            let request = client.add_tags().set_resource_id(input.text("ResourceId"));
            sent(call, request.set_tags_list(Some(tags()?)).send().await)
        }
        "RemoveTags" => {
            let request = client.remove_tags().set_resource_id(input.text("ResourceId"));
            sent(call, request.set_tags_list(Some(tags()?)).send().await)
        }
        _ => Err(input.unknown()),
    }
}

/// The SDK's tags. Those that are removed are told by their keys alone.
fn tags(list: Option<&Value>) -> Result<Vec<Tag>, BuildError> {
    let text = |tag: &Value, name: &str| tag.get(name).and_then(Value::as_str).map(str::to_owned);
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.map(|tag| Tag::builder().set_key(text(tag, "Key")).set_value(text(tag, "Value")).build()).collect()
}
