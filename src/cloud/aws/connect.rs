//! Reaches an account by the SDK's ordinary environment (profiles, SSO, `AWS_ENDPOINT_URL`), and says what to do where
//! that does not work.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::result::SdkError;

use super::error::{call_error, causes};
use crate::cloud::FingerprintKey;
use crate::model::Place;

/// An account that cannot be reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConnectError {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

const NO_CREDENTIALS: &str = "set AWS_PROFILE, sign in with `aws sso login`, or set AWS_ACCESS_KEY_ID and \
                              AWS_SECRET_ACCESS_KEY; `rectify demo` and `--snapshot FILE` need none";

fn wrong(message: impl Into<String>, help: &str) -> ConnectError {
    ConnectError { message: message.into(), help: help.to_owned() }
}

/// The SDK's configuration, in the first of the Regions or the environment's.
pub async fn configure(region: Option<&String>) -> Result<SdkConfig, ConnectError> {
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    // The SDK waits for ever for an answer unless it is told otherwise.
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(Duration::from_secs(20))
        .operation_attempt_timeout(Duration::from_secs(30));
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http).timeout_config(timeouts.build());
    if let Ok(name) = AppName::new("rectify") {
        loader = loader.app_name(name);
    }
    if let Some(region) = region {
        loader = loader.region(Region::new(region.clone()));
    }
    let config = loader.load().await;
    // The number of attempts stays the environment's (AWS_MAX_ATTEMPTS); the mode is adaptive, which slows down before a
    // service throttles.
    let attempts = config.retry_config().map_or(3, RetryConfig::max_attempts);
    let config = config.into_builder().retry_config(RetryConfig::adaptive().with_max_attempts(attempts)).build();
    if config.region().is_none() {
        return Err(wrong("no Region is set", "name one: --region, `regions` in rectify.yaml, or AWS_REGION"));
    }
    Ok(config)
}

/// A client of DynamoDB, for the journal of a fleet, in that Region or the environment's.
pub async fn dynamodb(region: Option<&String>) -> Result<aws_sdk_dynamodb::Client, ConnectError> {
    Ok(aws_sdk_dynamodb::Client::new(&configure(region).await?))
}

/// Asks who the caller is: the account with its partition, and the ARN.
pub async fn identify(config: &SdkConfig) -> Result<(Place, String), ConnectError> {
    let provider =
        config.credentials_provider().ok_or_else(|| wrong("there are no AWS credentials", NO_CREDENTIALS))?;
    provider.provide_credentials().await.map_err(|error| match error {
        CredentialsError::CredentialsNotLoaded(_) => wrong("there are no AWS credentials", NO_CREDENTIALS),
        error => wrong(format!("the AWS credentials cannot be used: {}", causes(&error)), NO_CREDENTIALS),
    })?;
    // Nothing waits for long before it has begun.
    let patience = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(10))
        .operation_timeout(Duration::from_secs(25));
    let sts = aws_sdk_sts::config::Builder::from(config).timeout_config(patience.build()).build();
    let answer = aws_sdk_sts::Client::from_conf(sts).get_caller_identity().send().await;
    let identity = answer.map_err(|error| {
        let answered = matches!(error, SdkError::ServiceError(_) | SdkError::ResponseError(_));
        let error = call_error("sts", "GetCallerIdentity", error);
        refused(config, answered, &error.message)
    })?;
    let account = identity.account().unwrap_or_default().to_owned();
    let caller = identity.arn().unwrap_or_default().to_owned();
    let partition = caller.split(':').nth(1).unwrap_or("aws").to_owned();
    Ok((Place { partition, account, region: String::new() }, caller))
}

/// The key of fingerprints that a KMS key for HMAC-SHA-256 gives (its id or ARN): wherever the same KMS key is used, the
/// fingerprints are the same, and no secret has to be kept anywhere.
pub async fn fingerprint_key(kms_key: &str) -> Result<FingerprintKey, ConnectError> {
    let config = configure(None).await?;
    let message = aws_smithy_types::Blob::new("rectify fingerprint key");
    let request = aws_sdk_kms::Client::new(&config).generate_mac().key_id(kms_key).message(message);
    let answer = request.mac_algorithm(aws_sdk_kms::types::MacAlgorithmSpec::HmacSha256).send().await;
    let answer = answer.map_err(|error| call_error("kms", "GenerateMac", error));
    let mac = answer.map(|answer| answer.mac.map(aws_smithy_types::Blob::into_inner).unwrap_or_default());
    let help =
        "RECTIFY_FINGERPRINT_KEY names a KMS key of the spec HMAC_256 that the caller may use with kms:GenerateMac";
    let mac = mac.map_err(|error| wrong(format!("there is no key for fingerprints: {error}"), help))?;
    let bytes = mac.try_into().map_err(|_| wrong("the KMS key's MAC has not 32 bytes", help))?;
    Ok(FingerprintKey::new(bytes))
}

/// What a refusal of STS means, by the code that its message begins with
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>).
fn refused(config: &SdkConfig, answered: bool, message: &str) -> ConnectError {
    if !answered {
        let place = config.endpoint_url().map_or_else(
            || format!("AWS in {}", config.region().map(Region::as_ref).unwrap_or_default()),
            |url| format!("{url}, which AWS_ENDPOINT_URL names,"),
        );
        return wrong(
            format!("{place} cannot be reached: {message}"),
            "check the network, the proxy, the Region's name, and AWS_ENDPOINT_URL where it is set",
        );
    }
    let code = message.split(':').next().unwrap_or_default();
    if ["ExpiredToken", "ExpiredTokenException", "RequestExpired"].contains(&code) {
        return wrong(
            format!("the AWS credentials have expired: {message}"),
            "sign in again with `aws sso login`, or renew the session",
        );
    }
    let unknown =
        ["InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "IncompleteSignature"];
    if unknown.contains(&code) {
        return wrong(
            format!("AWS does not accept the credentials: {message}"),
            "check AWS_PROFILE or the keys, and that they are of the partition of the Region",
        );
    }
    wrong(
        format!("AWS does not say whose account it is: {message}"),
        "check AWS_ENDPOINT_URL where it is set, and whether anything forbids sts:GetCallerIdentity",
    )
}
