//! One real account: the SDK's clients, and the [`Cloud`] over every resource type.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use aws_config::retry::RetryConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use serde_json::Value;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::error::call_error;
use super::{AwsType, FingerprintKey, TYPES};
use crate::cloud::{CallError, CallErrorKind, Cloud, Listing};
use crate::model::{Call, Parts, Place, Resource, ResourceKey, Sent};

/// Calls under way at once to one service in one Region. AWS's management APIs allow about ten a second.
const CALLS_AT_ONCE: usize = 8;

/// How an account is reached.
#[derive(Clone, Debug)]
pub struct Options {
    /// The Regions to read; empty is the one of the environment.
    pub regions: Vec<String>,
    /// The key of the fingerprints that stand for secret values.
    pub fingerprint_key: FingerprintKey,
}

/// The clients of one Region, and what readers share.
pub struct Clients {
    /// Where they call. The Region is never empty here.
    pub place: Place,
    /// The key of the fingerprints that stand for secret values.
    pub fingerprint_key: FingerprintKey,
    /// Amazon API Gateway, REST APIs.
    pub apigateway: aws_sdk_apigateway::Client,
    /// Amazon API Gateway, HTTP and WebSocket APIs.
    pub apigatewayv2: aws_sdk_apigatewayv2::Client,
    /// AWS Identity and Access Management.
    pub iam: aws_sdk_iam::Client,
    /// AWS Key Management Service.
    pub kms: aws_sdk_kms::Client,
    /// AWS Lambda.
    pub lambda: aws_sdk_lambda::Client,
    /// The documents of AWS-managed policies by ARN, read once: AWS changes them rarely and never under a reader's feet.
    pub managed_policies: tokio::sync::Mutex<BTreeMap<String, Option<Value>>>,
    slots: BTreeMap<&'static str, Semaphore>,
}

impl Clients {
    fn new(config: &SdkConfig, place: Place, fingerprint_key: FingerprintKey) -> Self {
        let services = ["apigateway", "iam", "kms", "lambda"];
        Self {
            place,
            fingerprint_key,
            apigateway: aws_sdk_apigateway::Client::new(config),
            apigatewayv2: aws_sdk_apigatewayv2::Client::new(config),
            iam: aws_sdk_iam::Client::new(config),
            kms: aws_sdk_kms::Client::new(config),
            lambda: aws_sdk_lambda::Client::new(config),
            managed_policies: tokio::sync::Mutex::default(),
            slots: services.map(|service| (service, Semaphore::new(CALLS_AT_ONCE))).into(),
        }
    }

    /// Waits until the service (as IAM spells it) has room for one more call; the room is held as long as the permit.
    pub async fn slot(&self, service: &str) -> Option<SemaphorePermit<'_>> {
        self.slots.get(service)?.acquire().await.ok()
    }

    /// Where a resource of a type stands: the Region is empty for a global one.
    pub fn key(&self, kind: &dyn AwsType, id: &str) -> ResourceKey {
        kind.key(&self.place, id)
    }
}

/// A real account.
pub struct Aws {
    config: SdkConfig,
    place: Place,
    regions: Vec<String>,
    fingerprint_key: FingerprintKey,
    clients: Mutex<BTreeMap<String, Arc<Clients>>>,
}

impl Aws {
    /// Connects by the SDK's ordinary environment (profiles, SSO, `AWS_ENDPOINT_URL`) and asks who the caller is.
    pub async fn connect(options: Options) -> Result<Self, CallError> {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https());
        if let Ok(name) = AppName::new("rectify") {
            loader = loader.app_name(name);
        }
        if let Some(region) = options.regions.first() {
            loader = loader.region(Region::new(region.clone()));
        }
        let config = loader.load().await;
        // The number of attempts stays the environment's (AWS_MAX_ATTEMPTS); the mode is adaptive, which slows down
        // before a service throttles.
        let attempts = config.retry_config().map_or(3, RetryConfig::max_attempts);
        let config = config.into_builder().retry_config(RetryConfig::adaptive().with_max_attempts(attempts)).build();
        let regions = if options.regions.is_empty() {
            let region = config
                .region()
                .ok_or_else(|| setup_error("no Region is set: use --region, rectify.yaml or AWS_REGION"))?;
            vec![region.to_string()]
        } else {
            options.regions
        };
        let identity = aws_sdk_sts::Client::new(&config)
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| call_error("sts", "GetCallerIdentity", error))?;
        let account = identity.account().unwrap_or_default().to_owned();
        let partition = identity.arn().and_then(|arn| arn.split(':').nth(1)).unwrap_or("aws").to_owned();
        let place = Place { partition, account, region: String::new() };
        Ok(Self { config, place, regions, fingerprint_key: options.fingerprint_key, clients: Mutex::default() })
    }

    fn clients(&self, region: &str) -> Arc<Clients> {
        // A global service is reached through the first Region: its endpoint follows from the partition.
        let region = if region.is_empty() { self.regions.first().map_or("us-east-1", String::as_str) } else { region };
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients
            .entry(region.to_owned())
            .or_insert_with(|| {
                let config = self.config.to_builder().region(Region::new(region.to_owned())).build();
                let place = Place { region: region.to_owned(), ..self.place.clone() };
                Arc::new(Clients::new(&config, place, self.fingerprint_key.clone()))
            })
            .clone()
    }
}

fn kind_of(type_name: &str) -> Option<&'static dyn AwsType> {
    TYPES.iter().copied().find(|kind| kind.name() == type_name)
}

fn setup_error(message: &str) -> CallError {
    CallError {
        kind: CallErrorKind::Invalid,
        service: "sts".into(),
        operation: "GetCallerIdentity".into(),
        message: message.into(),
        request_id: None,
    }
}

#[async_trait]
impl Cloud for Aws {
    fn place(&self) -> &Place {
        &self.place
    }

    fn regions(&self) -> &[String] {
        &self.regions
    }

    async fn list(&self, type_name: &str, region: &str, within: Option<&str>, parts: &Parts) -> Listing {
        match kind_of(type_name) {
            Some(kind) => kind.list(&self.clients(region), within, parts).await,
            None => Listing::default(),
        }
    }

    async fn read(&self, key: &ResourceKey, parts: &Parts) -> Result<Option<Resource>, CallError> {
        match kind_of(key.type_name.as_str()) {
            Some(kind) => kind.read(&self.clients(&key.region), &key.id, parts).await,
            None => Ok(None),
        }
    }

    async fn send(&self, type_name: &str, region: &str, call: &Call) -> Result<Sent, CallError> {
        match kind_of(type_name) {
            Some(kind) => kind.send(&self.clients(region), call).await,
            None => Err(CallError {
                kind: CallErrorKind::Invalid,
                service: call.service.clone(),
                operation: call.operation.clone(),
                message: format!("no resource type {type_name}"),
                request_id: None,
            }),
        }
    }
}
