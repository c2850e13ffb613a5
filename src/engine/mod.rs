//! Floor 3, pure: documents and a bundle in, assessments, plans and proofs out.

mod assess;
mod bundle;
mod cases;
mod conflict;
mod diff;
mod fix;
mod gate;
mod graph;
mod hash;
mod order;
mod plan;
mod proof;
mod reading;
mod reverse;
mod rights;
mod scorecard;
mod select;
mod settings;
mod together;

pub use assess::{Assessment, Assessor};
pub use bundle::{Bundle, BundleFiles};
pub use cases::{CaseResult, case_snapshot, run_cases};
pub use diff::{Difference, differences, inside};
pub use gate::{Refusal, gate};
pub use graph::{Graph, Neighbours};
pub use hash::{digest_of, document_hash, seal, sha256, verify_seal};
pub use plan::Planner;
pub use reading::{Purpose, Reading, relations};
pub use reverse::reversed;
pub use rights::{MANAGED_POLICY_CHARACTERS, Rights, Statement, policy_document, policy_documents};
pub use scorecard::{ControlScore, Scorecard, Verdict, scorecard};
pub use select::{company, only, select};
pub use settings::Settings;
