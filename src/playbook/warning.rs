//! What a person should know before a playbook is followed.

use serde::Deserialize;
use serde::de::Error;
use serde_json::Value;

use super::template::Template;
use crate::policy::Expression;
use crate::text::{Diagnostic, Source};

/// A sentence, and when it is told.
#[derive(Clone)]
pub struct Warning {
    /// The sentence as it is written; may hold `${…}`.
    pub written: String,
    /// The sentence.
    pub text: Template,
    /// Its condition.
    pub when: Option<Expression>,
}

/// A sentence, or `{text, when}`.
pub(super) struct Written {
    written: String,
    text: Template,
    when: Option<String>,
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Conditional {
            text: String,
            when: String,
        }
        let (text, when) = match Value::deserialize(deserializer)? {
            Value::String(text) => (text, None),
            value => {
                let Conditional { text, when } = serde_json::from_value(value).map_err(D::Error::custom)?;
                (text, Some(when))
            }
        };
        let written = text.clone();
        Ok(Self { written, text: Template::parse(&Value::String(text)).map_err(D::Error::custom)?, when })
    }
}

impl Written {
    pub(super) fn compile(self, source: &Source) -> Result<Warning, Diagnostic> {
        let when = self.when.map(|when| Expression::compile(source, &when)).transpose()?;
        Ok(Warning { written: self.written, text: self.text, when })
    }
}
