//! What the statements of a function's policy and those of a layer version's share: Lambda adds and removes them, and cannot
//! change one.

use serde_json::Value;

use super::effect::check_revision;
use crate::cloud::CallError;
use crate::cloud::aws::answer::unreadable;
use crate::cloud::aws::fields::only;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::world::made_id;
use crate::model::{Call, Impossible, Resource, ResourceKey, Sent, Snapshot};

/// The call that adds or removes the statement of a document.
type Make = fn(&Resource) -> Result<Call, Impossible>;

/// The calls between two documents with these properties. `writable` refuses a statement that `add` cannot write.
pub fn calls(
    properties: &[&str],
    (before, after): (Option<&Resource>, Option<&Resource>),
    writable: fn(&Resource, &str) -> Result<(), Impossible>,
    (remove, add): (Make, Make),
) -> Result<Vec<Call>, Impossible> {
    match (before, after) {
        (None, Some(after)) => {
            writable(after, "made again")?;
            Ok(vec![add(after)?])
        }
        (Some(before), None) => Ok(vec![remove(before)?]),
        (Some(before), Some(after)) => {
            only(properties, before, after)?;
            let same = |name: &&str| before.property(&format!("/{name}")) == after.property(&format!("/{name}"));
            if properties.iter().all(same) {
                return Ok(Vec::new());
            }
            writable(before, "replaced")?;
            Ok(vec![remove(before)?, add(after)?])
        }
        (None, None) => Ok(Vec::new()),
    }
}

/// Does what a call does to the statements of one policy, which has a new revision afterwards. `within` knows the ids of its
/// statements, and `made` is the document of a new one.
pub fn effect(
    call: &Call,
    world: &mut Snapshot,
    (key, policy, sid): (&ResourceKey, &str, &str),
    within: impl Fn(&str) -> bool,
    made: impl FnOnce(&str) -> Resource,
) -> Result<Sent, String> {
    let siblings = world.of_type(key.type_name.as_str());
    let siblings = siblings.filter(|other| other.region == key.region && within(&other.id));
    let siblings: Vec<Resource> = siblings.map(|other| Resource::clone(other)).collect();
    if let Some(facts) = siblings.first().and_then(|sibling| sibling.facts.as_object()) {
        check_revision(&Input(call), facts)?;
    }
    let revision = siblings.first().and_then(|sibling| sibling.fact("/RevisionId")).and_then(Value::as_str);
    let revision = made_id(&["revision", revision.unwrap_or(policy), sid]);
    let sent = match call.operation.as_str() {
        "AddPermission" | "AddLayerVersionPermission" => {
            let made = made(&revision);
            let arn = Some(made.arn.clone()).filter(|arn| !arn.is_empty());
            world.insert(made);
            Sent { id: Some(key.id.clone()), arn, ..Sent::default() }
        }
        "RemovePermission" | "RemoveLayerVersionPermission" => match world.remove(key) {
            Some(_) => Sent::default(),
            None => return Err(format!("ResourceNotFoundException: Statement {sid} is not found in resource policy.")),
        },
        operation => return Err(format!("UnknownOperationException: {operation}")),
    };
    for mut sibling in siblings.into_iter().filter(|sibling| sibling.id != key.id) {
        if let Some(facts) = sibling.facts.as_object_mut() {
            facts.insert("RevisionId".into(), revision.as_str().into());
        }
        world.insert(sibling);
    }
    Ok(sent)
}

/// The statements of a policy from the text that an operation gives for it.
pub fn all(operation: &str, policy: Option<&str>) -> Result<Vec<Value>, CallError> {
    let policy: Value = serde_json::from_str(policy.unwrap_or("{}"))
        .map_err(|error| unreadable("lambda", operation, format!("the policy is not JSON: {error}")))?;
    Ok(match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    })
}
