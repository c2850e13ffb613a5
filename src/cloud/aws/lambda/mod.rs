//! AWS Lambda.

mod configuration;
mod effect;
mod event_invoke_config;
mod function;
mod function_calls;
mod function_send;
mod layer_version;
mod layer_version_permission;
mod layers;
mod names;
mod permission;
mod policy;
mod rights;
mod sharing;
mod statement;
mod subnets;
mod trails;
mod url;

pub use event_invoke_config::EventInvokeConfig;
pub use function::Function;
pub use layer_version::LayerVersion;
pub use layer_version_permission::LayerVersionPermission;
pub use permission::Permission;
pub use url::Url;
