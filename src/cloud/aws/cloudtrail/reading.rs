//! A trail's document, from what CloudTrail answers.

use aws_sdk_cloudtrail::types;

use super::{Trail, selectors};
use crate::cloud::CallError;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::object::Object;
use crate::cloud::aws::tags;
use crate::model::{Arn, Parts, Resource};

/// Whether it is logging.
pub const STATUS: &str = "status";
/// Which events it records.
pub const SELECTORS: &str = "selectors";
/// Its tags.
pub const TAGS: &str = "tags";

/// The document of a trail as far as `parts` want it; none for one without a name. The caller holds the slot.
pub async fn document(aws: &Clients, found: &types::Trail, parts: &Parts) -> Result<Option<Resource>, CallError> {
    let (Some(name), Some(arn)) = (found.name(), found.trail_arn()) else { return Ok(None) };
    let mut properties = Object::default();
    properties
        .set("TrailName", Some(name))
        .set("S3BucketName", found.s3_bucket_name())
        .set("S3KeyPrefix", found.s3_key_prefix())
        // The name itself is no longer told, and the calls take either.
        .set("SnsTopicName", found.sns_topic_arn())
        .set("IncludeGlobalServiceEvents", found.include_global_service_events())
        .set("IsMultiRegionTrail", found.is_multi_region_trail())
        .set("IsOrganizationTrail", found.is_organization_trail())
        .set("EnableLogFileValidation", found.log_file_validation_enabled())
        .set("CloudWatchLogsLogGroupArn", found.cloud_watch_logs_log_group_arn())
        .set("CloudWatchLogsRoleArn", found.cloud_watch_logs_role_arn())
        .set("KMSKeyId", found.kms_key_id());
    let mut facts = Object::default();
    let home = Arn::parse(arn).map(|arn| arn.region.to_owned());
    facts.set("HomeRegion", found.home_region().map(str::to_owned).or(home));
    let own = is_own(aws, arn);
    // What another account's trail, or another Region's, does not tell here is not known.
    let known = |error: CallError| if own { Err(error) } else { Ok(()) };
    if parts.wants(STATUS) {
        match aws.cloudtrail.get_trail_status().name(arn).send().await {
            Ok(output) => drop(properties.set("IsLogging", output.is_logging())),
            Err(error) => known(call_error("cloudtrail", "GetTrailStatus", error))?,
        }
    }
    if parts.wants(SELECTORS) {
        match aws.cloudtrail.get_event_selectors().trail_name(arn).send().await {
            Ok(output) => {
                properties
                    .set("EventSelectors", selectors::basic(output.event_selectors()))
                    .set("AdvancedEventSelectors", selectors::advanced(output.advanced_event_selectors()));
            }
            Err(error) => known(call_error("cloudtrail", "GetEventSelectors", error))?,
        }
    }
    if parts.wants(TAGS) && own {
        let answer = aws.cloudtrail.list_tags().resource_id_list(arn).send().await;
        let output = answer.map_err(|error| call_error("cloudtrail", "ListTags", error))?;
        let pairs = output.resource_tag_list().iter().flat_map(|resource| resource.tags_list());
        let pairs = pairs.map(|tag| (tag.key(), tag.value().unwrap_or_default()));
        properties.set("Tags", tags::property(pairs, tags::Shape::Pairs));
    }
    let id = if own { name } else { arn };
    Ok(Some(Resource::new(aws.key(&Trail, id), arn, properties.0, facts.0)))
}

/// Whether a trail is the account's own and at home in this Region.
pub fn is_own(aws: &Clients, arn: &str) -> bool {
    Arn::parse(arn).is_some_and(|arn| arn.account == aws.place.account && arn.region == aws.place.region)
}
