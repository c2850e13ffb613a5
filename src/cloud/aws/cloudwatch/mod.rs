//! Amazon CloudWatch: alarms.

mod alarm;
mod alarm_document;
mod alarm_send;
mod trails;

pub use alarm::{Alarm, everything_of, named_by};
