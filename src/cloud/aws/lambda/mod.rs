//! AWS Lambda.

mod configuration;
mod effect;
mod function;
mod function_calls;
mod function_send;
mod names;
mod permission;
mod policy;
mod trails;
mod url;

pub use function::Function;
pub use permission::Permission;
pub use url::Url;
