//! Which functions share a role: the list of functions tells it.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_lambda::types::FunctionConfiguration;
use serde_json::Value;

use crate::cloud::CallError;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::listing::all;
use crate::model::Resource;

/// How many others are named in a document.
const NAMED: usize = 10;

/// The names of functions by the ARN of their role.
#[derive(Default)]
pub struct RoleUsers(BTreeMap<String, BTreeSet<String>>);

/// Of all functions of the Region. The caller holds the slot.
pub async fn of_all(aws: &Clients) -> Result<RoleUsers, CallError> {
    let pages = aws.lambda.list_functions().into_paginator().stop_on_duplicate_token(false).items().send();
    Ok(RoleUsers::of(&all("lambda", "ListFunctions", pages).await?))
}

impl RoleUsers {
    /// Of these functions.
    pub fn of(functions: &[FunctionConfiguration]) -> Self {
        let mut users = Self::default();
        for function in functions {
            if let (Some(role), Some(name)) = (function.role(), function.function_name()) {
                users.0.entry(role.to_owned()).or_default().insert(name.to_owned());
            }
        }
        users
    }

    /// The document with the first of the other functions that have its role.
    pub fn told(&self, mut document: Resource) -> Resource {
        let users = document.text("/Role").and_then(|role| self.0.get(role));
        let others = users.into_iter().flatten().filter(|name| **name != document.id);
        let others: Vec<Value> = others.take(NAMED).map(|name| name.as_str().into()).collect();
        if let (Value::Object(facts), false) = (&mut document.facts, others.is_empty()) {
            facts.insert("RoleSharedWith".into(), others.into());
        }
        document
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Function;
    use super::*;
    use crate::cloud::aws::testing::resource;

    #[test]
    fn the_others_are_named() {
        let function = |name: &str, role: &str| {
            FunctionConfiguration::builder().function_name(name).role(format!("arn:aws:iam::111122223333:role/{role}"))
        };
        let functions = [("pay", "shop"), ("cart", "shop"), ("mail", "mail")];
        let users = RoleUsers::of(&functions.map(|(name, role)| function(name, role).build()));
        for (name, role, others) in [("pay", "shop", json!(["cart"])), ("mail", "mail", Value::Null)] {
            let properties = json!({"Role": format!("arn:aws:iam::111122223333:role/{role}")});
            let told = users.told(resource(&Function, name, properties, json!({})));
            assert_eq!(told.facts["RoleSharedWith"], others, "{name}");
        }
    }
}
