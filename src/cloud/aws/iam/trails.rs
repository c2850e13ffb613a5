//! What CloudTrail tells of IAM's resources. IAM is recorded in one Region of a partition alone, us-east-1 in AWS's own
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html>).
//!
//! Not here: tags of policies, which no document has. That a policy is attached changes the role, the user or the group; how often it is attached is a fact that a plan reads again.
//! A group's new name reaches its members' documents with the next scan: the record does not name them.

use serde_json::Value;

use crate::cloud::aws::trail::{account, answer, here, one, request, request_arn, trail};
use crate::model::{Arn, Told, Trail};

const IAM: &str = "iam.amazonaws.com";

/// As IAM calls the root user in the answers to its own calls.
const ROOT: &str = "AWS ROOT USER";

/// Of roles.
pub const ROLE: &[Trail] = &[
    trail(IAM, "AcquireRole", new_role),
    trail(IAM, "AttachRolePolicy", role),
    trail(IAM, "CreateRole", role),
    trail(IAM, "CreateServiceLinkedRole", new_role),
    trail(IAM, "DeleteRole", role),
    trail(IAM, "DeleteRolePermissionsBoundary", role),
    trail(IAM, "DeleteRolePolicy", role),
    trail(IAM, "DeleteServiceLinkedRole", role),
    trail(IAM, "DetachRolePolicy", role),
    trail(IAM, "PutRolePermissionsBoundary", role),
    trail(IAM, "PutRolePolicy", role),
    trail(IAM, "TagRole", role),
    trail(IAM, "UntagRole", role),
    trail(IAM, "UpdateAssumeRolePolicy", role),
    trail(IAM, "UpdateRole", role),
    trail(IAM, "UpdateRoleDescription", role),
];

/// Of users.
pub const USER: &[Trail] = &[
    trail(IAM, "AddUserToGroup", user),
    trail(IAM, "AttachUserPolicy", user),
    trail(IAM, "CreateLoginProfile", own_user),
    trail(IAM, "CreateUser", user),
    trail(IAM, "DeactivateMFADevice", own_user),
    trail(IAM, "DeleteLoginProfile", own_user),
    trail(IAM, "DeleteUser", user),
    trail(IAM, "DeleteUserPermissionsBoundary", user),
    trail(IAM, "DeleteUserPolicy", user),
    trail(IAM, "DetachUserPolicy", user),
    trail(IAM, "EnableMFADevice", own_user),
    trail(IAM, "PutUserPermissionsBoundary", user),
    trail(IAM, "PutUserPolicy", user),
    trail(IAM, "RemoveUserFromGroup", user),
    trail(IAM, "TagUser", user),
    trail(IAM, "UntagUser", user),
    trail(IAM, "UpdateUser", |record| renamed(record, "userName", "newUserName")),
];

/// Of groups.
pub const GROUP: &[Trail] = &[
    trail(IAM, "AttachGroupPolicy", group),
    trail(IAM, "CreateGroup", group),
    trail(IAM, "DeleteGroup", group),
    trail(IAM, "DeleteGroupPolicy", group),
    trail(IAM, "DetachGroupPolicy", group),
    trail(IAM, "PutGroupPolicy", group),
    trail(IAM, "UpdateGroup", |record| renamed(record, "groupName", "newGroupName")),
];

/// Of customer managed policies.
pub const MANAGED_POLICY: &[Trail] = &[
    trail(IAM, "CreatePolicy", new_policy),
    trail(IAM, "CreatePolicyVersion", policy),
    trail(IAM, "DeletePolicy", policy),
    trail(IAM, "DeletePolicyVersion", policy),
    trail(IAM, "SetDefaultPolicyVersion", policy),
];

/// Of access keys.
pub const ACCESS_KEY: &[Trail] = &[
    trail(IAM, "CreateAccessKey", new_access_key),
    trail(IAM, "DeleteAccessKey", access_key),
    trail(IAM, "UpdateAccessKey", access_key),
];

/// Of the account: its password policy, and what its root user has.
pub const ACCOUNT: &[Trail] = &[
    trail(IAM, "CreateAccessKey", of_root),
    trail(IAM, "DeactivateMFADevice", of_root),
    trail(IAM, "DeleteAccessKey", of_root),
    trail(IAM, "DeleteAccountPasswordPolicy", the_account),
    trail(IAM, "EnableMFADevice", of_root),
    trail(IAM, "UpdateAccountPasswordPolicy", the_account),
];

/// The name of the role, user or group (`kind`) that an ARN names; a path stands before it.
pub fn named(arn: &str, kind: &str) -> Option<String> {
    let arn = Arn::parse(arn).filter(|arn| arn.service == "iam")?;
    let (found, path) = arn.resource.split_once('/')?;
    let name = path.rsplit('/').next().filter(|name| found == kind && !name.is_empty())?;
    Some(name.to_owned())
}

/// The ARN of a policy of the account; AWS's own are nobody's to change.
pub fn named_policy(arn: &str) -> Option<String> {
    let owned = Arn::parse(arn).is_some_and(|arn| arn.account != "aws");
    (owned && named(arn, "policy").is_some()).then(|| arn.to_owned())
}

fn role(record: &Value) -> Vec<Told> {
    one(request(record, "roleName"))
}

/// The service chooses the name.
fn new_role(record: &Value) -> Vec<Told> {
    one(answer(record, &["role", "roleName"]))
}

fn user(record: &Value) -> Vec<Told> {
    one(request(record, "userName"))
}

fn own_user(record: &Value) -> Vec<Told> {
    one(own_name(record))
}

fn group(record: &Value) -> Vec<Told> {
    one(request(record, "groupName"))
}

/// A renamed one is gone under the old name and new under the other.
fn renamed(record: &Value, old: &str, new: &str) -> Vec<Told> {
    let names = [old, new].into_iter().filter_map(|name| request(record, name));
    names.map(|name| Told::Id(name.to_owned())).collect()
}

fn policy(record: &Value) -> Vec<Told> {
    one(request_arn(record, "policyArn").and_then(|arn| named_policy(&arn)))
}

fn new_policy(record: &Value) -> Vec<Told> {
    let arn = answer(record, &["policy", "arn"]).filter(|arn| here(record, arn));
    one(arn.and_then(named_policy))
}

/// Whose password, device or key it is: where a call names no user it is about the caller's own
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html>).
fn own_name(record: &Value) -> Option<&str> {
    let own = || record.pointer("/userIdentity/userName").and_then(Value::as_str);
    if on_root(record) { None } else { request(record, "userName").or_else(own) }
}

fn key_of(record: &Value, id: Option<&str>) -> Vec<Told> {
    one(own_name(record).zip(id).map(|(user, id)| format!("{user}|{id}")))
}

fn access_key(record: &Value) -> Vec<Told> {
    key_of(record, request(record, "accessKeyId"))
}

fn new_access_key(record: &Value) -> Vec<Told> {
    key_of(record, answer(record, &["accessKey", "accessKeyId"]))
}

fn the_account(record: &Value) -> Vec<Told> {
    one(account(record))
}

fn of_root(record: &Value) -> Vec<Told> {
    if on_root(record) { the_account(record) } else { Vec::new() }
}

/// Whether the root user does it to itself: it names no user, or itself.
fn on_root(record: &Value) -> bool {
    let caller = record.pointer("/userIdentity/type").and_then(Value::as_str);
    caller == Some("Root") && request(record, "userName").is_none_or(|name| name == ROOT)
}
