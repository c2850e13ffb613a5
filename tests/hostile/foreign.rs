//! Plans that somebody has made up: sealed anew, for another account, another partition, or about what stands elsewhere.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use jiff::Timestamp;
use rectify::cloud::{DEMO, aws, snapshot_file};
use rectify::engine::{Assessor, Bundle, Planner, Purpose, Reading, Refusal, Settings, document_hash, gate, seal};
use rectify::model::{Change, Place, Plan, Resource, ResourceType, ResourceTypes, Safety};
use rectify::text::Source;
use serde_json::json;

struct Engine {
    types: ResourceTypes,
    bundle: Bundle,
    settings: Settings,
    plan: Plan,
}

/// A plan for the whole of the demo's account.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let types = ResourceTypes::new(aws::TYPES.iter().map(|kind| *kind as &dyn ResourceType));
    let bundle = Bundle::embedded(&types).unwrap();
    let mut settings = Settings::new(Timestamp::UNIX_EPOCH);
    (settings.limits.max_changes, settings.limits.max_share) = (1000, 100);
    let snapshot = snapshot_file::parse(&Source::new("demo.jsonl", DEMO), &types).unwrap();
    let reading = Reading::of(&bundle, &types, Purpose::Plan);
    let assessor = Assessor { bundle: &bundle, types: &types, settings: &settings };
    let plan = Planner { assessor, reading: &reading }.plan(&snapshot, |_| true);
    assert!(plan.changes.len() > 50);
    Engine { types, bundle, settings, plan }
});

fn here() -> Place {
    Place { account: "111122223333".into(), partition: "aws".into(), region: String::new() }
}

fn says(plan: &Plan, place: &Place) -> Vec<Refusal> {
    let engine = &*ENGINE;
    let assessor = Assessor { bundle: &engine.bundle, types: &engine.types, settings: &engine.settings };
    let selected: BTreeSet<_> = plan.changes.iter().map(|change| change.id.clone()).collect();
    let limit = |refusal: &Refusal| matches!(refusal, Refusal::TooRisky { .. });
    gate(plan, &selected, &assessor, Timestamp::UNIX_EPOCH, place).into_iter().filter(|told| !limit(told)).collect()
}

/// A plan of one of the changes alone, edited, and sealed as if nothing had happened.
fn forged(type_name: &str, edit: impl FnOnce(&mut Change)) -> Vec<Refusal> {
    let mut plan = ENGINE.plan.clone();
    plan.changes.retain(|change| {
        change.resource.type_name.as_str() == type_name && change.before.is_some() && change.after.is_some()
    });
    plan.changes.truncate(1);
    edit(&mut plan.changes[0]);
    says(&seal(plan), &here())
}

/// A change of another document: all that follows from it is made anew, as a careful forger would.
fn of_another(change: &mut Change, edit: impl Fn(&mut Resource)) {
    for document in [&mut change.before, &mut change.after].into_iter().flatten() {
        edit(document);
    }
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    change.resource = before.unwrap().key();
    change.before_hash = before.map(document_hash);
    change.calls = ENGINE.types.find(&change.resource.type_name).unwrap().calls(before, after).unwrap();
    let digest = rectify::engine::digest_of(&(change.kind, &change.resource, &change.patch)).0;
    change.id = digest["sha256:".len()..][..8].into();
}

fn is_foreign(refusals: &[Refusal], names: &str) {
    assert!(matches!(refusals, [Refusal::Foreign { what, .. }] if what == names), "{refusals:?}");
    let told = refusals[0].to_string();
    assert!(told.contains(names) && told.contains("111122223333") && told.contains("make a new plan"), "{told}");
}

#[test]
fn the_plan_of_the_whole_account_is_what_rectify_makes() {
    assert_eq!(says(&ENGINE.plan, &here()), []);
}

#[test]
fn a_plan_is_for_its_account_and_partition_alone() {
    for (account, partition) in
        [("222233334444", "aws"), ("111122223333", "aws-cn"), ("111122223333", "aws-us-gov"), ("", "aws")]
    {
        let place = Place { account: account.into(), partition: partition.into(), region: String::new() };
        let told = says(&ENGINE.plan, &place);
        let [Refusal::Elsewhere { planned, partition: of, actual, there }] = told.as_slice() else {
            panic!("{told:?}")
        };
        assert_eq!(
            (planned.as_str(), of.as_str(), actual.as_str(), there.as_str()),
            ("111122223333", "aws", account, partition)
        );
    }
    // Who writes the other account into the plan has documents of the first.
    let mut plan = ENGINE.plan.clone();
    plan.account = "222233334444".into();
    let place = Place { account: "222233334444".into(), ..here() };
    let told = says(&seal(plan), &place);
    assert_eq!(told.len(), ENGINE.plan.changes.len());
    assert!(told.iter().all(|told| matches!(told, Refusal::Foreign { .. })), "{told:?}");
    let mut plan = ENGINE.plan.clone();
    plan.partition = "aws-cn".into();
    let told = says(&seal(plan), &Place { partition: "aws-cn".into(), ..here() });
    assert!(!told.is_empty() && told.iter().all(|told| matches!(told, Refusal::Foreign { .. })), "{told:?}");
}

#[test]
fn a_document_of_elsewhere_is_refused() {
    let arn = "arn:aws:lambda:eu-west-1:999988887777:function:theirs";
    is_foreign(
        &forged("AWS::Lambda::Function", |change| of_another(change, |document| document.arn = arn.into())),
        arn,
    );
    let china = "arn:aws-cn:lambda:cn-north-1:111122223333:function:ours";
    is_foreign(
        &forged("AWS::Lambda::Function", |change| of_another(change, |document| document.arn = china.into())),
        china,
    );
    is_foreign(
        &forged("AWS::KMS::Key", |change| of_another(change, |document| document.account = "999988887777".into())),
        "999988887777",
    );
    // Types whose id is an ARN, a part of one, or an address.
    let theirs = "arn:aws:lambda:eu-west-1:999988887777:function:theirs";
    is_foreign(
        &forged("AWS::Lambda::Url", |change| of_another(change, |document| document.id = theirs.into())),
        theirs,
    );
    let topic = "arn:aws:sns:eu-west-1:999988887777:theirs";
    is_foreign(&forged("AWS::SNS::Topic", |change| of_another(change, |document| document.id = topic.into())), topic);
    let queue = "https://sqs.eu-west-1.amazonaws.com/999988887777/theirs";
    is_foreign(&forged("AWS::SQS::Queue", |change| of_another(change, |document| document.id = queue.into())), queue);
}

#[test]
fn what_does_not_follow_from_the_documents_is_refused() {
    let of_key = |edit: fn(&mut Change)| {
        let told = forged("AWS::KMS::Key", edit);
        let [Refusal::Forged(_, what)] = told.as_slice() else { panic!("{told:?}") };
        *what
    };
    let theirs = json!({"KeyId": "arn:aws:kms:eu-west-1:999988887777:key/1"});
    assert_eq!(
        of_key(|change| change.calls[0].input = json!({"KeyId": "arn:aws:kms:eu-west-1:999988887777:key/1"})),
        "its calls"
    );
    let told = forged("AWS::KMS::Key", |change| {
        let mut call = change.calls[0].clone();
        call.input = theirs;
        change.calls.push(call);
    });
    assert!(matches!(told.as_slice(), [Refusal::Forged(_, "its calls")]), "{told:?}");
    assert_eq!(of_key(|change| change.resource.type_name = "AWS::Nothing::Known".into()), "its type");
    assert_eq!(of_key(|change| change.patch = json!([])), "its difference");
    assert_eq!(of_key(|change| change.kind = rectify::model::ChangeKind::Create), "its difference");
    assert_eq!(of_key(|change| change.id = "00000000".into()), "its id");
    assert_eq!(of_key(|change| change.playbooks.clear()), "its playbooks");
    // Of another type's playbook, however safe it is.
    assert_eq!(of_key(|change| change.playbooks = vec!["lambda-tracing".into()]), "its playbooks");
    assert_eq!(of_key(|change| change.playbooks = vec!["nobodys".into()]), "its playbooks");
}

#[test]
fn an_id_stands_for_one_change() {
    let mut plan = ENGINE.plan.clone();
    let first = plan.changes[0].clone();
    plan.changes.push(first);
    let told = says(&seal(plan), &here());
    assert!(matches!(told.as_slice(), [Refusal::Forged(_, "its id")]), "{told:?}");
}

#[test]
fn numbers_without_an_end_are_only_numbers() {
    let mut plan = ENGINE.plan.clone();
    plan.census.values_mut().for_each(|total| *total = usize::MAX);
    plan.proof.before = usize::MAX;
    assert_eq!(says(&seal(plan), &here()), []);
    let mut plan = ENGINE.plan.clone();
    plan.changes.iter_mut().for_each(|change| change.safety = Safety::Manual);
    says(&seal(plan), &here());
}
