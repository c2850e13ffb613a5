//! The model of a deployment: documents in the shape of their CloudFormation types, and what ties them together.
//!
//! Values are JSON with CloudFormation's own words for what is known only later, and no others than those below:
//! `Ref` and `Fn::GetAtt` of another document or of a parameter, `Fn::Sub` for a text around them, `Fn::If` for what
//! depends on a condition.

use serde_json::{Value, json};

/// Everything that a template says, whatever its language.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// What it is for, in one line.
    pub description: String,
    /// What may be set where it is installed.
    pub parameters: Vec<Parameter>,
    /// What depends on parameters.
    pub conditions: Vec<Condition>,
    /// The resources.
    pub documents: Vec<Document>,
    /// What is told of the result.
    pub outputs: Vec<Output>,
}

/// What may be set where it is installed.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name, in CloudFormation's spelling.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// The value where none is set, which also tells the kind: a text or a number. Without one it is a text that has
    /// to be set.
    pub default: Option<Value>,
    /// The only values that it may have; any where the list is empty.
    pub allowed: Vec<Value>,
    /// The least and the greatest number.
    pub range: Option<(u32, u32)>,
}

/// What depends on a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Its name.
    pub name: &'static str,
    /// The parameter.
    pub parameter: &'static str,
    /// What it has to be.
    pub is: Is,
}

/// What a parameter has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    /// This text.
    Equal(&'static str),
    /// Any text but the empty one.
    Given,
}

/// A resource that is to be there.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its logical id: letters and digits. It stays the same whatever is selected.
    pub id: String,
    /// CloudFormation's name of its type.
    pub type_name: &'static str,
    /// The condition on which it is there.
    pub when: Option<&'static str>,
    /// What becomes of it when it is no longer wanted.
    pub end: End,
    /// Its properties.
    pub properties: Value,
}

/// What becomes of a resource when it is no longer wanted, or has to be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It goes. It holds nothing.
    Goes,
    /// It goes with what it holds.
    Deleted,
    /// It stays.
    Kept,
}

/// What is told of the result.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub description: &'static str,
    /// The value.
    pub value: Value,
}

impl Document {
    /// A resource that comes and goes with the deployment, and holds nothing.
    pub fn new(id: impl Into<String>, type_name: &'static str, properties: Value) -> Self {
        Self { id: id.into(), type_name, when: None, end: End::Goes, properties }
    }

    /// The same, there only on a condition.
    pub fn when(self, condition: &'static str) -> Self {
        Self { when: Some(condition), ..self }
    }

    /// The same, with what becomes of it.
    pub fn end(self, end: End) -> Self {
        Self { end, ..self }
    }
}

/// The primary identifier of a document, or the value of a parameter.
pub fn reference(id: &str) -> Value {
    json!({ "Ref": id })
}

/// An attribute of a document, by CloudFormation's name.
pub fn attribute(id: &str, name: &str) -> Value {
    json!({ "Fn::GetAtt": [id, name] })
}

/// A text with `${…}`: a pseudo parameter such as `AWS::Region`, a parameter, the primary identifier of a document or, after
/// a point, an attribute of one.
pub fn text(template: &str) -> Value {
    json!({ "Fn::Sub": template })
}

/// One value or another.
pub fn either(condition: &str, yes: Value, no: Value) -> Value {
    json!({ "Fn::If": [condition, yes, no] })
}

/// Nothing, as one side of [`either`]: the property is not there.
pub fn nothing() -> Value {
    json!({ "Ref": "AWS::NoValue" })
}

/// An IAM policy of these statements.
pub fn policy(statements: impl IntoIterator<Item = Value>) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements.into_iter().collect::<Vec<Value>>() })
}
