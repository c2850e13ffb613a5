//! Reads a call's input for the SDK's builders.

use serde_json::Value;

use crate::cloud::{CallError, CallErrorKind};
use crate::model::Call;

/// The input of a call.
pub struct Input<'a>(pub &'a Call);

impl Input<'_> {
    /// The member at a JSON Pointer or, without a slash, of that name; `null` is absent.
    pub fn value(&self, name: &str) -> Option<&Value> {
        let value = if name.starts_with('/') { self.0.input.pointer(name) } else { self.0.input.get(name) };
        value.filter(|value| !value.is_null())
    }

    /// A text, where it is there.
    pub fn text(&self, name: &str) -> Option<String> {
        self.value(name)?.as_str().map(str::to_owned)
    }

    /// A boolean, where it is there.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.value(name)?.as_bool()
    }

    /// A whole number, where it is there.
    pub fn integer(&self, name: &str) -> Option<i32> {
        self.value(name)?.as_i64().and_then(|number| i32::try_from(number).ok())
    }

    /// A list of texts, where it is there.
    pub fn texts(&self, name: &str) -> Option<Vec<String>> {
        Some(self.value(name)?.as_array()?.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect())
    }

    /// A call of this type that `send` does not know: a fault of rectify's, since `calls` made it.
    pub fn unknown(&self) -> CallError {
        self.invalid("rectify cannot send this operation".into())
    }

    /// A call that cannot be sent as it is.
    pub fn invalid(&self, message: String) -> CallError {
        CallError {
            kind: CallErrorKind::Invalid,
            service: self.0.service.clone(),
            operation: self.0.operation.clone(),
            message,
            request_id: None,
        }
    }
}
