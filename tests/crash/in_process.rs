//! Every way to die, over every playbook's plan.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use rectify::apply::undo_plan;
use rectify::cloud::Sandbox;
use rectify::engine::{Bundle, Purpose, Reading, only};
use rectify::model::{
    Call, Change, ChangeId, ChangeKind, ChangeOutcome, Event, Plan, Run, RunKind, RunOutcome, Snapshot, Terms, Who,
};
use serde_json::Value;

use super::support::WireCall;
use super::tape::{Fate, Lived, Moment, live};
use super::worlds::{World, all_hold, wait};

/// A plan on a world: before anything is done, as nobody disturbs it, and as it is taken back.
struct Case {
    world: &'static World,
    name: String,
    begin: Moment,
    whole: Lived,
    back: Option<(Moment, Lived)>,
}

/// What all that was tried came to.
#[derive(Default)]
struct Count {
    plans: usize,
    changes: usize,
    deaths: usize,
    fates: usize,
}

/// The first event and nothing else: the process died right after it.
fn begin(kind: RunKind, plan: Plan, documents: Snapshot) -> Moment {
    let terms = Terms { max_failures: u32::MAX, max_per_minute: u32::MAX, ..Terms::default() };
    let first = Event::RunStarted {
        kind,
        plan: Box::new(plan),
        of: None,
        terms,
        by: Who::default(),
        policies: BTreeMap::new(),
        approvals: Vec::new(),
        during_freeze: None,
    };
    Moment { events: vec![Arc::new(first)], documents, done: Vec::new() }
}

/// The cases of every playbook, of those that make the same calls one, and the parts of the demo's plan that hang together.
fn cases() -> &'static [Case] {
    static CASES: OnceLock<Vec<Case>> = OnceLock::new();
    CASES.get_or_init(make_cases)
}

fn make_cases() -> Vec<Case> {
    let (mut cases, mut known) = (Vec::new(), BTreeSet::new());
    for world in World::all().iter().filter(|world| !world.twice) {
        let plan = world.plan(&world.sandbox());
        let call = |call: &Call| format!("{}:{}", call.service, call.operation);
        let shape = plan.changes.iter().map(|change| {
            let calls: Vec<String> = change.calls.iter().map(call).collect();
            format!("{:?} {} {calls:?} {:?}", change.kind, change.resource.type_name, change.playbooks)
        });
        if plan.changes.is_empty() || !known.insert(shape.collect::<Vec<_>>()) {
            continue;
        }
        let parts = match world.whole_bundle {
            true => hanging_together(&plan),
            false => vec![plan.changes.iter().map(|change| change.id.clone()).collect()],
        };
        for (index, part) in parts.iter().enumerate() {
            let part = only(plan.clone(), part);
            let world = if world.whole_bundle { judged_by_its_own(world, &part) } else { world };
            let begin = begin(RunKind::Apply, part, world.snapshot.clone());
            let name = format!("{} [{index}]", world.name);
            let (whole, back) = undisturbed(world, &name, &begin);
            cases.push(Case { world, name, begin, whole, back });
        }
    }
    cases
}

/// The demo's account, judged by the policies whose findings a part of its plan fixes: by all of them nobody could wait for all
/// the deaths.
fn judged_by_its_own(world: &World, part: &Plan) -> &'static World {
    let fixed: BTreeSet<_> = part.changes.iter().flat_map(|change| &change.fixes).collect();
    let found: BTreeSet<_> =
        part.findings.iter().filter(|found| fixed.contains(&found.id)).map(|found| &found.policy).collect();
    let mut bundle = Bundle::clone(&world.bundle);
    bundle.policies.retain(|policy| found.contains(policy.id()));
    Box::leak(Box::new(World {
        name: world.name.clone(),
        snapshot: world.snapshot.clone(),
        reading: Reading::of(&bundle, &world.types, Purpose::Plan),
        bundle: Arc::new(bundle),
        types: world.types.clone(),
        settings: world.settings.clone(),
        whole_bundle: false,
        twice: true,
    }))
}

/// The changes that depend on each other or fix a finding together, as far as they are several, and not so many that nobody
/// could wait for all their deaths.
fn hanging_together(plan: &Plan) -> Vec<BTreeSet<ChangeId>> {
    let mut parts: Vec<BTreeSet<ChangeId>> = Vec::new();
    for change in &plan.changes {
        let near = |other: &&Change| {
            other.id == change.id
                || other.depends_on.contains(&change.id)
                || change.depends_on.contains(&other.id)
                || other.fixes.iter().any(|fix| change.fixes.contains(fix))
        };
        let mut part: BTreeSet<ChangeId> = plan.changes.iter().filter(near).map(|other| other.id.clone()).collect();
        parts.retain(|other| {
            let apart = other.is_disjoint(&part);
            if !apart {
                part.extend(other.iter().cloned());
            }
            apart
        });
        parts.push(part);
    }
    parts.retain(|part| (2..=4).contains(&part.len()));
    parts
}

/// Lives every death of a run that began so, and of every run that goes on from one; what is wrong with how they end.
fn explore(case: &Case, begin: &Moment, whole: &Lived, first: &[Moment], told: &mut Vec<String>) -> usize {
    let (mut open, mut seen, mut deaths) = (Vec::new(), BTreeSet::new(), 0);
    let mut unseen = |moments: Vec<Moment>| {
        let mut is_new = |moment: &Moment| {
            let done = format!("{:?}", visible(whole, &moment.done));
            seen.insert((moment.key(&begin.documents), done))
        };
        moments.into_iter().filter(|moment| !ended(moment) && is_new(moment)).collect::<Vec<_>>()
    };
    open.extend(unseen(first.to_vec()));
    while let Some(moment) = open.pop() {
        deaths += 1;
        let lived = live(case.world, &moment, None);
        let wrong = wrong(begin, whole, &moment, &lived);
        told.extend(wrong.into_iter().map(|wrong| format!("{}: died after {}: {wrong}", case.name, tail(&moment))));
        open.extend(unseen(lived.moments));
    }
    deaths
}

fn ended(moment: &Moment) -> bool {
    moment.events.last().is_some_and(|event| matches!(**event, Event::RunFinished { .. }))
}

fn tail(moment: &Moment) -> String {
    let name = |event: &Arc<Event>| serde_json::to_value(&**event).unwrap()["event"].as_str().unwrap().to_owned();
    let names: Vec<String> = moment.events.iter().map(name).collect();
    format!("{} ({} calls done)", names[1..].join(" "), moment.done.len())
}

/// What is wrong with the end of a run that went on from a moment.
fn wrong(begin: &Moment, whole: &Lived, from: &Moment, lived: &Lived) -> Vec<String> {
    let mut told = Vec::new();
    let state = &lived.run.state;
    let failed: Vec<&Change> =
        state.plan.changes.iter().filter(|change| outcome(&lived.run, change) == Some(ChangeOutcome::Failed)).collect();
    let undone = whole.run.state.plan.changes.iter().any(|change| {
        matches!(
            outcome(&whole.run, change),
            Some(ChangeOutcome::Undone | ChangeOutcome::Stuck | ChangeOutcome::Failed)
        )
    });
    if failed.is_empty() || undone {
        // It comes to the very same end as one that nobody has killed.
        if visible(whole, &lived.end.done) != visible(whole, &whole.end.done) {
            told.push(format!("done is {:?}, and not {:?}", all_named(&lived.end.done), all_named(&whole.end.done)));
        }
        told.extend(unlike(&whole.end.documents, &lived.end.documents));
        if state.outcome != whole.run.state.outcome {
            told.push(format!("the run is {:?}: {}", state.outcome, reasons(&lived.run)));
        }
        return told;
    }
    // What would be created under an id of the service's, and was announced and not done: it is not sent a second time.
    for change in failed {
        let announced =
            from.events.iter().any(|event| matches!(&**event, Event::CallSent { change: id, .. } if *id == change.id));
        let own = change.kind == ChangeKind::Create && change.resource.id.contains("${rectify:");
        if !announced || !own {
            told.push(format!("{} failed: {}", change.resource, reasons(&lived.run)));
        }
    }
    if state.outcome != Some(RunOutcome::Incomplete) {
        told.push(format!("the run is {:?}: {}", state.outcome, reasons(&lived.run)));
    }
    let mut left = lived.end.done.iter();
    let rest: Vec<&WireCall> =
        whole.end.done.iter().filter(|call| left.as_slice().first() == Some(call) && left.next().is_some()).collect();
    let verified =
        state.plan.changes.iter().filter(|change| outcome(&lived.run, change) == Some(ChangeOutcome::Verified));
    let calls: usize = verified.map(|change| change.calls.len()).sum();
    if rest.len() != lived.end.done.len() || rest.len() != calls {
        told.push(format!("done is {:?}, of {:?}", all_named(&lived.end.done), all_named(&whole.end.done)));
    }
    let touched: BTreeSet<String> = state
        .plan
        .changes
        .iter()
        .filter(|change| outcome(&lived.run, change) == Some(ChangeOutcome::Verified))
        .map(|change| change.resource.to_string())
        .collect();
    let as_it_was = unlike(&begin.documents, &lived.end.documents).into_iter();
    told.extend(
        as_it_was
            .filter(|line| !touched.iter().any(|key| line.starts_with(key.as_str())) && !line.contains(" has come")),
    );
    told
}

fn outcome(run: &Run, change: &Change) -> Option<ChangeOutcome> {
    run.state.changes[&change.id].outcome
}

fn reasons(run: &Run) -> String {
    let all = run.state.plan.changes.iter().map(|change| {
        let progress = &run.state.changes[&change.id];
        format!("{} {:?} {:?}", change.resource, progress.outcome, progress.reason)
    });
    all.collect::<Vec<_>>().join("; ")
}

/// How the properties of two accounts' documents differ.
fn unlike(one: &Snapshot, other: &Snapshot) -> Vec<String> {
    super::support::same::unlike(one, other, &BTreeSet::new())
}

fn over_every_case(law: impl Fn(&Case) -> (Count, Vec<String>) + Sync) -> Count {
    let (cases, next) = (cases(), AtomicUsize::new(0));
    let work = || {
        let take = || cases.get(next.fetch_add(1, Ordering::Relaxed));
        std::iter::from_fn(take).map(&law).collect::<Vec<_>>()
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let all: Vec<(Count, Vec<String>)> = thread::scope(|scope| {
        let working: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        working.into_iter().flat_map(|thread| thread.join().expect("a case ends")).collect()
    });
    let mut count = Count::default();
    let mut broken = Vec::new();
    for (more, told) in all {
        count.plans += more.plans;
        count.changes += more.changes;
        count.deaths += more.deaths;
        count.fates += more.fates;
        broken.extend(told);
    }
    all_hold(broken);
    count
}

/// The run as nobody has disturbed it, and the run that takes it back.
fn undisturbed(world: &World, name: &str, begins: &Moment) -> (Lived, Option<(Moment, Lived)>) {
    let lived = live(world, begins, None);
    assert_eq!(lived.run.state.outcome, Some(RunOutcome::Verified), "{name}: {}", reasons(&lived.run));
    let sandbox = Sandbox::memory(lived.end.documents.clone(), world.types.clone());
    let (back, _) = wait(undo_plan(&lived.run, &sandbox, &world.types, false)).unwrap();
    if back.changes.is_empty() {
        return (lived, None);
    }
    let undo = begin(RunKind::Undo, back, lived.end.documents.clone());
    let undone = live(world, &undo, None);
    assert_eq!(undone.run.state.outcome, Some(RunOutcome::Verified), "{name}: {}", reasons(&undone.run));
    (lived, Some((undo, undone)))
}

#[test]
fn law_7_whoever_dies_leaves_what_can_be_brought_to_its_end() {
    let count = over_every_case(|case| {
        let mut told = Vec::new();
        let whole = &case.whole;
        let mut deaths = explore(case, &case.begin, whole, &whole.moments, &mut told);
        if let Some((begin, undone)) = &case.back {
            deaths += explore(case, begin, undone, &undone.moments, &mut told);
        }
        (Count { plans: 1, changes: whole.run.state.plan.changes.len(), deaths, fates: 0 }, told)
    });
    println!("{} plans, {} changes, {} deaths", count.plans, count.changes, count.deaths);
    assert!(count.plans > 100 && count.deaths > 1000, "{} deaths of {} plans", count.deaths, count.plans);
}

/// Each call on its own is lost on its way there or back, or meets something else that is under way: it is done all the same,
/// once.
#[test]
fn law_7_a_call_whose_outcome_is_unknown_is_settled() {
    let count = over_every_case(|case| {
        let (mut told, mut fates) = (Vec::new(), 0);
        let back = case.back.as_ref().map(|(begin, undone)| (begin, undone));
        for (begin, whole) in [Some((&case.begin, &case.whole)), back].into_iter().flatten() {
            for call in &whole.end.done {
                for fate in [Fate::Lost, Fate::Vanished, Fate::Conflict] {
                    fates += 1;
                    let lived = live(case.world, begin, Some((call.clone(), fate.clone())));
                    let own = &whole.run.state.plan.changes.iter().find(|change| {
                        change.kind == ChangeKind::Create
                            && change.resource.id.contains("${rectify:")
                            && change.calls.iter().any(|planned| same_call(planned, call))
                    });
                    let once = own.is_some() && fate != Fate::Lost;
                    let ended = lived.run.state.outcome;
                    if once && ended == Some(RunOutcome::Incomplete) {
                        continue;
                    }
                    let wrong = if ended != Some(RunOutcome::Verified) {
                        vec![format!("the run is {ended:?}: {}", reasons(&lived.run))]
                    } else if visible(whole, &lived.end.done) != visible(whole, &whole.end.done) {
                        vec![format!(
                            "done is {:?}, and not {:?}",
                            all_named(&lived.end.done),
                            all_named(&whole.end.done)
                        )]
                    } else {
                        unlike(&whole.end.documents, &lived.end.documents)
                    };
                    told.extend(
                        wrong.into_iter().map(|wrong| format!("{}: {} is {fate:?}: {wrong}", case.name, named(call))),
                    );
                }
            }
        }
        (Count { plans: 1, changes: 0, deaths: 0, fates }, told)
    });
    println!("{} plans, {} calls", count.plans, count.fates);
    assert!(count.fates > 300, "{} calls", count.fates);
}

fn same_call(planned: &Call, sent: &WireCall) -> bool {
    planned.service == sent.service && planned.operation == sent.operation
}

/// Each call on its own is refused, for good or without a word: what was done of its change is taken back, and whoever dies
/// while that is done leaves what comes to the same end.
#[test]
fn law_7_what_is_taken_back_is_taken_back_whoever_dies() {
    let count = over_every_case(|case| {
        let (mut told, mut deaths, mut fates) = (Vec::new(), 0, 0);
        for call in &case.whole.end.done {
            for fate in [Fate::Refused, Fate::Gone] {
                fates += 1;
                let broken = live(case.world, &case.begin, Some((call.clone(), fate.clone())));
                told.extend(
                    not_as_told(case, &broken)
                        .into_iter()
                        .map(|wrong| format!("{}: {} is {fate:?}: {wrong}", case.name, named(call))),
                );
                if fate == Fate::Refused {
                    // Those that die after the refusal is known; before it the call might go well the next time.
                    let moments = broken.moments.iter();
                    let known: Vec<Moment> =
                        moments.filter(|moment| moment.events.iter().any(|event| refusal(event))).cloned().collect();
                    deaths += explore(case, &case.begin, &broken, &known, &mut told);
                }
            }
        }
        (Count { plans: 1, changes: 0, deaths, fates }, told)
    });
    println!("{} plans, {} calls, {} deaths", count.plans, count.fates, count.deaths);
    assert!(count.fates > 200 && count.deaths > 200, "{} calls, {} deaths", count.fates, count.deaths);
}

/// The calls but for those that change nothing, when nobody disturbs the run: whether these are done is of no account.
fn visible(whole: &Lived, done: &[WireCall]) -> Vec<WireCall> {
    let pairs = whole.moments.windows(2).filter(|pair| pair[1].done.len() > pair[0].done.len());
    let same = |one: &Snapshot, other: &Snapshot| one.resources().eq(other.resources());
    let idle: Vec<&WireCall> = pairs
        .filter(|pair| same(&pair[0].documents, &pair[1].documents))
        .filter_map(|pair| pair[1].done.last())
        .collect();
    done.iter().filter(|call| !idle.contains(call)).cloned().collect()
}

fn named(call: &WireCall) -> String {
    format!("{}:{}", call.service, call.operation)
}

fn all_named(calls: &[WireCall]) -> Vec<String> {
    calls.iter().map(named).collect()
}

fn refusal(event: &Event) -> bool {
    matches!(event, Event::CallDone { result: Err(_), .. })
}

/// Whether the documents are what the run says of its changes.
fn not_as_told(case: &Case, lived: &Lived) -> Vec<String> {
    let mut told = Vec::new();
    let state = &lived.run.state;
    for change in &state.plan.changes {
        let progress = &state.changes[&change.id];
        let now =
            lived.end.documents.get(&progress.after.as_ref().map_or(change.resource.clone(), |after| after.key()));
        let now: Option<&Value> = now.map(|now| &now.properties);
        let before = case.begin.documents.get(&change.resource).map(|before| &before.properties);
        let alike = |one: Option<&Value>, other: Option<&Value>| match (one, other) {
            (Some(one), Some(other)) => super::support::same::differ(one, other).is_empty(),
            (one, other) => one == other,
        };
        let right = match progress.outcome {
            Some(ChangeOutcome::Failed | ChangeOutcome::Undone | ChangeOutcome::Skipped) => alike(before, now),
            Some(ChangeOutcome::Verified) => progress.after.is_some() == now.is_some(),
            // A person is told, with the resource's name.
            Some(ChangeOutcome::Stuck) => progress.reason.as_ref().is_some_and(|reason| reason.len() > 40),
            Some(ChangeOutcome::Unverified) => false,
            // Not begun, where the run was to stop.
            None => state.halted.is_some() && alike(before, now),
        };
        if !right {
            told.push(format!("{} is not as told: {before:?}, now {now:?}: {}", change.resource, reasons(&lived.run)));
        }
    }
    told
}
