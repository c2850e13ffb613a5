//! The documents of AWS-managed policies.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::cloud::CallError;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::{document, update};
use aws_sdk_iam::types::{EntityType, PolicyVersion};

/// From how many unknown documents on one sweep over all AWS-managed policies in use takes fewer calls: two are needed
/// for each document alone.
const SWEEP_FROM: usize = 5;

/// The documents of these AWS-managed policies; none where AWS has no such policy or no readable document of it.
pub async fn documents(aws: &Clients, arns: &BTreeSet<String>) -> Result<BTreeMap<String, Option<Value>>, CallError> {
    // Held while reading, so that readers at the same time do not read the same.
    let mut known = aws.managed_policies.lock().await;
    let unknown = arns.iter().filter(|arn| !known.contains_key(*arn)).count();
    if unknown >= SWEEP_FROM {
        sweep(aws, &mut known).await?;
    }
    let mut found = BTreeMap::new();
    for arn in arns {
        let document = match known.get(arn) {
            Some(document) => document.clone(),
            None => {
                let document = one(aws, arn).await?;
                known.insert(arn.clone(), document.clone());
                document
            }
        };
        found.insert(arn.clone(), document);
    }
    Ok(found)
}

async fn sweep(aws: &Clients, known: &mut BTreeMap<String, Option<Value>>) -> Result<(), CallError> {
    let request = aws.iam.get_account_authorization_details().filter(EntityType::AwsManagedPolicy);
    let mut pages = request.into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| call_error("iam", "GetAccountAuthorizationDetails", error))?;
        for policy in page.policies() {
            let default = policy.policy_version_list().iter().find(|version| version.is_default_version());
            // A version that is listed without its document is read alone when it is asked for.
            if let (Some(arn), Some(document)) = (policy.arn(), default.and_then(parsed)) {
                known.insert(arn.to_owned(), Some(document));
            }
        }
    }
    Ok(())
}

async fn one(aws: &Clients, arn: &str) -> Result<Option<Value>, CallError> {
    let policy = aws.iam.get_policy().policy_arn(arn).send().await;
    let policy = update::found(policy.map_err(|error| call_error("iam", "GetPolicy", error)))?;
    let Some(version) = policy.and_then(|output| output.policy?.default_version_id) else { return Ok(None) };
    let version = aws.iam.get_policy_version().policy_arn(arn).version_id(version).send().await;
    let version = update::found(version.map_err(|error| call_error("iam", "GetPolicyVersion", error)))?;
    Ok(version.and_then(|output| output.policy_version).as_ref().and_then(parsed))
}

fn parsed(version: &PolicyVersion) -> Option<Value> {
    document::parse(version.document()?).ok()
}
