//! From an event to a verified fix.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::SignedDuration;
use serde_json::Value;
use tracing::{info, warn};
use uuid::Uuid;

use super::decide::{Case, Work};
use super::fleet::pieces;
use super::handler::Handler;
use super::hold::Hold;
use super::look::Sight;
use super::outcome::{Fate, Handled, Looked, Unhandled};
use super::{Actor, Changed, NotAnEvent, Scan, Touched, Trigger, read};
use crate::cloud::aws::SESSION;
use crate::cloud::{Cloud, Within};
use crate::engine::Reading;
use crate::journal::Claim;
use crate::model::{Parts, Resource, ResourceKey, RunId};

/// How much older than a reading an event has to be for the reading to have seen it. CloudTrail's times are whole seconds, and
/// a read may lag behind a write.
const LAG: SignedDuration = SignedDuration::from_secs(10);

impl Handler {
    /// Handles one event, given as it was delivered. When `stop` is set a run stops between two changes, and the event is one
    /// for later: its next delivery goes on with the run.
    pub async fn handle(&self, body: &Value, stop: &AtomicBool) -> Result<Handled, Unhandled> {
        let handled = self.one(body, stop).await;
        self.deliver().await;
        handled
    }

    /// The same, and nobody is told yet.
    pub(super) async fn one(&self, body: &Value, stop: &AtomicBool) -> Result<Handled, Unhandled> {
        match read(body, &self.types)? {
            Trigger::Ignored(ignored) => Ok(Handled::ignored(ignored.event, "nothing", ignored.why.to_string())),
            Trigger::Changed(changed) => self.changed(&changed, stop).await,
            Trigger::Scan(scan) => self.scan(&scan, stop).await,
        }
    }

    /// What an event tells of may stand in several accounts: a finding is imported where Security Hub is watched.
    pub(super) async fn changed(&self, changed: &Changed, stop: &AtomicBool) -> Result<Handled, Unhandled> {
        let accounts: BTreeSet<&str> = changed.touched.iter().map(Touched::account).collect();
        if accounts.iter().all(|account| *account == changed.account) {
            return self.changed_in(&changed.account, changed, stop).await;
        }
        let mut whole = Handled::ignored(Some(changed.event.clone()), &changed.what, String::new());
        let (mut ignored, mut failed) = (Vec::new(), Ok(()));
        for account in accounts {
            let touched = changed.touched.iter().filter(|touched| touched.account() == account).cloned().collect();
            let event = format!("{}@{account}", changed.event);
            let part = Changed { event, account: account.to_owned(), touched, ..changed.clone() };
            match self.changed_in(account, &part, stop).await {
                Ok(handled) => {
                    whole.looked.extend(handled.looked);
                    ignored.extend(handled.ignored);
                }
                // The others are not to wait for it.
                Err(error) => failed = Err(error),
            }
        }
        failed?;
        whole.ignored = whole.looked.is_empty().then(|| ignored.join("; "));
        Ok(whole)
    }

    async fn changed_in(&self, account: &str, changed: &Changed, stop: &AtomicBool) -> Result<Handled, Unhandled> {
        let ignored = |why: String| Ok(Handled::ignored(Some(changed.event.clone()), &changed.what, why));
        let Some(cloud) = self.clouds.cloud(account).await.map_err(Unhandled::Later)? else {
            return ignored(format!("account {account} is none of ours"));
        };
        let cloud = cloud.as_ref();
        if changed.by.as_ref().is_some_and(|by| is_ours(cloud.caller(), &by.arn)) {
            return ignored("rectify made it".to_owned());
        }
        let elsewhere = |touched: &&Touched| !is_read(cloud, touched.region());
        if changed.touched.iter().filter(elsewhere).count() == changed.touched.len() {
            return ignored(format!("Region {} is none of ours", changed.region));
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
        let ignored = |why: String| Ok(Handled::ignored(Some(scan.event.clone()), "scan", why));
        if let Some(policy) = scan.policies.iter().find(|id| self.bundle.policies.find(id).is_none()) {
            return Err(NotAnEvent::new(format!("unknown policy `{policy}`"), "a policy that is enabled here").into());
        }
        if let Some(region) = scan.regions.iter().find(|region| !is_read(cloud.as_ref(), region)) {
            return ignored(format!("Region {region} is none of ours"));
        }
        let regions = if scan.regions.is_empty() { cloud.regions() } else { &scan.regions }.to_vec();
        if let (true, Some((messages, queue))) = (scan.types.is_empty(), &self.queue) {
            let judged = self.bundle.policies.all().flat_map(|policy| policy.metadata.custom.resource_types.clone());
            let reading = Reading(judged.map(|name| (name, Parts::default())).collect());
            let pieces = pieces(&scan.event, &[account], &regions, &reading, &self.types, &scan.policies);
            let bodies: Vec<String> = pieces.iter().map(Value::to_string).collect();
            messages.send(queue, &bodies).await.map_err(|error| Unhandled::Later(error.to_string()))?;
            return ignored(format!("it is cut into {} pieces of one type each", bodies.len()));
        }
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
        if stop.load(Ordering::SeqCst) {
            return Err(Unhandled::Later("nothing is begun any more".to_owned()));
        }
        let claim = self.apart(event.id);
        let holder = Uuid::now_v7().simple().to_string();
        let run = match self.ledger.claim(&claim, &holder, (self.clock)(), self.hold).await? {
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
        let hold = Hold::new(self, &claim, &holder, stop);
        let doing = async {
            let work = Work { event: event.id, claim: &claim, who: event.who, cloud, hold: &hold };
            self.work(&work, todo, run.as_ref()).await
        };
        let done = hold.while_doing(doing).await;
        hold.resources.let_go().await;
        match done {
            Ok(looked) => {
                let words: BTreeSet<&str> = looked.iter().map(|looked| looked.fate.as_str()).collect();
                let words: Vec<&str> = words.into_iter().collect();
                self.ledger.done(&claim, &words.join(", "), (self.clock)()).await?;
                info!(event = event.id, what = event.what, outcome = words.join(", "), "event handled");
                Ok(Handled { event: Some(event.id.to_owned()), what: event.what.to_owned(), ignored: None, looked })
            }
            Err(error) => {
                warn!(event = event.id, what = event.what, %error, "event not handled");
                if let Err(error) = self.ledger.give_back(&claim).await {
                    warn!(event = event.id, %error, "the event is held until its time is over");
                }
                Err(error)
            }
        }
    }

    /// Sends the notices that are written down.
    pub(super) async fn deliver(&self) {
        if let Err(error) = self.notices.deliver(&self.ledger).await {
            warn!(%error, "notices were not delivered");
        }
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
                // Not on the stack: each of those who wait for it would keep all of it there once more.
                let (fate, case) = Box::pin(Case::new(self, work).settle(&sight)).await?;
                looked.push(case.looked(None, fate));
            }
        }
        Ok(looked)
    }

    /// Looks at one place, unless that was done since the event.
    async fn touched(&self, work: &Work<'_>, changed: &Changed, touched: &Touched) -> Result<Looked, Unhandled> {
        let place = place(touched);
        let known = Looked { place: Some(place.clone()), fate: Fate::Known, told: None, plan: None, run: None };
        let last = self.ledger.last_judged(&self.apart_key(&place)).await?;
        if last.is_some_and(|last| changed.at.checked_add(LAG).is_ok_and(|seen| last >= seen)) {
            return Ok(known);
        }
        // Whoever holds it may have read it before this event. The event comes again, and mostly finds that it is known.
        work.hold.take(&place).await?.map_err(|holder| Unhandled::Later(holder.to_string()))?;
        let at = (self.clock)();
        let keys = self.keys(work, touched).await?;
        let (fate, case) = Box::pin(Case::new(self, work).settle(&Sight::Places(&keys))).await?;
        if fate != Fate::Unjudged && !work.hold.judged(&place, at).await? {
            return Err(Unhandled::Later(format!("{place} was lost to another handler")));
        }
        Ok(case.looked(Some(place), fate))
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

/// Whether a Region is one of those that are read; what is global has none.
fn is_read(cloud: &dyn Cloud, region: &str) -> bool {
    region.is_empty() || cloud.regions().iter().any(|read| read == region)
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
