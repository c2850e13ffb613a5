//! Amazon CloudWatch Logs.

mod log_group;
mod log_group_effect;
mod metric_filter;
mod rights;
mod trails;

pub use log_group::LogGroup;
pub use metric_filter::MetricFilter;
