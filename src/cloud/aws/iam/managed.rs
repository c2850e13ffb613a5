//! The documents of AWS-managed policies.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::reading;
use crate::cloud::CallError;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::found;
use crate::cloud::aws::document;
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::listing::whole;
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
    let mut documents = BTreeMap::new();
    for arn in arns {
        let document = match known.get(arn) {
            Some(document) => document.clone(),
            None => {
                let document = one(aws, arn).await?;
                known.insert(arn.clone(), document.clone());
                document
            }
        };
        documents.insert(arn.clone(), document);
    }
    Ok(documents)
}

async fn sweep(aws: &Clients, known: &mut BTreeMap<String, Option<Value>>) -> Result<(), CallError> {
    for policy in whole(reading::sweep(aws, EntityType::AwsManagedPolicy, |page| page.policies).await)? {
        let default = policy.policy_version_list().iter().find(|version| version.is_default_version());
        // A version that is listed without its document is read alone when it is asked for.
        if let (Some(arn), Some(document)) = (policy.arn(), default.and_then(parsed)) {
            known.insert(arn.to_owned(), Some(document));
        }
    }
    Ok(())
}

async fn one(aws: &Clients, arn: &str) -> Result<Option<Value>, CallError> {
    let policy = aws.iam.get_policy().policy_arn(arn).send().await;
    let policy = found(policy.map_err(|error| call_error("iam", "GetPolicy", error)))?;
    let Some(version) = policy.and_then(|output| output.policy?.default_version_id) else { return Ok(None) };
    let version = aws.iam.get_policy_version().policy_arn(arn).version_id(version).send().await;
    let version = found(version.map_err(|error| call_error("iam", "GetPolicyVersion", error)))?;
    Ok(version.and_then(|output| output.policy_version).as_ref().and_then(parsed))
}

fn parsed(version: &PolicyVersion) -> Option<Value> {
    document::parse(version.document()?).ok()
}
