//! `AWS::InspectorV2::Enabler`: what Amazon Inspector scans of an account in a Region. CloudFormation has no type for it:
//! this one is rectify's own. Its id is the account's.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_inspector2::types::{FailedAccount, ResourceScanType, ResourceState};
use serde_json::{Map, Value, json};

use super::trails;
use crate::cloud::aws::AwsType;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::{both, only};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::object::{Object, list};
use crate::cloud::aws::world::edit;
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Part, Parts, Place, Resource, ResourceType, Right, Sent, Settled, Snapshot, Trail, Write,
};

/// `AWS::InspectorV2::Enabler`.
pub struct Enabler;

const STATUS: &str = "status";

/// Scanning functions for known vulnerabilities of their packages.
const PACKAGES: &str = "LAMBDA";

/// Scanning their own code needs that of their packages, and ends with it
/// (<https://docs.aws.amazon.com/inspector/latest/user/scanning_resources_lambda.html>).
const CODE: &str = "LAMBDA_CODE";

const CREATE_ROLE: &str = "iam:CreateServiceLinkedRole";

/// IAM knows no resource of Inspector's actions
/// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoninspector2.html>). The first time that it
/// is enabled, it makes its role with the caller's rights
/// (<https://docs.aws.amazon.com/inspector/latest/user/using-service-linked-roles.html>).
const WRITES: &[Write] = &[Write::update(
    &["ResourceTypes"],
    &[
        Right::anywhere("inspector2:Enable"),
        Right::anywhere("inspector2:Disable"),
        Right::new(CREATE_ROLE, "arn:${partition}:iam::${account}:role/aws-service-role/inspector2.amazonaws.com/*")
            .only("StringEquals", "iam:AWSServiceName", "inspector2.amazonaws.com"),
    ],
)];

impl ResourceType for Enabler {
    fn name(&self) -> &'static str {
        "AWS::InspectorV2::Enabler"
    }

    fn reads(&self) -> &'static [Right] {
        const { &[Right::anywhere("inspector2:BatchGetAccountStatus")] }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        &[Part { name: STATUS, permissions: &[], properties: &["ResourceTypes"], facts: &["Status"] }]
    }

    fn trails(&self) -> &'static [Trail] {
        trails::ENABLER
    }

    /// It has no ARN.
    fn named(&self, _arn: &str) -> Option<String> {
        None
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let Some((before, after)) = both(before, after)? else { return Ok(Vec::new()) };
        only(&["ResourceTypes"], before, after)?;
        let (old, new) = (scanned(before), scanned(after));
        if new.contains(CODE) && !new.contains(PACKAGES) {
            return Err(Impossible("Inspector scans the code of functions only where it scans their packages".into()));
        }
        let difference = |of: &BTreeSet<String>, without: &BTreeSet<String>| -> Vec<String> {
            of.difference(without).cloned().collect()
        };
        let (added, gone) = (difference(&new, &old), difference(&old, &new));
        let call = |operation, types: Vec<String>| {
            let call =
                Call::new("inspector2", operation, json!({"accountIds": [before.id], "resourceTypes": types.clone()}));
            (!types.is_empty()).then_some(call)
        };
        let enable = call("Enable", added).map(|call| call.and_permissions([CREATE_ROLE]));
        Ok(enable.into_iter().chain(call("Disable", gone)).collect())
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        let accounts = input.texts("accountIds").unwrap_or_else(|| vec![place.account.clone()]);
        if accounts != [place.account.as_str()] {
            return Err("AccessDeniedException: only the delegated administrator does this for another account".into());
        }
        let types = input.texts("resourceTypes").ok_or("resourceTypes is missing")?;
        let missing = "ResourceNotFoundException: Inspector knows nothing of the account";
        edit(world, &self.key(place, &place.account), missing, |properties, facts| {
            let mut now: BTreeSet<String> = texts(properties.get("ResourceTypes"));
            match call.operation.as_str() {
                "Enable" => now.extend(types),
                "Disable" => now.retain(|kind| !types.contains(kind)),
                operation => return Err(format!("UnknownOperationException: {operation}")),
            }
            if !now.contains(PACKAGES) {
                now.remove(CODE);
            }
            let status = facts.entry("Status").or_insert_with(|| json!({}));
            if let Some(status) = status.as_object_mut() {
                for kind in status.keys().cloned().chain(now.iter().cloned()).collect::<BTreeSet<_>>() {
                    let word = if now.contains(&kind) { "ENABLED" } else { "DISABLED" };
                    status.insert(kind, word.into());
                }
            }
            match list(now) {
                Some(now) => drop(properties.insert("ResourceTypes".into(), now)),
                None => drop(properties.remove("ResourceTypes")),
            }
            Ok(())
        })
    }

    fn settled(&self, enabler: &Resource) -> Settled {
        let status = enabler.fact("/Status").and_then(Value::as_object).into_iter().flatten();
        match status.filter_map(|(_, word)| word.as_str()).any(|word| word.ends_with("ING")) {
            true => Settled::NotYet,
            false => Settled::Yes,
        }
    }
}

#[async_trait]
impl AwsType for Enabler {
    async fn list(&self, aws: &Clients, _within: Option<&str>, parts: &Parts) -> Listing {
        let mut listing = Listing::default();
        listing.add(aws, self, &aws.place.account, self.read(aws, &aws.place.account, parts).await);
        listing
    }

    async fn read(&self, aws: &Clients, id: &str, _parts: &Parts) -> Result<Option<Resource>, CallError> {
        if id != aws.place.account {
            return Ok(None);
        }
        let _slot = aws.slot("inspector2").await;
        let answer = aws.inspector2.batch_get_account_status().account_ids(id).send().await;
        let output = answer.map_err(|error| call_error("inspector2", "BatchGetAccountStatus", error))?;
        let account = output.accounts().iter().find(|account| account.account_id() == id);
        Ok(account.and_then(|account| account.resource_state()).map(|state| document(aws, id, state)))
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let _slot = aws.slot("inspector2").await;
        let input = Input(call);
        let accounts = input.texts("accountIds");
        let types = input.texts("resourceTypes").unwrap_or_default();
        let types: Vec<ResourceScanType> = types.iter().map(|kind| kind.as_str().into()).collect();
        let failed = match call.operation.as_str() {
            "Enable" => {
                let request = aws.inspector2.enable().set_account_ids(accounts).set_resource_types(Some(types));
                let answer = request.send().await;
                answer.map_err(|error| call_error("inspector2", "Enable", error))?.failed_accounts
            }
            "Disable" => {
                let request = aws.inspector2.disable().set_account_ids(accounts).set_resource_types(Some(types));
                let answer = request.send().await;
                answer.map_err(|error| call_error("inspector2", "Disable", error))?.failed_accounts
            }
            _ => return Err(input.unknown()),
        };
        // A refusal for an account stands in an answer that is well in every other way.
        match failed.unwrap_or_default().iter().find_map(refusal) {
            Some(refusal) => Err(input.invalid(refusal)),
            None => Ok(Sent::default()),
        }
    }
}

/// Why it was not done for an account. What is so already is no refusal.
fn refusal(failed: &FailedAccount) -> Option<String> {
    let code = failed.error_code().as_str();
    (code != "ALREADY_ENABLED").then(|| format!("{code}: {}", failed.error_message()))
}

fn texts(value: Option<&Value>) -> BTreeSet<String> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

fn scanned(enabler: &Resource) -> BTreeSet<String> {
    texts(enabler.property("/ResourceTypes"))
}

/// What is being enabled counts as enabled: the other way round it would be enabled again.
fn document(aws: &Clients, id: &str, state: &ResourceState) -> Resource {
    let states = [
        ("CODE_REPOSITORY", state.code_repository()),
        ("EC2", state.ec2()),
        ("ECR", state.ecr()),
        (PACKAGES, state.lambda()),
        (CODE, state.lambda_code()),
    ];
    let known = states.into_iter().filter_map(|(kind, state)| Some((kind, state?.status().as_str())));
    let status: Map<String, Value> = known.map(|(kind, word)| (kind.to_owned(), word.into())).collect();
    let on = status.iter().filter(|(_, word)| !["DISABLED", "DISABLING"].iter().any(|off| *word == off));
    let mut properties = Object::default();
    properties.set("ResourceTypes", list(on.map(|(kind, _)| kind)));
    let mut facts = Object::default();
    facts.set("Status", Some(status));
    Resource::new(aws.key(&Enabler, id), "", properties.0, facts.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{leads, resource, round_trip, shown};

    fn enabler(types: Value) -> Resource {
        let status = json!({"Status": {"EC2": "ENABLED", "LAMBDA": "DISABLED", "LAMBDA_CODE": "DISABLED"}});
        resource(&Enabler, "111122223333", types, status)
    }

    #[test]
    fn what_is_scanned_is_enabled_and_disabled() {
        let before = enabler(json!({"ResourceTypes": ["EC2"]}));
        let after = before.with_properties(json!({"ResourceTypes": ["EC2", "LAMBDA", "LAMBDA_CODE"]}));
        let calls = leads(&Enabler, &before, &after).unwrap();
        let both = json!({"accountIds": ["111122223333"], "resourceTypes": ["LAMBDA", "LAMBDA_CODE"]});
        assert_eq!(shown(&calls), json!([["Enable", both]]));
        assert_eq!(shown(&Enabler.calls(Some(&after), Some(&before)).unwrap()), json!([["Disable", both]]));
        round_trip(&Enabler, &before, json!({"ResourceTypes": ["EC2", "LAMBDA"]}));
        round_trip(&Enabler, &before, json!({"ResourceTypes": ["ECR"]}));
        round_trip(&Enabler, &before, json!({}));
    }

    #[test]
    fn code_is_not_scanned_without_packages() {
        let before = enabler(json!({}));
        let after = before.with_properties(json!({"ResourceTypes": ["LAMBDA_CODE"]}));
        assert!(Enabler.calls(Some(&before), Some(&after)).is_err());
        assert!(Enabler.calls(None, Some(&before)).is_err());
        assert!(Enabler.calls(Some(&before), None).is_err());
    }

    #[test]
    fn it_is_done_when_no_scan_is_on_its_way() {
        let settled = |word| {
            let mut enabler = enabler(json!({}));
            enabler.facts["Status"]["LAMBDA"] = json!(word);
            Enabler.settled(&enabler)
        };
        assert_eq!((settled("ENABLED"), settled("DISABLED")), (Settled::Yes, Settled::Yes));
        assert_eq!((settled("ENABLING"), settled("DISABLING")), (Settled::NotYet, Settled::NotYet));
    }
}
