//! Floor 3, pure: documents and a bundle in, assessments, plans and proofs out.

mod approval;
mod assess;
mod bundle;
mod cases;
mod conflict;
mod diff;
mod fix;
mod forged;
mod freeze;
mod gate;
mod graph;
mod hash;
mod order;
mod plan;
mod proof;
mod radius;
mod reading;
mod reverse;
mod rights;
mod scorecard;
mod select;
mod settings;
mod signature;
mod together;
mod waive;
mod waivers;

pub use approval::{
    Applier, ApprovalRules, NotApproved, Require, approval_content, approved, approvers, check_approval, principal,
    seal_approval, signing_algorithm, to_review,
};
pub use assess::{Assessment, Assessor};
pub use bundle::{Bundle, BundleFiles};
pub use cases::{CaseResult, case_snapshot, run_cases};
pub use diff::{Difference, differences, inside};
pub use fix::would_do;
pub use freeze::{Freeze, Frozen, When, Window};
pub use gate::{Refusal, SKEW, gate, lapsed};
pub use graph::{Graph, Neighbours};
pub use hash::{digest_of, document_hash, seal, sha256, verify_seal};
pub use plan::Planner;
pub use radius::Risk;
pub use reading::{Purpose, Reading, asked_by, relations};
pub use reverse::reversed;
pub use rights::{MANAGED_POLICY_CHARACTERS, Rights, Statement, policy_document, policy_documents};
pub use scorecard::{ControlScore, Scorecard, Verdict, scorecard};
pub use select::{company, only, select};
pub use settings::Settings;
pub use signature::PublicKey;
pub use together::still_needed;
pub use waive::{EXPIRED, WaivedSince, WaiverNote, WaiverNotes, expired, expiring, waived_since};
pub use waivers::{LONGEST_WAIVER, parse_waivers};
