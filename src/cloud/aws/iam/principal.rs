//! What roles, users and groups have in common: inline policies, attached policies, a boundary, tags.
//!
//! Calls go in the order of what they grant: what is new first, then what is replaced, then what is taken away. A
//! principal is never without a permission that it keeps.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::cloud::aws::input::Input;
use crate::cloud::aws::world::edit;
use crate::cloud::aws::{document, tags};
use crate::model::{Call, Impossible, Locate, Place, Relation, Resource, ResourceKey, ResourceType, Sent, Snapshot};

/// The relation to the attached customer-managed policies.
pub const POLICIES: Relation = Relation {
    name: "policies",
    of: "AWS::IAM::ManagedPolicy",
    many: true,
    locate: |principal| {
        Locate::Ids(arns(principal).into_iter().filter(|arn| !is_aws_managed(arn)).map(str::to_owned).collect())
    },
    needs: &["ManagedPolicyArns"],
};

/// The kinds of principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Principal {
    /// `AWS::IAM::Role`.
    Role,
    /// `AWS::IAM::User`.
    User,
    /// `AWS::IAM::Group`.
    Group,
}

/// Calls by what they do to the principal's permissions.
#[derive(Default)]
pub struct Ordered {
    /// Grants that are new.
    pub grant: Vec<Call>,
    /// What replaces something.
    pub replace: Vec<Call>,
    /// What is taken away.
    pub take: Vec<Call>,
}

impl Ordered {
    /// The calls in order.
    pub fn finish(self) -> Vec<Call> {
        [self.grant, self.replace, self.take].concat()
    }
}

/// Whether a policy is one of AWS's own: the account in its ARN is `aws`.
pub fn is_aws_managed(arn: &str) -> bool {
    arn.split(':').nth(4) == Some("aws")
}

/// A call of IAM.
pub fn call(operation: &str, input: Value) -> Call {
    Call::new("iam", operation, input)
}

impl Principal {
    /// As operations spell it.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Role => "Role",
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// The member of an input that names it, and the property.
    pub fn member(self) -> &'static str {
        match self {
            Self::Role => "RoleName",
            Self::User => "UserName",
            Self::Group => "GroupName",
        }
    }

    fn kind(self) -> &'static dyn ResourceType {
        match self {
            Self::Role => &super::Role,
            Self::User => &super::User,
            Self::Group => &super::Group,
        }
    }

    /// Characters that its inline policies can have together
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
    fn inline_limit(self) -> usize {
        match self {
            Self::Role => 10_240,
            Self::User => 2_048,
            Self::Group => 5_120,
        }
    }

    /// A call on a principal; `members` come beside its name.
    pub fn call(self, operation: &str, name: &str, members: Value) -> Call {
        let mut input = Map::from_iter([(self.member().to_owned(), name.into())]);
        if let Value::Object(members) = members {
            input.extend(members);
        }
        call(operation, Value::Object(input))
    }

    /// The calls for inline and attached policies.
    pub fn policies(self, before: &Resource, after: &Resource, calls: &mut Ordered) -> Result<(), Impossible> {
        let (noun, name) = (self.noun(), before.id.as_str());
        let (old, new) = (inline(before)?, inline(after)?);
        let size = |policies: &BTreeMap<&str, &Value>| policies.values().map(|document| size(document)).sum::<usize>();
        if size(&new) > self.inline_limit().max(size(&old)) {
            let (kind, limit) = (noun.to_lowercase(), self.inline_limit());
            return Err(Impossible(format!(
                "the inline policies of a {kind} have at most {limit} characters together, and these would have {}",
                size(&new)
            )));
        }
        for (policy, document) in &new {
            let put = || {
                let text = document::text(document);
                self.call(&format!("Put{noun}Policy"), name, json!({"PolicyName": policy, "PolicyDocument": text}))
            };
            match old.get(policy) {
                Some(same) if same == document => {}
                Some(_) => calls.replace.push(put()),
                None => calls.grant.push(put()),
            }
        }
        for policy in old.keys().filter(|policy| !new.contains_key(*policy)) {
            calls.take.push(self.call(&format!("Delete{noun}Policy"), name, json!({"PolicyName": policy})));
        }
        let (old, new) = (arns(before), arns(after));
        for arn in new.difference(&old) {
            calls.grant.push(self.call(&format!("Attach{noun}Policy"), name, json!({"PolicyArn": arn})));
        }
        for arn in old.difference(&new) {
            calls.take.push(self.call(&format!("Detach{noun}Policy"), name, json!({"PolicyArn": arn})));
        }
        Ok(())
    }

    /// The calls for the permissions boundary and the tags, which groups do not have.
    pub fn boundary_and_tags(self, before: &Resource, after: &Resource, calls: &mut Ordered) -> Result<(), Impossible> {
        let (noun, name) = (self.noun(), before.id.as_str());
        match (before.text("/PermissionsBoundary"), after.text("/PermissionsBoundary")) {
            (old, new) if old == new => {}
            (_, Some(arn)) => calls.replace.push(self.call(
                &format!("Put{noun}PermissionsBoundary"),
                name,
                json!({"PermissionsBoundary": arn}),
            )),
            (_, None) => {
                calls.take.push(self.call(&format!("Delete{noun}PermissionsBoundary"), name, Value::Null));
            }
        }
        let tags = tags::difference(before, after)?;
        if !tags.set.is_empty() {
            let members = json!({"Tags": tags::pairs(&tags.set, "Key", "Value")});
            calls.replace.push(self.call(&format!("Tag{noun}"), name, members));
        }
        if !tags.gone.is_empty() {
            calls.take.push(self.call(&format!("Untag{noun}"), name, json!({"TagKeys": tags.gone})));
        }
        Ok(())
    }

    /// What a call does to the documents. The messages are IAM's.
    pub fn effect(self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        let name = input.text(self.member()).ok_or_else(|| format!("ValidationError: {} is missing", self.member()))?;
        let key = self.kind().key(place, &name);
        let kind = self.noun().to_lowercase();
        // `PutRolePolicy`, `PutUserPolicy` and `PutGroupPolicy` are one `PutPolicy` here, and so on.
        let verb = call.operation.replacen(self.noun(), "", 1);
        let mut attachments = 0;
        let missing = format!("NoSuchEntity: The {kind} with name {name} cannot be found.");
        let sent = edit(world, &key, &missing, |properties, facts| {
            if let Some(path) = properties.get("Path").and_then(Value::as_str)
                && is_protected(path)
            {
                return Err(format!("UnmodifiableEntity: Cannot perform the operation on the protected {kind} {name}"));
            }
            match verb.as_str() {
                "PutPolicy" => put_inline(properties, &input),
                "DeletePolicy" => delete_inline(properties, &input, &kind),
                "AttachPolicy" => {
                    attachments = attach(properties, facts, &input)?;
                    Ok(())
                }
                "DetachPolicy" => {
                    attachments = -1;
                    detach(properties, &input)
                }
                "PutPermissionsBoundary" => {
                    let arn = input.text("PermissionsBoundary").unwrap_or_default();
                    properties.insert("PermissionsBoundary".to_owned(), arn.into());
                    Ok(())
                }
                "DeletePermissionsBoundary" => {
                    properties.remove("PermissionsBoundary");
                    Ok(())
                }
                "Tag" | "Untag" => {
                    tags::effect(&input, tags::Shape::Pairs, properties);
                    Ok(())
                }
                "UpdateAssumePolicy" => {
                    let trust = policy_document(&input)?;
                    properties.insert("AssumeRolePolicyDocument".to_owned(), trust);
                    Ok(())
                }
                "Update" => {
                    settings(properties, &input);
                    Ok(())
                }
                "AddToGroup" | "RemoveFromGroup" => {
                    let group = input.text("GroupName").unwrap_or_default();
                    membership(properties, &group, verb == "AddToGroup");
                    Ok(())
                }
                _ => Err(input.unknown().to_string()),
            }
        })?;
        if let Some(arn) = input.text("PolicyArn") {
            count_attachments(world, &super::ManagedPolicy.key(place, &arn), attachments);
        }
        Ok(sent)
    }
}

/// The characters of a policy document as IAM counts them: without white space.
pub fn size(document: &Value) -> usize {
    document::text(document).chars().filter(|character| !character.is_whitespace()).count()
}

/// Refuses what only AWS may change: service-linked roles and the roles of IAM Identity Center
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html>).
pub fn changeable(before: &Resource) -> Result<(), Impossible> {
    match before.text("/Path") {
        Some(path) if is_protected(path) => {
            Err(Impossible(format!("{} is under {path}, which only AWS changes", before.id)))
        }
        _ => Ok(()),
    }
}

fn is_protected(path: &str) -> bool {
    path.starts_with("/aws-service-role/") || path.starts_with("/aws-reserved/")
}

/// The texts of a list.
pub fn texts<'a>(resource: &'a Resource, pointer: &str) -> BTreeSet<&'a str> {
    resource.property(pointer).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn arns(resource: &Resource) -> BTreeSet<&str> {
    texts(resource, "/ManagedPolicyArns")
}

fn inline(resource: &Resource) -> Result<BTreeMap<&str, &Value>, Impossible> {
    let mut found = BTreeMap::new();
    for policy in resource.property("/Policies").and_then(Value::as_array).into_iter().flatten() {
        let (Some(name), Some(document)) =
            (policy.get("PolicyName").and_then(Value::as_str), policy.get("PolicyDocument"))
        else {
            return Err(Impossible("an inline policy needs a PolicyName and a PolicyDocument".to_owned()));
        };
        if found.insert(name, document).is_some() {
            return Err(Impossible(format!("two inline policies have the name {name}")));
        }
    }
    Ok(found)
}

/// The list of a document's member, made where there is none.
fn list<'a>(object: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Vec<Value>> {
    object.entry(name.to_owned()).or_insert_with(|| json!([])).as_array_mut()
}

fn sort_by_member(list: &mut [Value], member: &str) {
    list.sort_by(|a, b| a.get(member).and_then(Value::as_str).cmp(&b.get(member).and_then(Value::as_str)));
}

fn policy_document(input: &Input<'_>) -> Result<Value, String> {
    let text = input.text("PolicyDocument").unwrap_or_default();
    document::parse(&text).map_err(|error| format!("MalformedPolicyDocument: {error}"))
}

fn put_inline(properties: &mut Map<String, Value>, input: &Input<'_>) -> Result<(), String> {
    let name = input.value("PolicyName").cloned();
    let document = policy_document(input)?;
    if let Some(policies) = list(properties, "Policies") {
        policies.retain(|policy| policy.get("PolicyName") != name.as_ref());
        policies.push(json!({"PolicyName": name, "PolicyDocument": document}));
        sort_by_member(policies, "PolicyName");
    }
    Ok(())
}

fn delete_inline(properties: &mut Map<String, Value>, input: &Input<'_>, kind: &str) -> Result<(), String> {
    let name = input.value("PolicyName");
    let policies = list(properties, "Policies").ok_or("ServiceFailure: Policies is no list")?;
    let count = policies.len();
    policies.retain(|policy| policy.get("PolicyName") != name);
    if policies.len() == count {
        let name = input.text("PolicyName").unwrap_or_default();
        return Err(format!("NoSuchEntity: The {kind} policy with name {name} cannot be found."));
    }
    Ok(())
}

/// How many attachments it adds: attaching what is attached is no error.
fn attach(
    properties: &mut Map<String, Value>,
    facts: &mut Map<String, Value>,
    input: &Input<'_>,
) -> Result<i64, String> {
    let arn = input.text("PolicyArn").ok_or("ValidationError: PolicyArn is missing")?;
    let arns = list(properties, "ManagedPolicyArns").ok_or("ServiceFailure: ManagedPolicyArns is no list")?;
    if arns.iter().any(|attached| attached.as_str() == Some(&arn)) {
        return Ok(0);
    }
    arns.push(arn.as_str().into());
    arns.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    if is_aws_managed(&arn)
        && let Some(attached) = list(facts, "AttachedPolicies")
    {
        // What is known of it from an earlier attachment is known still.
        if !attached.iter().any(|policy| policy.get("PolicyArn").and_then(Value::as_str) == Some(&arn)) {
            attached.push(json!({"PolicyArn": arn, "PolicyName": arn.rsplit('/').next()}));
            sort_by_member(attached, "PolicyArn");
        }
    }
    Ok(1)
}

fn detach(properties: &mut Map<String, Value>, input: &Input<'_>) -> Result<(), String> {
    let arn = input.text("PolicyArn");
    let arns = list(properties, "ManagedPolicyArns").ok_or("ServiceFailure: ManagedPolicyArns is no list")?;
    let count = arns.len();
    arns.retain(|attached| attached.as_str() != arn.as_deref());
    if arns.len() == count {
        return Err(format!("NoSuchEntity: Policy {} was not found.", arn.unwrap_or_default()));
    }
    // Its document stays a fact: it counts only while the ARN is attached, and who attaches it again knows what it allows.
    Ok(())
}

/// `UpdateRole`: a session duration that is not given is one hour
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html>).
fn settings(properties: &mut Map<String, Value>, input: &Input<'_>) {
    match input.integer("MaxSessionDuration") {
        Some(seconds) => {
            properties.insert("MaxSessionDuration".to_owned(), seconds.into());
        }
        None if properties.contains_key("MaxSessionDuration") => {
            properties.insert("MaxSessionDuration".to_owned(), 3600.into());
        }
        None => {}
    }
    match input.text("Description") {
        Some(text) if text.is_empty() => {
            properties.remove("Description");
        }
        Some(text) => {
            properties.insert("Description".to_owned(), text.into());
        }
        None => {}
    }
}

fn membership(properties: &mut Map<String, Value>, group: &str, member: bool) {
    if let Some(groups) = list(properties, "Groups") {
        groups.retain(|name| name.as_str() != Some(group));
        if member {
            groups.push(group.into());
            groups.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        }
    }
}

fn count_attachments(world: &mut Snapshot, policy: &ResourceKey, more: i64) {
    // A policy that the account's documents do not hold has no count to keep.
    let _ = edit(world, policy, "", |_, facts| {
        if let Some(count) = facts.get("AttachmentCount").and_then(Value::as_i64) {
            facts.insert("AttachmentCount".to_owned(), (count + more).into());
        }
        Ok(())
    });
}
