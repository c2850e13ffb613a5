//! Events of services that watch resources themselves.

use serde_json::Value;

use super::trigger::{Changed, NotAnEvent, Touched, Why, id, named, place, text, time, touched};
use crate::model::{Arn, ResourceTypes, Scope, Told, TypeName};

/// AWS Config has seen another state of a resource, or has seen it go. An item that is too large comes as its summary
/// (<https://docs.aws.amazon.com/config/latest/developerguide/monitor-config-with-cloudwatchevents.html>,
/// <https://docs.aws.amazon.com/config/latest/developerguide/oversized-notification-example.html>).
pub(super) fn configuration_item(event: &Value, types: &ResourceTypes) -> Result<Result<Changed, Why>, NotAnEvent> {
    let missing =
        |name: &str| NotAnEvent::new(format!("no `{name}`"), "a configuration item of AWS Config in `detail`");
    let detail = event.get("detail").ok_or_else(|| missing("detail"))?;
    let item = detail.get("configurationItem").or_else(|| detail.get("configurationItemSummary"));
    let item = item.filter(|item| item.is_object()).ok_or_else(|| missing("detail.configurationItem"))?;
    let account = text(item, "/awsAccountId").or_else(|| text(event, "/account"));
    let account = account.ok_or_else(|| missing("detail.configurationItem.awsAccountId"))?;
    // Config calls the Region of what has none `global`.
    let region = text(item, "/awsRegion").filter(|region| region != "global").or_else(|| text(event, "/region"));
    let region = region.ok_or_else(|| missing("detail.configurationItem.awsRegion"))?;
    place(&account, &region)?;
    let kind = text(item, "/resourceType").ok_or_else(|| missing("detail.configurationItem.resourceType"))?;
    // Its own names of types are CloudFormation's, but for a few, such as AWS::IAM::Policy. The id may be an ARN.
    let arns = ["/ARN", "/resourceId"].into_iter().filter_map(|pointer| text(item, pointer));
    let by_arn = arns.map(|arn| named(&arn, &account, &region, types)).find(|touched| !touched.is_empty());
    let touched = by_arn.unwrap_or_else(|| by_name(item, &kind, &account, &region, types));
    let at = time(
        event,
        &[
            "/detail/configurationItem/configurationItemCaptureTime",
            "/detail/configurationItemSummary/configurationItemCaptureTime",
            "/time",
        ],
    )?;
    Ok(Ok(Changed { event: id(event), at, account, region, touched, by: None, what: "config".to_owned() }))
}

/// By the name of the type and the id. IAM's ids in Config are AWS's internal ones, and the names are those we know.
fn by_name(item: &Value, kind: &str, account: &str, region: &str, types: &ResourceTypes) -> Vec<Touched> {
    let Some(kind) = types.find(&TypeName::from(kind)) else { return Vec::new() };
    let id = match kind.scope() {
        Scope::Global => text(item, "/resourceName"),
        Scope::Regional => text(item, "/resourceId"),
    };
    // An ARN that no type knows is no id either.
    let id = id.filter(|id| Arn::parse(id).is_none());
    id.map(|id| touched(kind, account, region, Told::Id(id))).into_iter().collect()
}

/// Security Hub has a finding, or a person sends some
/// (<https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cwe-event-formats.html>,
/// <https://docs.aws.amazon.com/securityhub/latest/userguide/asff-resources-attributes.html>).
pub(super) fn findings(event: &Value, types: &ResourceTypes) -> Result<Result<Changed, Why>, NotAnEvent> {
    let missing = |name: &str| NotAnEvent::new(format!("no `{name}`"), "findings of Security Hub in `detail`");
    let findings = event.pointer("/detail/findings").and_then(Value::as_array);
    let findings = findings.ok_or_else(|| missing("detail.findings"))?;
    let first = |name: &str| findings.iter().find_map(|finding| text(finding, name));
    let account = text(event, "/account").or_else(|| first("/AwsAccountId")).ok_or_else(|| missing("account"))?;
    let region = text(event, "/region").or_else(|| first("/Region")).ok_or_else(|| missing("region"))?;
    let at = time(event, &["/time", "/detail/findings/0/UpdatedAt"])?;
    let mut touched = Vec::new();
    for finding in findings {
        let owner = text(finding, "/AwsAccountId").unwrap_or_else(|| account.clone());
        for resource in finding.get("Resources").and_then(Value::as_array).into_iter().flatten() {
            let place = text(resource, "/Region").or_else(|| text(finding, "/Region"));
            let place = place.unwrap_or_else(|| region.clone());
            if let Some(arn) = text(resource, "/Id") {
                touched.extend(named(&arn, &owner, &place, types));
            }
        }
    }
    Ok(Ok(Changed { event: id(event), at, account, region, touched, by: None, what: "securityhub".to_owned() }))
}
