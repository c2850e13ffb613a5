//! Floor 2: Rego policies, compiled once and evaluated on documents.

mod ast;
mod bundle;
mod metadata;
mod rego;
mod test;

pub use ast::Reads;
pub use bundle::{Policies, Policy};
pub use metadata::{Metadata, Parameter, ParameterType};
pub use rego::{Document, EvalError, Evaluator, Expression, Modules, Program};
pub use test::{Coverage, TestOutcome, TestResult};
