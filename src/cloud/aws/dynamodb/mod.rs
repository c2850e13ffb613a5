//! Amazon DynamoDB.

mod rights;
mod table;
mod table_calls;
mod trails;

pub use table::Table;
