//! What is read of a role, before it is a document.

use std::collections::BTreeMap;

use aws_sdk_iam::types::{AttachedPermissionsBoundary, AttachedPolicy, PolicyDetail, RoleDetail, RoleLastUsed, Tag};
use aws_smithy_types::DateTime;
use serde_json::Value;

use super::reading::{self, Found};
use crate::cloud::CallError;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::listing::all;
use crate::cloud::aws::object::{Object, time};
use crate::model::Parts;

/// The part with the settings.
pub const SETTINGS: &str = "settings";

/// What the two ways of reading a role have in common.
#[derive(Default)]
pub struct Base {
    /// Its name: its id.
    pub name: String,
    /// Its path.
    pub path: Option<String>,
    /// Its ARN.
    pub arn: Option<String>,
    /// The id that IAM gave it.
    pub id: Option<String>,
    /// When it was made.
    pub created: Option<DateTime>,
    /// The text of its trust policy.
    pub trust: Option<String>,
    /// A setting.
    pub description: Option<String>,
    /// How long a session lasts at most; a setting.
    pub seconds: Option<i32>,
    /// Its permissions boundary.
    pub boundary: Option<AttachedPermissionsBoundary>,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// When it was last used.
    pub last_used: Option<RoleLastUsed>,
    /// Inline policies.
    pub inline: Vec<PolicyDetail>,
    /// Attached policies.
    pub attached: Vec<AttachedPolicy>,
}

impl Base {
    /// What a sweep gives: all but the settings.
    pub fn from_details(details: Vec<RoleDetail>) -> Vec<Self> {
        let base = |role: RoleDetail| Self {
            name: role.role_name.unwrap_or_default(),
            path: role.path,
            arn: role.arn,
            id: role.role_id,
            created: role.create_date,
            trust: role.assume_role_policy_document,
            boundary: role.permissions_boundary,
            tags: role.tags.unwrap_or_default(),
            last_used: role.role_last_used,
            inline: role.role_policy_list.unwrap_or_default(),
            attached: role.attached_managed_policies.unwrap_or_default(),
            ..Self::default()
        };
        details.into_iter().map(base).collect()
    }

    /// As roles, users and groups are read.
    pub fn principal(self, parts: &Parts) -> Result<Found, CallError> {
        let trust = reading::parse(self.trust.as_deref(), "the trust policy")?;
        let mut properties = Object::default();
        properties.set("RoleName", Some(self.name.as_str())).set("Path", self.path);
        properties.set("AssumeRolePolicyDocument", Some(trust));
        properties.set("PermissionsBoundary", self.boundary.and_then(|boundary| boundary.permissions_boundary_arn));
        properties.set("Tags", reading::tags_property(&self.tags));
        if parts.wants(SETTINGS) {
            properties.set("Description", self.description).set("MaxSessionDuration", self.seconds);
        }
        let mut facts = Object::default();
        facts.set("RoleId", self.id).set("CreateDate", time(self.created.as_ref()));
        // Empty where the role was not used in the tracked period: that is known, and not the same as absent.
        let last_used = self.last_used.map(|used| {
            let mut fact = Object::default();
            fact.set("LastUsedDate", time(used.last_used_date()));
            Value::Object(fact.0)
        });
        facts.set("RoleLastUsed", last_used);
        Ok(Found {
            name: self.name,
            arn: self.arn.unwrap_or_default(),
            properties,
            facts: facts.0,
            inline: self.inline,
            attached: self.attached,
        })
    }
}

/// Adds the settings, which a sweep leaves out and ListRoles gives.
pub async fn add_settings(aws: &Clients, roles: &mut [Base]) -> Result<(), CallError> {
    let listed =
        all("iam", "ListRoles", aws.iam.list_roles().into_paginator().stop_on_duplicate_token(false).items().send())
            .await?;
    let settings = listed.into_iter().map(|role| (role.role_name, (role.description, role.max_session_duration)));
    let mut settings: BTreeMap<_, _> = settings.collect();
    for role in roles {
        (role.description, role.seconds) = settings.remove(&role.name).unwrap_or_default();
    }
    Ok(())
}
