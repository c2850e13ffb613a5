//! Floor 2: Rego policies, compiled once and evaluated on documents.

mod ast;
mod bundle;
mod metadata;
mod parameter;
mod rego;
mod test;

pub use ast::Reads;
pub use bundle::{Policies, Policy};
pub use metadata::{Framework, Metadata};
pub use parameter::{Parameter, ParameterType};
pub use rego::{Document, EvalError, Evaluator, Expression, Modules, Program};
pub use test::{Coverage, TestOutcome, TestResult};
