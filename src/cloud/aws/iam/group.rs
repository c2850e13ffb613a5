//! `AWS::IAM::Group`. Its id is the group's name.

use async_trait::async_trait;
use aws_sdk_iam::types::{EntityType, GroupDetail, PolicyDetail};

use super::principal::{Ordered, POLICIES, Principal, changeable};
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

/// `AWS::IAM::Group`.
pub struct Group;

const WRITES: &[Write] = &[
    Write::update(&["Policies"], &[rights::group("iam:PutGroupPolicy"), rights::group("iam:DeleteGroupPolicy")]),
    Write::update(
        &["ManagedPolicyArns"],
        &[rights::group("iam:AttachGroupPolicy"), rights::group("iam:DetachGroupPolicy")],
    ),
];

impl ResourceType for Group {
    fn name(&self) -> &'static str {
        "AWS::IAM::Group"
    }

    fn scope(&self) -> Scope {
        Scope::Global
    }

    fn reads(&self) -> &'static [Right] {
        const { &[rights::SWEEP, rights::group("iam:GetGroup")] }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        const {
            &[
                // Always read.
                Part {
                    name: "group",
                    permissions: &[],
                    properties: &["GroupName", "Path"],
                    facts: &["Arn", "GroupId", "CreateDate"],
                },
                Part {
                    name: INLINE,
                    permissions: &[rights::group("iam:GetGroupPolicy"), rights::group("iam:ListGroupPolicies")],
                    properties: &["Policies"],
                    facts: &[],
                },
                Part {
                    name: ATTACHED,
                    permissions: &[rights::group("iam:ListAttachedGroupPolicies")],
                    properties: &["ManagedPolicyArns"],
                    facts: &[],
                },
                Part {
                    name: MANAGED,
                    permissions: &[
                        rights::of_aws("iam:GetPolicy"),
                        rights::of_aws("iam:GetPolicyVersion"),
                        rights::group("iam:ListAttachedGroupPolicies"),
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
        trails::GROUP
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named(arn, "group")
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let Some((before, after)) = both(before, after)? else { return Ok(vec![]) };
        if before.properties == after.properties {
            return Ok(vec![]);
        }
        changeable(before)?;
        only(&["Policies", "ManagedPolicyArns"], before, after)?;
        let mut calls = Ordered::default();
        Principal::Group.policies(before, after, &mut calls)?;
        Ok(calls.finish())
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        Principal::Group.effect(place, call, world)
    }
}

#[async_trait]
impl AwsType for Group {
    async fn list(&self, aws: &Clients, _within: Option<&str>, parts: &Parts) -> Listing {
        let mut listing = Listing::default();
        let _slot = aws.slot("iam").await;
        let (details, error) = reading::sweep(aws, EntityType::Group, |page| page.group_detail_list).await;
        listing.incomplete(aws, self, error);
        let principals = details.into_iter().map(principal).collect();
        reading::documents(aws, self, parts, principals, &mut listing).await;
        listing
    }

    async fn read(&self, aws: &Clients, id: &str, parts: &Parts) -> Result<Option<Resource>, CallError> {
        let _slot = aws.slot("iam").await;
        // The members come with the group; one is the least that can be asked for.
        let group = aws.iam.get_group().group_name(id).max_items(1).send().await;
        let group = found(group.map_err(|error| call_error("iam", "GetGroup", error)))?;
        let Some(group) = group.and_then(|output| output.group) else { return Ok(None) };
        let mut detail = GroupDetail::builder()
            .group_name(group.group_name)
            .path(group.path)
            .arn(group.arn)
            .group_id(group.group_id)
            .create_date(group.create_date);
        if parts.wants(INLINE) {
            let names = aws
                .iam
                .list_group_policies()
                .group_name(id)
                .into_paginator()
                .stop_on_duplicate_token(false)
                .items()
                .send();
            for name in all("iam", "ListGroupPolicies", names).await? {
                let policy = aws.iam.get_group_policy().group_name(id).policy_name(&name).send().await;
                let policy = policy.map_err(|error| call_error("iam", "GetGroupPolicy", error))?;
                let text = policy.policy_document;
                let policy = PolicyDetail::builder().policy_name(name).policy_document(text).build();
                detail = detail.group_policy_list(policy);
            }
        }
        if wants_attached(parts) {
            let attached = aws
                .iam
                .list_attached_group_policies()
                .group_name(id)
                .into_paginator()
                .stop_on_duplicate_token(false)
                .items()
                .send();
            let attached = all("iam", "ListAttachedGroupPolicies", attached).await?;
            detail = detail.set_attached_managed_policies(Some(attached));
        }
        reading::one(aws, self, parts, principal(detail.build())).await.map(Some)
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let (iam, input) = (&aws.iam, Input(call));
        let (name, policy, arn) = (input.text("GroupName"), input.text("PolicyName"), input.text("PolicyArn"));
        match call.operation.as_str() {
            "PutGroupPolicy" => {
                let request = iam.put_group_policy().set_group_name(name).set_policy_name(policy);
                sent(call, request.set_policy_document(input.text("PolicyDocument")).send().await)
            }
            "DeleteGroupPolicy" => {
                let request = iam.delete_group_policy().set_group_name(name).set_policy_name(policy);
                sent(call, request.send().await)
            }
            "AttachGroupPolicy" => {
                sent(call, iam.attach_group_policy().set_group_name(name).set_policy_arn(arn).send().await)
            }
            "DetachGroupPolicy" => {
                sent(call, iam.detach_group_policy().set_group_name(name).set_policy_arn(arn).send().await)
            }
            _ => Err(input.unknown()),
        }
    }
}

fn principal(group: GroupDetail) -> Found {
    let name = group.group_name.unwrap_or_default();
    let mut properties = Object::default();
    properties.set("GroupName", Some(name.as_str())).set("Path", group.path);
    let mut facts = Object::default();
    facts.set("GroupId", group.group_id).set("CreateDate", time(group.create_date.as_ref()));
    Found {
        name,
        arn: group.arn.unwrap_or_default(),
        properties,
        facts: facts.0,
        inline: group.group_policy_list.unwrap_or_default(),
        attached: group.attached_managed_policies.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cloud::aws::testing::{resource, round_trip};

    #[test]
    fn the_calls_lead_from_one_document_to_the_other_and_back() {
        let statement = |action: &str| json!({"Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]});
        let before = resource(
            &Group,
            "ops",
            json!({
                "GroupName": "ops", "Path": "/", "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
                "Policies": [{"PolicyName": "p", "PolicyDocument": statement("*")}],
            }),
            json!({}),
        );
        let after = json!({
            "GroupName": "ops", "Path": "/", "ManagedPolicyArns": ["arn:aws:iam::111122223333:policy/b"],
            "Policies": [{"PolicyName": "p", "PolicyDocument": statement("s3:GetObject")}],
        });
        round_trip(&Group, &before, after);
    }

    #[test]
    fn a_group_has_no_tags() {
        let group = resource(&Group, "ops", json!({"GroupName": "ops"}), json!({}));
        let tagged = group.with_properties(json!({"GroupName": "ops", "Tags": [{"Key": "a", "Value": "b"}]}));
        assert!(Group.calls(Some(&group), Some(&tagged)).is_err());
    }
}
