//! Floor 6: one renderer a file, over assessments, plans and runs.

pub mod audit;
pub mod json;
mod style;
pub mod text;

pub use style::{bad, clean, good, safety, severity, strong};

/// What was found, with what could not be: the result of a scan.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The account and Regions.
    pub header: crate::model::Header,
    /// How many documents were read.
    pub read: usize,
    /// The findings.
    pub assessment: crate::engine::Assessment,
    /// The waivers that somebody should look at, where there is a file of waivers.
    pub waivers: Option<crate::engine::WaiverNotes>,
    /// How a framework's controls fare, where one was asked for.
    pub scorecard: Option<crate::engine::Scorecard>,
}
