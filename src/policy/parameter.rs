//! Values that the user may set, of a policy or a playbook.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A value that the user may set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// What it must be.
    #[serde(rename = "type")]
    pub kind: ParameterType,
    /// The value where the user sets none; without one it is required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// The values that it may have; any of its type where the list is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub one_of: Vec<Value>,
}

impl Parameter {
    /// Why the value is refused; none where it is not. It reads after "this is VALUE, and has to be ".
    pub fn refusal(&self, value: &Value) -> Option<String> {
        if !self.kind.admits(value) {
            return Some(self.kind.described());
        }
        let listed = self.one_of.is_empty() || self.one_of.contains(value);
        let all = || self.one_of.iter().map(Value::to_string).collect::<Vec<_>>().join(", ");
        (!listed).then(|| format!("one of {}", all()))
    }

    /// The value that a policy or playbook gets: a duration as whole seconds, anything else as it is.
    pub fn resolved(&self, value: &Value) -> Value {
        let seconds = value.as_str().filter(|_| self.kind == ParameterType::Duration).and_then(seconds);
        seconds.map_or_else(|| value.clone(), Value::from)
    }
}

/// What a parameter must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterType {
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A list.
    List,
    /// Names and values.
    Object,
    /// A length of time: `90d`, `12h`, `30m`.
    Duration,
    /// The id of an account.
    Account,
    /// An ARN of a service; in any partition.
    Arn(String),
    /// A list whose elements are of a type.
    ListOf(Box<Self>),
}

impl ParameterType {
    /// Whether the value is of the type.
    pub fn admits(&self, value: &Value) -> bool {
        let text = |fits: &dyn Fn(&str) -> bool| value.as_str().is_some_and(fits);
        match self {
            Self::String => value.is_string(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::List => value.is_array(),
            Self::Object => value.is_object(),
            Self::Duration => text(&|text| seconds(text).is_some()),
            Self::Account => text(&|text| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())),
            Self::Arn(service) => text(&|text| is_arn(text, service)),
            Self::ListOf(element) => {
                value.as_array().is_some_and(|items| items.iter().all(|item| element.admits(item)))
            }
        }
    }

    /// What it is, for people.
    fn described(&self) -> String {
        match self {
            Self::Duration => "a duration, such as `90d`, `12h` or `30m`".into(),
            Self::Account => "an account, which has twelve digits".into(),
            Self::Arn(service) => format!("an ARN of {service}, such as `arn:aws:{service}:…`"),
            Self::ListOf(element) => format!("a list, each element {}", element.described()),
            Self::Integer | Self::Object => format!("an {self}"),
            Self::String | Self::Number | Self::Boolean | Self::List => format!("a {self}"),
        }
    }
}

/// `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>).
fn is_arn(text: &str, service: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, of, _, _, resource] => {
            partition.starts_with("aws") && *of == service && !resource.is_empty()
        }
        _ => false,
    }
}

/// The seconds of `90d`, `12h` or `30m`.
fn seconds(text: &str) -> Option<u64> {
    let unit = match text.chars().next_back()? {
        'd' => 86_400,
        'h' => 3_600,
        'm' => 60,
        _ => return None,
    };
    let digits = text.get(..text.len() - 1)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u64>().ok()?.checked_mul(unit)).flatten()
}

impl fmt::Display for ParameterType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String => f.write_str("string"),
            Self::Integer => f.write_str("integer"),
            Self::Number => f.write_str("number"),
            Self::Boolean => f.write_str("boolean"),
            Self::List => f.write_str("list"),
            Self::Object => f.write_str("object"),
            Self::Duration => f.write_str("duration"),
            Self::Account => f.write_str("account"),
            Self::Arn(service) => write!(f, "arn:aws:{service}"),
            Self::ListOf(element) => write!(f, "list({element})"),
        }
    }
}

impl FromStr for ParameterType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(element) = text.strip_prefix("list(").and_then(|rest| rest.strip_suffix(')')) {
            return Ok(Self::ListOf(Box::new(element.parse()?)));
        }
        let service = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        Ok(match text {
            "string" => Self::String,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            "list" => Self::List,
            "object" => Self::Object,
            "duration" => Self::Duration,
            "account" => Self::Account,
            _ => match text.strip_prefix("arn:aws:").filter(|name| !name.is_empty() && service(name)) {
                Some(name) => Self::Arn(name.to_owned()),
                None => {
                    return Err(format!(
                        "unknown type `{text}`, expected one of `string`, `integer`, `number`, `boolean`, `list`, `object`, `duration`, `account`, `arn:aws:SERVICE`, `list(TYPE)`"
                    ));
                }
            },
        })
    }
}

impl<'de> Deserialize<'de> for ParameterType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for ParameterType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parameter(kind: &str, one_of: Value) -> Parameter {
        serde_json::from_value(json!({"type": kind, "one_of": one_of})).unwrap()
    }

    fn refused(kind: &str, value: Value) -> String {
        parameter(kind, json!([])).refusal(&value).unwrap_or_default()
    }

    #[test]
    fn a_value_is_of_its_type() {
        for (kind, value) in [
            ("duration", json!("90d")),
            ("account", json!("111122223333")),
            ("arn:aws:sns", json!("arn:aws-cn:sns:cn-north-1:111122223333:alarms")),
            ("list(account)", json!(["111122223333"])),
            ("list(arn:aws:kms)", json!([])),
        ] {
            assert_eq!(refused(kind, value), "", "{kind}");
        }
        assert_eq!(refused("arn:aws:sns", json!("arn:aws:sqs:r:1:q")), "an ARN of sns, such as `arn:aws:sns:…`");
        assert_eq!(refused("duration", json!(90)), "a duration, such as `90d`, `12h` or `30m`");
        assert_eq!(refused("duration", json!("-1d")), "a duration, such as `90d`, `12h` or `30m`");
        let digits = "a list, each element an account, which has twelve digits";
        assert_eq!(refused("list(account)", json!(["shop"])), digits);
        assert_eq!(parameter("integer", json!([1, 3])).refusal(&json!(2)), Some("one of 1, 3".into()));
    }

    #[test]
    fn a_duration_is_handed_over_in_seconds() {
        let duration = parameter("duration", json!([]));
        assert_eq!(duration.resolved(&json!("90d")), json!(7_776_000));
        assert_eq!(duration.resolved(&json!("30m")), json!(1_800));
        assert_eq!(parameter("string", json!([])).resolved(&json!("90d")), json!("90d"));
    }

    #[test]
    fn a_type_that_is_none_is_told() {
        let told = "list(acount)".parse::<ParameterType>().unwrap_err();
        assert!(told.starts_with("unknown type `acount`, expected one of `string`"), "{told}");
        assert_eq!("list(arn:aws:kms)".parse::<ParameterType>().unwrap().to_string(), "list(arn:aws:kms)");
    }
}
