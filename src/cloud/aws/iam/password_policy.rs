//! The password policy of an account's users, which is always written whole: what a call does not give becomes the default
//! (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html>).

use aws_sdk_iam::types::PasswordPolicy;
use serde_json::{Map, Value};

use crate::cloud::aws::object::Object;
use crate::model::Impossible;

/// A member of the policy.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name, in documents and in calls.
    pub name: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// `false` where it is not given.
    Flag,
    /// Between the two; the last is what stands where it is not given, and zero is not given.
    Number(i64, i64, Option<i64>),
}

const fn flag(name: &'static str) -> Field {
    Field { name, kind: Kind::Flag }
}

const fn number(name: &'static str, least: i64, most: i64, default: Option<i64>) -> Field {
    Field { name, kind: Kind::Number(least, most, default) }
}

/// All of them.
pub const FIELDS: [Field; 9] = [
    number("MinimumPasswordLength", 6, 128, Some(6)),
    flag("RequireSymbols"),
    flag("RequireNumbers"),
    flag("RequireUppercaseCharacters"),
    flag("RequireLowercaseCharacters"),
    flag("AllowUsersToChangePassword"),
    number("MaxPasswordAge", 1, 1095, None),
    number("PasswordReusePrevention", 1, 24, None),
    flag("HardExpiry"),
];

/// The property, from what IAM answers.
pub fn document(policy: &PasswordPolicy) -> Value {
    let mut members = Object::default();
    let some = |number: Option<i32>| number.filter(|number| *number > 0);
    members
        .set("MinimumPasswordLength", some(policy.minimum_password_length))
        .set("RequireSymbols", Some(policy.require_symbols))
        .set("RequireNumbers", Some(policy.require_numbers))
        .set("RequireUppercaseCharacters", Some(policy.require_uppercase_characters))
        .set("RequireLowercaseCharacters", Some(policy.require_lowercase_characters))
        .set("AllowUsersToChangePassword", Some(policy.allow_users_to_change_password))
        .set("MaxPasswordAge", some(policy.max_password_age))
        .set("PasswordReusePrevention", some(policy.password_reuse_prevention))
        .set("HardExpiry", policy.hard_expiry);
    Value::Object(members.0)
}

/// The policy with its defaults: two that are the same to IAM are the same here.
pub fn whole(policy: &Value) -> Value {
    let mut whole = policy.as_object().cloned().unwrap_or_default();
    for field in FIELDS {
        let given = whole.remove(field.name).filter(|value| !value.is_null());
        let value = match field.kind {
            Kind::Flag => Some(given.unwrap_or(Value::Bool(false))),
            Kind::Number(_, _, default) => given.filter(|value| value.as_i64() != Some(0)).or(default.map(Value::from)),
        };
        if let Some(value) = value {
            whole.insert(field.name.to_owned(), value);
        }
    }
    Value::Object(whole)
}

/// What a call says to make the policy, every member of it.
pub fn input(policy: &Value) -> Result<Value, Impossible> {
    accepted(policy).map_err(|error| Impossible(format!("IAM would not take the password policy: {error}")))
}

/// The property after a call, or IAM's message.
pub fn accepted(input: &Value) -> Result<Value, String> {
    let whole = whole(input);
    for (name, value) in whole.as_object().unwrap_or(&Map::new()) {
        let Some(field) = FIELDS.iter().find(|field| field.name == name) else {
            return Err(format!("ValidationError: {name} is no member of a password policy"));
        };
        match field.kind {
            Kind::Flag if value.is_boolean() => {}
            Kind::Number(least, most, _) if value.as_i64().is_some_and(|it| (least..=most).contains(&it)) => {}
            Kind::Flag | Kind::Number(..) => {
                return Err(format!("ValidationError: Value '{value}' at '{name}' failed to satisfy constraint"));
            }
        }
    }
    Ok(whole)
}
