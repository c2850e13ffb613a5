//! How roles, users and groups become documents.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput;
use aws_sdk_iam::types::{AttachedPolicy, EntityType, PolicyDetail, Tag};
use serde_json::{Map, Value, json};

use super::principal::is_aws_managed;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::unreadable;
use crate::cloud::aws::error::unread;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::{Partial, by_token};
use crate::cloud::aws::object::Object;
use crate::cloud::aws::{AwsType, document, tags};
use crate::cloud::{CallError, Listing};
use crate::model::{Parts, Resource};

/// The part with the inline policies.
pub const INLINE: &str = "inline_policies";
/// The part with the ARNs of the attached policies.
pub const ATTACHED: &str = "attached_policies";
/// The part with the documents of the attached AWS-managed policies.
pub const MANAGED: &str = "managed_documents";

/// What a sweep over the account brings of one kind, page by page.
pub async fn sweep<T>(
    aws: &Clients,
    kind: EntityType,
    take: impl Fn(GetAccountAuthorizationDetailsOutput) -> Option<Vec<T>>,
) -> Partial<T> {
    let (kind, take) = (&kind, &take);
    by_token("iam", "GetAccountAuthorizationDetails", |token| async move {
        let page = aws.iam.get_account_authorization_details().filter(kind.clone()).set_marker(token).send().await;
        page.map(|page| {
            let next = page.marker.clone().filter(|_| page.is_truncated);
            (take(page), next)
        })
    })
    .await
}

/// A principal as it was read, before it is a document.
#[derive(Default)]
pub struct Found {
    /// Its name: its id.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Properties that only its type has.
    pub properties: Object,
    /// Facts that only its type has.
    pub facts: Map<String, Value>,
    /// Inline policies, each a name and a text; read where the part is wanted.
    pub inline: Vec<PolicyDetail>,
    /// Attached policies; read where one of their parts is wanted.
    pub attached: Vec<AttachedPolicy>,
}

impl Found {
    /// ARNs of the attached AWS-managed policies.
    fn aws_managed(&self) -> impl Iterator<Item = &str> {
        self.attached.iter().filter_map(AttachedPolicy::policy_arn).filter(|arn| is_aws_managed(arn))
    }

    fn document(
        self,
        aws: &Clients,
        kind: &dyn AwsType,
        parts: &Parts,
        managed: &BTreeMap<String, Option<Value>>,
    ) -> Result<Resource, CallError> {
        let Self { name, arn, mut properties, mut facts, inline, mut attached } = self;
        if parts.wants(INLINE) {
            let mut policies: Vec<(String, Value)> = vec![];
            for policy in inline {
                let name = policy.policy_name.unwrap_or_default();
                let document = parse(policy.policy_document.as_deref(), &format!("the inline policy {name}"))?;
                policies.push((name, document));
            }
            policies.sort_by(|a, b| a.0.cmp(&b.0));
            let policies: Value = policies
                .into_iter()
                .map(|(name, document)| json!({"PolicyName": name, "PolicyDocument": document}))
                .collect();
            properties.set("Policies", Some(policies));
        }
        attached.sort_by(|a, b| a.policy_arn.cmp(&b.policy_arn));
        if parts.wants(ATTACHED) {
            let arns: Value = attached.iter().filter_map(AttachedPolicy::policy_arn).collect();
            properties.set("ManagedPolicyArns", Some(arns));
        }
        if parts.wants(MANAGED) {
            let aws_managed = attached.iter().filter(|policy| policy.policy_arn().is_some_and(is_aws_managed));
            let policies: Vec<Value> = aws_managed
                .map(|policy| {
                    let mut entry = Object::default();
                    entry.set("PolicyArn", policy.policy_arn()).set("PolicyName", policy.policy_name());
                    entry.set("Document", policy.policy_arn().and_then(|arn| managed.get(arn)).cloned().flatten());
                    Value::Object(entry.0)
                })
                .collect();
            facts.insert("AttachedPolicies".to_owned(), policies.into());
        }
        facts.insert("Arn".to_owned(), arn.as_str().into());
        Ok(Resource::new(aws.key(kind, &name), arn, properties.0, facts))
    }
}

/// The documents of what was read; one that cannot be made stands in `unread`.
pub async fn documents(aws: &Clients, kind: &dyn AwsType, parts: &Parts, found: Vec<Found>, listing: &mut Listing) {
    let managed = match managed_documents(aws, parts, &found).await {
        Ok(managed) => managed,
        Err(error) => {
            // Whether its attached policies can be judged is unknown for everything that has one of them.
            let (with, without): (Vec<_>, Vec<_>) =
                found.into_iter().partition(|found| found.aws_managed().next().is_some());
            listing.unread.extend(with.iter().map(|found| unread(aws.key(kind, &found.name), &error)));
            return finish(aws, kind, parts, without, &BTreeMap::new(), listing);
        }
    };
    finish(aws, kind, parts, found, &managed, listing);
}

fn finish(
    aws: &Clients,
    kind: &dyn AwsType,
    parts: &Parts,
    found: Vec<Found>,
    managed: &BTreeMap<String, Option<Value>>,
    listing: &mut Listing,
) {
    for found in found {
        let name = found.name.clone();
        listing.add(aws, kind, &name, found.document(aws, kind, parts, managed).map(Some));
    }
}

/// The document of one principal.
pub async fn one(aws: &Clients, kind: &dyn AwsType, parts: &Parts, found: Found) -> Result<Resource, CallError> {
    let managed = managed_documents(aws, parts, std::slice::from_ref(&found)).await?;
    found.document(aws, kind, parts, &managed)
}

async fn managed_documents(
    aws: &Clients,
    parts: &Parts,
    found: &[Found],
) -> Result<BTreeMap<String, Option<Value>>, CallError> {
    if !parts.wants(MANAGED) {
        return Ok(BTreeMap::new());
    }
    let arns: BTreeSet<String> = found.iter().flat_map(Found::aws_managed).map(str::to_owned).collect();
    super::managed::documents(aws, &arns).await
}

/// Whether the attached policies have to be listed.
pub fn wants_attached(parts: &Parts) -> bool {
    parts.wants(ATTACHED) || parts.wants(MANAGED)
}

/// A policy document; the error says which one cannot be read.
pub fn parse(text: Option<&str>, what: &str) -> Result<Value, CallError> {
    document::parse(text.unwrap_or_default())
        .map_err(|error| unreadable("iam", "read", format!("{what} is no policy document: {error}")))
}

/// `Tags` of a document.
pub fn tags_property(tags: &[Tag]) -> Option<Value> {
    tags::property(tags.iter().map(|tag| (tag.key(), tag.value())), tags::Shape::Pairs)
}

/// The tags of an input.
pub fn sdk_tags(input: &Input<'_>) -> Vec<Tag> {
    // A tag without a key or a value does not come out of `tags::map`.
    tags::map(input.value("Tags"))
        .into_iter()
        .filter_map(|(key, value)| Tag::builder().key(key).value(value).build().ok())
        .collect()
}
