//! From an event to a verified fix.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tracing::{info, warn};
use uuid::Uuid;

use super::decide::Case;
use super::hold::Hold;
use super::look::Sight;
use super::mode::{EventOptions, Mode};
use super::notice::Notices;
use super::outcome::{Fate, Handled, Looked, Unhandled};
use super::{Actor, Changed, Scan, Touched, Trigger, read};
use crate::cloud::aws::SESSION;
use crate::cloud::{Cloud, Clouds, Within};
use crate::engine::{Bundle, Settings};
use crate::journal::{Claim, Ledger, Released, Store};
use crate::model::{Parts, Resource, ResourceKey, ResourceTypes, Run, RunId, RunOutcome};

/// How much older than a reading an event has to be for the reading to have seen it. CloudTrail's times are whole seconds, and
/// a read may lag behind a write.
const LAG: SignedDuration = SignedDuration::from_secs(10);

/// How often a resource is tried for whose holder comes and goes.
const TRIES: usize = 5;

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
    /// How long an event and a resource are held before somebody else may take them; held on to while the work goes on.
    pub hold: SignedDuration,
    /// The time.
    pub clock: fn() -> Timestamp,
}

/// An event that is being handled.
pub(super) struct Work<'a> {
    pub event: &'a str,
    pub who: Option<&'a Actor>,
    pub cloud: &'a dyn Cloud,
    pub hold: &'a Hold<'a>,
}

impl Handler {
    /// Handles one event, given as it was delivered. When `stop` is set a run stops between two changes, and the event is one
    /// for later: its next delivery goes on with the run.
    pub async fn handle(&self, body: &Value, stop: &AtomicBool) -> Result<Handled, Unhandled> {
        match read(body, &self.types)? {
            Trigger::Ignored(ignored) => Ok(Handled::ignored(ignored.event, "nothing", ignored.why.to_string())),
            Trigger::Changed(changed) => self.changed(&changed, stop).await,
            Trigger::Scan(scan) => self.scan(&scan, stop).await,
        }
    }

    pub(super) async fn changed(&self, changed: &Changed, stop: &AtomicBool) -> Result<Handled, Unhandled> {
        let ignored = |why: String| Ok(Handled::ignored(Some(changed.event.clone()), &changed.what, why));
        let Some(cloud) = self.clouds.cloud(&changed.account).await.map_err(Unhandled::Later)? else {
            return ignored(format!("account {} is none of ours", changed.account));
        };
        let cloud = cloud.as_ref();
        if changed.by.as_ref().is_some_and(|by| is_ours(cloud.caller(), &by.arn)) {
            return ignored("rectify made it".to_owned());
        }
        let event = Event { id: &changed.event, what: &changed.what, who: changed.by.as_ref() };
        self.claimed(&event, cloud, stop, Todo::Changed(changed)).await
    }

    async fn scan(&self, scan: &Scan, stop: &AtomicBool) -> Result<Handled, Unhandled> {
        let account = scan.account.clone().unwrap_or_else(|| self.clouds.home().place().account.clone());
        let Some(cloud) = self.clouds.cloud(&account).await.map_err(Unhandled::Later)? else {
            let why = format!("account {account} is none of ours");
            return Ok(Handled::ignored(Some(scan.event.clone()), "scan", why));
        };
        let regions = if scan.regions.is_empty() { cloud.regions() } else { &scan.regions }.to_vec();
        let cloud = Within { cloud: cloud.as_ref(), regions };
        let event = Event { id: &scan.event, what: "scan", who: None };
        self.claimed(&event, &cloud, stop, Todo::Scan(scan)).await
    }

    /// Has the work done once for an event, however often it is delivered.
    async fn claimed(
        &self,
        event: &Event<'_>,
        cloud: &dyn Cloud,
        stop: &AtomicBool,
        todo: Todo<'_>,
    ) -> Result<Handled, Unhandled> {
        let holder = Uuid::now_v7().simple().to_string();
        let run = match self.ledger.claim(event.id, &holder, (self.clock)(), self.hold).await? {
            Claim::Done { outcome } => {
                let why = format!("it was handled before: {outcome}");
                return Ok(Handled::ignored(Some(event.id.to_owned()), event.what, why));
            }
            Claim::Busy { until } => {
                return Err(Unhandled::Later(format!("another handler has the event until {until}")));
            }
            Claim::Fresh => None,
            Claim::Again { run } => run,
        };
        let hold = Hold::new(self, event.id, &holder, stop);
        let doing = async {
            let work = Work { event: event.id, who: event.who, cloud, hold: &hold };
            self.work(&work, todo, run.as_ref()).await
        };
        let done = hold.while_doing(doing).await;
        hold.let_go().await;
        let handled = match done {
            Ok(looked) => {
                let words: BTreeSet<&str> = looked.iter().map(|looked| looked.fate.as_str()).collect();
                let words: Vec<&str> = words.into_iter().collect();
                self.ledger.done(event.id, &words.join(", "), (self.clock)()).await?;
                info!(event = event.id, what = event.what, outcome = words.join(", "), "event handled");
                Ok(Handled { event: Some(event.id.to_owned()), what: event.what.to_owned(), ignored: None, looked })
            }
            Err(error) => {
                warn!(event = event.id, what = event.what, %error, "event not handled");
                if let Err(error) = self.ledger.give_back(event.id).await {
                    warn!(event = event.id, %error, "the event is held until its time is over");
                }
                Err(error)
            }
        };
        if let Err(error) = self.notices.deliver(&self.ledger).await {
            warn!(%error, "notices were not delivered");
        }
        handled
    }

    /// Goes on with the run that an earlier delivery began, and does what the event asks for.
    async fn work(&self, work: &Work<'_>, todo: Todo<'_>, begun: Option<&RunId>) -> Result<Vec<Looked>, Unhandled> {
        let mut looked = Vec::new();
        if let Some(run) = begun {
            looked.extend(Case::new(self, work).resume(run).await?);
        }
        match todo {
            Todo::Changed(changed) => {
                for touched in &changed.touched {
                    looked.push(self.touched(work, changed, touched).await?);
                }
            }
            Todo::Scan(scan) => {
                let sight = Sight::Types(&scan.types, &scan.policies);
                let (fate, case) = Case::new(self, work).settle(&sight).await?;
                looked.push(case.looked(None, fate));
            }
        }
        // What was held beside may have been asked about meanwhile.
        while let Some(key) = work.hold.any().await {
            if matches!(work.hold.release(&key).await?, Released::Marked(_)) {
                looked.push(self.look(work, &Touched::One(key)).await?);
            }
        }
        Ok(looked)
    }

    /// Looks at one place, as often as others ask for it meanwhile.
    async fn touched(&self, work: &Work<'_>, changed: &Changed, touched: &Touched) -> Result<Looked, Unhandled> {
        let place = place(touched);
        let fate = |fate| Looked { place: Some(place.clone()), fate, told: None, plan: None, run: None };
        let last = self.ledger.last_judged(&place).await?;
        if last.is_some_and(|last| changed.at.checked_add(LAG).is_ok_and(|seen| last >= seen)) {
            return Ok(fate(Fate::Known));
        }
        if !self.take(work, &place).await? {
            return Ok(fate(Fate::HandedOver));
        }
        self.look(work, touched).await
    }

    /// Looks at a place that is held, and lets it go: as often as others ask for it meanwhile.
    async fn look(&self, work: &Work<'_>, touched: &Touched) -> Result<Looked, Unhandled> {
        let place = place(touched);
        loop {
            let at = (self.clock)();
            let keys = self.keys(work, touched).await?;
            let (fate, case) = Case::new(self, work).settle(&Sight::Places(&keys)).await?;
            let looked = case.looked(Some(place.clone()), fate);
            if !work.hold.judged(&place, at).await? || work.hold.stopped() {
                return Err(Unhandled::Later(format!("{place} was not looked at to the end")));
            }
            match work.hold.release(&place).await? {
                Released::Free => return Ok(looked),
                Released::Marked(_) => info!(resource = %place, "looked at once more"),
            }
        }
    }

    /// The resources that an event told of.
    async fn keys(&self, work: &Work<'_>, touched: &Touched) -> Result<BTreeSet<ResourceKey>, Unhandled> {
        match touched {
            Touched::One(key) => Ok(BTreeSet::from([key.clone()])),
            Touched::Within { type_name, region, parent, .. } => {
                let listed = work.cloud.list(type_name.as_str(), region, Some(parent), &Parts::default()).await;
                match listed.unread.first() {
                    Some(unread) => Err(Unhandled::unread(unread)),
                    None => Ok(listed.resources.iter().map(Resource::key).collect()),
                }
            }
        }
    }

    /// Holds a resource; `false` where somebody else does, and will look once more.
    async fn take(&self, work: &Work<'_>, place: &ResourceKey) -> Result<bool, Unhandled> {
        for _ in 0..TRIES {
            if work.hold.take(place).await? {
                return Ok(true);
            }
            if self.ledger.mark(place, (self.clock)()).await? {
                return Ok(false);
            }
        }
        Err(Unhandled::Later(format!("others come and go at {place}")))
    }

    /// The settings as of now.
    pub(super) fn now(&self) -> Settings {
        Settings { now: (self.clock)(), ..self.settings.clone() }
    }
}

/// What an event asks for.
enum Todo<'a> {
    Changed(&'a Changed),
    Scan(&'a Scan),
}

/// What is told of an event beside its content.
struct Event<'a> {
    id: &'a str,
    what: &'a str,
    who: Option<&'a Actor>,
}

/// What is held for a place: the resource, or in the name of its type the one that it is within.
fn place(touched: &Touched) -> ResourceKey {
    match touched {
        Touched::One(key) => key.clone(),
        Touched::Within { type_name, account, region, parent } => ResourceKey {
            type_name: type_name.clone(),
            account: account.clone(),
            region: region.clone(),
            id: parent.clone(),
        },
    }
}

/// Whether an actor is rectify: the caller itself, or the same role in a session that rectify opened.
fn is_ours(caller: &str, actor: &str) -> bool {
    let role = |arn: &str| arn.contains(":assumed-role/").then(|| arn.rsplit_once('/').map(split)).flatten();
    let same_role = match (role(caller), role(actor)) {
        (Some((ours, _)), Some((theirs, session))) => ours == theirs && session.starts_with(SESSION),
        _ => false,
    };
    !caller.is_empty() && (caller == actor || same_role)
}

fn split((role, session): (&str, &str)) -> (String, String) {
    (role.to_owned(), session.to_owned())
}

/// Whether a run has still something to do.
pub(super) fn unfinished(run: &Run) -> bool {
    matches!(run.state.outcome, None | Some(RunOutcome::Stopped))
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn only_our_own_identity_is_ours() {
        let lambda = "arn:aws:sts::111122223333:assumed-role/Remediation/rectify";
        for (actor, ours) in [
            (lambda, true),
            ("arn:aws:sts::111122223333:assumed-role/Remediation/rectify-2", true),
            ("arn:aws:sts::111122223333:assumed-role/Remediation/mallory", false),
            ("arn:aws:sts::111122223333:assumed-role/Other/rectify", false),
            ("arn:aws:sts::444455556666:assumed-role/Remediation/rectify", false),
            ("arn:aws:iam::111122223333:user/rectify", false),
            ("", false),
        ] {
            assert_eq!(is_ours(lambda, actor), ours, "{actor}");
        }
        let user = "arn:aws:iam::111122223333:user/ops";
        assert!(is_ours(user, user));
        assert!(!is_ours("", ""));
    }
}
