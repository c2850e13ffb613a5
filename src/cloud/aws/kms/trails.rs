//! What CloudTrail tells of KMS's resources (<https://docs.aws.amazon.com/kms/latest/developerguide/understanding-kms-entries.html>).
//!
//! A key is named by its id or its ARN. Where neither stands in the request, the answer has the key's ARN since December
//! 2022 and the record's own list of resources has it always.
//!
//! Not here: what KMS does by itself (`RotateKey`, `DeleteKey`, `SynchronizeMultiRegionKey`), which are no calls; grants and
//! rotations of key material, which no document has; `ReplicateKey`, which is recorded as `CreateKey` where the replica is
//! (<https://docs.aws.amazon.com/kms/latest/developerguide/ct-replicate-key.html>).

use serde_json::Value;

use super::alias::OF_AWS;
use crate::cloud::aws::trail::{TAGGING, answer, here, one, request, resources, tagged, trail};
use crate::model::{Arn, Told, Trail};

const KMS: &str = "kms.amazonaws.com";

/// Of keys. A key's document has its aliases: a new target takes an alias from a key that the record does not name.
pub const KEY: &[Trail] = &[
    trail(KMS, "CancelKeyDeletion", key),
    trail(KMS, "CreateAlias", key),
    trail(KMS, "CreateKey", new_key),
    trail(KMS, "DeleteAlias", key),
    trail(KMS, "DeleteImportedKeyMaterial", key),
    trail(KMS, "DisableKey", key),
    trail(KMS, "DisableKeyRotation", key),
    trail(KMS, "EnableKey", key),
    trail(KMS, "EnableKeyRotation", key),
    trail(KMS, "ImportKeyMaterial", key),
    trail(KMS, "PutKeyPolicy", key),
    trail(KMS, "ScheduleKeyDeletion", key),
    trail(KMS, "TagResource", key),
    trail(KMS, "UntagResource", key),
    trail(KMS, "UpdateAlias", key),
    trail(KMS, "UpdateKeyDescription", key),
    trail(KMS, "UpdatePrimaryRegion", key),
    trail(TAGGING, "TagResources", |record| tagged(record, named_key)),
    trail(TAGGING, "UntagResources", |record| tagged(record, named_key)),
];

/// Of aliases.
pub const ALIAS: &[Trail] =
    &[trail(KMS, "CreateAlias", alias), trail(KMS, "DeleteAlias", alias), trail(KMS, "UpdateAlias", alias)];

/// The id of the key that an ARN names.
pub fn named_key(arn: &str) -> Option<String> {
    let arn = Arn::parse(arn).filter(|arn| arn.service == "kms")?;
    arn.resource.strip_prefix("key/").filter(|id| !id.is_empty()).map(str::to_owned)
}

/// The name of the alias that an ARN names.
pub fn named_alias(arn: &str) -> Option<String> {
    let arn = Arn::parse(arn).filter(|arn| arn.service == "kms")?;
    own_alias(arn.resource)
}

/// An alias that is not one of AWS's.
fn own_alias(name: &str) -> Option<String> {
    (name.starts_with("alias/") && !name.starts_with(OF_AWS)).then(|| name.to_owned())
}

fn key(record: &Value) -> Vec<Told> {
    let asked = request(record, "keyId").or_else(|| request(record, "targetKeyId"));
    let answered = || answer(record, &["keyId"]).and_then(|text| key_id(record, text));
    let listed = || resources(record).find_map(named_key);
    one(asked.and_then(|text| key_id(record, text)).or_else(answered).or_else(listed))
}

fn new_key(record: &Value) -> Vec<Told> {
    one(answer(record, &["keyMetadata", "keyId"]).and_then(|text| key_id(record, text)))
}

/// The id of a key that is named by its id or by its ARN; an alias says nothing of the key.
fn key_id(record: &Value, text: &str) -> Option<String> {
    if text.starts_with("arn:") {
        return here(record, text).then(|| named_key(text)).flatten();
    }
    (!text.contains(['/', ':'])).then(|| text.to_owned())
}

fn alias(record: &Value) -> Vec<Told> {
    let name = request(record, "aliasName");
    one(name.and_then(|name| own_alias(name).or_else(|| here(record, name).then(|| named_alias(name)).flatten())))
}
