//! Somebody's word for changes of a plan, as a file that is handed to whoever applies it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Cause, ChangeId, Hash};

/// The format that an approval names.
pub const APPROVAL_FORMAT: u32 = 1;

/// Somebody's word for some changes of one plan. A change's id stands for what is done to what, and the plan's digest for
/// everything in it, so that an approval approves nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// [`APPROVAL_FORMAT`].
    pub format_version: u32,
    /// Over everything else but the signature; an edited approval is refused.
    pub digest: Hash,
    /// The digest of the plan.
    pub plan: Hash,
    /// The plan's account, twelve digits.
    pub account: String,
    /// The plan's partition.
    pub partition: String,
    /// The changes, by their ids.
    pub changes: Vec<ChangeId>,
    /// Who approves.
    pub by: Approver,
    /// RFC 3339.
    pub approved_at: String,
    /// RFC 3339; it counts for nothing after.
    pub expires_at: String,
    /// Why, in the approver's words.
    pub reason: Option<String>,
    /// Made with an asymmetric KMS key over the same content as the digest.
    pub signature: Option<Signature>,
}

/// Who approves. Only a signature proves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approver {
    /// The ARN that STS gave for the credentials.
    Caller(String),
    /// The name that somebody without credentials gave.
    Named(String),
}

impl fmt::Display for Approver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caller(name) | Self::Named(name) => f.pad(name),
        }
    }
}

/// A signature of KMS (<https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The ARN of the key.
    pub key: String,
    /// How it was made.
    pub algorithm: SigningAlgorithm,
    /// Base64.
    pub value: String,
}

/// KMS's algorithms that rectify signs and verifies with. RSASSA-PKCS1-v1_5 keys can do RSASSA-PSS too; the curves that
/// are left out have no verification without KMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    /// Of a key of the spec ECC_NIST_P256.
    #[serde(rename = "ECDSA_SHA_256")]
    EcdsaSha256,
    /// Of a key of the spec ECC_NIST_P384.
    #[serde(rename = "ECDSA_SHA_384")]
    EcdsaSha384,
    /// Of a key of the specs RSA_2048, RSA_3072 and RSA_4096.
    #[serde(rename = "RSASSA_PSS_SHA_256")]
    RsassaPssSha256,
}

impl SigningAlgorithm {
    /// All of them. A key can do one of them.
    pub const ALL: [Self; 3] = [Self::EcdsaSha256, Self::EcdsaSha384, Self::RsassaPssSha256];

    /// As KMS names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EcdsaSha256 => "ECDSA_SHA_256",
            Self::EcdsaSha384 => "ECDSA_SHA_384",
            Self::RsassaPssSha256 => "RSASSA_PSS_SHA_256",
        }
    }
}

/// A person's word that a freeze does not hold for one command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DuringFreeze {
    /// Why it cannot wait.
    pub reason: String,
    /// Why there is a freeze.
    pub freeze: Vec<String>,
    /// RFC 3339, when it ends; none where no end is in sight.
    pub until: Option<String>,
}

/// What a run was begun on besides its plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mandate {
    /// The approvals of changes that needed a review.
    pub approvals: Vec<Approval>,
    /// Why a freeze did not hold it up.
    pub during_freeze: Option<DuringFreeze>,
    /// The event that has led to it; none where a person asked for it.
    pub cause: Option<Cause>,
}
