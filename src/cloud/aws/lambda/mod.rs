//! AWS Lambda.

mod configuration;
mod effect;
mod function;
mod names;

pub use function::Function;
