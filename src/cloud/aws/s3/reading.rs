//! Reads the settings of a bucket, each of which has a call of its own.
//!
//! What S3 does where nothing was said is written out, so that a document says what holds and an undo has a value to go back to.
//! A template that leaves a setting out means the default of new buckets, which differs.

use aws_sdk_s3::types::{Grant, LoggingEnabled, Redirect, RoutingRule, ServerSideEncryptionRule};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde_json::{Value, json};

use crate::cloud::CallError;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::object::{Object, list};
use crate::cloud::aws::tags;

/// What a call gave; none where it says by this code that the bucket has no such setting.
fn setting<T, E>(
    operation: &str,
    absent: &str,
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> Result<Option<T>, CallError>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match answer {
        Ok(output) => Ok(Some(output)),
        Err(error) if error.code() == Some(absent) => Ok(None),
        Err(error) => Err(call_error("s3", operation, error)),
    }
}

/// Without a configuration, nothing is blocked but what the account's own blocks.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>
pub async fn access_block(aws: &Clients, name: &str) -> Result<Value, CallError> {
    let answer = aws.s3.get_public_access_block().bucket(name).send().await;
    let output = setting("GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration", answer)?;
    let block = output.and_then(|output| output.public_access_block_configuration);
    let on = |of: fn(&aws_sdk_s3::types::PublicAccessBlockConfiguration) -> Option<bool>| {
        block.as_ref().and_then(of).unwrap_or(false)
    };
    Ok(json!({
        "BlockPublicAcls": on(|block| block.block_public_acls),
        "BlockPublicPolicy": on(|block| block.block_public_policy),
        "IgnorePublicAcls": on(|block| block.ignore_public_acls),
        "RestrictPublicBuckets": on(|block| block.restrict_public_buckets),
    }))
}

/// Without controls, the writer of an object owns it: the buckets that are older than April 2023.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>
pub async fn ownership(aws: &Clients, name: &str) -> Result<Value, CallError> {
    let answer = aws.s3.get_bucket_ownership_controls().bucket(name).send().await;
    let output = setting("GetBucketOwnershipControls", "OwnershipControlsNotFoundError", answer)?;
    let rules = output.and_then(|output| output.ownership_controls).map(|controls| controls.rules);
    let rules = rules.unwrap_or_default();
    let ownership: Vec<Value> =
        rules.iter().map(|rule| json!({"ObjectOwnership": rule.object_ownership.as_str()})).collect();
    Ok(match ownership.is_empty() {
        true => json!({"Rules": [{"ObjectOwnership": "ObjectWriter"}]}),
        false => json!({"Rules": ownership}),
    })
}

/// Every bucket encrypts, with a key of S3's own where it has no configuration.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html>
pub async fn encryption(aws: &Clients, name: &str) -> Result<Value, CallError> {
    let answer = aws.s3.get_bucket_encryption().bucket(name).send().await;
    let output = setting("GetBucketEncryption", "ServerSideEncryptionConfigurationNotFoundError", answer)?;
    let rules = output.and_then(|output| output.server_side_encryption_configuration).map(|found| found.rules);
    let rules = match rules.unwrap_or_default() {
        rules if rules.is_empty() => {
            vec![json!({"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": false})]
        }
        rules => rules.iter().map(rule).collect(),
    };
    Ok(json!({"ServerSideEncryptionConfiguration": rules}))
}

fn rule(rule: &ServerSideEncryptionRule) -> Value {
    let mut found = Object::default();
    if let Some(default) = rule.apply_server_side_encryption_by_default() {
        let mut by_default = Object::default();
        by_default.set("SSEAlgorithm", Some(default.sse_algorithm.as_str()));
        by_default.set("KMSMasterKeyID", default.kms_master_key_id());
        found.set("ServerSideEncryptionByDefault", by_default.non_empty());
    }
    found.set("BucketKeyEnabled", Some(rule.bucket_key_enabled().unwrap_or(false)));
    let blocked = rule.blocked_encryption_types().map(|blocked| blocked.encryption_type());
    let blocked = blocked.and_then(|types| list(types.iter().map(|kind| kind.as_str())));
    found.set("BlockedEncryptionTypes", blocked.map(|types| json!({"EncryptionType": types})));
    Value::Object(found.0)
}

/// A bucket that never had versions is one whose versioning is suspended, as in a template: what S3 does with an object that is
/// written or deleted from then on is the same, and S3 leads back to nothing else.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html>
pub async fn versioning(
    aws: &Clients,
    name: &str,
    properties: &mut Object,
    facts: &mut Object,
) -> Result<(), CallError> {
    let answer = aws.s3.get_bucket_versioning().bucket(name).send().await;
    let output = answer.map_err(|error| call_error("s3", "GetBucketVersioning", error))?;
    let status = output.status().map_or("Suspended", |status| status.as_str());
    properties.set("VersioningConfiguration", Some(json!({"Status": status})));
    facts.set("MfaDelete", Some(output.mfa_delete().map_or("Disabled", |status| status.as_str())));
    Ok(())
}

/// Where access logs go; nothing where there are none.
pub async fn logging(aws: &Clients, name: &str) -> Result<Option<Value>, CallError> {
    let answer = aws.s3.get_bucket_logging().bucket(name).send().await;
    let output = answer.map_err(|error| call_error("s3", "GetBucketLogging", error))?;
    Ok(output.logging_enabled().map(log))
}

fn log(log: &LoggingEnabled) -> Value {
    let mut found = Object::default();
    found.set("DestinationBucketName", Some(log.target_bucket())).set("LogFilePrefix", Some(log.target_prefix()));
    let format = log.target_object_key_format().and_then(|format| match format.partitioned_prefix() {
        Some(prefix) => {
            let mut partitioned = Object::default();
            partitioned.set("PartitionDateSource", prefix.partition_date_source().map(|source| source.as_str()));
            Some(json!({"PartitionedPrefix": partitioned.0}))
        }
        None => format.simple_prefix().map(|_| json!({"SimplePrefix": {}})),
    });
    found.set("TargetObjectKeyFormat", format);
    Value::Object(found.0)
}

/// What is granted to others than the bucket's owner.
pub async fn grants(aws: &Clients, name: &str) -> Result<Value, CallError> {
    let answer = aws.s3.get_bucket_acl().bucket(name).send().await;
    let output = answer.map_err(|error| call_error("s3", "GetBucketAcl", error))?;
    let owner = output.owner().and_then(|owner| owner.id());
    let others = |grant: &&Grant| grant.grantee().is_none_or(|grantee| grantee.id().is_none() || grantee.id() != owner);
    let shown = |grant: &Grant| {
        let grantee = grant.grantee();
        let mut found = Object::default();
        found.set("Permission", grant.permission().map(|permission| permission.as_str()));
        found.set("Grantee", grantee.and_then(|grantee| grantee.uri().or(grantee.id()).or(grantee.email_address())));
        Value::Object(found.0)
    };
    Ok(output.grants().iter().filter(others).map(shown).collect())
}

/// The website that a bucket is; nothing where it is none.
pub async fn website(aws: &Clients, name: &str) -> Result<Option<Value>, CallError> {
    let answer = aws.s3.get_bucket_website().bucket(name).send().await;
    let Some(site) = setting("GetBucketWebsite", "NoSuchWebsiteConfiguration", answer)? else { return Ok(None) };
    let mut found = Object::default();
    found.set("IndexDocument", site.index_document().map(|document| document.suffix()));
    found.set("ErrorDocument", site.error_document().map(|document| document.key()));
    if let Some(all) = site.redirect_all_requests_to() {
        let mut to = Object::default();
        to.set("HostName", Some(all.host_name())).set("Protocol", all.protocol().map(|protocol| protocol.as_str()));
        found.set("RedirectAllRequestsTo", to.non_empty());
    }
    let rules: Vec<Value> = site.routing_rules().iter().map(route).collect();
    found.set("RoutingRules", (!rules.is_empty()).then_some(rules));
    Ok(Some(Value::Object(found.0)))
}

fn route(rule: &RoutingRule) -> Value {
    let mut found = Object::default();
    if let Some(condition) = rule.condition() {
        let mut when = Object::default();
        when.set("HttpErrorCodeReturnedEquals", condition.http_error_code_returned_equals());
        when.set("KeyPrefixEquals", condition.key_prefix_equals());
        found.set("RoutingRuleCondition", when.non_empty());
    }
    found.set("RedirectRule", rule.redirect().and_then(redirect));
    Value::Object(found.0)
}

fn redirect(to: &Redirect) -> Option<Value> {
    let mut found = Object::default();
    found
        .set("HostName", to.host_name())
        .set("HttpRedirectCode", to.http_redirect_code())
        .set("Protocol", to.protocol().map(|protocol| protocol.as_str()))
        .set("ReplaceKeyPrefixWith", to.replace_key_prefix_with())
        .set("ReplaceKeyWith", to.replace_key_with());
    found.non_empty()
}

/// Its tags.
pub async fn tags(aws: &Clients, name: &str) -> Result<Option<Value>, CallError> {
    let answer = aws.s3.get_bucket_tagging().bucket(name).send().await;
    let found = setting("GetBucketTagging", "NoSuchTagSet", answer)?.map(|output| output.tag_set).unwrap_or_default();
    Ok(tags::property(found.into_iter().map(|tag| (tag.key, tag.value)), tags::Shape::Pairs))
}
