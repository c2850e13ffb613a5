//! What Lambda does to the documents of functions: the sandbox's half of their calls.

use serde_json::{Map, Value};

use super::function_calls::UPDATE;
use super::{Function, names};
use crate::cloud::aws::fields::write;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::tags;
use crate::cloud::aws::world::{edit, made_id};
use crate::cloud::secret::what_is_known;
use crate::model::{Call, Place, ResourceType, Sent, Snapshot, fingerprints};

/// Does what a call of a function does.
pub fn on_function(place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
    let input = Input(call);
    let text = input.text("FunctionName").or_else(|| input.text("Resource")).ok_or("FunctionName is missing")?;
    let (name, _) = names::split(&text);
    edit(world, &Function.key(place, name), &missing(place, name), |properties, facts| {
        let value = |member: &str| input.value(member).cloned().ok_or(format!("{member} is missing"));
        match call.operation.as_str() {
            "UpdateFunctionConfiguration" => {
                check_revision(&input, facts)?;
                write(UPDATE, &call.input, properties);
                if let Some(Value::Object(vpc)) = properties.get_mut("VpcConfig")
                    && vpc.get("Ipv6AllowedForDualStack") == Some(&Value::Bool(false))
                {
                    vpc.remove("Ipv6AllowedForDualStack");
                }
                if input.value("Environment").is_some() {
                    know_variables(properties, facts);
                }
                next_revision(facts);
                facts.insert("LastUpdateStatus".into(), "Successful".into());
            }
            "PutFunctionConcurrency" => {
                properties.insert("ReservedConcurrentExecutions".into(), value("ReservedConcurrentExecutions")?);
            }
            "DeleteFunctionConcurrency" => {
                properties.remove("ReservedConcurrentExecutions");
            }
            "PutFunctionRecursionConfig" => {
                properties.insert("RecursiveLoop".into(), value("RecursiveLoop")?);
            }
            "PutRuntimeManagementConfig" => {
                let mut config = call.input.as_object().cloned().unwrap_or_default();
                config.remove("FunctionName");
                properties.insert("RuntimeManagementConfig".into(), Value::Object(config));
            }
            "PutFunctionCodeSigningConfig" => {
                properties.insert("CodeSigningConfigArn".into(), value("CodeSigningConfigArn")?);
            }
            "DeleteFunctionCodeSigningConfig" => {
                properties.remove("CodeSigningConfigArn");
            }
            "TagResource" | "UntagResource" => tags::effect(&input, tags::Shape::Pairs, properties),
            operation => return Err(format!("UnknownOperationException: {operation}")),
        }
        Ok(())
    })
}

/// The facts of the variables that are there now. Of a fingerprint only what was known before is known.
fn know_variables(properties: &Map<String, Value>, facts: &mut Map<String, Value>) {
    let variables = properties.get("Environment").and_then(|environment| environment.get("Variables"));
    let before = facts.remove("EnvironmentVariables").unwrap_or_default();
    let mut known = Map::new();
    for (name, value) in variables.and_then(Value::as_object).into_iter().flatten() {
        let text = value.as_str().unwrap_or_default();
        let fact = match fingerprints(text).is_empty() {
            true => Some(what_is_known(name, text)),
            false => before.get(name).cloned(),
        };
        known.extend(fact.map(|fact| (name.clone(), fact)));
    }
    if !known.is_empty() {
        facts.insert("EnvironmentVariables".into(), Value::Object(known));
    }
}

/// Lambda's message for a function that is not there.
pub fn missing(place: &Place, name: &str) -> String {
    format!("ResourceNotFoundException: Function not found: {}", names::arn(place, name))
}

/// Refuses a call that names another revision than the current one, as Lambda does.
pub fn check_revision(input: &Input<'_>, facts: &Map<String, Value>) -> Result<(), String> {
    match (input.text("RevisionId"), facts.get("RevisionId").and_then(Value::as_str)) {
        (Some(asked), Some(current)) if asked != current => {
            Err("PreconditionFailedException: The RevisionId provided does not match the latest RevisionId".to_owned())
        }
        _ => Ok(()),
    }
}

/// Moves on to the next revision; what has none keeps none.
pub fn next_revision(facts: &mut Map<String, Value>) {
    if let Some(revision) = facts.get("RevisionId").and_then(Value::as_str) {
        let next = made_id(&["revision", revision]);
        facts.insert("RevisionId".to_owned(), next.into());
    }
}
