//! `AWS::IAM::Role`. Its id is the role's name.

use async_trait::async_trait;
use aws_sdk_iam::types::{EntityType, PolicyDetail};
use serde_json::{Map, Value, json};

use super::principal::{Ordered, POLICIES, Principal, changeable};
use super::reading::{self, ATTACHED, INLINE, MANAGED, wants_attached};
use super::rights;
use super::role_life;
use super::role_reading::{Base, SETTINGS, add_settings};
use super::trails;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::only;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::all;
use crate::cloud::aws::{AwsType, document};
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Part, Parts, Place, Relation, Resource, ResourceType, Right, Scope, Sent, Snapshot, Trail, Write,
};

/// `AWS::IAM::Role`.
pub struct Role;

const WRITES: &[Write] = &[
    Write::create(&[rights::role("iam:CreateRole")]),
    Write::create_with(&["Policies"], &[rights::role("iam:PutRolePolicy")]),
    Write::create_with(&["ManagedPolicyArns"], &[rights::role("iam:AttachRolePolicy")]),
    Write::create_with(&["Tags"], &[rights::role("iam:TagRole")]),
    Write::delete(&[rights::role("iam:DeleteRole")]),
    Write::delete_with(&["Policies"], &[rights::role("iam:DeleteRolePolicy")]),
    Write::delete_with(&["ManagedPolicyArns"], &[rights::role("iam:DetachRolePolicy")]),
    Write::update(&["Policies"], &[rights::role("iam:PutRolePolicy"), rights::role("iam:DeleteRolePolicy")]),
    Write::update(
        &["ManagedPolicyArns"],
        &[rights::role("iam:AttachRolePolicy"), rights::role("iam:DetachRolePolicy")],
    ),
    Write::update(
        &["PermissionsBoundary"],
        &[rights::role("iam:PutRolePermissionsBoundary"), rights::role("iam:DeleteRolePermissionsBoundary")],
    ),
    Write::update(&["Tags"], &[rights::role("iam:TagRole"), rights::role("iam:UntagRole")]),
    Write::update(&["AssumeRolePolicyDocument"], &[rights::role("iam:UpdateAssumeRolePolicy")]),
    Write::update(&["Description", "MaxSessionDuration"], &[rights::role("iam:UpdateRole")]),
];

impl ResourceType for Role {
    fn name(&self) -> &'static str {
        "AWS::IAM::Role"
    }

    fn scope(&self) -> Scope {
        Scope::Global
    }

    fn identified_by(&self) -> &'static [&'static str] {
        &["RoleName"]
    }

    fn reads(&self) -> &'static [Right] {
        const { &[rights::SWEEP, rights::role("iam:GetRole")] }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        const {
            &[
                // Always read.
                Part {
                    name: "role",
                    permissions: &[],
                    properties: &["RoleName", "Path", "AssumeRolePolicyDocument", "PermissionsBoundary", "Tags"],
                    facts: &["Arn", "RoleId", "CreateDate", "RoleLastUsed"],
                },
                // The one thing that GetAccountAuthorizationDetails leaves out and ListRoles gives:
                // https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleDetail.html
                Part {
                    name: SETTINGS,
                    permissions: &[Right::anywhere("iam:ListRoles")],
                    properties: &["Description", "MaxSessionDuration"],
                    facts: &[],
                },
                Part {
                    name: INLINE,
                    permissions: &[rights::role("iam:GetRolePolicy"), rights::role("iam:ListRolePolicies")],
                    properties: &["Policies"],
                    facts: &[],
                },
                Part {
                    name: ATTACHED,
                    permissions: &[rights::role("iam:ListAttachedRolePolicies")],
                    properties: &["ManagedPolicyArns"],
                    facts: &[],
                },
                Part {
                    name: MANAGED,
                    permissions: &[
                        rights::of_aws("iam:GetPolicy"),
                        rights::of_aws("iam:GetPolicyVersion"),
                        rights::role("iam:ListAttachedRolePolicies"),
                    ],
                    properties: &[],
                    facts: &["AttachedPolicies"],
                },
            ]
        }
    }

    fn relations(&self) -> &'static [Relation] {
        &[POLICIES]
    }

    fn trails(&self) -> &'static [Trail] {
        trails::ROLE
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named(arn, "role")
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let (before, after) = match (before, after) {
            (Some(before), Some(after)) => (before, after),
            (None, Some(after)) => return role_life::create(after),
            (Some(before), None) => return role_life::delete(before),
            (None, None) => return Ok(vec![]),
        };
        if before.properties == after.properties {
            return Ok(vec![]);
        }
        changeable(before)?;
        only(
            &[
                "Policies",
                "ManagedPolicyArns",
                "AssumeRolePolicyDocument",
                "PermissionsBoundary",
                "MaxSessionDuration",
                "Description",
                "Tags",
            ],
            before,
            after,
        )?;
        let role = Principal::Role;
        let mut calls = Ordered::default();
        role.policies(before, after, &mut calls)?;
        let trust = |role: &Resource| role.property("/AssumeRolePolicyDocument").cloned();
        if trust(before) != trust(after) {
            let text = trust(after).map(|trust| document::text(&trust));
            let text = text.ok_or_else(|| Impossible("a role cannot be without a trust policy".to_owned()))?;
            calls.replace.push(role.call("UpdateAssumeRolePolicy", &before.id, json!({"PolicyDocument": text})));
        }
        role.boundary_and_tags(before, after, &mut calls)?;
        if let Some(members) = settings(before, after)? {
            calls.replace.push(role.call("UpdateRole", &before.id, members));
        }
        Ok(calls.finish())
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        role_life::effect(place, call, world).unwrap_or_else(|| Principal::Role.effect(place, call, world))
    }
}

/// The members of an `UpdateRole`: always both, since a session duration that is not given becomes one hour
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html>).
fn settings(before: &Resource, after: &Resource) -> Result<Option<Value>, Impossible> {
    let of = |role: &Resource| (role.property("/Description").cloned(), role.property("/MaxSessionDuration").cloned());
    let (old, (description, seconds)) = (of(before), of(after));
    if old == (description.clone(), seconds.clone()) {
        return Ok(None);
    }
    if old.1.is_some() && seconds.is_none() {
        return Err(Impossible("a role always has a MaxSessionDuration".to_owned()));
    }
    let mut members = Map::from_iter([("Description".to_owned(), description.unwrap_or_else(|| "".into()))]);
    if let Some(seconds) = seconds {
        members.insert("MaxSessionDuration".to_owned(), seconds);
    }
    Ok(Some(Value::Object(members)))
}

#[async_trait]
impl AwsType for Role {
    async fn list(&self, aws: &Clients, _within: Option<&str>, parts: &Parts) -> Listing {
        let mut listing = Listing::default();
        let _slot = aws.slot("iam").await;
        let (details, error) = reading::sweep(aws, EntityType::Role, |page| page.role_detail_list).await;
        listing.incomplete(aws, self, error);
        let mut roles = Base::from_details(details);
        if parts.wants(SETTINGS)
            && let Err(error) = add_settings(aws, &mut roles).await
        {
            listing.incomplete(aws, self, Some(error));
            return listing;
        }
        let mut principals = vec![];
        for role in roles {
            let name = role.name.clone();
            match role.principal(parts) {
                Ok(role) => principals.push(role),
                Err(error) => listing.miss(aws, self, &name, Some(error)),
            }
        }
        reading::documents(aws, self, parts, principals, &mut listing).await;
        listing
    }

    async fn read(&self, aws: &Clients, id: &str, parts: &Parts) -> Result<Option<Resource>, CallError> {
        let _slot = aws.slot("iam").await;
        let role = aws.iam.get_role().role_name(id).send().await;
        let role = found(role.map_err(|error| call_error("iam", "GetRole", error)))?;
        let Some(role) = role.and_then(|output| output.role) else { return Ok(None) };
        let mut base = Base {
            name: role.role_name,
            path: Some(role.path),
            arn: Some(role.arn),
            id: Some(role.role_id),
            created: Some(role.create_date),
            trust: role.assume_role_policy_document,
            description: role.description,
            seconds: role.max_session_duration,
            boundary: role.permissions_boundary,
            tags: role.tags.unwrap_or_default(),
            last_used: role.role_last_used,
            ..Base::default()
        };
        if parts.wants(INLINE) {
            let names = aws
                .iam
                .list_role_policies()
                .role_name(id)
                .into_paginator()
                .stop_on_duplicate_token(false)
                .items()
                .send();
            for name in all("iam", "ListRolePolicies", names).await? {
                let policy = aws.iam.get_role_policy().role_name(id).policy_name(&name).send().await;
                let policy = policy.map_err(|error| call_error("iam", "GetRolePolicy", error))?;
                let text = policy.policy_document;
                base.inline.push(PolicyDetail::builder().policy_name(name).policy_document(text).build());
            }
        }
        if wants_attached(parts) {
            let attached = aws
                .iam
                .list_attached_role_policies()
                .role_name(id)
                .into_paginator()
                .stop_on_duplicate_token(false)
                .items()
                .send();
            base.attached = all("iam", "ListAttachedRolePolicies", attached).await?;
        }
        reading::one(aws, self, parts, base.principal(parts)?).await.map(Some)
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let (iam, input) = (&aws.iam, Input(call));
        let name = input.text("RoleName");
        let (policy, text, arn) = (input.text("PolicyName"), input.text("PolicyDocument"), input.text("PolicyArn"));
        match call.operation.as_str() {
            "CreateRole" => {
                let request = iam.create_role().set_role_name(name).set_path(input.text("Path"));
                let request = request.set_assume_role_policy_document(input.text("AssumeRolePolicyDocument"));
                let request = request.set_description(input.text("Description"));
                let request = request.set_max_session_duration(input.integer("MaxSessionDuration"));
                let request = request.set_permissions_boundary(input.text("PermissionsBoundary"));
                let answer = request.set_tags(input.value("Tags").map(|_| reading::sdk_tags(&input))).send().await;
                let role = answer.as_ref().ok().and_then(|output| output.role.clone());
                let (id, arn) = (role.as_ref().map(|role| role.role_name.clone()), role.map(|role| role.arn));
                Ok(Sent { id, arn, ..sent(call, answer)? })
            }
            "DeleteRole" => sent(call, iam.delete_role().set_role_name(name).send().await),
            "PutRolePolicy" => {
                let request = iam.put_role_policy().set_role_name(name).set_policy_name(policy);
                sent(call, request.set_policy_document(text).send().await)
            }
            "DeleteRolePolicy" => {
                let request = iam.delete_role_policy().set_role_name(name).set_policy_name(policy);
                sent(call, request.send().await)
            }
            "AttachRolePolicy" => {
                sent(call, iam.attach_role_policy().set_role_name(name).set_policy_arn(arn).send().await)
            }
            "DetachRolePolicy" => {
                sent(call, iam.detach_role_policy().set_role_name(name).set_policy_arn(arn).send().await)
            }
            "UpdateAssumeRolePolicy" => {
                let request = iam.update_assume_role_policy().set_role_name(name).set_policy_document(text);
                sent(call, request.send().await)
            }
            "UpdateRole" => {
                let request = iam.update_role().set_role_name(name).set_description(input.text("Description"));
                let request = request.set_max_session_duration(input.integer("MaxSessionDuration"));
                sent(call, request.send().await)
            }
            "PutRolePermissionsBoundary" => {
                let request = iam.put_role_permissions_boundary().set_role_name(name);
                let request = request.set_permissions_boundary(input.text("PermissionsBoundary"));
                sent(call, request.send().await)
            }
            "DeleteRolePermissionsBoundary" => {
                sent(call, iam.delete_role_permissions_boundary().set_role_name(name).send().await)
            }
            "TagRole" => {
                let request = iam.tag_role().set_role_name(name).set_tags(Some(reading::sdk_tags(&input)));
                sent(call, request.send().await)
            }
            "UntagRole" => {
                let request = iam.untag_role().set_role_name(name).set_tag_keys(input.texts("TagKeys"));
                sent(call, request.send().await)
            }
            _ => Err(input.unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{carried, place, resource, round_trip, shown, world};

    const READ: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
    const OWN: &str = "arn:aws:iam::111122223333:policy/own";

    fn allow(action: &str) -> Value {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
    }

    fn role() -> Resource {
        let properties = json!({
            "RoleName": "pay", "Path": "/", "AssumeRolePolicyDocument": allow("sts:AssumeRole"), "MaxSessionDuration": 3600,
            "Policies": [
                {"PolicyName": "a", "PolicyDocument": allow("s3:*")},
                {"PolicyName": "b", "PolicyDocument": allow("sqs:*")},
            ],
            "ManagedPolicyArns": [OWN, ADMIN],
            "Tags": [{"Key": "team", "Value": "pay"}],
        });
        let facts = json!({"AttachedPolicies": [{"PolicyArn": ADMIN, "PolicyName": "AdministratorAccess", "Document": allow("*")}]});
        resource(&Role, "pay", properties, facts)
    }

    fn changed() -> Value {
        json!({
            "RoleName": "pay", "Path": "/", "AssumeRolePolicyDocument": allow("sts:TagSession"), "MaxSessionDuration": 7200,
            "Description": "pays", "PermissionsBoundary": OWN,
            "Policies": [
                {"PolicyName": "a", "PolicyDocument": allow("s3:GetObject")},
                {"PolicyName": "c", "PolicyDocument": allow("kms:Decrypt")},
            ],
            "ManagedPolicyArns": [OWN, READ],
            "Tags": [{"Key": "cost", "Value": "1"}],
        })
    }

    #[test]
    fn grants_come_first_and_what_is_taken_away_last() {
        let before = role();
        let calls = Role.calls(Some(&before), Some(&before.with_properties(changed()))).unwrap();
        let text = |action: &str| document::text(&allow(action));
        assert_eq!(
            shown(&calls),
            json!([
                ["PutRolePolicy", {"RoleName": "pay", "PolicyName": "c", "PolicyDocument": text("kms:Decrypt")}],
                ["AttachRolePolicy", {"RoleName": "pay", "PolicyArn": READ}],
                ["PutRolePolicy", {"RoleName": "pay", "PolicyName": "a", "PolicyDocument": text("s3:GetObject")}],
                ["UpdateAssumeRolePolicy", {"RoleName": "pay", "PolicyDocument": text("sts:TagSession")}],
                ["PutRolePermissionsBoundary", {"RoleName": "pay", "PermissionsBoundary": OWN}],
                ["TagRole", {"RoleName": "pay", "Tags": [{"Key": "cost", "Value": "1"}]}],
                ["UpdateRole", {"RoleName": "pay", "Description": "pays", "MaxSessionDuration": 7200}],
                ["DeleteRolePolicy", {"RoleName": "pay", "PolicyName": "b"}],
                ["DetachRolePolicy", {"RoleName": "pay", "PolicyArn": ADMIN}],
                ["UntagRole", {"RoleName": "pay", "TagKeys": ["team"]}],
            ])
        );
        assert_eq!(calls.first().unwrap().permissions, ["iam:PutRolePolicy"]);
    }

    #[test]
    fn the_calls_lead_from_one_document_to_the_other_and_back() {
        round_trip(&Role, &role(), changed());
        let after = carried(&Role, &role(), &role().with_properties(changed()));
        // What is known of a policy stays known when it is detached.
        let known = json!({"PolicyArn": ADMIN, "PolicyName": "AdministratorAccess", "Document": allow("*")});
        let facts = json!({"AttachedPolicies": [known, {"PolicyArn": READ, "PolicyName": "ReadOnlyAccess"}]});
        assert_eq!(after.facts, facts);
    }

    #[test]
    fn what_cannot_be_changed_is_said() {
        let mut role = role();
        let other = role.with_properties(json!({"RoleName": "pay", "Path": "/"}));
        assert_eq!(
            Role.calls(Some(&role), Some(&other)),
            Err(Impossible("a role cannot be without a trust policy".to_owned()))
        );
        role.properties.as_object_mut().unwrap().insert("Path".into(), "/aws-service-role/x.amazonaws.com/".into());
        let message = "pay is under /aws-service-role/x.amazonaws.com/, which only AWS changes".to_owned();
        let mut properties = changed();
        properties.as_object_mut().unwrap().insert("Path".into(), role.properties.get("Path").cloned().unwrap());
        assert_eq!(Role.calls(Some(&role), Some(&role.with_properties(properties))), Err(Impossible(message)));
    }

    #[test]
    fn inline_policies_that_are_too_long_are_refused_before_iam_refuses_them() {
        let mut properties = changed();
        properties["Policies"][0]["PolicyDocument"] = allow(&format!("s3:{}", "x".repeat(10_240)));
        let long = role().with_properties(properties);
        let refused = Role.calls(Some(&role()), Some(&long)).unwrap_err();
        assert!(refused.0.starts_with("the inline policies of a role have at most 10240 characters"), "{refused}");
        assert!(Role.calls(Some(&long), Some(&role())).is_ok());
    }

    #[test]
    fn the_errors_are_iams() {
        let mut world = world([role()]);
        let mut refused = |operation: &str, members: Value, message: &str| {
            let call = Principal::Role.call(operation, "pay", members);
            assert_eq!(Role.effect(&place(), &call, &mut world), Err(message.to_owned()));
        };
        refused("DetachRolePolicy", json!({"PolicyArn": READ}), &format!("NoSuchEntity: Policy {READ} was not found."));
        refused(
            "DeleteRolePolicy",
            json!({"PolicyName": "z"}),
            "NoSuchEntity: The role policy with name z cannot be found.",
        );
        let call = Principal::Role.call("TagRole", "nobody", json!({"Tags": []}));
        assert_eq!(
            Role.effect(&place(), &call, &mut world),
            Err("NoSuchEntity: The role with name nobody cannot be found.".to_owned())
        );
    }

    #[test]
    fn the_relation_is_to_the_accounts_own_policies() {
        let locate = Role.relations().first().unwrap().locate;
        assert_eq!(locate(&role()), crate::model::Locate::Ids(vec![OWN.to_owned()]));
    }
}
