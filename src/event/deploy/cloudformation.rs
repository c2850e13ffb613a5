//! The deployment as a CloudFormation template.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::document::{Condition, Deployment, Document, End, Is, Output, Parameter};

/// A template, in the order in which people read it. It serializes to JSON and YAML.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Template {
    #[serde(rename = "AWSTemplateFormatVersion")]
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) transform: Option<&'static str>,
    description: String,
    pub(super) parameters: Named<Value>,
    #[serde(skip_serializing_if = "Named::is_empty")]
    conditions: Named<Value>,
    pub(super) resources: Named<Resource>,
    #[serde(skip_serializing_if = "Named::is_empty")]
    outputs: Named<Value>,
}

/// A resource of a template.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Resource {
    #[serde(rename = "Type")]
    pub(super) type_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_policy: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    update_replace_policy: Option<&'static str>,
    pub(super) properties: Value,
}

/// An object whose members keep their order.
#[derive(Clone, Debug)]
pub(super) struct Named<T>(pub(super) Vec<(String, T)>);

impl<T> Named<T> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Serialize> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Template {
    /// The template of a deployment.
    pub fn of(deployment: &Deployment) -> Self {
        let resource = |document: &Document| (document.id.clone(), Resource::of(document));
        Self {
            version: "2010-09-09",
            transform: None,
            description: deployment.description.clone(),
            parameters: Named(deployment.parameters.iter().map(parameter).collect()),
            conditions: Named(deployment.conditions.iter().map(condition).collect()),
            resources: Named(deployment.documents.iter().map(resource).collect()),
            outputs: Named(deployment.outputs.iter().map(output).collect()),
        }
    }
}

impl Resource {
    fn of(document: &Document) -> Self {
        // A template has to say it of what holds something.
        let end = match document.end {
            End::Goes => None,
            End::Deleted => Some("Delete"),
            End::Kept => Some("Retain"),
        };
        Self {
            type_name: document.type_name.to_owned(),
            condition: document.when,
            deletion_policy: end,
            update_replace_policy: end,
            properties: document.properties.clone(),
        }
    }
}

fn parameter(parameter: &Parameter) -> (String, Value) {
    let kind = if parameter.default.as_ref().is_some_and(Value::is_number) { "Number" } else { "String" };
    let allowed = (!parameter.allowed.is_empty()).then(|| parameter.allowed.clone().into());
    let members = [
        ("Type", Some(kind.into())),
        ("Description", Some(parameter.description.into())),
        ("Default", parameter.default.clone()),
        ("AllowedValues", allowed),
        ("MinValue", parameter.range.map(|(least, _)| least.into())),
        ("MaxValue", parameter.range.map(|(_, greatest)| greatest.into())),
    ];
    let given = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    (parameter.name.to_owned(), given.collect())
}

fn condition(condition: &Condition) -> (String, Value) {
    let parameter = json!({"Ref": condition.parameter});
    let value = match condition.is {
        Is::Equal(text) => json!({"Fn::Equals": [parameter, text]}),
        Is::Given => json!({"Fn::Not": [{"Fn::Equals": [parameter, ""]}]}),
    };
    (condition.name.to_owned(), value)
}

fn output(output: &Output) -> (String, Value) {
    (output.name.to_owned(), json!({"Description": output.description, "Value": output.value}))
}
