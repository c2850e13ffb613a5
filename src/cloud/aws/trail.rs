//! Reading CloudTrail's records (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>).
//!
//! A record is foreign text: what is missing or of another shape tells nothing.

use serde_json::Value;

use crate::model::{Arn, Told, Trail};

/// The service that tags resources of many services, up to twenty in one call
/// (<https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_TagResources.html>).
pub const TAGGING: &str = "tagging.amazonaws.com";

/// A call of a service.
pub const fn trail(source: &'static str, name: &'static str, tells: fn(&Value) -> Vec<Told>) -> Trail {
    Trail { source, name, tells }
}

/// The text of a member of the request. API Gateway writes what stands in a request's body one level deeper, under
/// `createStageInput` and the like.
pub fn request<'a>(record: &'a Value, name: &str) -> Option<&'a str> {
    let parameters = record.get("requestParameters")?;
    let deeper = || {
        let bodies = parameters.as_object()?.iter().filter(|(key, _)| key.ends_with("Input"));
        bodies.filter_map(|(_, body)| text(body, name)).next()
    };
    text(parameters, name).or_else(deeper)
}

/// The text of a member of the answer; none where the call gave none or failed.
pub fn answer<'a>(record: &'a Value, path: &[&str]) -> Option<&'a str> {
    let (last, objects) = path.split_last()?;
    let object = objects.iter().try_fold(record.get("responseElements")?, |object, name| member(object, name))?;
    text(object, last)
}

/// The ARN of a member of the request, which some clients write as it stands in a URL.
pub fn request_arn(record: &Value, name: &str) -> Option<String> {
    let arn = request(record, name)?;
    let arn = percent_encoding::percent_decode_str(arn).decode_utf8().ok()?;
    here(record, &arn).then(|| arn.into_owned())
}

/// The texts of a list in the request.
pub fn request_list<'a>(record: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    let list = record.get("requestParameters").and_then(|parameters| member(parameters, name));
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).filter(|text| !text.is_empty())
}

/// The ARNs of the resources that the record itself lists.
pub fn resources(record: &Value) -> impl Iterator<Item = &str> {
    let list = record.get("resources").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|resource| text(resource, "ARN")).filter(|arn| here(record, arn))
}

/// The resources of a call of the tagging service, as far as `named` knows them.
pub fn tagged(record: &Value, named: fn(&str) -> Option<String>) -> Vec<Told> {
    let list = record.get("requestParameters").and_then(|parameters| member(parameters, "resourceARNList"));
    let arns = list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    arns.filter(|arn| here(record, arn)).filter_map(named).map(Told::Id).collect()
}

/// Whether an ARN is of the record's account and Region, where it says them: a call on another account's resource is
/// recorded in the caller's account too.
pub fn here(record: &Value, arn: &str) -> bool {
    let Some(arn) = Arn::parse(arn) else { return false };
    let same = |part: &str, own: Option<&str>| part.is_empty() || own.is_none_or(|own| own == part);
    same(arn.account, account(record)) && same(arn.region, region(record))
}

/// The account whose record it is.
pub fn account(record: &Value) -> Option<&str> {
    text(record, "recipientAccountId")
}

/// The Region that the call was made to.
pub fn region(record: &Value) -> Option<&str> {
    text(record, "awsRegion")
}

/// The partition of the Region that the call was made to
/// (<https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>).
pub fn partition(record: &Value) -> &'static str {
    let known = [("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("eusc-", "aws-eusc")];
    let region = region(record).unwrap_or_default();
    known.into_iter().find(|(start, _)| region.starts_with(start)).map_or("aws", |(_, partition)| partition)
}

/// One resource, where its id is known.
pub fn one(id: Option<impl Into<String>>) -> Vec<Told> {
    id.map(|id| Told::Id(id.into())).into_iter().collect()
}

/// All resources of a parent, where its id is known.
pub fn all_of(parent: Option<impl Into<String>>) -> Vec<Told> {
    parent.map(|parent| Told::Within(parent.into())).into_iter().collect()
}

fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    member(object, name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A member by its name in any spelling: `restApiId`, `restapiId` and `restapi_id` are one.
fn member<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let object = object.as_object()?;
    object.get(name).or_else(|| {
        let plain = |name: &str| name.replace(['_', '-'], "").to_ascii_lowercase();
        let wanted = plain(name);
        object.iter().find(|(key, _)| plain(key) == wanted).map(|(_, value)| value)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_member_is_found_in_every_spelling_and_depth() {
        for parameters in [
            json!({"restApiId": "a1"}),
            json!({"restapiId": "a1"}),
            json!({"restapi_id": "a1"}),
            json!({"restApi_Id": "a1"}),
            json!({"template": false, "createStageInput": {"restApiId": "a1"}}),
        ] {
            assert_eq!(request(&json!({"requestParameters": parameters}), "restApiId"), Some("a1"), "{parameters}");
        }
        for parameters in [json!(null), json!([]), json!("a1"), json!({"restApiId": ""}), json!({"restApiId": 1})] {
            assert_eq!(request(&json!({"requestParameters": parameters}), "restApiId"), None, "{parameters}");
        }
        // Another API's id is another member.
        assert_eq!(request(&json!({"requestParameters": {"apiId": "a1"}}), "restApiId"), None);
    }

    #[test]
    fn an_arn_of_another_account_or_region_is_not_ours() {
        let record = json!({"recipientAccountId": "111122223333", "awsRegion": "eu-west-1"});
        for (arn, ours) in [
            ("arn:aws:kms:eu-west-1:111122223333:key/k1", true),
            ("arn:aws:apigateway:eu-west-1::/restapis/a1", true),
            ("arn:aws:iam::111122223333:role/pay", true),
            ("arn:aws:kms:eu-west-1:444455556666:key/k1", false),
            ("arn:aws:kms:us-east-1:111122223333:key/k1", false),
            ("k1", false),
        ] {
            assert_eq!(here(&record, arn), ours, "{arn}");
        }
    }
}
