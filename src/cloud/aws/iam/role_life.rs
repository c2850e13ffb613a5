//! A role is made with its policies, and deleted with them: IAM deletes no role that still has one
//! (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html>).

use serde_json::{Map, Value, json};

use super::Role;
use super::principal::{Ordered, Principal, changeable};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::object::Object;
use crate::cloud::aws::world::made_hex;
use crate::cloud::aws::{document, tags};
use crate::model::{Call, Impossible, Place, Resource, ResourceType, Sent, Snapshot};

/// Properties that CreateRole writes as they are.
const PLAIN: [&str; 4] = ["Description", "MaxSessionDuration", "Path", "PermissionsBoundary"];

/// The calls that make it: the role first, then what it may do.
pub fn create(after: &Resource) -> Result<Vec<Call>, Impossible> {
    let name = after.text("/RoleName").ok_or_else(|| Impossible("a role is made with a RoleName".to_owned()))?;
    let trust = after.property("/AssumeRolePolicyDocument").map(document::text);
    let trust = trust.ok_or_else(|| Impossible("a role cannot be without a trust policy".to_owned()))?;
    let mut members = Object::default();
    members.set("AssumeRolePolicyDocument", Some(trust));
    for property in PLAIN {
        members.set(property, after.property(&format!("/{property}")).cloned());
    }
    let tags = tags::of(after);
    let tagged = !tags.is_empty();
    members.set("Tags", tagged.then(|| tags::pairs(&tags, "Key", "Value")));
    let call = Principal::Role.call("CreateRole", name, Value::Object(members.0));
    let call = call.and_permissions(tagged.then_some("iam:TagRole"));
    let bare = Resource { id: name.to_owned(), ..after.with_properties(json!({})) };
    let mut calls = Ordered::default();
    Principal::Role.policies(&bare, after, &mut calls)?;
    Ok([vec![call], calls.finish()].concat())
}

/// The calls that delete it.
pub fn delete(before: &Resource) -> Result<Vec<Call>, Impossible> {
    changeable(before)?;
    let mut calls = Ordered::default();
    Principal::Role.policies(before, &before.with_properties(json!({})), &mut calls)?;
    Ok([calls.finish(), vec![Principal::Role.call("DeleteRole", &before.id, Value::Null)]].concat())
}

/// What the first and the last of them do.
pub fn effect(place: &Place, call: &Call, world: &mut Snapshot) -> Option<Result<Sent, String>> {
    match call.operation.as_str() {
        "CreateRole" => Some(made(place, call, world)),
        "DeleteRole" => Some(deleted(place, call, world)),
        _ => None,
    }
}

fn made(place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
    let input = Input(call);
    let name = input.text("RoleName").ok_or("ValidationError: RoleName is missing")?;
    let key = Role.key(place, &name);
    if world.get(&key).is_some() {
        return Err(format!("EntityAlreadyExists: Role with name {name} already exists."));
    }
    let trust = document::parse(&input.text("AssumeRolePolicyDocument").unwrap_or_default());
    let trust = trust.map_err(|error| format!("MalformedPolicyDocument: {error}"))?;
    let path = input.text("Path").unwrap_or_else(|| "/".to_owned());
    let arn = format!("arn:{}:iam::{}:role{path}{name}", place.partition, place.account);
    let mut properties = Object::default();
    properties.set("RoleName", Some(name.as_str())).set("AssumeRolePolicyDocument", Some(trust));
    for property in PLAIN {
        properties.set(property, input.value(property).cloned());
    }
    tags::write(&mut properties.0, tags::Shape::Pairs, tags::map(input.value("Tags")), &[]);
    let mut facts = Map::from_iter([("Arn".to_owned(), Value::from(arn.as_str()))]);
    let id: String = made_hex(&[&place.account, &name]).to_uppercase().chars().take(17).collect();
    facts.insert("RoleId".to_owned(), format!("AROA{id}").into());
    world.insert(Resource::new(key, arn.clone(), properties.0, facts));
    Ok(Sent { id: Some(name), arn: Some(arn), request_id: None })
}

fn deleted(place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
    let name = Input(call).text("RoleName").unwrap_or_default();
    let key = Role.key(place, &name);
    let missing = || format!("NoSuchEntity: The role with name {name} cannot be found.");
    let role = world.get(&key).ok_or_else(missing)?;
    let has = |pointer: &str| role.property(pointer).and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    if has("/ManagedPolicyArns") {
        return Err("DeleteConflict: Cannot delete entity, must detach all policies first.".to_owned());
    }
    if has("/Policies") {
        return Err("DeleteConflict: Cannot delete entity, must delete policies first.".to_owned());
    }
    world.remove(&key);
    Ok(Sent::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{resource, run, shown, world};

    const LOGS: &str = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

    fn role() -> Resource {
        let allow = |action: &str| json!({"Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]});
        let properties = json!({
            "RoleName": "pay", "Description": "pays", "AssumeRolePolicyDocument": allow("sts:AssumeRole"),
            "Policies": [{"PolicyName": "own", "PolicyDocument": allow("kms:Decrypt")}],
            "ManagedPolicyArns": [LOGS], "Tags": [{"Key": "team", "Value": "pay"}],
        });
        resource(&Role, "${rectify:c1.id}", properties, json!({}))
    }

    #[test]
    fn a_role_is_made_with_its_policies_and_deleted_with_them() {
        let create = Role.calls(None, Some(&role())).unwrap();
        let text = |action: &str| {
            document::text(&json!({"Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}))
        };
        assert_eq!(
            shown(&create),
            json!([
                ["CreateRole", {
                    "RoleName": "pay", "Description": "pays", "AssumeRolePolicyDocument": text("sts:AssumeRole"),
                    "Tags": [{"Key": "team", "Value": "pay"}],
                }],
                ["PutRolePolicy", {"RoleName": "pay", "PolicyName": "own", "PolicyDocument": text("kms:Decrypt")}],
                ["AttachRolePolicy", {"RoleName": "pay", "PolicyArn": LOGS}],
            ])
        );
        assert_eq!(create[0].permissions, ["iam:CreateRole", "iam:TagRole"]);
        let mut world = world([]);
        let made = run(&Role, &create, None, &mut world).unwrap().unwrap();
        assert_eq!(made.properties, role().properties);
        assert_eq!((made.id.as_str(), made.arn.as_str()), ("pay", "arn:aws:iam::111122223333:role/pay"));
        assert!(run(&Role, &create, None, &mut world).unwrap_err().starts_with("EntityAlreadyExists"));

        let delete = Role.calls(Some(&made), None).unwrap();
        assert_eq!(
            shown(&delete),
            json!([
                ["DeleteRolePolicy", {"RoleName": "pay", "PolicyName": "own"}],
                ["DetachRolePolicy", {"RoleName": "pay", "PolicyArn": LOGS}],
                ["DeleteRole", {"RoleName": "pay"}],
            ])
        );
        let refused = |calls: &[Call], world: &mut Snapshot| run(&Role, calls, Some(&made.key()), world).unwrap_err();
        assert!(refused(&delete[2..], &mut world).contains("must detach all policies first"));
        assert!(refused(&delete[1..], &mut world).contains("must delete policies first"));
        assert_eq!(run(&Role, &delete[..1], Some(&made.key()), &mut world).map(|role| role.is_some()), Ok(true));
        assert_eq!(run(&Role, &delete[2..], Some(&made.key()), &mut world), Ok(None));
        assert!(refused(&delete[2..], &mut world).starts_with("NoSuchEntity"));
    }

    #[test]
    fn what_is_aws_s_own_is_not_deleted() {
        let mut properties = role().properties;
        properties["Path"] = "/aws-service-role/ops.apigateway.amazonaws.com/".into();
        assert!(Role.calls(Some(&role().with_properties(properties)), None).is_err());
        assert!(Role.calls(None, Some(&role().with_properties(json!({"RoleName": "pay"})))).is_err());
    }
}
