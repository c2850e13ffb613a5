//! Floor 0, the words: plain data without I/O, clock or async.

mod arn;
mod change;
mod finding;
mod id;
mod plan;
mod resource;
mod resource_type;
mod run;
mod snapshot;
mod trail;

pub use arn::Arn;
pub use change::{Call, Change, ChangeKind, Hash};
pub use finding::{Finding, Safety, Severity, Status, Violation};
pub use id::{ChangeId, FindingId, PlaybookId, PolicyId, RunId, TypeName};
pub use plan::{Limits, PLAN_FORMAT, Plan, PolicyError, Proof};
pub use resource::{Owner, Resource, ResourceKey};
pub use resource_type::{
    Impossible, Locate, Needs, Part, Parts, Place, Relation, ResourceType, ResourceTypes, Scope, Sent, Settled,
};
pub use run::{ChangeOutcome, ChangeProgress, Event, IllegalEvent, Run, RunKind, RunOutcome, RunState};
pub use snapshot::{Header, SNAPSHOT_FORMAT, Snapshot, Unread};
pub use trail::{Told, Trail};
