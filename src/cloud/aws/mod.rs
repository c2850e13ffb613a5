//! Real AWS: one folder a service, one file a resource type. The only place that names the SDK.

mod account;
mod answer;
mod apigateway;
mod apigatewayv2;
mod cloudtrail;
mod cloudwatch;
mod connect;
mod document;
mod dynamodb;
mod error;
mod fields;
mod fleet;
mod iam;
mod input;
mod inspectorv2;
mod kms;
mod lambda;
mod listing;
mod logs;
mod messages;
mod object;
mod s3;
mod signing;
mod sns;
mod sqs;
mod tags;
#[cfg(test)]
mod testing;
mod trail;
mod wafv2;
mod world;

use async_trait::async_trait;

pub use account::{Aws, Options};
pub use connect::{ConnectError, dynamodb, fingerprint_key};
pub use document::parse as parse_policy_document;
pub use fleet::{Fleet, FleetOptions, SESSION};
pub use messages::{BATCH, Message, Messages};
pub use signing::{KeyOfSignatures, caller};

use super::{CallError, Listing};
use crate::model::{Call, Parts, Resource, ResourceType, Sent};
use account::Clients;

/// Every resource type. Help, the planner, the documentation and the law tests all read this list.
pub const TYPES: &[&dyn AwsType] = &[
    &apigateway::Account,
    &apigateway::ClientCertificate,
    &apigateway::Deployment,
    &apigateway::DomainName,
    &apigateway::Method,
    &apigateway::RestApi,
    &apigateway::Stage,
    &apigateway::UsagePlan,
    &apigatewayv2::Api,
    &apigatewayv2::Authorizer,
    &apigatewayv2::Integration,
    &apigatewayv2::Route,
    &apigatewayv2::Stage,
    &cloudtrail::Trail,
    &cloudwatch::Alarm,
    &dynamodb::Table,
    &iam::AccessKey,
    &iam::Account,
    &iam::Group,
    &iam::ManagedPolicy,
    &iam::Role,
    &iam::User,
    &inspectorv2::Enabler,
    &kms::Alias,
    &kms::Key,
    &lambda::EventInvokeConfig,
    &lambda::Function,
    &lambda::LayerVersion,
    &lambda::LayerVersionPermission,
    &lambda::Permission,
    &lambda::Url,
    &logs::LogGroup,
    &logs::MetricFilter,
    &s3::Bucket,
    &s3::BucketPolicy,
    &sns::Topic,
    &sns::TopicPolicy,
    &sqs::Queue,
    &sqs::QueuePolicy,
    &wafv2::WebAclAssociation,
];

/// What a person should know before anything begins to be traced (<https://aws.amazon.com/xray/pricing/>).
const TRACES: &str = "X-Ray charges for the traces that it records beyond its free tier.";

/// The side of a resource type that reaches AWS.
#[async_trait]
pub trait AwsType: ResourceType {
    /// All resources of the type in the clients' Region, or those that belong to `within`. What cannot be read stands
    /// in the listing's `unread`; nothing is left out in silence.
    async fn list(&self, aws: &Clients, within: Option<&str>, parts: &Parts) -> Listing;

    /// One resource by its primary identifier; none where there is no such resource.
    async fn read(&self, aws: &Clients, id: &str, parts: &Parts) -> Result<Option<Resource>, CallError>;

    /// Sends a call that [`ResourceType::calls`] made.
    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError>;
}
