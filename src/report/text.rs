//! Text for people: the renderers that a terminal shows.

mod plan;
mod run;
mod scan;
mod scorecard;

pub use plan::{calls, changes, plan};
pub use run::{run, run_line};
pub use scan::{findings, scan};
