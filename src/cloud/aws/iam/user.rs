//! `AWS::IAM::User`. Its id is the user's name.

use async_trait::async_trait;
use aws_sdk_iam::types::{EntityType, PolicyDetail, UserDetail};
use futures::future::join_all;
use serde_json::{Value, json};

use super::principal::{Ordered, POLICIES, Principal, changeable, texts};
use super::reading::{self, ATTACHED, Found, INLINE, MANAGED, wants_attached};
use super::rights;
use super::trails;
use crate::cloud::aws::AwsType;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::{both, only};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::all;
use crate::cloud::aws::object::{Object, time};
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Part, Parts, Place, Relation, Resource, ResourceType, Right, Scope, Sent, Snapshot, Trail, Write,
};

/// `AWS::IAM::User`.
pub struct User;

const WRITES: &[Write] = &[
    Write::update(&["Policies"], &[rights::user("iam:PutUserPolicy"), rights::user("iam:DeleteUserPolicy")]),
    Write::update(
        &["ManagedPolicyArns"],
        &[rights::user("iam:AttachUserPolicy"), rights::user("iam:DetachUserPolicy")],
    ),
    Write::update(
        &["PermissionsBoundary"],
        &[rights::user("iam:PutUserPermissionsBoundary"), rights::user("iam:DeleteUserPermissionsBoundary")],
    ),
    Write::update(&["Tags"], &[rights::user("iam:TagUser"), rights::user("iam:UntagUser")]),
    Write::update(&["Groups"], &[rights::group("iam:AddUserToGroup"), rights::group("iam:RemoveUserFromGroup")]),
];

const GROUPS: &str = "groups";
const CONSOLE: &str = "console";
const DEVICES: &str = "devices";

impl ResourceType for User {
    fn name(&self) -> &'static str {
        "AWS::IAM::User"
    }

    fn scope(&self) -> Scope {
        Scope::Global
    }

    fn reads(&self) -> &'static [Right] {
        const { &[rights::SWEEP, rights::user("iam:GetUser")] }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        const {
            &[
                // Always read.
                Part {
                    name: "user",
                    permissions: &[],
                    properties: &["UserName", "Path", "PermissionsBoundary", "Tags"],
                    facts: &["Arn", "UserId", "CreateDate"],
                },
                Part {
                    name: GROUPS,
                    permissions: &[rights::user("iam:ListGroupsForUser")],
                    properties: &["Groups"],
                    facts: &[],
                },
                // These two take a call for each user.
                Part {
                    name: CONSOLE,
                    permissions: &[rights::user("iam:GetLoginProfile")],
                    properties: &[],
                    facts: &["HasPassword"],
                },
                Part {
                    name: DEVICES,
                    permissions: &[rights::user("iam:ListMFADevices")],
                    properties: &[],
                    facts: &["MFADevices"],
                },
                Part {
                    name: INLINE,
                    permissions: &[rights::user("iam:GetUserPolicy"), rights::user("iam:ListUserPolicies")],
                    properties: &["Policies"],
                    facts: &[],
                },
                Part {
                    name: ATTACHED,
                    permissions: &[rights::user("iam:ListAttachedUserPolicies")],
                    properties: &["ManagedPolicyArns"],
                    facts: &[],
                },
                Part {
                    name: MANAGED,
                    permissions: &[
                        rights::of_aws("iam:GetPolicy"),
                        rights::of_aws("iam:GetPolicyVersion"),
                        rights::user("iam:ListAttachedUserPolicies"),
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
        trails::USER
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named(arn, "user")
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let Some((before, after)) = both(before, after)? else { return Ok(vec![]) };
        if before.properties == after.properties {
            return Ok(vec![]);
        }
        changeable(before)?;
        only(&["Policies", "ManagedPolicyArns", "Groups", "PermissionsBoundary", "Tags"], before, after)?;
        let user = Principal::User;
        let mut calls = Ordered::default();
        user.policies(before, after, &mut calls)?;
        user.boundary_and_tags(before, after, &mut calls)?;
        let (old, new) = (texts(before, "/Groups"), texts(after, "/Groups"));
        let member = |operation, group: &&str| user.call(operation, &before.id, json!({"GroupName": group}));
        calls.grant.extend(new.difference(&old).map(|group| member("AddUserToGroup", group)));
        calls.take.extend(old.difference(&new).map(|group| member("RemoveUserFromGroup", group)));
        Ok(calls.finish())
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        Principal::User.effect(place, call, world)
    }
}

#[async_trait]
impl AwsType for User {
    async fn list(&self, aws: &Clients, _within: Option<&str>, parts: &Parts) -> Listing {
        let mut listing = Listing::default();
        let (details, error) = {
            let _slot = aws.slot("iam").await;
            reading::sweep(aws, EntityType::User, |page| page.user_detail_list).await
        };
        listing.incomplete(aws, self, error);
        let signs_in = details.iter().map(|user| async {
            let _slot = aws.slot("iam").await;
            sign_in(aws, user.user_name().unwrap_or_default(), parts).await
        });
        let signs_in = join_all(signs_in).await;
        let mut principals = vec![];
        for (user, sign_in) in details.into_iter().zip(signs_in) {
            match sign_in {
                Ok(facts) => principals.push(principal(user, facts, parts)),
                Err(error) => listing.miss(aws, self, user.user_name().unwrap_or_default(), Some(error)),
            }
        }
        let _slot = aws.slot("iam").await;
        reading::documents(aws, self, parts, principals, &mut listing).await;
        listing
    }

    async fn read(&self, aws: &Clients, id: &str, parts: &Parts) -> Result<Option<Resource>, CallError> {
        let _slot = aws.slot("iam").await;
        let user = aws.iam.get_user().user_name(id).send().await;
        let user = found(user.map_err(|error| call_error("iam", "GetUser", error)))?;
        let Some(user) = user.and_then(|output| output.user) else { return Ok(None) };
        let mut detail = UserDetail::builder()
            .user_name(user.user_name)
            .path(user.path)
            .arn(user.arn)
            .user_id(user.user_id)
            .create_date(user.create_date)
            .set_permissions_boundary(user.permissions_boundary)
            .set_tags(user.tags);
        if parts.wants(GROUPS) {
            let groups = aws
                .iam
                .list_groups_for_user()
                .user_name(id)
                .into_paginator()
                .stop_on_duplicate_token(false)
                .items()
                .send();
            let groups = all("iam", "ListGroupsForUser", groups).await?;
            detail = detail.set_group_list(Some(groups.into_iter().map(|group| group.group_name).collect()));
        }
        if parts.wants(INLINE) {
            let names = aws
                .iam
                .list_user_policies()
                .user_name(id)
                .into_paginator()
                .stop_on_duplicate_token(false)
                .items()
                .send();
            for name in all("iam", "ListUserPolicies", names).await? {
                let policy = aws.iam.get_user_policy().user_name(id).policy_name(&name).send().await;
                let policy = policy.map_err(|error| call_error("iam", "GetUserPolicy", error))?;
                let text = policy.policy_document;
                let policy = PolicyDetail::builder().policy_name(name).policy_document(text).build();
                detail = detail.user_policy_list(policy);
            }
        }
        if wants_attached(parts) {
            let attached = aws
                .iam
                .list_attached_user_policies()
                .user_name(id)
                .into_paginator()
                .stop_on_duplicate_token(false)
                .items()
                .send();
            let attached = all("iam", "ListAttachedUserPolicies", attached).await?;
            detail = detail.set_attached_managed_policies(Some(attached));
        }
        let facts = sign_in(aws, id, parts).await?;
        reading::one(aws, self, parts, principal(detail.build(), facts, parts)).await.map(Some)
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let (iam, input) = (&aws.iam, Input(call));
        let (name, group) = (input.text("UserName"), input.text("GroupName"));
        let (policy, text, arn) = (input.text("PolicyName"), input.text("PolicyDocument"), input.text("PolicyArn"));
        match call.operation.as_str() {
            "PutUserPolicy" => {
                let request = iam.put_user_policy().set_user_name(name).set_policy_name(policy);
                sent(call, request.set_policy_document(text).send().await)
            }
            "DeleteUserPolicy" => {
                let request = iam.delete_user_policy().set_user_name(name).set_policy_name(policy);
                sent(call, request.send().await)
            }
            "AttachUserPolicy" => {
                sent(call, iam.attach_user_policy().set_user_name(name).set_policy_arn(arn).send().await)
            }
            "DetachUserPolicy" => {
                sent(call, iam.detach_user_policy().set_user_name(name).set_policy_arn(arn).send().await)
            }
            "PutUserPermissionsBoundary" => {
                let request = iam.put_user_permissions_boundary().set_user_name(name);
                let request = request.set_permissions_boundary(input.text("PermissionsBoundary"));
                sent(call, request.send().await)
            }
            "DeleteUserPermissionsBoundary" => {
                sent(call, iam.delete_user_permissions_boundary().set_user_name(name).send().await)
            }
            "TagUser" => {
                let request = iam.tag_user().set_user_name(name).set_tags(Some(reading::sdk_tags(&input)));
                sent(call, request.send().await)
            }
            "UntagUser" => {
                let request = iam.untag_user().set_user_name(name).set_tag_keys(input.texts("TagKeys"));
                sent(call, request.send().await)
            }
            "AddUserToGroup" => {
                sent(call, iam.add_user_to_group().set_user_name(name).set_group_name(group).send().await)
            }
            "RemoveUserFromGroup" => {
                let request = iam.remove_user_from_group().set_user_name(name).set_group_name(group);
                sent(call, request.send().await)
            }
            _ => Err(input.unknown()),
        }
    }
}

/// How a user signs in to the console: facts that the sweep leaves out.
async fn sign_in(aws: &Clients, name: &str, parts: &Parts) -> Result<Object, CallError> {
    let mut facts = Object::default();
    if parts.wants(CONSOLE) {
        let profile = aws.iam.get_login_profile().user_name(name).send().await;
        let profile = found(profile.map_err(|error| call_error("iam", "GetLoginProfile", error)))?;
        facts.set("HasPassword", Some(profile.is_some()));
    }
    if parts.wants(DEVICES) {
        let devices =
            aws.iam.list_mfa_devices().user_name(name).into_paginator().stop_on_duplicate_token(false).items().send();
        let devices = found(all("iam", "ListMFADevices", devices).await)?.unwrap_or_default();
        let mut devices: Vec<String> = devices.into_iter().map(|device| device.serial_number).collect();
        devices.sort();
        facts.set("MFADevices", Some(devices));
    }
    Ok(facts)
}

fn principal(user: UserDetail, mut facts: Object, parts: &Parts) -> Found {
    let name = user.user_name.unwrap_or_default();
    let mut properties = Object::default();
    properties.set("UserName", Some(name.as_str())).set("Path", user.path);
    properties.set("PermissionsBoundary", user.permissions_boundary.and_then(|it| it.permissions_boundary_arn));
    properties.set("Tags", reading::tags_property(&user.tags.unwrap_or_default()));
    if parts.wants(GROUPS) {
        let mut groups = user.group_list.unwrap_or_default();
        groups.sort();
        properties.set("Groups", Some(Value::from(groups)));
    }
    facts.set("UserId", user.user_id).set("CreateDate", time(user.create_date.as_ref()));
    Found {
        name,
        arn: user.arn.unwrap_or_default(),
        properties,
        facts: facts.0,
        inline: user.user_policy_list.unwrap_or_default(),
        attached: user.attached_managed_policies.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{resource, round_trip, shown};

    #[test]
    fn the_calls_lead_from_one_document_to_the_other_and_back() {
        let statement = |action: &str| json!({"Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]});
        let before = resource(
            &User,
            "ann",
            json!({
                "UserName": "ann", "Path": "/", "Groups": ["ops"], "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
                "Policies": [{"PolicyName": "p", "PolicyDocument": statement("*")}],
                "PermissionsBoundary": "arn:aws:iam::111122223333:policy/b",
            }),
            json!({}),
        );
        let after = json!({
            "UserName": "ann", "Path": "/", "Groups": ["dev"], "ManagedPolicyArns": [],
            "Policies": [{"PolicyName": "q", "PolicyDocument": statement("s3:GetObject")}],
            "Tags": [{"Key": "a", "Value": "b"}],
        });
        round_trip(&User, &before, after.clone());
        let calls = User.calls(Some(&before), Some(&before.with_properties(after))).unwrap();
        assert_eq!(
            shown(&calls),
            json!([
                ["PutUserPolicy", {"UserName": "ann", "PolicyName": "q", "PolicyDocument": statement("s3:GetObject").to_string()}],
                ["AddUserToGroup", {"UserName": "ann", "GroupName": "dev"}],
                ["TagUser", {"UserName": "ann", "Tags": [{"Key": "a", "Value": "b"}]}],
                ["DeleteUserPolicy", {"UserName": "ann", "PolicyName": "p"}],
                ["DetachUserPolicy", {"UserName": "ann", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}],
                ["DeleteUserPermissionsBoundary", {"UserName": "ann"}],
                ["RemoveUserFromGroup", {"UserName": "ann", "GroupName": "ops"}],
            ])
        );
    }
}
