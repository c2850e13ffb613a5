//! Changes that go first, and are verified once more before the others are begun.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::executor::{ApplyError, Executor, late};
use super::pace::{Paused, Wait};
use super::recorder::Recorder;
use crate::engine::company;
use crate::model::{Canary, Change, ChangeId, Event, Plan, Watch};

/// The changes that go first; none where nothing would come after them.
///
/// They are chosen from those that no other change needs, since what is made for others alone shows little: in the plan's order,
/// a type that is not among them before one that is. Each comes with what it needs and with the other parts of its fixes, so
/// that what stands when the run stops after them is whole.
pub(super) fn chosen(plan: &Plan, canary: Option<&Canary>) -> BTreeSet<ChangeId> {
    let Some(canary) = canary.filter(|canary| canary.changes > 0) else { return BTreeSet::new() };
    let wanted = usize::try_from(canary.changes).unwrap_or(usize::MAX);
    let needed: BTreeSet<&ChangeId> = plan.changes.iter().flat_map(|change| &change.depends_on).collect();
    let mut left: Vec<&Change> = plan.changes.iter().filter(|change| !needed.contains(&change.id)).collect();
    let (mut types, mut set, mut heads) = (BTreeSet::new(), BTreeSet::new(), 0);
    while heads < wanted && !left.is_empty() {
        let other = left.iter().position(|change| !types.contains(&change.resource.type_name));
        let change = left.remove(other.unwrap_or_default());
        types.insert(&change.resource.type_name);
        heads += 1;
        add(plan, change, &mut set);
        left.retain(|change| !set.contains(&change.id));
    }
    if set.len() == plan.changes.len() { BTreeSet::new() } else { set }
}

/// Adds a change, the other parts of its fixes, and all that these depend on.
fn add(plan: &Plan, change: &Change, set: &mut BTreeSet<ChangeId>) {
    let mut open: Vec<&Change> = company(plan, change).chain([change]).collect();
    while let Some(change) = open.pop() {
        if set.insert(change.id.clone()) {
            open.extend(plan.changes.iter().filter(|other| change.depends_on.contains(&other.id)));
        }
    }
}

impl Executor<'_> {
    /// Writes down that the canaries are watched from now on.
    pub(super) async fn watch(
        &self,
        recorder: &mut Recorder<'_>,
        canaries: &BTreeSet<ChangeId>,
    ) -> Result<(), ApplyError> {
        let seconds = recorder.state.terms.canary.map_or(0, |canary| canary.wait_seconds);
        let until = (self.clock)().saturating_add(SignedDuration::from_secs(i64::from(seconds)));
        let until = until.unwrap_or(Timestamp::MAX).to_string();
        Ok(recorder.record(Event::CanariesWatched { changes: canaries.iter().cloned().collect(), until }).await?)
    }

    /// Waits until the canaries' time is over and verifies them once more: read again, compared, judged again. Each that has not
    /// lasted is unverified from now on.
    pub(super) async fn look_again(&self, recorder: &mut Recorder<'_>, watch: &Watch) -> Result<Paused, ApplyError> {
        let seconds = recorder.state.terms.canary.map_or(0, |canary| canary.wait_seconds);
        let longest = Duration::from_secs(u64::from(seconds));
        let until: Timestamp = watch.until.parse().unwrap_or(Timestamp::MIN);
        // A clock that was set back does not make the wait longer than it was to be.
        let mut first = None;
        let left = |now: Timestamp| {
            let first = *first.get_or_insert(now);
            let end = until.min(first.saturating_add(longest).unwrap_or(Timestamp::MAX));
            if now < first { Duration::ZERO } else { Duration::try_from(end.duration_since(now)).unwrap_or_default() }
        };
        if self.pause(Wait::Canaries, left).await == Paused::Stopped {
            return Ok(Paused::Stopped);
        }
        let changes = recorder.state.plan.changes.clone();
        for change in changes.iter().filter(|change| watch.changes.contains(&change.id)) {
            let late = late(&recorder.state);
            let (after, told) = self.judge(recorder, &self.as_read(change), &late).await?;
            if !told.is_empty() {
                let reason = format!("it was verified, and did not last: {}", told.join("; "));
                let (change, after) = (change.id.clone(), after.map(Box::new));
                recorder.record(Event::ChangeUnverified { change, after, reason }).await?;
            }
        }
        if recorder.state.failures.is_empty() {
            recorder.record(Event::CanariesLasted {}).await?;
        }
        Ok(Paused::Over)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A plan of changes: id, type, what it depends on, what it fixes.
    fn plan(changes: &[(&str, &str, &[&str], &[&str])]) -> Plan {
        let change = |(id, of, depends_on, fixes): &(&str, &str, &[&str], &[&str])| {
            json!({
                "id": id, "kind": "update", "resource": {"type": of, "account": "", "region": "", "id": id},
                "before": null, "after": null, "patch": [], "fixes": fixes, "playbooks": [], "safety": "safe",
                "reversible": true, "depends_on": depends_on, "parts": [], "before_hash": null, "calls": [],
            })
        };
        let changes: Vec<Value> = changes.iter().map(change).collect();
        let plan = json!({
            "format_version": 1, "digest": "", "created_at": "", "expires_at": "", "account": "", "partition": "",
            "regions": [], "bundle_digest": "", "fingerprint_key": "", "version": "", "limits": {}, "parameters": {},
            "census": {}, "findings": [], "changes": changes, "unread": [], "errors": [],
            "proof": {"before": 0, "after": 0, "cleared": [], "remaining": [], "introduced": []},
        });
        serde_json::from_value(plan).unwrap()
    }

    fn first(plan: &Plan, changes: u32) -> Vec<String> {
        chosen(plan, Some(&Canary { changes, wait_seconds: 0 })).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn they_are_of_as_many_types_as_there_are_in_the_plan_s_order() {
        let plan = plan(&[
            ("f1", "F", &[], &["1"]),
            ("f2", "F", &[], &["2"]),
            ("g1", "G", &[], &["3"]),
            ("f3", "F", &[], &["4"]),
            ("g2", "G", &[], &["5"]),
        ]);
        assert_eq!(first(&plan, 1), ["f1"]);
        assert_eq!(first(&plan, 2), ["f1", "g1"]);
        assert_eq!(first(&plan, 3), ["f1", "f2", "g1"]);
        assert_eq!(first(&plan, 4), ["f1", "f2", "f3", "g1"]);
        let nothing: [&str; 0] = [];
        assert_eq!(first(&plan, 5), nothing, "nothing would come after them");
        assert_eq!(first(&plan, 0), nothing);
        assert_eq!(chosen(&plan, None), BTreeSet::new());
    }

    #[test]
    fn each_comes_with_what_it_needs_and_the_other_parts_of_its_fixes() {
        let plan = plan(&[
            ("key", "K", &[], &["1", "2", "3"]),
            ("alias", "A", &["key"], &["1", "2", "3"]),
            ("e1", "E", &["alias", "key"], &["1"]),
            ("e2", "E", &["alias", "key"], &["2"]),
            ("e3", "E", &["alias", "key"], &["3", "4"]),
            ("other", "O", &[], &["4"]),
        ]);
        assert_eq!(first(&plan, 1), ["alias", "e1", "key"], "what all need is not the canary itself");
        assert_eq!(first(&plan, 2), ["alias", "e1", "e3", "key", "other"], "half a fix is none");
    }
}
