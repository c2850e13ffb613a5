//! Each refusal on its own.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rectify::cloud::{Cloud, Sandbox};
use rectify::engine::{Refusal, gate, parse_waivers, seal};
use rectify::model::{Change, Hash, Limits, Place, Plan, Safety};
use rectify::text::Source;
use serde_json::{Value, json};

use super::Engine;

struct Gate {
    engine: Engine,
    plan: Plan,
    place: Place,
    now: Timestamp,
}

impl Gate {
    async fn new() -> Self {
        let gate = Self::of("lambda-tracing").await;
        assert_eq!(gate.plan.changes.len(), 6);
        gate
    }

    async fn of(policy: &str) -> Self {
        let engine = Engine::of(policy);
        let sandbox = Sandbox::memory(engine.demo(), engine.types.clone());
        let plan = engine.plan(&sandbox, |_| true).await;
        Self { engine, plan, place: sandbox.place().clone(), now: Timestamp::UNIX_EPOCH }
    }

    /// What it says of a plan that is changed and sealed again.
    fn says(&self, edit: impl FnOnce(&mut Plan)) -> Vec<Refusal> {
        let mut plan = self.plan.clone();
        edit(&mut plan);
        self.says_of(&seal(plan))
    }

    fn says_of(&self, plan: &Plan) -> Vec<Refusal> {
        let selected: BTreeSet<_> = plan.changes.iter().map(|change| change.id.clone()).collect();
        gate(plan, &selected, &self.engine.assessor(), self.now, &self.place)
    }

    fn limited(&mut self, limits: Limits) -> Vec<Refusal> {
        self.engine.settings.limits = limits;
        self.says_of(&self.plan)
    }
}

#[tokio::test]
async fn a_plan_as_it_was_made_goes_through() {
    let mut gate = Gate::new().await;
    assert_eq!(gate.says(|_| {}), []);
    gate.now += SignedDuration::from_hours(24);
    assert_eq!(gate.says(|_| {}), []);
    gate.now += SignedDuration::from_secs(1);
    assert_eq!(gate.says(|_| {}), [Refusal::Expired("1970-01-02T00:00:00Z".into())]);
}

#[tokio::test]
async fn each_reason_is_told_alone_and_all_are_told() {
    let mut gate = Gate::new().await;
    let mut edited = gate.plan.clone();
    edited.changes.pop();
    assert_eq!(gate.says_of(&edited), [Refusal::Edited]);
    assert_eq!(gate.says(|plan| plan.format_version = 2), [Refusal::Format(2)]);
    assert_eq!(gate.says(|plan| plan.expires_at = "never".into()), [Refusal::Expired("never".into())]);
    assert_eq!(gate.says(|plan| plan.fingerprint_key = "other".into()), [Refusal::FingerprintKey("other".into())]);
    assert_eq!(gate.says(|plan| plan.proof.introduced.push("x".into())), [Refusal::Introduces(1)]);
    assert_eq!(gate.says(|plan| plan.bundle_digest = Hash("sha256:0".into())), [Refusal::OtherBundle]);
    gate.place.account = "222233334444".into();
    let elsewhere = Refusal::Elsewhere {
        planned: "111122223333".into(),
        partition: "aws".into(),
        actual: "222233334444".into(),
        there: "aws".into(),
    };
    assert_eq!(gate.says(|_| {}), std::slice::from_ref(&elsewhere));
    assert_eq!(gate.says(|plan| plan.format_version = 2), [Refusal::Format(2), elsewhere]);
}

#[tokio::test]
async fn what_was_sealed_again_is_recognised() {
    let gate = Gate::new().await;
    let forge = |edit: fn(&mut Change)| gate.says(|plan| edit(&mut plan.changes[0]));
    let id = gate.plan.changes[0].id.clone();
    let forged = |what| vec![Refusal::Forged(id.clone(), what)];
    assert_eq!(forge(|change| change.calls[0].operation = "DeleteRole".into()), forged("its calls"));
    assert_eq!(forge(|change| change.calls.clear()), forged("its calls"));
    assert_eq!(forge(|change| change.before_hash = Some(Hash("sha256:0".into()))), forged("its hash"));
    assert_eq!(forge(|change| change.resource.id = "shop-deploy".into()), forged("its resource"));
    // The first is of a role, which that playbook does not change; a function it does, and needs a review for it.
    assert_eq!(forge(|change| change.playbooks = vec!["lambda-env-kms".into()]), forged("its playbooks"));
    let of_function = gate.says(|plan| {
        let of_function = |change: &&mut Change| change.resource.type_name.as_str() == "AWS::Lambda::Function";
        plan.changes.iter_mut().find(of_function).unwrap().playbooks = vec!["lambda-env-kms".into()];
    });
    assert!(matches!(of_function.as_slice(), [Refusal::Forged(_, "its safety")]), "{of_function:?}");
    assert_eq!(forge(|change| change.safety = Safety::Review), []);
}

#[tokio::test]
async fn what_a_plan_looks_for_before_it_makes_a_key_is_the_plans() {
    let gate = Gate::of("lambda-env-kms").await;
    let key = gate.plan.changes.iter().position(|change| change.find.is_some()).unwrap();
    let forge = |index: usize, find: Option<Value>| gate.says(|plan| plan.changes[index].find = find);
    let forged = |index: usize| vec![Refusal::Forged(gate.plan.changes[index].id.clone(), "what it looks for")];
    assert_eq!(forge(key, gate.plan.changes[key].find.clone()), []);
    assert_eq!(forge(key, None), forged(key));
    let other = json!({"facts": {"Aliases": ["alias/other"]}});
    assert_eq!(forge(key, Some(other.clone())), forged(key));
    let function = gate.plan.changes.iter().position(|change| change.before.is_some()).unwrap();
    assert_eq!(forge(function, Some(other)), forged(function));
}

#[tokio::test]
async fn limits_count_what_is_selected() {
    let mut gate = Gate::new().await;
    let of = |max_changes, max_share, share_from| Limits { max_changes, max_share, share_from, ..Limits::default() };
    assert_eq!(gate.limited(of(6, 0, 40)), []);
    assert_eq!(gate.limited(of(5, 0, 40)), [Refusal::TooMany { planned: 6, limit: 5 }]);
    // Three of ten functions, and three of fourteen roles.
    let share = |type_name: &str, planned, total, limit, needed| Refusal::TooLargeShare {
        type_name: type_name.into(),
        planned,
        total,
        limit,
        needed,
    };
    assert_eq!(gate.limited(of(6, 29, 6)), [share("AWS::Lambda::Function", 3, 10, 29, 30)]);
    assert_eq!(gate.limited(of(6, 30, 6)), []);
    assert_eq!(gate.limited(of(6, 29, 10)), [], "only types with more than ten");
    let roles = share("AWS::IAM::Role", 3, 14, 0, 22);
    assert_eq!(gate.limited(of(6, 0, 6)), [roles, share("AWS::Lambda::Function", 3, 10, 0, 30)]);
    let first = BTreeSet::from([gate.plan.changes[0].id.clone()]);
    gate.engine.settings.limits = of(1, 10, 6);
    assert_eq!(super::gate::gate(&gate.plan, &first, &gate.engine.assessor(), gate.now, &gate.place), []);
}

#[tokio::test]
async fn what_is_waived_since_stops_the_changes_that_fix_it() {
    let mut gate = Gate::new().await;
    let function = "AWS::Lambda::Function";
    let on = |change: &Change| change.resource.type_name.as_str() == function;
    let change = gate.plan.changes.iter().find(|change| on(change)).unwrap().clone();
    let finding = gate.plan.findings.iter().find(|finding| finding.resource == change.resource).unwrap().clone();
    let waive = |gate: &mut Gate, which: &str, expires: &str| {
        let text = format!(
            "waivers:\n  - {{policies: [lambda-tracing], {which}, owner: ops, reason: r, expires: {expires}}}\n"
        );
        let Engine { types, bundle, settings } = &mut gate.engine;
        let waivers = parse_waivers(&Source::new("w.yaml", text), bundle, types, settings.now).unwrap();
        settings.waivers = waivers.into();
    };
    let told = |gate: &Gate, edit: &dyn Fn(&mut Plan)| -> BTreeSet<String> {
        gate.says(edit).iter().map(ToString::to_string).collect()
    };
    // Every change that is a part of the fix is told, that of the function's role too.
    let fixes = |change: &&Change| change.fixes.contains(&finding.id);
    let parts: Vec<Change> = gate.plan.changes.iter().filter(fixes).cloned().collect();
    assert_eq!(parts.len(), 2);
    let expected = |how: &str| -> BTreeSet<String> {
        let line = |change: &Change| {
            format!(
                "change {} fixes lambda-tracing on {}, which w.yaml:2 {how} by now (ops, until 1970-02-01); make a new plan with `rectify plan --out`",
                change.id, finding.resource
            )
        };
        parts.iter().map(line).collect()
    };
    let waives = expected("waives");
    let (role, may_waive) = (parts.iter().find(|change| !on(change)).unwrap().id.clone(), expected("may waive"));
    let id = format!("id: {}", finding.resource.id);
    waive(&mut gate, &id, "1970-02-01");
    assert_eq!(told(&gate, &|_| {}), waives);
    waive(&mut gate, "id: another", "1970-02-01");
    assert_eq!(told(&gate, &|_| {}), BTreeSet::new());
    waive(&mut gate, &id, "1969-12-31");
    assert_eq!(told(&gate, &|_| {}), BTreeSet::new(), "it has run out");
    // The tags are those of the documents in the plan; of what the plan does not have they may be any.
    let tags = |tags: &'static str| {
        move |plan: &mut Plan| {
            let documents = plan.changes.iter_mut().filter(|change| change.resource.type_name.as_str() == function);
            for before in documents.filter_map(|change| change.before.as_mut()) {
                before.tags = [("env".to_owned(), tags.to_owned())].into();
            }
        }
    };
    waive(&mut gate, &format!("{id}, tags: {{env: dev}}"), "1970-02-01");
    assert_eq!(told(&gate, &tags("dev")), waives);
    assert_eq!(told(&gate, &tags("prod")), BTreeSet::new());
    let without = |plan: &mut Plan| plan.changes.retain(|change| !on(change));
    let of_role: BTreeSet<String> = may_waive.into_iter().filter(|line| line.contains(role.as_str())).collect();
    assert_eq!(told(&gate, &without), of_role);
    // Of the very waivers that the plan was made with nothing is asked again, but for a plan from the future.
    let digest = gate.engine.settings.waivers.digest.clone();
    let made_with = |plan: &mut Plan| plan.waivers_digest = digest.clone();
    assert_eq!(told(&gate, &made_with), BTreeSet::new());
    let later = |plan: &mut Plan| {
        tags("dev")(plan);
        made_with(plan);
        plan.created_at = "1970-01-01T00:00:01Z".into();
    };
    assert_eq!(told(&gate, &later), waives);
}
