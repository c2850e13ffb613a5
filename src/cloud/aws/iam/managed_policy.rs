//! `AWS::IAM::ManagedPolicy`, those of the account. Its id is the policy's ARN.
//!
//! A policy's document is never overwritten: each change is a new version that becomes the default, and the old one is
//! kept. There are at most five
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html>).

use async_trait::async_trait;
use aws_sdk_iam::types::{EntityType, ManagedPolicyDetail, PolicyVersion};
use serde_json::{Value, json};

use super::principal::{call, size};
use super::{reading, rights, trails};
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::{both, only};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::all;
use crate::cloud::aws::object::{Object, time};
use crate::cloud::aws::world::edit;
use crate::cloud::aws::{AwsType, document};
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Part, Parts, Place, Resource, ResourceType, Right, Scope, Sent, Snapshot, Trail, Write,
};

/// `AWS::IAM::ManagedPolicy`.
pub struct ManagedPolicy;

const WRITES: &[Write] = &[Write::update(
    &["PolicyDocument"],
    &[rights::policy("iam:CreatePolicyVersion"), rights::policy("iam:DeletePolicyVersion")],
)];

const DESCRIPTION: &str = "description";
const DOCUMENT: &str = "document";

/// Versions that a policy can have.
const VERSIONS: usize = 5;

/// Characters that its document can have (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
const CHARACTERS: usize = 6_144;

impl ResourceType for ManagedPolicy {
    fn name(&self) -> &'static str {
        "AWS::IAM::ManagedPolicy"
    }

    fn scope(&self) -> Scope {
        Scope::Global
    }

    fn reads(&self) -> &'static [Right] {
        const { &[rights::SWEEP, rights::policy("iam:GetPolicy")] }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        const {
            &[
                // Always read.
                Part {
                    name: "policy",
                    permissions: &[],
                    properties: &["ManagedPolicyName", "Path"],
                    facts: &["DefaultVersionId", "AttachmentCount"],
                },
                // GetAccountAuthorizationDetails may leave it out; GetPolicy gives it.
                Part { name: DESCRIPTION, permissions: &[], properties: &["Description"], facts: &[] },
                // The versions belong to the document: whether it can be changed depends on how many there are.
                Part {
                    name: DOCUMENT,
                    permissions: &[rights::policy("iam:GetPolicyVersion"), rights::policy("iam:ListPolicyVersions")],
                    properties: &["PolicyDocument"],
                    facts: &["Versions"],
                },
            ]
        }
    }

    fn trails(&self) -> &'static [Trail] {
        trails::MANAGED_POLICY
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named_policy(arn)
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let Some((before, after)) = both(before, after)? else { return Ok(vec![]) };
        only(&["PolicyDocument"], before, after)?;
        let new = after.property("/PolicyDocument");
        if before.property("/PolicyDocument") == new {
            return Ok(vec![]);
        }
        let Some(new) = new else { return Err(Impossible("a policy cannot be without a document".to_owned())) };
        let count = size(new);
        if count > CHARACTERS {
            return Err(Impossible(format!(
                "a policy has at most {CHARACTERS} characters, and this one would have {count}"
            )));
        }
        let mut calls = vec![];
        if let Some(version) = in_the_way(before) {
            calls.push(call("DeletePolicyVersion", json!({"PolicyArn": before.id, "VersionId": version})));
        }
        calls.push(call(
            "CreatePolicyVersion",
            json!({"PolicyArn": before.id, "PolicyDocument": document::text(new), "SetAsDefault": true}),
        ));
        Ok(calls)
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        let arn = input.text("PolicyArn").ok_or("ValidationError: PolicyArn is missing")?;
        let missing = format!("NoSuchEntity: Policy {arn} was not found.");
        edit(world, &self.key(place, &arn), &missing, |properties, facts| {
            let default = facts.get("DefaultVersionId").and_then(Value::as_str).map(str::to_owned);
            let known = default.iter().map(|id| json!({"VersionId": id, "IsDefaultVersion": true})).collect();
            let versions = facts.entry("Versions").or_insert(known);
            let versions = versions.as_array_mut().ok_or("ServiceFailure: Versions is no list")?;
            match call.operation.as_str() {
                "DeletePolicyVersion" => {
                    let id = input.text("VersionId");
                    if id == default {
                        return Err("DeleteConflict: Cannot delete the default version of a policy.".to_owned());
                    }
                    let count = versions.len();
                    versions.retain(|version| version_id(version) != id.as_deref());
                    if versions.len() == count {
                        return Err(format!("NoSuchEntity: Policy {arn} version does not exist."));
                    }
                }
                "CreatePolicyVersion" => {
                    if versions.len() >= VERSIONS {
                        let message = "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.";
                        return Err(format!("LimitExceeded: {message}"));
                    }
                    let text = input.text("PolicyDocument").unwrap_or_default();
                    let new = document::parse(&text).map_err(|error| format!("MalformedPolicyDocument: {error}"))?;
                    let last = versions.iter().filter_map(|version| number(version_id(version)?)).max().unwrap_or(0);
                    let id = format!("v{}", last + 1);
                    for version in versions.iter_mut().filter_map(Value::as_object_mut) {
                        version.insert("IsDefaultVersion".to_owned(), false.into());
                    }
                    // The newest comes first, as IAM lists them.
                    versions.insert(0, json!({"VersionId": id, "IsDefaultVersion": true}));
                    facts.insert("DefaultVersionId".to_owned(), id.into());
                    properties.insert("PolicyDocument".to_owned(), new);
                }
                _ => return Err(input.unknown().to_string()),
            }
            Ok(())
        })
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        let (Some(before), Some(after)) = (before, after) else { return vec![] };
        let mut warnings = vec![];
        if before.property("/PolicyDocument") == after.property("/PolicyDocument") {
            return warnings;
        }
        if let Some(version) = in_the_way(before) {
            warnings.push(format!(
                "{} has five versions, as many as a policy can have: {version}, the oldest that is not in use, is deleted first and cannot be brought back.",
                before.id
            ));
        }
        if let Some(count) = before.fact("/AttachmentCount").and_then(Value::as_i64)
            && count > 1
        {
            warnings.push(format!(
                "{} is attached to {count} users, groups and roles: it changes for all of them.",
                before.id
            ));
        }
        warnings
    }
}

/// The oldest version that is not the default, where there is no room for another version.
fn in_the_way(policy: &Resource) -> Option<&str> {
    let versions = policy.fact("/Versions")?.as_array()?;
    if versions.len() < VERSIONS {
        return None;
    }
    // AWS counts versions up and never gives a number twice.
    let idle = versions.iter().filter(|version| version.get("IsDefaultVersion") != Some(&Value::Bool(true)));
    idle.filter_map(version_id).min_by_key(|id| number(id))
}

fn version_id(version: &Value) -> Option<&str> {
    version.get("VersionId")?.as_str()
}

fn number(version_id: &str) -> Option<u64> {
    version_id.strip_prefix('v')?.parse().ok()
}

#[async_trait]
impl AwsType for ManagedPolicy {
    async fn list(&self, aws: &Clients, _within: Option<&str>, parts: &Parts) -> Listing {
        let mut listing = Listing::default();
        let _slot = aws.slot("iam").await;
        let (policies, error) = reading::sweep(aws, EntityType::LocalManagedPolicy, |page| page.policies).await;
        listing.incomplete(aws, self, error);
        for policy in policies {
            let arn = policy.arn.clone().unwrap_or_default();
            listing.add(aws, self, &arn, complete(aws, policy, parts).await.map(Some));
        }
        listing
    }

    async fn read(&self, aws: &Clients, id: &str, parts: &Parts) -> Result<Option<Resource>, CallError> {
        let _slot = aws.slot("iam").await;
        let policy = aws.iam.get_policy().policy_arn(id).send().await;
        let policy = found(policy.map_err(|error| call_error("iam", "GetPolicy", error)))?;
        let Some(policy) = policy.and_then(|output| output.policy) else { return Ok(None) };
        let mut detail = ManagedPolicyDetail::builder()
            .arn(id)
            .set_policy_name(policy.policy_name)
            .set_path(policy.path)
            .set_description(policy.description)
            .set_default_version_id(policy.default_version_id)
            .set_attachment_count(policy.attachment_count);
        if parts.wants(DOCUMENT) {
            let versions = aws
                .iam
                .list_policy_versions()
                .policy_arn(id)
                .into_paginator()
                .stop_on_duplicate_token(false)
                .items()
                .send();
            detail = detail.set_policy_version_list(Some(all("iam", "ListPolicyVersions", versions).await?));
        }
        document_of(aws, detail.build(), parts).await.map(Some)
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let input = Input(call);
        let arn = input.text("PolicyArn");
        match call.operation.as_str() {
            "CreatePolicyVersion" => {
                let request = aws.iam.create_policy_version().set_policy_arn(arn);
                let request = request.set_policy_document(input.text("PolicyDocument"));
                sent(call, request.set_set_as_default(input.flag("SetAsDefault")).send().await)
            }
            "DeletePolicyVersion" => {
                let request = aws.iam.delete_policy_version().set_policy_arn(arn);
                sent(call, request.set_version_id(input.text("VersionId")).send().await)
            }
            _ => Err(input.unknown()),
        }
    }
}

/// Adds what a sweep leaves out.
async fn complete(aws: &Clients, mut policy: ManagedPolicyDetail, parts: &Parts) -> Result<Resource, CallError> {
    if parts.wants(DESCRIPTION)
        && policy.description.is_none()
        && let Some(arn) = policy.arn()
    {
        let one = aws.iam.get_policy().policy_arn(arn).send().await;
        let one = one.map_err(|error| call_error("iam", "GetPolicy", error))?;
        policy.description = one.policy.and_then(|policy| policy.description);
    }
    document_of(aws, policy, parts).await
}

async fn document_of(aws: &Clients, policy: ManagedPolicyDetail, parts: &Parts) -> Result<Resource, CallError> {
    let arn = policy.arn.unwrap_or_default();
    let mut properties = Object::default();
    // The name is the ARN's last segment too, for where a listing leaves it out.
    let name = policy.policy_name.as_deref().or_else(|| arn.rsplit('/').next());
    properties.set("ManagedPolicyName", name).set("Path", policy.path);
    let mut facts = Object::default();
    facts.set("DefaultVersionId", policy.default_version_id.as_deref());
    facts.set("AttachmentCount", policy.attachment_count);
    if parts.wants(DESCRIPTION) {
        properties.set("Description", policy.description);
    }
    if parts.wants(DOCUMENT) {
        let mut versions = policy.policy_version_list.unwrap_or_default();
        // The newest first, whatever the order of a listing.
        versions.sort_by_key(|version| std::cmp::Reverse(version.version_id().and_then(number)));
        let default = versions.iter().find(|version| version.is_default_version());
        let text = match default.and_then(PolicyVersion::document) {
            Some(text) => Some(text.to_owned()),
            // ListPolicyVersions lists versions without their documents.
            None => {
                let request = aws.iam.get_policy_version().policy_arn(&arn).set_version_id(policy.default_version_id);
                let version = request.send().await.map_err(|error| call_error("iam", "GetPolicyVersion", error))?;
                version.policy_version.and_then(|version| version.document)
            }
        };
        properties.set("PolicyDocument", Some(reading::parse(text.as_deref(), "the default version")?));
        let versions: Vec<Value> = versions.iter().map(version_fact).collect();
        facts.set("Versions", Some(versions));
    }
    Ok(Resource::new(aws.key(&ManagedPolicy, &arn), arn, properties.0, facts.0))
}

fn version_fact(version: &PolicyVersion) -> Value {
    let mut fact = Object::default();
    fact.set("VersionId", version.version_id()).set("IsDefaultVersion", Some(version.is_default_version()));
    fact.set("CreateDate", time(version.create_date()));
    Value::Object(fact.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{carried, place, resource, round_trip, shown, world};

    const ARN: &str = "arn:aws:iam::111122223333:policy/own";

    fn statement(action: &str) -> Value {
        json!({"Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}], "Version": "2012-10-17"})
    }

    fn policy(versions: Value) -> Resource {
        let properties = json!({"ManagedPolicyName": "own", "Path": "/", "PolicyDocument": statement("s3:*")});
        let default = versions.as_array().unwrap().iter().find(|version| version["IsDefaultVersion"] == true).cloned();
        let facts = json!({
            "DefaultVersionId": default.unwrap()["VersionId"], "AttachmentCount": 2, "Versions": versions,
        });
        resource(&ManagedPolicy, ARN, properties, facts)
    }

    fn properties(action: &str) -> Value {
        json!({"ManagedPolicyName": "own", "Path": "/", "PolicyDocument": statement(action)})
    }

    #[test]
    fn a_change_is_a_new_version() {
        let before = policy(json!([{"VersionId": "v9", "IsDefaultVersion": true}]));
        round_trip(&ManagedPolicy, &before, properties("s3:GetObject"));
        let after = carried(&ManagedPolicy, &before, &before.with_properties(properties("s3:GetObject")));
        assert_eq!(
            after.facts,
            json!({
                "DefaultVersionId": "v10", "AttachmentCount": 2, "Versions": [
                    {"VersionId": "v10", "IsDefaultVersion": true}, {"VersionId": "v9", "IsDefaultVersion": false},
                ],
            })
        );
    }

    #[test]
    fn the_oldest_idle_version_makes_room() {
        let before = policy(json!([
            {"VersionId": "v10", "IsDefaultVersion": false},
            {"VersionId": "v9", "IsDefaultVersion": false},
            {"VersionId": "v4", "IsDefaultVersion": false},
            {"VersionId": "v3", "IsDefaultVersion": false},
            {"VersionId": "v2", "IsDefaultVersion": true},
        ]));
        let after = before.with_properties(properties("s3:GetObject"));
        let calls = ManagedPolicy.calls(Some(&before), Some(&after)).unwrap();
        assert_eq!(
            shown(&calls),
            json!([
                ["DeletePolicyVersion", {"PolicyArn": ARN, "VersionId": "v3"}],
                ["CreatePolicyVersion", {
                    "PolicyArn": ARN, "PolicyDocument": statement("s3:GetObject").to_string(), "SetAsDefault": true,
                }],
            ])
        );
        assert_eq!(
            ManagedPolicy.warnings(Some(&before), Some(&after)),
            [
                format!(
                    "{ARN} has five versions, as many as a policy can have: v3, the oldest that is not in use, is deleted first and cannot be brought back."
                ),
                format!("{ARN} is attached to 2 users, groups and roles: it changes for all of them."),
            ]
        );
        round_trip(&ManagedPolicy, &before, properties("s3:GetObject"));

        let mut world = world([before.clone()]);
        let create = calls.last().unwrap();
        let refused = ManagedPolicy.effect(&place(), create, &mut world).unwrap_err();
        assert!(refused.starts_with("LimitExceeded: "), "{refused}");
        let delete = call("DeletePolicyVersion", json!({"PolicyArn": ARN, "VersionId": "v2"}));
        let refused = ManagedPolicy.effect(&place(), &delete, &mut world).unwrap_err();
        assert!(refused.starts_with("DeleteConflict: "), "{refused}");
    }

    #[test]
    fn a_document_that_is_too_long_is_refused_before_iam_refuses_it() {
        let before = policy(json!([{"VersionId": "v1", "IsDefaultVersion": true}]));
        let long = before.with_properties(properties(&format!("s3:{}", "x".repeat(CHARACTERS))));
        assert!(ManagedPolicy.calls(Some(&before), Some(&long)).is_err());
    }

    #[test]
    fn nothing_else_can_be_changed() {
        let before = policy(json!([{"VersionId": "v1", "IsDefaultVersion": true}]));
        let renamed = before.with_properties(json!({"ManagedPolicyName": "other"}));
        assert!(ManagedPolicy.calls(Some(&before), Some(&renamed)).is_err());
        assert!(ManagedPolicy.calls(Some(&before), None).is_err());
    }
}
