//! Floor 0, the words: plain data without I/O, clock or async.

mod approval;
mod arn;
mod change;
mod event;
mod finding;
mod id;
mod plan;
mod resource;
mod resource_type;
mod right;
mod run;
mod secret;
mod snapshot;
mod terms;
mod trail;
mod undoing;
mod waiver;
mod who;

pub use approval::{APPROVAL_FORMAT, Approval, Approver, DuringFreeze, Mandate, Signature, SigningAlgorithm};
pub use arn::Arn;
pub use change::{Call, Change, ChangeKind, Hash};
pub use event::Event;
pub use finding::{Finding, Safety, Severity, Status, Violation};
pub use id::{ChangeId, FindingId, PlaybookId, PolicyId, RunId, TypeName};
pub use plan::{Limits, PLAN_FORMAT, Plan, PolicyError, Proof};
pub use resource::{Owner, Resource, ResourceKey};
pub use resource_type::{
    Impossible, Locate, Needs, Part, Parts, Place, Relation, ResourceType, ResourceTypes, Scope, Sent, Settled,
};
pub use right::{Only, Right, Write};
pub use run::{ChangeOutcome, ChangeProgress, Head, IllegalEvent, Run, RunKind, RunOutcome, RunState};
pub use secret::{FINGERPRINT, fingerprints, fingerprints_in, secret_that_goes};
pub use snapshot::{Header, SNAPSHOT_FORMAT, Snapshot, Unread};
pub use terms::{Canary, OnFailure, Terms};
pub use trail::{Told, Trail};
pub use undoing::{Now, Reversal, Stay, Undoing, Watch};
pub use waiver::{ArnPattern, Expiry, NoPattern, Waived, Waiver, Waivers};
pub use who::{Cause, LOCAL_USER, Who};
