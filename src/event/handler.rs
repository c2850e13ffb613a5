//! What events are handled with.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::mode::{EventOptions, Mode};
use super::notice::Notices;
use crate::cloud::Clouds;
use crate::cloud::aws::Messages;
use crate::engine::{Bundle, Settings};
use crate::journal::{Ledger, Store};
use crate::model::{ResourceKey, ResourceTypes};

/// Everything that events are handled with; one for many events at a time.
pub struct Handler {
    /// The types.
    pub types: ResourceTypes,
    /// Every policy that is enabled, and every playbook.
    pub bundle: Bundle,
    /// What the user set; its time is each event's own.
    pub settings: Settings,
    /// The accounts.
    pub clouds: Arc<dyn Clouds>,
    /// Where runs are kept.
    pub journal: Arc<dyn Store>,
    /// What handlers remember together.
    pub ledger: Ledger,
    /// How far events are acted on.
    pub options: EventOptions,
    /// How far this handler goes at the most.
    pub mode: Mode,
    /// Who is told.
    pub notices: Notices,
    /// The queue that a scan of everything is cut into pieces for; without one it is done in one go.
    pub queue: Option<(Messages, String)>,
    /// How long an event and a resource are held before somebody else may take them; held on to while the work goes on.
    pub hold: SignedDuration,
    /// The time.
    pub clock: fn() -> Timestamp,
}

impl Handler {
    /// The settings as of now.
    pub(super) fn now(&self) -> Settings {
        Settings { now: (self.clock)(), ..self.settings.clone() }
    }

    /// The name under which an event is claimed. A handler that only observes claims and judges apart from those that enforce:
    /// what it has looked at is still to be done.
    pub(super) fn apart(&self, name: &str) -> String {
        match self.mode {
            Mode::Enforce => name.to_owned(),
            Mode::Observe => format!("{name}~observed"),
        }
    }

    /// The name under which a resource is held.
    pub(super) fn apart_key(&self, key: &ResourceKey) -> ResourceKey {
        ResourceKey { id: self.apart(&key.id), ..key.clone() }
    }
}
