//! One real account: the SDK's clients, and the [`Cloud`] over every resource type.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_config::retry::RetryConfig;
use aws_config::{Region, SdkConfig};
use serde_json::Value;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::answer::unreadable;
use super::connect::{self, ConnectError};
use super::input::Input;
use super::{AwsType, TYPES};
use crate::cloud::depth::{TOO_DEEP, is_too_deep};
use crate::cloud::{CallError, CallErrorKind, Cloud, FingerprintKey, Listing};
use crate::model::{Call, Parts, Place, Resource, ResourceKey, Sent, Unread};

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
    /// AWS Cloud Control API: reads what no service API tells as simply.
    pub cloudcontrol: aws_sdk_cloudcontrol::Client,
    /// AWS CloudTrail.
    pub cloudtrail: aws_sdk_cloudtrail::Client,
    /// Amazon CloudWatch: alarms.
    pub cloudwatch: aws_sdk_cloudwatch::Client,
    /// Amazon DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// AWS Identity and Access Management.
    pub iam: aws_sdk_iam::Client,
    /// Amazon Inspector.
    pub inspector2: aws_sdk_inspector2::Client,
    /// AWS Key Management Service.
    pub kms: aws_sdk_kms::Client,
    /// AWS Lambda.
    pub lambda: aws_sdk_lambda::Client,
    /// Amazon CloudWatch Logs.
    pub logs: aws_sdk_cloudwatchlogs::Client,
    /// Amazon Simple Storage Service.
    pub s3: aws_sdk_s3::Client,
    /// Amazon Simple Notification Service.
    pub sns: aws_sdk_sns::Client,
    /// Amazon Simple Queue Service.
    pub sqs: aws_sdk_sqs::Client,
    /// AWS WAF.
    pub wafv2: aws_sdk_wafv2::Client,
    /// The documents of AWS-managed policies by ARN, read once: AWS changes them rarely and never under a reader's feet.
    pub managed_policies: tokio::sync::Mutex<BTreeMap<String, Option<Value>>>,
    /// The Availability Zones of subnets by id, read once; none where nobody tells it.
    pub subnet_zones: tokio::sync::Mutex<BTreeMap<String, Option<String>>>,
    slots: BTreeMap<&'static str, Semaphore>,
}

impl Clients {
    fn new(config: &SdkConfig, place: Place, fingerprint_key: FingerprintKey) -> Self {
        let services = [
            "apigateway",
            "cloudformation",
            "cloudtrail",
            "cloudwatch",
            "dynamodb",
            "iam",
            "inspector2",
            "kms",
            "lambda",
            "logs",
            "s3",
            "sns",
            "sqs",
            "wafv2",
        ];
        Self {
            place,
            fingerprint_key,
            apigateway: aws_sdk_apigateway::Client::new(config),
            apigatewayv2: aws_sdk_apigatewayv2::Client::new(config),
            cloudcontrol: aws_sdk_cloudcontrol::Client::new(config),
            cloudtrail: aws_sdk_cloudtrail::Client::new(config),
            cloudwatch: aws_sdk_cloudwatch::Client::new(config),
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            iam: aws_sdk_iam::Client::new(config),
            inspector2: aws_sdk_inspector2::Client::new(config),
            kms: aws_sdk_kms::Client::new(config),
            lambda: aws_sdk_lambda::Client::new(config),
            logs: aws_sdk_cloudwatchlogs::Client::new(config),
            s3: s3(config),
            sns: aws_sdk_sns::Client::new(config),
            sqs: aws_sdk_sqs::Client::new(config),
            wafv2: aws_sdk_wafv2::Client::new(config),
            managed_policies: tokio::sync::Mutex::default(),
            subnet_zones: tokio::sync::Mutex::default(),
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

/// S3 over an endpoint of one's own, an emulator's, has the bucket's name in the path: nothing resolves it as a host.
fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    let own_endpoint = config.endpoint_url().is_some();
    aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(config).force_path_style(own_endpoint).build())
}

/// A real account.
pub struct Aws {
    config: SdkConfig,
    place: Place,
    caller: String,
    regions: Vec<String>,
    fingerprint_key: FingerprintKey,
    clients: Mutex<BTreeMap<(String, Use), Arc<Clients>>>,
}

/// What clients are for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    /// Reads, which the SDK repeats as it sees fit.
    Reads,
    /// Writes, which it sends once: where the answer is lost, whoever sends it reads again before anything is done twice.
    Writes,
}

impl Aws {
    /// Connects, and asks who the caller is.
    pub async fn connect(options: Options) -> Result<Self, ConnectError> {
        let config = connect::configure(options.regions.first()).await?;
        let caller = connect::identify(&config).await?;
        Ok(Self::new(config, caller, options))
    }

    /// An account that is reached by a configuration, as the caller that was identified.
    pub(super) fn new(config: SdkConfig, (place, caller): (Place, String), options: Options) -> Self {
        let Options { mut regions, fingerprint_key } = options;
        if regions.is_empty() {
            regions.extend(config.region().map(ToString::to_string));
        }
        Self { config, place, caller, regions, fingerprint_key, clients: Mutex::default() }
    }

    pub(super) fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// The key of the fingerprints that stand for secret values.
    pub fn fingerprint_key(&self) -> FingerprintKey {
        self.fingerprint_key.clone()
    }

    fn clients(&self, region: &str, what_for: Use) -> Arc<Clients> {
        // A global service is reached through the first Region: its endpoint follows from the partition.
        let region = if region.is_empty() { self.regions.first().map_or("us-east-1", String::as_str) } else { region };
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients
            .entry((region.to_owned(), what_for))
            .or_insert_with(|| {
                let config = self.config.to_builder().region(Region::new(region.to_owned()));
                let config = match what_for {
                    Use::Reads => config,
                    Use::Writes => config.retry_config(RetryConfig::disabled()),
                };
                let config = config.build();
                let place = Place { region: region.to_owned(), ..self.place.clone() };
                Arc::new(Clients::new(&config, place, self.fingerprint_key.clone()))
            })
            .clone()
    }
}

/// Growing pauses between the attempts of a call that is throttled, each a little other than those of the next process.
fn pauses() -> impl Iterator<Item = Duration> {
    let jitter = Duration::from_millis(u64::from(std::process::id() % 200));
    let pauses = [500, 1000, 2000, 4000].into_iter().chain(std::iter::repeat(8000));
    pauses.map(move |wait| Duration::from_millis(wait) + jitter)
}

fn kind_of(type_name: &str) -> Option<&'static dyn AwsType> {
    TYPES.iter().copied().find(|kind| kind.name() == type_name)
}

#[async_trait]
impl Cloud for Aws {
    fn place(&self) -> &Place {
        &self.place
    }

    fn caller(&self) -> &str {
        &self.caller
    }

    fn regions(&self) -> &[String] {
        &self.regions
    }

    async fn list(&self, type_name: &str, region: &str, within: Option<&str>, parts: &Parts) -> Listing {
        let Some(kind) = kind_of(type_name) else { return Listing::default() };
        let mut listing = kind.list(&self.clients(region, Use::Reads), within, parts).await;
        let key = &self.fingerprint_key;
        let (deep, resources): (Vec<_>, Vec<_>) = listing.resources.into_iter().partition(is_too_deep);
        let unread = |resource: Resource| Unread { resource: resource.key(), reason: TOO_DEEP.into(), passing: false };
        listing.unread.extend(deep.into_iter().map(unread));
        listing.resources = resources.into_iter().map(|resource| key.conceal_document(resource)).collect();
        listing.unread.iter_mut().for_each(|unread| unread.reason = key.quiet(&unread.reason));
        listing.expired = listing.expired.map(|error| key.quiet_error(error));
        listing
    }

    async fn read(&self, key: &ResourceKey, parts: &Parts) -> Result<Option<Resource>, CallError> {
        let Some(kind) = kind_of(key.type_name.as_str()) else { return Ok(None) };
        match kind.read(&self.clients(&key.region, Use::Reads), &key.id, parts).await {
            Ok(Some(resource)) if is_too_deep(&resource) => Err(unreadable(kind.name(), "Read", TOO_DEEP.to_owned())),
            Ok(read) => Ok(read.map(|resource| self.fingerprint_key.conceal_document(resource))),
            Err(error) => Err(self.fingerprint_key.quiet_error(error)),
        }
    }

    fn as_read(&self, planned: Resource) -> Resource {
        self.fingerprint_key.conceal_document(planned)
    }

    async fn send(&self, type_name: &str, region: &str, call: &Call) -> Result<Sent, CallError> {
        let kind = kind_of(type_name).ok_or_else(|| Input(call).invalid(format!("no resource type {type_name}")))?;
        // The plan, the journal and the log have the call with its fingerprints. What they stand for is known here alone.
        let input = self.fingerprint_key.reveal(&call.input).map_err(|told| Input(call).invalid(told))?;
        let (clients, call) = (self.clients(region, Use::Writes), Call { input, ..call.clone() });
        let attempts = self.config.retry_config().map_or(3, RetryConfig::max_attempts);
        let mut pauses = pauses().zip(1..attempts);
        loop {
            let sent = kind.send(&clients, &call).await;
            // A service that throttles has done nothing.
            let throttled = matches!(&sent, Err(error) if error.kind == CallErrorKind::Throttled);
            match pauses.next().filter(|_| throttled) {
                Some((pause, _)) => tokio::time::sleep(pause).await,
                None => return sent.map_err(|error| self.fingerprint_key.quiet_error(error)),
            }
        }
    }
}
