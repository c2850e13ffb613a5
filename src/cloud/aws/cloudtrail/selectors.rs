//! Event selectors: what of an account a trail records. CloudTrail's members have CloudFormation's names.
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html>

use aws_sdk_cloudtrail::types::{AdvancedEventSelector, AdvancedFieldSelector, DataResource, EventSelector};
use serde_json::{Value, json};

use crate::cloud::aws::object::{Object, list};

/// What a trail has that was told nothing: every management event.
pub fn default() -> Value {
    json!([{"ReadWriteType": "All", "IncludeManagementEvents": true}])
}

/// The selectors as a document has them; nothing where they are the default.
pub fn basic(found: &[EventSelector]) -> Option<Value> {
    let one = |selector: &EventSelector| {
        let resource = |resource: &DataResource| {
            let mut object = Object::default();
            object.set("Type", resource.r#type()).set("Values", list(resource.values()));
            Value::Object(object.0)
        };
        let resources: Vec<Value> = selector.data_resources().iter().map(resource).collect();
        let mut object = Object::default();
        object
            .set("ReadWriteType", selector.read_write_type().map(|kind| kind.as_str()))
            .set("IncludeManagementEvents", selector.include_management_events())
            .set("DataResources", (!resources.is_empty()).then_some(Value::Array(resources)))
            .set("ExcludeManagementEventSources", list(selector.exclude_management_event_sources()));
        Value::Object(object.0)
    };
    let selectors: Value = found.iter().map(one).collect();
    (!found.is_empty() && selectors != default()).then_some(selectors)
}

/// The advanced ones as a document has them; nothing where there are none.
pub fn advanced(found: &[AdvancedEventSelector]) -> Option<Value> {
    let field = |field: &AdvancedFieldSelector| {
        let mut object = Object::default();
        object
            .set("Field", Some(field.field()))
            .set("Equals", list(field.equals()))
            .set("StartsWith", list(field.starts_with()))
            .set("EndsWith", list(field.ends_with()))
            .set("NotEquals", list(field.not_equals()))
            .set("NotStartsWith", list(field.not_starts_with()))
            .set("NotEndsWith", list(field.not_ends_with()));
        Value::Object(object.0)
    };
    let one = |selector: &AdvancedEventSelector| {
        let fields: Vec<Value> = selector.field_selectors().iter().map(field).collect();
        let mut object = Object::default();
        object.set("Name", selector.name()).set("FieldSelectors", Some(fields));
        Value::Object(object.0)
    };
    (!found.is_empty()).then(|| found.iter().map(one).collect())
}

/// The SDK's selectors of a call.
pub fn built(selectors: Option<&Value>) -> Vec<EventSelector> {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let texts = |value: &Value, name: &str| {
        let list = value.get(name)?.as_array()?.iter();
        Some(list.filter_map(|item| item.as_str().map(str::to_owned)).collect::<Vec<_>>())
    };
    let resource = |value: &Value| {
        DataResource::builder().set_type(text(value, "Type")).set_values(texts(value, "Values")).build()
    };
    let one = |selector: &Value| {
        let resources = selector.get("DataResources").and_then(Value::as_array);
        EventSelector::builder()
            .set_read_write_type(text(selector, "ReadWriteType").map(|kind| kind.as_str().into()))
            .set_include_management_events(selector.get("IncludeManagementEvents").and_then(Value::as_bool))
            .set_data_resources(resources.map(|resources| resources.iter().map(resource).collect()))
            .set_exclude_management_event_sources(texts(selector, "ExcludeManagementEventSources"))
            .build()
    };
    selectors.and_then(Value::as_array).into_iter().flatten().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_what_is_read() {
        let selectors = json!([
            {"ReadWriteType": "WriteOnly", "IncludeManagementEvents": true,
                "ExcludeManagementEventSources": ["kms.amazonaws.com"]},
            {"ReadWriteType": "All", "IncludeManagementEvents": false,
                "DataResources": [{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}]},
        ]);
        assert_eq!(basic(&built(Some(&selectors))), Some(selectors));
        assert_eq!(basic(&built(Some(&default()))), None);
        assert_eq!((basic(&[]), advanced(&[])), (None, None));
    }
}
