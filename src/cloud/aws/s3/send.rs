//! Sends the calls of buckets.

use aws_sdk_s3::types::{
    BlockedEncryptionTypes, BucketLoggingStatus, BucketVersioningStatus, CreateBucketConfiguration, EncryptionType,
    LoggingEnabled, OwnershipControls, OwnershipControlsRule, PartitionedPrefix, PublicAccessBlockConfiguration,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule, SimplePrefix, Tag,
    Tagging, TargetObjectKeyFormat, VersioningConfiguration,
};
use aws_smithy_types::error::operation::BuildError;
use serde_json::Value;

use super::arn;
use crate::cloud::CallError;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::sent;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::tags;
use crate::model::{Call, Sent};

/// Sends a call.
pub async fn send(aws: &Clients, call: &Call) -> Result<Sent, CallError> {
    let (s3, input) = (&aws.s3, Input(call));
    let bucket = input.text("Bucket");
    let invalid = |error: BuildError| input.invalid(error.to_string());
    match call.operation.as_str() {
        "CreateBucket" => {
            let region = input.text("/CreateBucketConfiguration/LocationConstraint");
            let configuration = region
                .map(|region| CreateBucketConfiguration::builder().location_constraint(region.as_str().into()).build());
            let made = bucket.as_ref().map(|name| arn(&aws.place, name));
            let request = s3.create_bucket().set_bucket(bucket.clone()).set_create_bucket_configuration(configuration);
            Ok(Sent { id: bucket, arn: made, ..sent(call, request.send().await)? })
        }
        "PutPublicAccessBlock" => {
            let on = |name: &str| input.flag(&format!("/PublicAccessBlockConfiguration/{name}"));
            let block = PublicAccessBlockConfiguration::builder()
                .set_block_public_acls(on("BlockPublicAcls"))
                .set_block_public_policy(on("BlockPublicPolicy"))
                .set_ignore_public_acls(on("IgnorePublicAcls"))
                .set_restrict_public_buckets(on("RestrictPublicBuckets"));
            let request = s3.put_public_access_block().set_bucket(bucket);
            sent(call, request.public_access_block_configuration(block.build()).send().await)
        }
        "DeletePublicAccessBlock" => sent(call, s3.delete_public_access_block().set_bucket(bucket).send().await),
        "PutBucketOwnershipControls" => {
            let controls = ownership(&input).map_err(invalid)?;
            let request = s3.put_bucket_ownership_controls().set_bucket(bucket).ownership_controls(controls);
            sent(call, request.send().await)
        }
        "DeleteBucketOwnershipControls" => {
            sent(call, s3.delete_bucket_ownership_controls().set_bucket(bucket).send().await)
        }
        "PutBucketEncryption" => {
            let configuration = encryption(&input).map_err(invalid)?;
            let request = s3.put_bucket_encryption().set_bucket(bucket);
            sent(call, request.server_side_encryption_configuration(configuration).send().await)
        }
        "DeleteBucketEncryption" => sent(call, s3.delete_bucket_encryption().set_bucket(bucket).send().await),
        "PutBucketVersioning" => {
            let status = input.text("/VersioningConfiguration/Status");
            let status = status.map(|status| BucketVersioningStatus::from(status.as_str()));
            let configuration = VersioningConfiguration::builder().set_status(status).build();
            let request = s3.put_bucket_versioning().set_bucket(bucket).versioning_configuration(configuration);
            sent(call, request.send().await)
        }
        "PutBucketLogging" => {
            let status = BucketLoggingStatus::builder().set_logging_enabled(logging(&input).map_err(invalid)?);
            let request = s3.put_bucket_logging().set_bucket(bucket).bucket_logging_status(status.build());
            sent(call, request.send().await)
        }
        "PutBucketTagging" => {
            let tags = tags::map(input.value("/Tagging/TagSet")).into_iter();
            let tags = tags.map(|(key, value)| Tag::builder().key(key).value(value).build());
            let tags = tags.collect::<Result<Vec<Tag>, _>>().map_err(invalid)?;
            let tagging = Tagging::builder().set_tag_set(Some(tags)).build().map_err(invalid)?;
            sent(call, s3.put_bucket_tagging().set_bucket(bucket).tagging(tagging).send().await)
        }
        "DeleteBucketTagging" => sent(call, s3.delete_bucket_tagging().set_bucket(bucket).send().await),
        _ => Err(input.unknown()),
    }
}

fn items<'a>(input: &'a Input<'_>, pointer: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    input.value(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn ownership(input: &Input<'_>) -> Result<OwnershipControls, BuildError> {
    let rule = |rule: &Value| {
        let ownership = text(rule, "/ObjectOwnership").map(Into::into);
        OwnershipControlsRule::builder().set_object_ownership(ownership).build()
    };
    let rules = items(input, "/OwnershipControls/Rules").map(rule).collect::<Result<Vec<_>, _>>()?;
    OwnershipControls::builder().set_rules(Some(rules)).build()
}

fn encryption(input: &Input<'_>) -> Result<ServerSideEncryptionConfiguration, BuildError> {
    let rule = |rule: &Value| -> Result<ServerSideEncryptionRule, BuildError> {
        let by_default = rule.get("ApplyServerSideEncryptionByDefault").map(|default| {
            let key = text(default, "/KMSMasterKeyID").map(str::to_owned);
            let algorithm = text(default, "/SSEAlgorithm").map(Into::into);
            ServerSideEncryptionByDefault::builder().set_sse_algorithm(algorithm).set_kms_master_key_id(key).build()
        });
        let blocked = rule.pointer("/BlockedEncryptionTypes/EncryptionType").and_then(Value::as_array).map(|types| {
            let types = types.iter().filter_map(Value::as_str).map(EncryptionType::from).collect();
            BlockedEncryptionTypes::builder().set_encryption_type(Some(types)).build()
        });
        let made = ServerSideEncryptionRule::builder()
            .set_apply_server_side_encryption_by_default(by_default.transpose()?)
            .set_bucket_key_enabled(rule.get("BucketKeyEnabled").and_then(Value::as_bool))
            .set_blocked_encryption_types(blocked);
        Ok(made.build())
    };
    let rules = items(input, "/ServerSideEncryptionConfiguration/Rules").map(rule);
    ServerSideEncryptionConfiguration::builder().set_rules(Some(rules.collect::<Result<Vec<_>, _>>()?)).build()
}

fn logging(input: &Input<'_>) -> Result<Option<LoggingEnabled>, BuildError> {
    let Some(log) = input.value("/BucketLoggingStatus/LoggingEnabled") else { return Ok(None) };
    let member = |name: &str| log.get(name).and_then(Value::as_str).map(str::to_owned);
    let format = log.get("TargetObjectKeyFormat").map(|format| {
        let simple = format.get("SimplePrefix").map(|_| SimplePrefix::builder().build());
        let partitioned = format.get("PartitionedPrefix").map(|prefix| {
            let source = text(prefix, "/PartitionDateSource").map(Into::into);
            PartitionedPrefix::builder().set_partition_date_source(source).build()
        });
        TargetObjectKeyFormat::builder().set_simple_prefix(simple).set_partitioned_prefix(partitioned).build()
    });
    let log = LoggingEnabled::builder()
        .set_target_bucket(member("TargetBucket"))
        .set_target_prefix(member("TargetPrefix"))
        .set_target_object_key_format(format);
    log.build().map(Some)
}
