//! The settings of a bucket that have a call of their own: which property is which member of which call's input. One table that
//! serves the calls and their effects.

use serde_json::{Map, Value, json};

use super::rights;
use crate::cloud::aws::object::same;
use crate::cloud::aws::tags;
use crate::model::{Call, Impossible, Resource};

/// A setting of a bucket.
pub struct Setting {
    /// The property.
    pub property: &'static str,
    /// The operation that writes it, whole.
    pub put: &'static str,
    /// The member of the operation's input.
    pub member: &'static str,
    /// What its input says where the bucket has none; none where another operation takes it away.
    pub empty: Option<fn() -> Value>,
    /// The operation that takes it away.
    pub delete: Option<&'static str>,
    /// What both take.
    pub permission: &'static str,
    /// The property as the member has it; with the bucket's name.
    written: fn(&Value, &str) -> Value,
    /// The member as the property has it.
    read: fn(&Value) -> Option<Value>,
}

/// In the order in which they are written.
pub const SETTINGS: &[Setting] = &[
    Setting {
        property: "PublicAccessBlockConfiguration",
        put: "PutPublicAccessBlock",
        member: "PublicAccessBlockConfiguration",
        empty: None,
        delete: Some("DeletePublicAccessBlock"),
        permission: rights::ACCESS_BLOCK,
        written: |value, _| value.clone(),
        read: |value| Some(value.clone()),
    },
    Setting {
        property: "OwnershipControls",
        put: "PutBucketOwnershipControls",
        member: "OwnershipControls",
        empty: None,
        delete: Some("DeleteBucketOwnershipControls"),
        permission: rights::OWNERSHIP,
        written: |value, _| value.clone(),
        read: |value| Some(value.clone()),
    },
    Setting {
        property: "BucketEncryption",
        put: "PutBucketEncryption",
        member: "ServerSideEncryptionConfiguration",
        empty: None,
        delete: Some("DeleteBucketEncryption"),
        permission: rights::ENCRYPTION,
        written: |value, _| {
            let rules = each(value.get("ServerSideEncryptionConfiguration"), |rule| renamed(rule, BY_DEFAULT, APPLY));
            json!({"Rules": rules})
        },
        read: |value| {
            let rules = each(value.get("Rules"), |rule| renamed(rule, APPLY, BY_DEFAULT));
            Some(json!({"ServerSideEncryptionConfiguration": rules}))
        },
    },
    Setting {
        property: "VersioningConfiguration",
        put: "PutBucketVersioning",
        member: "VersioningConfiguration",
        empty: None,
        delete: None,
        permission: rights::VERSIONING,
        written: |value, _| value.clone(),
        read: |value| Some(value.clone()),
    },
    Setting {
        property: "LoggingConfiguration",
        put: "PutBucketLogging",
        member: "BucketLoggingStatus",
        empty: Some(|| json!({})),
        delete: None,
        permission: rights::LOGGING,
        written: |value, bucket| {
            let mut log = Map::new();
            let text = |name: &str, default: &str| value.get(name).cloned().unwrap_or_else(|| default.into());
            log.insert("TargetBucket".into(), text("DestinationBucketName", bucket));
            // The API asks for it, and an empty one is none.
            log.insert("TargetPrefix".into(), text("LogFilePrefix", ""));
            if let Some(format) = value.get("TargetObjectKeyFormat") {
                log.insert("TargetObjectKeyFormat".into(), format.clone());
            }
            json!({"LoggingEnabled": log})
        },
        read: |value| {
            let log = value.get("LoggingEnabled")?;
            let mut property = Map::new();
            let names = [
                ("DestinationBucketName", "TargetBucket"),
                ("LogFilePrefix", "TargetPrefix"),
                ("TargetObjectKeyFormat", "TargetObjectKeyFormat"),
            ];
            for (name, member) in names {
                if let Some(value) = log.get(member).filter(|value| value.as_str() != Some("")) {
                    property.insert(name.into(), value.clone());
                }
            }
            Some(Value::Object(property))
        },
    },
    Setting {
        property: "Tags",
        put: "PutBucketTagging",
        member: "Tagging",
        empty: None,
        delete: Some("DeleteBucketTagging"),
        permission: rights::TAGGING,
        written: |value, _| json!({"TagSet": tags::pairs(&tags::map(Some(value)), "Key", "Value")}),
        read: |value| tags::property(tags::map(value.get("TagSet")), tags::Shape::Pairs),
    },
];

const BY_DEFAULT: &str = "ServerSideEncryptionByDefault";
const APPLY: &str = "ApplyServerSideEncryptionByDefault";

impl Setting {
    /// The call from one value to another; none where they say the same.
    pub fn call(&self, before: Option<&Value>, after: &Resource) -> Result<Option<Call>, Impossible> {
        let bucket = after.text("/BucketName").unwrap_or(&after.id);
        let value = after.property(&format!("/{}", self.property));
        if same(before, value) {
            return Ok(None);
        }
        let put = |member: Value| (self.put, json!({"Bucket": bucket, self.member: member}));
        let (operation, input) = match (value, self.empty, self.delete) {
            (Some(value), _, _) => put((self.written)(value, bucket)),
            (None, Some(empty), _) => put(empty()),
            (None, None, Some(delete)) => (delete, json!({"Bucket": bucket})),
            (None, None, None) => {
                return Err(Impossible(
                    "S3 can suspend the versioning of a bucket and not forget that it was on".into(),
                ));
            }
        };
        Ok(Some(Call::with_permission("s3", operation, input, self.permission)))
    }

    /// Writes what a call of this setting says into properties, as S3 does. Whether it is one.
    pub fn write(&self, call: &Call, properties: &mut Map<String, Value>) -> bool {
        if call.operation != self.put && Some(call.operation.as_str()) != self.delete {
            return false;
        }
        match call.input.get(self.member).and_then(self.read) {
            Some(value) => properties.insert(self.property.to_owned(), value),
            None => properties.remove(self.property),
        };
        true
    }
}

/// The elements of a list, each changed.
fn each(list: Option<&Value>, change: impl Fn(&Value) -> Value) -> Vec<Value> {
    list.and_then(Value::as_array).into_iter().flatten().map(change).collect()
}

/// An object with one member under another name.
fn renamed(value: &Value, from: &str, to: &str) -> Value {
    let members = value.as_object().into_iter().flatten();
    members.map(|(name, member)| (if name == from { to } else { name.as_str() }.to_owned(), member.clone())).collect()
}
