//! Builds documents from what services answer.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::{Map, Value};

/// Builds an object member by member, leaving out what is absent.
#[derive(Default)]
pub struct Object(pub Map<String, Value>);

impl Object {
    /// Sets a member unless the value is absent or an empty text: services answer with either for what is unset.
    pub fn set(&mut self, name: &str, value: Option<impl Into<Value>>) -> &mut Self {
        if let Some(value) = value {
            let value = value.into();
            if !value.is_null() && value.as_str() != Some("") {
                self.0.insert(name.to_owned(), value);
            }
        }
        self
    }

    /// The object, or nothing where it has no members.
    pub fn non_empty(self) -> Option<Value> {
        (!self.0.is_empty()).then_some(Value::Object(self.0))
    }
}

/// A list of texts; nothing where it is empty.
pub fn list<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Option<Value> {
    let list: Vec<Value> = texts.into_iter().map(|text| text.as_ref().into()).collect();
    (!list.is_empty()).then_some(Value::Array(list))
}

/// A time as RFC 3339.
pub fn time(time: Option<&DateTime>) -> Option<String> {
    time?.fmt(Format::DateTime).ok()
}

/// A number; a whole one is an integer, as documents and playbooks write it.
pub fn number(number: f64) -> Value {
    // A float without a fraction is written without one.
    number.to_string().parse::<i64>().map_or_else(|_| number.into(), Value::from)
}

/// Whether two values say the same; 100 and 100.0 are one limit.
pub fn same(a: Option<&Value>, b: Option<&Value>) -> bool {
    match (a, b) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            a.keys().chain(b.keys()).all(|name| same(a.get(name), b.get(name)))
        }
        (Some(a), Some(b)) => a == b || (a.as_f64().is_some() && a.as_f64() == b.as_f64()),
        (a, b) => a == b,
    }
}
