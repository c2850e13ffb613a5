//! A function's resource-based policy: what a statement says in the words of `AWS::Lambda::Permission`, and the
//! statement that AddPermission makes of these words.

use serde_json::{Map, Value, json};

/// A property of a permission and the condition that AddPermission writes for it. Lambda's own documentation shows the
/// keys in either case, so they are compared without.
/// <https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html>
struct Condition {
    property: &'static str,
    operator: &'static str,
    key: &'static str,
}

const CONDITIONS: &[Condition] = &[
    Condition { property: "SourceArn", operator: "ArnLike", key: "AWS:SourceArn" },
    Condition { property: "SourceAccount", operator: "StringEquals", key: "AWS:SourceAccount" },
    Condition { property: "PrincipalOrgID", operator: "StringEquals", key: "aws:PrincipalOrgID" },
    Condition { property: "FunctionUrlAuthType", operator: "StringEquals", key: "lambda:FunctionUrlAuthType" },
    Condition { property: "EventSourceToken", operator: "StringEquals", key: "lambda:EventSourceToken" },
    Condition { property: "InvokedViaFunctionUrl", operator: "Bool", key: "lambda:InvokedViaFunctionUrl" },
];

/// The properties that AddPermission takes besides the function.
pub const PROPERTIES: &[&str] = &[
    "Action",
    "Principal",
    "SourceArn",
    "SourceAccount",
    "PrincipalOrgID",
    "FunctionUrlAuthType",
    "EventSourceToken",
    "InvokedViaFunctionUrl",
];

/// A statement in the words of a permission.
pub struct Reading {
    /// Action, Principal and the rest, each where it is there.
    pub properties: Map<String, Value>,
    /// What the properties do not say, after "AddPermission cannot write ". With any of it the statement cannot be
    /// made again.
    pub lost: Option<String>,
}

/// Reads a statement of the policy of `resource`, a function's ARN with its qualifier.
pub fn read(statement: &Value, resource: Option<&str>) -> Reading {
    let mut properties = Map::new();
    let mut lost: Vec<String> = Vec::new();
    for (name, value) in statement.as_object().into_iter().flatten() {
        match name.as_str() {
            "Sid" => {}
            "Effect" if value == "Allow" => {}
            "Resource" if resource.is_none_or(|resource| value == resource) => {}
            "Action" => match only_text(value) {
                Some(action) => {
                    properties.insert("Action".into(), action.into());
                }
                None => lost.push("several actions".into()),
            },
            "Principal" => match principal(value) {
                Some((principal, whole)) => {
                    properties.insert("Principal".into(), principal.into());
                    if !whole {
                        lost.push("that principal".into());
                    }
                }
                None => lost.push("that principal".into()),
            },
            "Condition" => conditions(value, &mut properties, &mut lost),
            // Some write it beside the condition, as moto does.
            "FunctionUrlAuthType" | "InvokedViaFunctionUrl" => {
                properties.insert(name.clone(), value.clone());
            }
            other => lost.push(format!("{other} {value}")),
        }
    }
    if statement.get("Sid").is_none() {
        lost.push("a statement without a Sid".into());
    }
    Reading { properties, lost: (!lost.is_empty()).then(|| lost.join(", ")) }
}

/// The one text of a text or of a list of one.
fn only_text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        Value::Array(list) => match list.as_slice() {
            [one] => one.as_str(),
            _ => None,
        },
        _ => None,
    }
}

/// The principal as AddPermission takes it, and whether it says all of it. An account's root ARN is the account.
fn principal(value: &Value) -> Option<(String, bool)> {
    let everyone =
        |value: &Value| value == "*" || value.as_array().is_some_and(|list| list.iter().any(|one| one == "*"));
    match value {
        Value::String(text) => Some((account_of(text).unwrap_or(text).to_owned(), true)),
        Value::Object(kinds) => {
            let mut kinds_iter = kinds.iter();
            match (kinds_iter.next(), kinds_iter.next()) {
                (Some((kind, named)), None) if kind == "AWS" || kind == "Service" => match only_text(named) {
                    Some(text) if kind == "AWS" => {
                        let text = account_of(text).unwrap_or(text);
                        // The id that stands for a deleted user or role is taken by no call.
                        let known = text == "*" || text.starts_with("arn:") || is_account(text);
                        Some((text.to_owned(), known))
                    }
                    Some(text) => Some((text.to_owned(), true)),
                    None => everyone(named).then(|| ("*".to_owned(), false)),
                },
                _ => kinds.get("AWS").is_some_and(everyone).then(|| ("*".to_owned(), false)),
            }
        }
        _ => None,
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn account_of(arn: &str) -> Option<&str> {
    let account = arn.strip_suffix(":root")?.rsplit(':').next()?;
    (arn.starts_with("arn:") && is_account(account)).then_some(account)
}

fn conditions(value: &Value, properties: &mut Map<String, Value>, lost: &mut Vec<String>) {
    for (operator, keys) in value.as_object().into_iter().flatten() {
        for (key, value) in keys.as_object().into_iter().flatten() {
            let known = CONDITIONS.iter().find(|known| known.key.eq_ignore_ascii_case(key));
            match (known, only_text(value)) {
                (Some(known), Some(text)) if says(operator, known, text) => {
                    properties.insert(known.property.to_owned(), property(known, text));
                }
                (Some(known), None) if known.operator == "Bool" && operator == "Bool" && value.is_boolean() => {
                    properties.insert(known.property.to_owned(), value.clone());
                }
                _ => lost.push(format!("the condition {operator} {key}")),
            }
        }
    }
}

/// Whether an operator says of that key and value what AddPermission's operator would say.
fn says(operator: &str, known: &Condition, text: &str) -> bool {
    let literal = !text.contains(['*', '?', '$']);
    match known.operator {
        "ArnLike" => operator == "ArnLike" || operator == "ArnEquals" || (operator == "StringEquals" && literal),
        "StringEquals" => operator == "StringEquals" || (operator == "StringLike" && literal),
        own => operator == own,
    }
}

fn property(known: &Condition, text: &str) -> Value {
    match (known.operator, text) {
        ("Bool", "true") => Value::Bool(true),
        ("Bool", "false") => Value::Bool(false),
        _ => text.into(),
    }
}

/// The statement that AddPermission makes.
pub fn write(sid: &str, resource: &str, partition: &str, input: &Value) -> Value {
    let mut statement = json!({
        "Sid": sid,
        "Effect": "Allow",
        "Principal": written_principal(partition, input.get("Principal").and_then(Value::as_str).unwrap_or_default()),
        "Action": input.get("Action"),
        "Resource": resource,
    });
    let mut conditions: Map<String, Value> = Map::new();
    for known in CONDITIONS {
        let Some(value) = input.get(known.property) else { continue };
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let keys = conditions.entry(known.operator).or_insert_with(|| json!({}));
        if let Some(keys) = keys.as_object_mut() {
            keys.insert(known.key.to_owned(), text.into());
        }
    }
    if let (false, Some(members)) = (conditions.is_empty(), statement.as_object_mut()) {
        members.insert("Condition".into(), Value::Object(conditions));
    }
    statement
}

fn written_principal(partition: &str, principal: &str) -> Value {
    if principal == "*" {
        "*".into()
    } else if is_account(principal) {
        json!({"AWS": format!("arn:{partition}:iam::{principal}:root")})
    } else if principal.starts_with("arn:") {
        json!({"AWS": principal})
    } else {
        json!({"Service": principal})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:lambda:eu-west-1:111122223333:function:pay";

    fn reading(statement: Value) -> (Value, Option<String>) {
        let reading = read(&statement, Some(ARN));
        (Value::Object(reading.properties), reading.lost)
    }

    #[test]
    fn each_form_of_a_principal_is_one_word() {
        for (principal, word) in [
            (json!("*"), "*"),
            (json!({"AWS": "*"}), "*"),
            (json!({"AWS": ["*"]}), "*"),
            (json!({"Service": "s3.amazonaws.com"}), "s3.amazonaws.com"),
            (json!({"AWS": "arn:aws:iam::444455556666:root"}), "444455556666"),
            (json!("444455556666"), "444455556666"),
            (json!({"AWS": "arn:aws:iam::444455556666:role/caller"}), "arn:aws:iam::444455556666:role/caller"),
        ] {
            let statement = json!({"Sid": "s", "Effect": "Allow", "Principal": principal,
                "Action": "lambda:InvokeFunction", "Resource": ARN});
            let (properties, lost) = reading(statement);
            assert_eq!(properties, json!({"Action": "lambda:InvokeFunction", "Principal": word}));
            assert_eq!(lost, None);
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for properties in [
            json!({"Action": "lambda:InvokeFunction", "Principal": "*", "PrincipalOrgID": "o-a1b2c3d4e5"}),
            json!({"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::in",
                "SourceAccount": "111122223333"}),
            json!({"Action": "lambda:InvokeFunctionUrl", "Principal": "*", "FunctionUrlAuthType": "NONE"}),
            json!({"Action": "lambda:InvokeFunction", "Principal": "*", "InvokedViaFunctionUrl": true}),
            json!({"Action": "lambda:InvokeFunction", "Principal": "alexa-appkit.amazon.com", "EventSourceToken": "t"}),
        ] {
            assert_eq!(reading(write("s", ARN, "aws", &properties)), (properties, None));
        }
    }

    #[test]
    fn what_add_permission_cannot_write_is_named() {
        let base = json!({"Sid": "s", "Effect": "Allow", "Principal": "*", "Action": "lambda:*", "Resource": ARN});
        for (name, value, lost) in [
            ("Effect", json!("Deny"), r#"Effect "Deny""#),
            ("Resource", json!("*"), r#"Resource "*""#),
            ("NotPrincipal", json!("*"), r#"NotPrincipal "*""#),
            ("Action", json!(["lambda:A", "lambda:B"]), "several actions"),
            ("Principal", json!({"AWS": ["444455556666", "*"]}), "that principal"),
            ("Principal", json!({"AWS": "AROAEXAMPLE"}), "that principal"),
            ("Principal", json!({"Federated": "accounts.google.com"}), "that principal"),
            ("Condition", json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), "the condition IpAddress aws:SourceIp"),
            (
                "Condition",
                json!({"StringEqualsIfExists": {"AWS:SourceAccount": "1"}}),
                "the condition StringEqualsIfExists AWS:SourceAccount",
            ),
            (
                "Condition",
                json!({"StringLike": {"AWS:SourceAccount": "1*"}}),
                "the condition StringLike AWS:SourceAccount",
            ),
        ] {
            let mut statement = base.clone();
            statement[name] = value;
            assert_eq!(reading(statement).1.as_deref(), Some(lost));
        }
        let mut nameless = base;
        nameless.as_object_mut().unwrap().remove("Sid");
        assert_eq!(reading(nameless).1.as_deref(), Some("a statement without a Sid"));
    }
}
