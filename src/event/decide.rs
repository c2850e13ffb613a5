//! What is done about what was found: by the mode, the limits, the gate, and how often it was done before.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use tracing::warn;

use super::Actor;
use super::handler::Handler;
use super::hold::Hold;
use super::look::{Look, Seen, Sight};
use super::mode::Mode;
use super::notice::{Notice, Subject};
use super::outcome::{Fate, Looked, Unhandled};
use crate::cloud::Cloud;
use crate::engine::{self, Assessor, Frozen, Settings, digest_of, gate, only};
use crate::journal::{Full, Quarantine, Window};
use crate::model::{
    Change, ChangeId, ChangeKind, ChangeOutcome, Finding, FindingId, Locate, Plan, PolicyError, ResourceKey,
    ResourceTypes, Run, RunOutcome, Safety, Scope, Snapshot, Status,
};

/// The windows of the limits on changes.
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How often a plan is made anew because somebody else was at its resources.
const ROUNDS: usize = 4;

/// An event that is being handled.
pub(super) struct Work<'a> {
    pub event: &'a str,
    /// The name under which it is claimed.
    pub claim: &'a str,
    pub who: Option<&'a Actor>,
    pub cloud: &'a dyn Cloud,
    pub hold: &'a Hold<'a>,
}

/// One place's findings, and what becomes of them.
pub(super) struct Case<'a> {
    pub handler: &'a Handler,
    pub work: &'a Work<'a>,
    plan: Option<Plan>,
    pub run: Option<Run>,
    told: Option<String>,
    /// Whether it is known already, by a notice, that nothing more is done.
    noticed: bool,
    /// What holds up the changes that would be made now.
    frozen: Option<Frozen>,
}

impl<'a> Case<'a> {
    /// Nothing was found yet.
    pub fn new(handler: &'a Handler, work: &'a Work<'a>) -> Self {
        Self { handler, work, plan: None, run: None, told: None, noticed: false, frozen: None }
    }

    /// What is told of it.
    pub fn looked(self, place: Option<ResourceKey>, fate: Fate) -> Looked {
        let (plan, run) = (self.plan.map(Box::new), self.run.map(Box::new));
        Looked { place, fate, told: self.told, plan, run }
    }

    /// Looks, decides, and does what may be done.
    pub async fn settle(mut self, sight: &Sight<'_>) -> Result<(Fate, Self), Unhandled> {
        let (mut seen, mut settings, mut selected, mut refused);
        let mut rounds = 0;
        loop {
            settings = self.handler.now();
            seen = self.look(sight, &settings).await?;
            selected = self.select(&seen, settings.now).await?;
            refused = self.refused(&seen.plan, &selected, &settings);
            if selected.is_empty() || refused.is_some() {
                break;
            }
            // Nothing is planned on the word of a document that somebody else may be changing.
            match self.take(&seen.plan, &selected).await? {
                Taken::Already => break,
                Taken::Now if rounds < ROUNDS => rounds += 1,
                Taken::Now => return Err(Unhandled::Later("others change what the plan is about".to_owned())),
            }
        }
        let enforced = self.enforced(&seen);
        let Seen { plan, snapshot } = seen;
        let header = snapshot.header;
        if let Some(unread) = header.unread.iter().find(|unread| unread.passing) {
            return Err(Unhandled::unread(unread));
        }
        if plan.findings.iter().all(|finding| matches!(finding.status, Status::Open | Status::Waived)) {
            let unread =
                header.unread.first().map(|unread| format!("{} could not be read: {}", unread.resource, unread.reason));
            let failed = |error: &PolicyError| {
                format!("policy {} cannot judge {}: {}", error.policy, error.resource, error.message)
            };
            let told = unread.or_else(|| plan.errors.first().map(failed));
            let waived = plan.findings.iter().any(|finding| finding.status == Status::Waived);
            let fate = match &told {
                Some(_) => Fate::Unjudged,
                None if waived => Fate::Waived,
                None => Fate::Clean,
            };
            if let Some(told) = &told {
                warn!(event = self.work.event, told, "not all of it was judged");
                self.notify(Subject::Stopped, &plan, format!("Not all of it was judged: {told}")).await?;
            }
            self.told = told;
            self.plan = Some(plan);
            return Ok((fate, self));
        }
        let mut fate = Fate::Observed;
        let (plan, mut waiting) = (plan.clone(), plan);
        if !selected.is_empty() {
            if refused.is_none() {
                refused = self.spend(&plan, selected.len(), settings.now).await?;
            }
            match refused {
                Some(why) => {
                    self.notify(Subject::Stopped, &plan, format!("Nothing was applied: {why}")).await?;
                    self.told = Some(why);
                    fate = Fate::Refused;
                }
                None => {
                    self.apply(only(plan.clone(), &selected)).await?;
                    let verified = self.run.as_ref().is_some_and(|run| run.state.outcome == Some(RunOutcome::Verified));
                    fate = if verified { Fate::Fixed } else { Fate::Unfixed };
                    if let Some(why) = self.passing() {
                        return Err(Unhandled::Later(why));
                    }
                    // What waits has been planned on documents that are not these any more.
                    waiting = self.look(sight, &self.handler.now()).await?.plan;
                }
            }
        }
        let waits = |change: &Change| {
            let safe = change.safety == Safety::Safe;
            (!safe || fate == Fate::Refused || self.frozen.is_some())
                && change.fixes.iter().any(|fix| enforced.contains(fix))
        };
        if waiting.changes.iter().any(waits) {
            self.keep(&waiting).await?;
            fate = if fate == Fate::Observed { Fate::Waits } else { fate };
        }
        if fate == Fate::Observed && !self.noticed {
            self.notify(Subject::Observed, &plan, "Findings were observed.".to_owned()).await?;
        }
        self.plan = Some(plan);
        Ok((fate, self))
    }

    /// Why a run did not succeed, where nothing but calls that failed or were not sent is the reason: the next time they may not.
    fn passing(&self) -> Option<String> {
        let run = self.run.as_ref().filter(|run| run.state.outcome == Some(RunOutcome::Incomplete))?;
        let ends = || run.state.changes.values();
        // Without an outcome are those that were not begun, since others had failed.
        let nothing_done = |outcome| {
            matches!(outcome, None | Some(ChangeOutcome::Failed | ChangeOutcome::Skipped | ChangeOutcome::Verified))
        };
        let reason = ends().find_map(|progress| progress.reason.clone())?;
        let passing = ends().all(|progress| nothing_done(progress.outcome));
        passing.then(|| format!("run {} did not succeed: {reason}", run.id))
    }

    async fn look(&self, sight: &Sight<'_>, settings: &Settings) -> Result<Seen, Unhandled> {
        let Handler { types, bundle, .. } = self.handler;
        let look = Look { cloud: self.work.cloud, types, bundle, settings };
        look.see(sight).await.map_err(|unread| Unhandled::unread(&unread))
    }

    /// The findings that may be acted on.
    fn enforced(&self, seen: &Seen) -> BTreeSet<FindingId> {
        let enforced = |finding: &&Finding| self.may(seen, finding, &finding.resource);
        seen.plan.findings.iter().filter(enforced).map(|finding| finding.id.clone()).collect()
    }

    /// Whether a finding may be acted on where a resource's tags count.
    fn may(&self, seen: &Seen, finding: &Finding, key: &ResourceKey) -> bool {
        let handler = self.handler;
        let mode = |tags: Option<&_>| handler.options.mode(handler.mode, finding, tags) == Mode::Enforce;
        match tags(&handler.types, &seen.snapshot, key) {
            None => mode(None),
            Some(all) => all.iter().all(|tags| mode(Some(tags))),
        }
    }

    /// The changes that are applied without anybody's word: safe, of findings that may be acted on, and on no resource that is
    /// left alone.
    async fn select(&mut self, seen: &Seen, now: Timestamp) -> Result<BTreeSet<ChangeId>, Unhandled> {
        if let Some(halt) = self.handler.ledger.halted().await? {
            self.told = Some(format!("{} has switched changes off: {}", halt.by, halt.reason));
            return Ok(BTreeSet::new());
        }
        let enforced = self.enforced(seen);
        // What is changed may be another resource than the finding's, with tags of its own; what is created has none yet.
        let may_there = |change: &Change, fix: &FindingId| {
            let mut findings = seen.plan.findings.iter().filter(|finding| finding.id == *fix);
            change.kind == ChangeKind::Create || findings.all(|finding| self.may(seen, finding, &change.resource))
        };
        let allowed = |change: &&Change| {
            let mut fixes = change.fixes.iter();
            change.safety == Safety::Safe && fixes.all(|fix| enforced.contains(fix) && may_there(change, fix))
        };
        let may: BTreeSet<ChangeId> =
            seen.plan.changes.iter().filter(allowed).map(|change| change.id.clone()).collect();
        self.frozen = self.handler.settings.freeze.at(now, &seen.plan.account).filter(|_| !may.is_empty());
        if let Some(frozen) = &self.frozen {
            self.told = Some(format!("account {} is {frozen}", seen.plan.account));
            return Ok(BTreeSet::new());
        }
        let mut alone = BTreeSet::new();
        for change in seen.plan.changes.iter().filter(|change| may.contains(&change.id)) {
            if self.left_alone(&seen.plan, change, now).await? {
                alone.insert(change.id.clone());
            }
        }
        Ok(engine::select(&seen.plan, |change| may.contains(&change.id) && !alone.contains(&change.id)))
    }

    /// Whether a change's resource is in quarantine, or is put there now.
    async fn left_alone(&mut self, plan: &Plan, change: &Change, now: Timestamp) -> Result<bool, Unhandled> {
        let (ledger, patience) = (&self.handler.ledger, self.handler.options.quarantine);
        let key = &change.resource;
        if let Some(quarantine) = ledger.quarantined(key, now).await? {
            self.noticed = true;
            self.told = Some(format!("{key} is left alone until {}: {}", quarantine.until, quarantine.why));
            return Ok(true);
        }
        let hours = |hours: u32| SignedDuration::from_hours(i64::from(hours));
        let fixes = ledger.fixes(key, now, hours(patience.within_hours)).await?;
        if fixes.len() < usize::try_from(patience.fixes.max(1)).unwrap_or(usize::MAX) {
            return Ok(false);
        }
        let until = now.checked_add(hours(patience.for_hours)).unwrap_or(now);
        let mut who: BTreeSet<String> = fixes.into_iter().filter_map(|fix| fix.who).collect();
        who.extend(self.work.who.map(|who| who.arn.clone()));
        let who = (!who.is_empty()).then(|| who.into_iter().collect::<Vec<_>>().join(", "));
        let why = format!(
            "it was fixed {} times within {} hours, and is violated again{}",
            patience.fixes,
            patience.within_hours,
            who.as_ref().map(|who| format!(", by {who}")).unwrap_or_default()
        );
        warn!(resource = %key, why, "quarantined");
        // Told first: whoever ends between the two is not the only one to know.
        self.notify(Subject::Quarantined, plan, format!("{key} is left alone until {until}: {why}")).await?;
        let quarantine = Quarantine { since: now, until, why: why.clone(), who };
        ledger.quarantine(key, quarantine).await?;
        self.told = Some(format!("{key} is left alone until {until}: {why}"));
        self.noticed = true;
        Ok(true)
    }

    /// What stops these changes.
    fn refused(&self, plan: &Plan, selected: &BTreeSet<ChangeId>, settings: &Settings) -> Option<String> {
        let handler = self.handler;
        let assessor = Assessor { bundle: &handler.bundle, types: &handler.types, settings };
        let refusals = gate(plan, selected, &assessor, settings.now, self.work.cloud.place());
        let told: Vec<String> = refusals.iter().map(ToString::to_string).collect();
        (!told.is_empty()).then(|| told.join("; "))
    }

    /// Counts changes against the limits of the account; the text is why they may not be made.
    async fn spend(&self, plan: &Plan, changes: usize, now: Timestamp) -> Result<Option<String>, Unhandled> {
        let handler = self.handler;
        let hour = Window { limit: handler.options.max_changes_per_hour, length: HOUR };
        let day = Window { limit: handler.settings.limits.max_changes_per_day, length: DAY };
        let changes = u32::try_from(changes).unwrap_or(u32::MAX);
        let full = handler.ledger.spend_within(&plan.account, changes, &[hour, day], now).await?;
        Ok(full.map(|Full { window, used, .. }| {
            let (when, limit) = match window == hour {
                true => ("the last hour", "max_changes_per_hour"),
                false => ("the last 24 hours", "max_changes_per_day"),
            };
            let (account, most) = (&plan.account, window.limit);
            format!("{used} changes were made in account {account} within {when}, and at most {most} may be ({limit})")
        }))
    }

    /// Holds the resources of these changes.
    async fn take(&self, plan: &Plan, selected: &BTreeSet<ChangeId>) -> Result<Taken, Unhandled> {
        let mut taken = Taken::Already;
        let changes = plan.changes.iter().filter(|change| selected.contains(&change.id));
        let keys: BTreeSet<(&ResourceKey, bool)> =
            changes.map(|change| (&change.resource, change.kind == ChangeKind::Create)).collect();
        for (key, created) in keys {
            let held = self.work.hold.lease(key).await.is_some();
            if !held {
                self.work.hold.take(key).await?.map_err(|holder| Unhandled::Later(holder.to_string()))?;
            }
            // A document that has changed since is noticed before its call; one that somebody has made meanwhile is not.
            if !held && created {
                taken = Taken::Now;
            }
            if let Some(run) = self.handler.ledger.changing(key).await? {
                Case::new(self.handler, self.work).resume(&run).await?;
                // It has ended by now, or never began.
                self.handler.ledger.forget_change(key, &run, (self.handler.clock)()).await?;
                taken = Taken::Now;
            }
        }
        Ok(taken)
    }

    /// Keeps a plan for somebody to approve, in place of one that is about the same.
    async fn keep(&mut self, plan: &Plan) -> Result<(), Unhandled> {
        let ledger = &self.handler.ledger;
        let now = (self.handler.clock)();
        let what = |plan: &Plan| {
            let one = |change: &Change| (change.id.clone(), change.before_hash.clone());
            plan.changes.iter().map(one).collect::<BTreeSet<_>>()
        };
        let places = |plan: &Plan| plan.changes.iter().map(|change| change.resource.clone()).collect::<BTreeSet<_>>();
        let ends = |plan: &Plan| plan.expires_at.parse::<Timestamp>().unwrap_or(now);
        let half = now.checked_add(now.duration_until(ends(plan)) / 2).unwrap_or(now);
        let mut known = false;
        for other in ledger.plans().await? {
            if ends(&other) <= now {
                ledger.drop_plan(&other.digest).await?;
            } else if other.account == plan.account && places(&other) == places(plan) {
                known |= what(&other) == what(plan);
                if known && ends(&other) > half {
                    return Ok(());
                }
                ledger.drop_plan(&other.digest).await?;
            }
        }
        if known {
            // The same once more, for longer: nobody has to hear of it.
            ledger.keep_plan(plan, now).await?;
            return Ok(());
        }
        let summary = match &self.frozen {
            None => format!("A plan waits for an approval: {}", plan.digest),
            Some(frozen) => format!("A plan waits, since account {} is {frozen}: {}", plan.account, plan.digest),
        };
        self.notify(Subject::PlanWaits, plan, summary).await?;
        ledger.keep_plan(plan, now).await?;
        Ok(())
    }

    pub(super) async fn notify(&self, subject: Subject, plan: &Plan, summary: String) -> Result<(), Unhandled> {
        let asked = plan.findings.iter().filter(|finding| finding.status != Status::Open);
        let findings: Vec<_> = asked.cloned().collect();
        let of = self.run.as_ref().filter(|_| subject == Subject::RunFinished);
        let waived = |finding: &&Finding| finding.status == Status::Waived;
        let cleared = |finding: &&Finding| of.is_some_and(|run| cleared(run, &finding.id));
        // One event can lead to several of a kind, each about something else.
        let ids: BTreeSet<&FindingId> = findings.iter().map(|finding| &finding.id).collect();
        let what = digest_of(&(ids, &summary)).0;
        let what = format!("{}:{}", self.work.event, what.get(7..19).unwrap_or_default());
        let about = of.map_or(what, |run| run.id.to_string());
        let now = (self.handler.clock)();
        let notice = Notice {
            id: format!("{}:{about}", subject.name()),
            subject,
            at: now.to_string(),
            account: plan.account.clone(),
            summary,
            event: self.work.event.to_owned(),
            who: self.work.who.map(|who| who.arn.clone()),
            left: findings.iter().filter(|finding| !cleared(finding) && !waived(finding)).count(),
            waived: findings.iter().filter(waived).count(),
            found: findings.len(),
            findings: Notice::findings(&findings),
            run: of.map(Notice::run),
            plan: (subject == Subject::PlanWaits).then(|| plan.digest.to_string()),
        };
        Ok(self.handler.notices.post(&self.handler.ledger, &notice, now).await?)
    }
}

/// Whether a run has cleared a finding: every change that it needs is verified.
fn cleared(run: &Run, finding: &FindingId) -> bool {
    let mut fixes = run.state.plan.changes.iter().filter(|change| change.fixes.contains(finding)).peekable();
    let verified = |change: &Change| {
        let progress = run.state.changes.get(&change.id);
        progress.is_some_and(|progress| progress.outcome == Some(ChangeOutcome::Verified))
    };
    fixes.peek().is_some() && fixes.all(verified)
}

/// The tags of a resource, and those of what it is a part of; none where they are not known.
fn tags(types: &ResourceTypes, snapshot: &Snapshot, key: &ResourceKey) -> Option<Vec<BTreeMap<String, String>>> {
    let resource = snapshot.get(key)?;
    let mut tags = vec![resource.tags.clone()];
    let kind = types.find(&key.type_name)?;
    if let Some(relation) = kind.belongs_to().and_then(|name| kind.relation(name)) {
        let of = relation.of.into();
        let region = match types.find(&of)?.scope() {
            Scope::Global => String::new(),
            Scope::Regional => key.region.clone(),
        };
        let Locate::Ids(ids) = (relation.locate)(resource) else { return None };
        for id in ids {
            let whole = ResourceKey { type_name: of.clone(), account: key.account.clone(), region: region.clone(), id };
            tags.push(snapshot.get(&whole)?.tags.clone());
        }
    }
    Some(tags)
}

/// Whether the resources of a plan had been held when it was made.
enum Taken {
    /// Or it does not matter.
    Already,
    /// It has to be made anew.
    Now,
}
