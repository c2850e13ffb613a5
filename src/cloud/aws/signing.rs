//! Who somebody is, and signatures of asymmetric KMS keys: what approvals are made and verified with.

use aws_sdk_kms::operation::verify::VerifyError;
use aws_sdk_kms::types::{KeySpec, MessageType, SigningAlgorithmSpec};
use aws_smithy_types::Blob;
use data_encoding::BASE64;
use sha2::{Digest, Sha256, Sha384};

use super::connect::{ConnectError, configure, identify};
use super::error::call_error;
use crate::cloud::{CallError, CallErrorKind};
use crate::engine::signing_algorithm;
use crate::model::{Arn, Signature, SigningAlgorithm};

/// The ARN of the caller, as STS tells it.
pub async fn caller(region: Option<&String>) -> Result<String, ConnectError> {
    let (_, caller) = identify(&configure(region).await?).await?;
    Ok(caller)
}

/// KMS in the Region of a key.
pub struct KeyOfSignatures {
    arn: String,
    client: aws_sdk_kms::Client,
}

impl KeyOfSignatures {
    /// The key of an ARN: whose signature counts is said by ARN, and neither an alias nor an id is one.
    pub async fn new(arn: &str) -> Result<Self, ConnectError> {
        let region = region_of(arn).ok_or_else(|| ConnectError {
            message: format!("`{arn}` is not the ARN of a KMS key"),
            help: "it is `arn:aws:kms:REGION:ACCOUNT:key/ID`; `aws kms describe-key` tells it".to_owned(),
        })?;
        let client = aws_sdk_kms::Client::new(&configure(Some(&region)).await?);
        Ok(Self { arn: arn.to_owned(), client })
    }

    /// Signs a message: takes `kms:GetPublicKey`, which says what the key can do, and `kms:Sign`.
    pub async fn sign(&self, message: &[u8]) -> Result<Signature, CallError> {
        let answer = self.client.get_public_key().key_id(&self.arn).send().await;
        let answer = answer.map_err(|error| call_error("kms", "GetPublicKey", error))?;
        let can: Vec<&str> = answer.signing_algorithms().iter().map(SigningAlgorithmSpec::as_str).collect();
        // It has the algorithm of another curve, and only KMS could verify it.
        let other = answer.key_spec() == Some(&KeySpec::EccSecgP256K1);
        let algorithm = signing_algorithm(can.iter().copied()).filter(|_| !other);
        let algorithm = algorithm.ok_or_else(|| {
            let told = if can.is_empty() { "it signs nothing".to_owned() } else { can.join(", ") };
            let specs = "a key for signing of the spec ECC_NIST_P256, ECC_NIST_P384 or RSA_2048 and longer is needed";
            self.unfit("GetPublicKey", format!("the key {} cannot be used, since {specs}: {told}", self.arn))
        })?;
        let request = self.client.sign().key_id(&self.arn).signing_algorithm(spec(algorithm));
        let request = request.message_type(MessageType::Digest).message(digest(algorithm, message));
        let answer = request.send().await.map_err(|error| call_error("kms", "Sign", error))?;
        let signature = answer.signature.map(Blob::into_inner).unwrap_or_default();
        if signature.is_empty() {
            return Err(self.unfit("Sign", "the answer has no signature".to_owned()));
        }
        Ok(Signature { key: self.arn.clone(), algorithm, value: BASE64.encode(&signature) })
    }

    /// Whether this key has signed a message: takes `kms:Verify`. A key that is disabled has signed nothing that counts: that is
    /// an error.
    pub async fn has_signed(&self, message: &[u8], signature: &Signature) -> Result<bool, CallError> {
        let Ok(value) = BASE64.decode(signature.value.as_bytes()) else { return Ok(false) };
        if value.is_empty() {
            return Ok(false);
        }
        let request = self.client.verify().key_id(&self.arn).signing_algorithm(spec(signature.algorithm));
        let request = request.message_type(MessageType::Digest).message(digest(signature.algorithm, message));
        match request.signature(Blob::new(value)).send().await {
            Ok(answer) => Ok(answer.signature_valid()),
            Err(error) if error.as_service_error().is_some_and(VerifyError::is_kms_invalid_signature_exception) => {
                Ok(false)
            }
            Err(error) => Err(call_error("kms", "Verify", error)),
        }
    }

    fn unfit(&self, operation: &str, message: String) -> CallError {
        let (service, operation) = ("kms".to_owned(), operation.to_owned());
        CallError { kind: CallErrorKind::Invalid, service, operation, message, request_id: None }
    }
}

/// The Region of a KMS key's ARN; none where it is another.
fn region_of(arn: &str) -> Option<String> {
    let arn = Arn::parse(arn)?;
    let fits = arn.service == "kms" && !arn.region.is_empty() && arn.resource.starts_with("key/");
    fits.then(|| arn.region.to_owned())
}

fn spec(algorithm: SigningAlgorithm) -> SigningAlgorithmSpec {
    match algorithm {
        SigningAlgorithm::EcdsaSha256 => SigningAlgorithmSpec::EcdsaSha256,
        SigningAlgorithm::EcdsaSha384 => SigningAlgorithmSpec::EcdsaSha384,
        SigningAlgorithm::RsassaPssSha256 => SigningAlgorithmSpec::RsassaPssSha256,
    }
}

/// KMS signs messages of 4096 bytes at the most, and digests of longer ones, by the hash of the algorithm
/// (<https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html#API_Sign_RequestSyntax>).
fn digest(algorithm: SigningAlgorithm, message: &[u8]) -> Blob {
    match algorithm {
        SigningAlgorithm::EcdsaSha256 | SigningAlgorithm::RsassaPssSha256 => {
            Blob::new(Sha256::digest(message).to_vec())
        }
        SigningAlgorithm::EcdsaSha384 => Blob::new(Sha384::digest(message).to_vec()),
    }
}
