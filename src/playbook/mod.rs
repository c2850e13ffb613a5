//! Floor 2: playbooks, which say how a document is put right.

mod case;
mod pointer;
mod schema;
mod shared;
mod step;
mod template;
mod verb;
mod warning;

pub use case::{Case, CaseDocument, CaseOther, OneOrMany};
pub use pointer::{Missing, Pointer};
pub use schema::Playbook;
pub use shared::Shared;
pub use step::{Delete, Ensure, Patch, Step, StepKind, Target, Which};
pub use template::{Bindings, Known, Template};
pub use verb::{PatchError, ResolvedPatch, VERBS, contains};
pub use warning::Warning;
