//! Text for people: the renderers that a terminal shows.

mod audit;
mod consent;
mod plan;
mod run;
mod scan;
mod scorecard;

pub use audit::{audit, worth};
pub use plan::{calls, changes, plan};
pub use run::{run, run_line};
pub use scan::{findings, scan};
