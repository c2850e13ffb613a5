//! Floor 2: playbooks, which say how a document is put right.

mod pointer;
mod schema;
mod template;
mod verb;

pub use pointer::Pointer;
pub use schema::{Case, CaseDocument, Delete, Ensure, OneOrMany, Patch, Playbook, Step, StepKind, Target};
pub use template::{Bindings, Known, Template};
pub use verb::{PatchError, ResolvedPatch, VERBS, contains};
