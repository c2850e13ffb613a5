//! The deployment in Terraform's language, for HashiCorp's `awscc` provider: its resources and attributes are
//! CloudFormation's types and properties in snake case, so the documents are written down as they are.
//!
//! What belongs to no document comes from elsewhere: parameters are variables, conditions are locals, and account,
//! Region and partition are data sources of the `aws` provider.

use hcl::expr::{Conditional, FuncCall, ObjectKey, TemplateExpr};
use hcl::{Attribute, Block, Body, Expression, Identifier, Number};
use serde_json::Value;

use super::document::{Condition, Deployment, Document, End, Is, Output, Parameter};

/// Properties for which CloudFormation's schemas have no fixed shape: the provider takes them as JSON
/// (<https://github.com/hashicorp/terraform-provider-awscc>, `docs/resources`). A `/` leads into a property, and lists
/// have no step of their own.
pub const OPEN: &[(&str, &str)] = &[
    ("AWS::DynamoDB::Table", "KeySchema"),
    ("AWS::Events::Rule", "EventPattern"),
    ("AWS::IAM::ManagedPolicy", "PolicyDocument"),
    ("AWS::IAM::Role", "AssumeRolePolicyDocument"),
    ("AWS::IAM::Role", "Policies/PolicyDocument"),
    ("AWS::KMS::Key", "KeyPolicy"),
    ("AWS::SQS::Queue", "RedrivePolicy"),
    ("AWS::SQS::QueueInlinePolicy", "PolicyDocument"),
];

/// Properties whose members have names of their own.
const MAPS: &[(&str, &str)] = &[("AWS::Lambda::Function", "Environment/Variables")];

/// What `Ref` stands for, by type: the primary identifier.
const IDENTIFIERS: &[(&str, &str)] = &[
    ("AWS::DynamoDB::Table", "table_name"),
    ("AWS::IAM::ManagedPolicy", "policy_arn"),
    ("AWS::IAM::Role", "role_name"),
    ("AWS::KMS::Key", "key_id"),
    ("AWS::Lambda::Function", "function_name"),
    ("AWS::Logs::LogGroup", "log_group_name"),
    ("AWS::SQS::Queue", "queue_url"),
];

/// CloudFormation's pseudo parameters.
const PSEUDO: &[(&str, &str)] = &[
    ("AWS::AccountId", "data.aws_caller_identity.current.account_id"),
    ("AWS::NoValue", "null"),
    ("AWS::Partition", "data.aws_partition.current.partition"),
    ("AWS::Region", "data.aws_region.current.region"),
    ("AWS::StackName", "var.name"),
    ("AWS::URLSuffix", "data.aws_partition.current.dns_suffix"),
];

/// The configuration, as one file.
pub fn terraform(deployment: &Deployment) -> hcl::Result<Body> {
    let writer = Writer { deployment };
    let mut blocks = vec![settings()?];
    for source in ["aws_caller_identity", "aws_partition", "aws_region"] {
        blocks.push(Block::builder("data").add_labels([source, "current"]).build());
    }
    let name = Parameter {
        name: "Name",
        description: "What the installation is called.",
        default: Some("rectify".into()),
        allowed: Vec::new(),
        range: None,
    };
    for parameter in [&name].into_iter().chain(&deployment.parameters) {
        blocks.push(variable(parameter)?);
    }
    if !deployment.conditions.is_empty() {
        let locals = deployment.conditions.iter().map(condition).collect::<hcl::Result<Vec<Attribute>>>()?;
        blocks.push(Block::builder("locals").add_attributes(locals).build());
    }
    for document in &deployment.documents {
        blocks.push(writer.resource(document)?);
    }
    for output in &deployment.outputs {
        blocks.push(writer.output(output)?);
    }
    Ok(blocks.into_iter().collect())
}

/// From CloudFormation's spelling to the provider's: `KmsMasterKeyId` and `KMSMasterKeyId` are `kms_master_key_id`,
/// `S3Bucket` is `s3_bucket`.
pub fn snake(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let mut text = String::new();
    for (index, &c) in characters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| characters.get(index));
        let after = characters.get(index + 1);
        let begins = before.is_some_and(|before| match c {
            _ if c.is_ascii_uppercase() => !before.is_ascii_uppercase() || after.is_some_and(char::is_ascii_lowercase),
            _ if c.is_ascii_digit() => before.is_ascii_lowercase(),
            _ => before.is_ascii_digit(),
        });
        if begins {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

/// The provider's name of a type.
pub fn resource_type(type_name: &str) -> String {
    let mut words = type_name.split("::").skip(1);
    let service = words.next().unwrap_or_default().to_lowercase();
    format!("awscc_{service}_{}", snake(words.next().unwrap_or_default()))
}

/// How the members of a value are called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    /// In snake case: they are properties.
    Properties,
    /// As they are.
    Own,
}

struct Writer<'a> {
    deployment: &'a Deployment,
}

impl Writer<'_> {
    fn resource(&self, document: &Document) -> hcl::Result<Block> {
        let document = &known_to_the_provider(document);
        let mut block = Block::builder("resource").add_labels([resource_type(document.type_name), snake(&document.id)]);
        if let Some(condition) = document.when {
            let there = Conditional::new(expression(&format!("local.{}", snake(condition)))?, 1, 0);
            block = block.add_attribute(("count", Expression::from(there)));
        }
        for (name, value) in document.properties.as_object().into_iter().flatten() {
            block = block.add_attribute((snake(name), self.property(document.type_name, name, value)?));
        }
        if document.end == End::Kept {
            let kept = Block::builder("lifecycle").add_attribute(("prevent_destroy", true)).build();
            block = block.add_block(kept);
        }
        Ok(block.build())
    }

    fn output(&self, output: &Output) -> hcl::Result<Block> {
        let block = Block::builder("output").add_label(snake(output.name));
        let value = self.value("", "", Names::Own, &output.value)?;
        Ok(block.add_attribute(("description", output.description)).add_attribute(("value", value)).build())
    }

    /// A property, by its path.
    fn property(&self, type_name: &str, path: &str, value: &Value) -> hcl::Result<Expression> {
        if OPEN.contains(&(type_name, path)) {
            let json = self.value(type_name, path, Names::Own, value)?;
            return Ok(FuncCall::builder("jsonencode").arg(json).build().into());
        }
        let names = if MAPS.contains(&(type_name, path)) { Names::Own } else { Names::Properties };
        self.value(type_name, path, names, value)
    }

    fn value(&self, type_name: &str, path: &str, names: Names, value: &Value) -> hcl::Result<Expression> {
        if let Some(expression) = self.intrinsic(type_name, path, names, value)? {
            return Ok(expression);
        }
        Ok(match value {
            Value::Null => Expression::Null,
            Value::Bool(is) => (*is).into(),
            Value::Number(number) => match (number.as_i64(), number.as_f64().and_then(Number::from_f64)) {
                (Some(whole), _) => whole.into(),
                (None, Some(number)) => Expression::Number(number),
                (None, None) => Expression::Null,
            },
            Value::String(text) => text.as_str().into(),
            Value::Array(elements) => {
                let element = |element| self.value(type_name, path, names, element);
                let list: Expression = elements.iter().map(element).collect::<hcl::Result<Vec<Expression>>>()?.into();
                // CloudFormation leaves out what is not there; Terraform would keep a null.
                if elements.iter().any(|element| element.get("Fn::If").is_some()) {
                    FuncCall::builder("compact").arg(list).build().into()
                } else {
                    list
                }
            }
            Value::Object(members) => {
                let mut object = hcl::Object::new();
                for (name, value) in members {
                    let (key, value) = match names {
                        Names::Own => (ObjectKey::from(name.as_str()), self.value(type_name, path, names, value)?),
                        Names::Properties => {
                            let value = self.property(type_name, &format!("{path}/{name}"), value)?;
                            (Identifier::new(snake(name))?.into(), value)
                        }
                    };
                    object.insert(key, value);
                }
                object.into()
            }
        })
    }

    /// What CloudFormation's own words stand for; none where the value is plain.
    fn intrinsic(&self, type_name: &str, path: &str, names: Names, value: &Value) -> hcl::Result<Option<Expression>> {
        let Some((word, argument)) =
            value.as_object().filter(|members| members.len() == 1).and_then(|one| one.iter().next())
        else {
            return Ok(None);
        };
        let words: Vec<&str> = argument.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        Ok(Some(match (word.as_str(), argument, words.as_slice()) {
            ("Ref", Value::String(name), _) => expression(&self.reference(name))?,
            ("Fn::GetAtt", _, [id, name]) => expression(&self.attribute(id, &snake(name)))?,
            ("Fn::Sub", Value::String(template), _) => self.template(template),
            ("Fn::If", Value::Array(sides), [condition, ..]) => {
                let side = |index| match sides.get(index) {
                    Some(side) => self.value(type_name, path, names, side),
                    None => Ok(Expression::Null),
                };
                let condition = expression(&format!("local.{}", snake(condition)))?;
                Conditional::new(condition, side(1)?, side(2)?).into()
            }
            _ => return Ok(None),
        }))
    }

    /// What a name stands for: a pseudo parameter, a document or, after a point, an attribute of one, or a parameter.
    fn reference(&self, name: &str) -> String {
        if let Some((id, attribute)) = name.split_once('.') {
            return self.attribute(id, &snake(attribute));
        }
        if let Some((_, pseudo)) = PSEUDO.iter().find(|(known, _)| *known == name) {
            return (*pseudo).to_owned();
        }
        match self.deployment.document(name) {
            Some(document) => {
                let known = IDENTIFIERS.iter().find(|(type_name, _)| *type_name == document.type_name);
                self.attribute(name, known.map_or("id", |(_, attribute)| attribute))
            }
            None => format!("var.{}", snake(name)),
        }
    }

    /// An attribute of a document, in the provider's spelling.
    fn attribute(&self, id: &str, name: &str) -> String {
        let document = self.deployment.document(id);
        let resource = format!("{}.{}", resource_type(document.map_or("", |one| one.type_name)), snake(id));
        // What may not be there is a list of one or none.
        match document.and_then(|document| document.when) {
            Some(_) => format!("one({resource}[*].{name})"),
            None => format!("{resource}.{name}"),
        }
    }

    /// A text with `${…}`.
    fn template(&self, template: &str) -> Expression {
        let mut parts = template.split("${");
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').unwrap_or((part, ""));
            text.push_str(&format!("${{{}}}{rest}", self.reference(name)));
        }
        TemplateExpr::from(text).into()
    }
}

/// The provider has no `AWS::SQS::QueuePolicy`; the policy of one queue is another type there.
fn known_to_the_provider(document: &Document) -> Document {
    if document.type_name != "AWS::SQS::QueuePolicy" {
        return document.clone();
    }
    let mut document = Document { type_name: "AWS::SQS::QueueInlinePolicy", ..document.clone() };
    if let Some(properties) = document.properties.as_object_mut()
        && let Some(queue) = properties.remove("Queues").and_then(|queues| queues.get(0).cloned())
    {
        properties.insert("Queue".to_owned(), queue);
    }
    document
}

fn settings() -> hcl::Result<Block> {
    let provider = |name: &str, least: &str| -> hcl::Result<Attribute> {
        let text = format!(r#"{{ source = "hashicorp/{name}", version = "{least}" }}"#);
        Ok(Attribute::new(Identifier::new(name)?, expression(&text)?))
    };
    // The Region's name is the attribute `region` of its data source from 6.0 on.
    let providers = Block::builder("required_providers")
        .add_attribute(provider("aws", ">= 6.0")?)
        .add_attribute(provider("awscc", ">= 1.0")?)
        .build();
    Ok(Block::builder("terraform").add_attribute(("required_version", ">= 1.5")).add_block(providers).build())
}

fn variable(parameter: &Parameter) -> hcl::Result<Block> {
    let name = snake(parameter.name);
    let kind = if parameter.default.as_ref().is_some_and(Value::is_number) { "number" } else { "string" };
    let mut block = Block::builder("variable")
        .add_label(&name)
        .add_attribute(("type", expression(kind)?))
        .add_attribute(("description", parameter.description));
    if let Some(default) = &parameter.default {
        block = block.add_attribute(("default", expression(&default.to_string())?));
    }
    let (condition, message) = match (parameter.range, parameter.allowed.as_slice()) {
        (Some((least, greatest)), _) => (
            format!("var.{name} >= {least} && var.{name} <= {greatest}"),
            format!("It is a number from {least} to {greatest}."),
        ),
        (None, []) => return Ok(block.build()),
        (None, allowed) => {
            let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let names: Vec<String> = allowed.iter().map(plain).collect();
            let list = Value::from(allowed.to_vec());
            (format!("contains({list}, var.{name})"), format!("It is one of {}.", names.join(", ")))
        }
    };
    let validation = Block::builder("validation")
        .add_attribute(("condition", expression(&condition)?))
        .add_attribute(("error_message", message));
    Ok(block.add_block(validation.build()).build())
}

fn condition(condition: &Condition) -> hcl::Result<Attribute> {
    let variable = format!("var.{}", snake(condition.parameter));
    let text = match condition.is {
        Is::Equal(text) => format!("{variable} == {}", Value::from(text)),
        Is::Given => format!(r#"{variable} != """#),
    };
    Ok(Attribute::new(Identifier::new(snake(condition.name))?, expression(&text)?))
}

/// An expression from its text.
fn expression(text: &str) -> hcl::Result<Expression> {
    text.parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_providers() {
        for (name, expected) in [
            ("KmsMasterKeyId", "kms_master_key_id"),
            ("KMSMasterKeyId", "kms_master_key_id"),
            ("SSESpecification", "sse_specification"),
            ("OKActions", "ok_actions"),
            ("S3Bucket", "s3_bucket"),
            ("Arn", "arn"),
            ("AssumeRolePolicyDocument", "assume_role_policy_document"),
            ("LambdaRule2", "lambda_rule_2"),
            ("Ipv6AllowedForDualStack", "ipv_6_allowed_for_dual_stack"),
        ] {
            assert_eq!(snake(name), expected);
        }
        assert_eq!(resource_type("AWS::DynamoDB::Table"), "awscc_dynamodb_table");
        assert_eq!(resource_type("AWS::IAM::ManagedPolicy"), "awscc_iam_managed_policy");
    }
}
