//! AWS Lambda.

mod configuration;
mod effect;
mod function;
mod names;
mod permission;
mod policy;

pub use function::Function;
pub use permission::Permission;
