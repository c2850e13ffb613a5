//! Amazon API Gateway, REST APIs.

mod account;
mod client_certificate;
mod deployment;
mod domain_name;
mod method;
mod method_settings;
mod patch;
mod rest_api;
mod rights;
mod serving;
mod stage;
mod trails;
mod undeployed;
mod usage_plan;
mod usage_plan_calls;

/// What the REST APIs and the HTTP and WebSocket APIs have in common.
pub use patch::{api_ids, arn, asks, parent, tag_effect};
pub use stage::stages;
pub use trails::{API_GATEWAY, named_stage, path, tagged_one};

pub use account::Account;
pub use client_certificate::ClientCertificate;
pub use deployment::Deployment;
pub use domain_name::DomainName;
pub use method::Method;
pub use rest_api::RestApi;
pub use rights::ALL_TAGS;
pub use stage::Stage;
pub use usage_plan::UsagePlan;
