//! The laws on one emulator, in the order of a working day: scan, plan, apply, scan again, plan again, undo.

use std::collections::{BTreeMap, BTreeSet};

use rectify::cloud::aws::TYPES;
use rectify::engine::{Bundle, inside};
use rectify::model::{
    ChangeId, ChangeKind, ChangeOutcome, FindingId, Plan, Resource, ResourceKey, ResourceType, ResourceTypes, Run,
    Snapshot,
};
use rectify::playbook::Playbook;
use serde_json::Value;

use super::expected::{self, Expected};
use super::support::same::unlike;
use super::support::{ALL, CANARIES, Kind, Open, WireCall, promise, stand_in};

/// Of the playbooks that change something, the least share in percent that one of the emulators proves.
const LEAST_PROVED: usize = 85;

/// Both at once; each proves what it can keep.
#[test]
fn the_laws_hold_on_both_emulators() {
    let (on_ministack, on_moto) = std::thread::scope(|scope| {
        let other = scope.spawn(|| the_laws_hold(Kind::Moto));
        (the_laws_hold(Kind::Ministack), other.join())
    });
    let on_moto = on_moto.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    let mut lines = String::new();
    for playbook in on_ministack.union(&on_moto) {
        let on = [("ministack", &on_ministack), ("moto", &on_moto)];
        let on: Vec<&str> =
            on.into_iter().filter(|(_, proved)| proved.contains(playbook)).map(|(name, _)| name).collect();
        lines.push_str(&format!("{playbook}: {}\n", on.join(", ")));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/laws_http/proved.txt");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &lines).unwrap();
    }
    let (proved, all) = (lines.lines().count(), changing().playbooks.values().filter(|p| !p.steps.is_empty()).count());
    println!("{proved} of {all} playbooks are proved on an emulator: {} %", 100 * proved / all);
    assert_eq!(std::fs::read_to_string(path).unwrap(), lines, "UPDATE_DOCS=1 cargo test --test laws_http");
    assert!(100 * proved >= LEAST_PROVED * all, "{proved} of {all}");
}

/// The playbooks that are proved without a gap.
fn the_laws_hold(kind: Kind) -> BTreeSet<String> {
    let open = Open::on(kind);
    let mut broken: Vec<String> = Vec::new();
    let mut note = |law: &str, told: Vec<String>| broken.extend(told.into_iter().map(|told| format!("{law}: {told}")));

    let scan = open.with_parameters(&["scan", "--format", "json"]).ended(1).json();
    note("the seed", not_as_seeded(&open, &scan));
    let before = open.snapshot("before.jsonl");

    let planned = |file: &str| {
        open.with_parameters(&["plan", "--out", file, "--format", "json", "--now", "2026-11-22T00:00:00Z"]);
        std::fs::read(open.path(file)).expect("the plan was written")
    };
    if planned("once.json") != planned("again.json") {
        note("law 1", vec!["two plans of the same account differ".into()]);
    }
    open.with_parameters(&["plan", "--out", "plan.json"]).ended(1);
    let plan = open.plan("plan.json");
    assert!(plan.errors.is_empty() && plan.unread.is_empty(), "{:?} {:?}", plan.errors, plan.unread);
    assert_eq!(open.proxy.writes(), [], "a dry run sends nothing");

    let expected = expected::of(kind, &plan);
    let apply = open.rectify(&[&["apply", "plan.json", "--format", "json"], &ALL[..]].concat()).json();
    let run = open.run(apply["run"].as_str().expect("the report names the run"));
    let undone_by_itself = expected.values().any(|expected| expected.outcome == ChangeOutcome::Undone);
    note("law 2", otherwise(&run, &expected));
    if !undone_by_itself {
        note("law 2", promise::broken(&expected::sent_of(&plan, &expected), &open.proxy.writes()));
    }
    open.proxy.forget();

    let after = open.snapshot("after.jsonl");
    let scan = open.with_parameters(&["scan", "--format", "json"]).json();
    note("law 3", not_as_predicted(&plan, &run, &scan));
    note("law 3", not_as_planned(&plan, &run, &after));
    note("law 6", touched(&plan, &run, &before, &after));

    open.with_parameters(&["plan", "--out", "second.json"]);
    let left: BTreeSet<ResourceKey> = places(&plan, &run, |outcome| outcome != ChangeOutcome::Verified);
    let second = open.plan("second.json").changes.into_iter();
    // What is to be changed together with a resource that the emulator does not change is planned again as well.
    let playbooks: BTreeSet<_> =
        plan.changes.iter().filter(|c| left.contains(&c.resource)).flat_map(|c| &c.playbooks).collect();
    let second = second.filter(|change| !change.playbooks.iter().any(|playbook| playbooks.contains(playbook)));
    note("law 4", second.map(|change| format!("{} is changed again: {}", change.resource, change.patch)).collect());

    let undo = open.rectify(&["undo", run.id.as_str(), "--yes", "--format", "json"]).json();
    let undo = open.run(undo["run"].as_str().expect("the report names the run"));
    let back = expected::of(kind, &undo.state.plan);
    note("law 2 of undo", otherwise(&undo, &back));
    note("law 2 of undo", promise::broken(&expected::sent_of(&undo.state.plan, &back), &open.proxy.writes()));
    let restored = open.snapshot("restored.jsonl");
    note("law 5", not_restored(&plan, &run, &undo, &before, &restored));

    assert!(open.leaks("shop-checkout").len() > 5, "the search finds what is there");
    for canary in CANARIES {
        note("law 8", open.leaks(canary).into_iter().map(|place| format!("a secret stands in {place}")).collect());
    }
    note("the shop", without_change(&open, &plan));
    let (proved, report) = report(kind, &open, &plan, &expected);
    println!("{report}");
    assert!(broken.is_empty(), "{} times on {}:\n{}", broken.len(), kind.name(), broken.join("\n"));
    proved
}

/// The bundle that the binary has.
fn changing() -> Bundle {
    let types = ResourceTypes::new(TYPES.iter().map(|kind| *kind as &dyn ResourceType));
    Bundle::embedded(&types).unwrap_or_else(|told| panic!("{told:?}"))
}

/// Playbooks that could change something, and that the plan has no use for.
fn without_change(open: &Open, plan: &Plan) -> Vec<String> {
    let bundle = changing();
    let used = |playbook: &Playbook| plan.changes.iter().any(|change| change.playbooks.contains(&playbook.id));
    let unused = bundle.playbooks.values().filter(|playbook| {
        let skipped = playbook.fixes.iter().all(|policy| open.shop.skips(policy.as_str()));
        !playbook.steps.is_empty() && !used(playbook) && !skipped
    });
    let told = unused.map(|playbook| {
        let findings = plan.findings.iter().filter(|finding| playbook.fixes.contains(&finding.policy));
        let why: Vec<_> = findings.map(|finding| (&finding.resource.id, finding.status, &finding.reason)).collect();
        format!("playbook {} changes nothing: {why:?}", playbook.id)
    });
    told.collect()
}

/// What was seeded and is not found, and what is clean and is.
fn not_as_seeded(open: &Open, scan: &Value) -> Vec<String> {
    let found: BTreeSet<(&str, &str)> = findings(scan)
        .filter_map(|finding| Some((finding["policy"].as_str()?, finding["resource"]["id"].as_str()?)))
        .collect();
    let missed = open.shop.violating.iter().filter(|seeded| !found.contains(&(&seeded.policy, &seeded.id)));
    let wrong = open.shop.clean.iter().filter(|seeded| found.contains(&(&seeded.policy, &seeded.id)));
    let missed = missed.map(|seeded| format!("{} misses {}", seeded.policy, seeded.id));
    missed.chain(wrong.map(|seeded| format!("{} is found on {}, which is clean", seeded.policy, seeded.id))).collect()
}

fn findings(scan: &Value) -> impl Iterator<Item = &Value> {
    scan["findings"].as_array().expect("a scan has findings").iter()
}

/// The changes of a run that did not end as they have to.
fn otherwise(run: &Run, expected: &BTreeMap<ChangeId, Expected>) -> Vec<String> {
    let told = run.state.plan.changes.iter().filter_map(|change| {
        let (progress, expected) = (&run.state.changes[&change.id], &expected[&change.id]);
        (progress.outcome != Some(expected.outcome)).then(|| {
            format!(
                "{} is {:?} ({}), and should be {:?} ({}); {:?}",
                change.resource,
                progress.outcome,
                progress.reason.clone().unwrap_or_default(),
                expected.outcome,
                expected.reason.clone().unwrap_or_default(),
                change.calls,
            )
        })
    });
    told.collect()
}

/// Findings that the proof did not tell of, and those that it did tell of and that are not there.
fn not_as_predicted(plan: &Plan, run: &Run, scan: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let found: BTreeMap<String, (String, String)> =
        findings(scan).map(|f| (text(&f["id"]), (text(&f["policy"]), text(&f["resource"]["id"])))).collect();
    let predicted: BTreeSet<String> = plan.proof.remaining.iter().map(ToString::to_string).collect();
    // Of a change that did not take, some may have taken, and what is still found may be told in other words.
    let failed =
        plan.changes.iter().filter(|change| run.state.changes[&change.id].outcome != Some(ChangeOutcome::Verified));
    let failed: BTreeSet<&FindingId> = failed.flat_map(|change| &change.fixes).collect();
    let may: BTreeSet<(String, String)> = plan
        .findings
        .iter()
        .filter(|finding| failed.contains(&finding.id))
        .map(|finding| (finding.policy.to_string(), finding.resource.id.clone()))
        .collect();
    let more = found.iter().filter(|(id, place)| !predicted.contains(*id) && !may.contains(place));
    let less = predicted.iter().filter(|id| !found.contains_key(*id));
    let more = more.map(|(id, _)| format!("{id} was not predicted"));
    more.chain(less.map(|id| format!("{id} was predicted and is not found"))).collect()
}

/// Documents of verified changes that are not what was planned.
fn not_as_planned(plan: &Plan, run: &Run, after: &Snapshot) -> Vec<String> {
    let verified = plan.changes.iter().filter(|c| run.state.changes[&c.id].outcome == Some(ChangeOutcome::Verified));
    let told = verified.flat_map(|change| {
        let actual = after.get(&place(plan, run, &change.id));
        match (&change.after, actual) {
            // What is known only after apply stands in the plan as such.
            (Some(planned), Some(_)) if planned.properties.to_string().contains("${rectify:") => vec![],
            (Some(planned), Some(actual)) => inside(&planned.properties, &actual.properties)
                .into_iter()
                .map(|d| format!("{}{} is {:?}, planned was {:?}", change.resource, d.path, d.after, d.before))
                .collect(),
            (None, None) => vec![],
            (planned, _) => {
                vec![format!("{} {}", change.resource, if planned.is_some() { "is gone" } else { "is still there" })]
            }
        }
    });
    told.collect()
}

/// Resources that are not in the plan and are not as they were.
fn touched(plan: &Plan, run: &Run, before: &Snapshot, after: &Snapshot) -> Vec<String> {
    unlike(before, after, &places(plan, run, |_| true))
}

/// Resources that are not as they were after the undo, but for those that could not be taken back.
fn not_restored(plan: &Plan, run: &Run, undo: &Run, before: &Snapshot, restored: &Snapshot) -> Vec<String> {
    let mut but: BTreeSet<ResourceKey> =
        plan.changes.iter().filter(|change| !change.reversible).map(|change| place(plan, run, &change.id)).collect();
    but.extend(places(&undo.state.plan, undo, |outcome| outcome != ChangeOutcome::Verified));
    unlike(before, restored, &but)
}

/// Where a change's resource stands; what was created, by its real place.
fn place(plan: &Plan, run: &Run, id: &ChangeId) -> ResourceKey {
    let change = plan.changes.iter().find(|change| change.id == *id).expect("the change is the plan's");
    let created = run.state.changes[id].after.as_ref().filter(|_| change.kind == ChangeKind::Create);
    created.map_or_else(|| change.resource.clone(), Resource::key)
}

fn places(plan: &Plan, run: &Run, wanted: impl Fn(ChangeOutcome) -> bool) -> BTreeSet<ResourceKey> {
    let changes = plan.changes.iter().filter(|change| run.state.changes[&change.id].outcome.is_none_or(&wanted));
    changes.map(|change| place(plan, run, &change.id)).collect()
}

/// Which playbooks are proved on this emulator, and which are not and why.
fn report(kind: Kind, open: &Open, plan: &Plan, expected: &BTreeMap<ChangeId, Expected>) -> (BTreeSet<String>, String) {
    let (mut proved, mut gaps) = (BTreeSet::new(), BTreeMap::<String, BTreeSet<String>>::new());
    for change in &plan.changes {
        let expected = &expected[&change.id];
        let calls = change.calls.iter().map(WireCall::from);
        let made_up = calls.into_iter().any(|call| stand_in::made_up(&call)).then(|| "the proxy plays it".to_owned());
        for playbook in &change.playbooks {
            match expected.reason.as_ref().or(made_up.as_ref()) {
                None => drop(proved.insert(playbook.to_string())),
                Some(reason) => {
                    let place = format!("{:?} on {} ({reason})", expected.outcome, change.resource);
                    gaps.entry(playbook.to_string()).or_default().insert(place);
                }
            }
        }
    }
    let whole: BTreeSet<String> = proved.iter().filter(|playbook| !gaps.contains_key(*playbook)).cloned().collect();
    let mut lines = vec![format!("{}: {} playbooks are proved: {whole:?}", kind.name(), whole.len())];
    for (playbook, places) in gaps {
        let partly = if proved.contains(&playbook) { "partly" } else { "not" };
        lines.push(format!("  {playbook} is {partly} proved: {}", places.into_iter().collect::<Vec<_>>().join("; ")));
    }
    lines
        .extend(open.shop.skipped.iter().map(|skipped| format!("  not seeded: {} ({})", skipped.what, skipped.reason)));
    (whole, lines.join("\n"))
}
