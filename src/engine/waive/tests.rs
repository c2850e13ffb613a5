//! Waivers against a plain reading of what the file says.

use std::sync::{Arc, OnceLock};

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, json};

use super::*;
use crate::cloud::aws;
use crate::engine::bundle::{Bundle, BundleFiles};
use crate::engine::waivers::parse_waivers;
use crate::model::{Header, Resource, ResourceType, ResourceTypes, SNAPSHOT_FORMAT, Waivers};
use crate::text::{Source, yaml};

const POLICIES: [&str; 3] = ["shop-a", "shop-b", "shop-c"];
const IDS: [&str; 3] = ["pay", "pay-2", "search"];
const PLACES: [(&str, &str); 3] =
    [("111122223333", "eu-west-1"), ("111122223333", "us-east-1"), ("444455556666", "eu-west-1")];
const TYPES: [&str; 2] = ["AWS::Lambda::Function", "AWS::KMS::Key"];

fn types() -> ResourceTypes {
    ResourceTypes::new(aws::TYPES.iter().map(|kind| *kind as &dyn ResourceType))
}

/// Three policies on functions and keys.
fn bundle() -> &'static Bundle {
    static BUNDLE: OnceLock<Bundle> = OnceLock::new();
    BUNDLE.get_or_init(|| {
        let mut files = BundleFiles::default();
        for (policy, severity) in POLICIES.iter().zip(["low", "medium", "critical"]) {
            let text = format!(
                "# METADATA\n# title: T\n# description: D.\n# custom:\n#   id: {policy}\n#   severity: {severity}\n#   resource_types: [{}]\npackage {}\n\nviolation contains {{\"msg\": \"m\", \"path\": \"\", \"params\": {{}}}} if input.properties.wrong\n",
                TYPES.join(", "),
                policy.replace('-', "_")
            );
            files.add(&format!("policies/{policy}.rego"), &text);
        }
        Bundle::load(files, &types()).unwrap()
    })
}

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn read(text: &str) -> Waivers {
    let told = |told: Vec<crate::text::Diagnostic>| told.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    parse_waivers(&Source::new("waivers.yaml", text), bundle(), &types(), now()).map_err(told).unwrap()
}

fn arn(place: (&str, &str), id: &str) -> String {
    format!("arn:aws:lambda:{}:{}:function:{id}", place.1, place.0)
}

/// Documents of both types in every place, some with tags.
fn snapshot(tags: &BTreeMap<String, String>) -> Snapshot {
    let mut snapshot = Snapshot::new(Header {
        rectify_snapshot: SNAPSHOT_FORMAT,
        account: "111122223333".into(),
        partition: "aws".into(),
        regions: vec!["eu-west-1".into(), "us-east-1".into()],
        taken_at: String::new(),
        unread: Vec::new(),
    });
    for (index, place) in PLACES.into_iter().enumerate() {
        for id in IDS {
            for type_name in TYPES {
                let key = ResourceKey {
                    type_name: type_name.into(),
                    account: place.0.into(),
                    region: place.1.into(),
                    id: id.into(),
                };
                let list: Vec<Value> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
                let mut properties = Map::from_iter([("wrong".to_owned(), true.into())]);
                if index != 1 {
                    properties.insert("Tags".to_owned(), list.into());
                }
                let arn = if type_name == TYPES[0] { arn(place, id) } else { String::new() };
                snapshot.insert(Resource::new(key, arn, properties, Map::new()));
            }
        }
    }
    snapshot
}

fn settings(waivers: Waivers) -> Settings {
    Settings { waivers: Arc::new(waivers), ..Settings::new(now()) }
}

/// The findings of every policy on every document.
fn assess(snapshot: &Snapshot, settings: &Settings) -> Vec<Finding> {
    let found = Assessor { bundle: bundle(), types: &types(), settings }.assess(snapshot, None);
    assert_eq!((found.findings.len(), found.errors), (snapshot.len() * POLICIES.len(), Vec::new()));
    found.findings
}

/// Whether a pattern names an ARN, from its text, its id, and its account and Region.
type Means = fn(&str, (&str, &str)) -> bool;

/// A waiver as it is written, and what it has to mean.
#[derive(Clone, Debug)]
struct Said {
    policies: Vec<&'static str>,
    id: Option<&'static str>,
    /// The pattern, and the ids and places that it names.
    arn: Option<(&'static str, Means)>,
    tags: Option<Vec<(&'static str, &'static str)>>,
    accounts: Vec<&'static str>,
    regions: Vec<&'static str>,
    types: Vec<&'static str>,
    over: bool,
}

impl Said {
    fn written(&self) -> Value {
        let mut entry = json!({
            "policies": self.policies, "owner": "ops", "reason": "r",
            "expires": if self.over { "2026-11-21" } else { "2026-12-31" },
        });
        let mut set = |name: &str, value: Option<Value>| {
            entry.as_object_mut().unwrap().extend(value.map(|value| (name.to_owned(), value)));
        };
        set("id", self.id.map(Value::from));
        set("arn", self.arn.map(|(pattern, _)| pattern.into()));
        set(
            "tags",
            self.tags.as_ref().map(|tags| tags.iter().map(|(k, v)| ((*k).to_owned(), Value::from(*v))).collect()),
        );
        for (name, list) in [("accounts", &self.accounts), ("regions", &self.regions), ("types", &self.types)] {
            set(name, (!list.is_empty()).then(|| json!(list)));
        }
        entry
    }

    /// The plain reference: everything that is said fits.
    fn means(&self, finding: &Finding, tags: &BTreeMap<String, String>) -> bool {
        let key = &finding.resource;
        let place = (key.account.as_str(), key.region.as_str());
        let mut fits = vec![!self.over, self.policies.contains(&finding.policy.as_str())];
        fits.extend(self.id.map(|id| id == key.id));
        fits.extend(self.arn.map(|(_, names)| !finding.arn.is_empty() && names(&key.id, place)));
        for (name, value) in self.tags.iter().flatten() {
            fits.push(tags.get(*name).is_some_and(|found| *value == "*" || found == value));
        }
        fits.push(self.accounts.is_empty() || self.accounts.contains(&key.account.as_str()));
        fits.push(self.regions.is_empty() || self.regions.contains(&key.region.as_str()));
        fits.push(self.types.is_empty() || self.types.contains(&key.type_name.as_str()));
        fits.into_iter().all(|fits| fits)
    }
}

type Pattern = (&'static str, fn(&str, (&str, &str)) -> bool);

const PATTERNS: [Pattern; 5] = [
    ("arn:aws:lambda:eu-west-1:111122223333:function:pay", |id, place| id == "pay" && place == PLACES[0]),
    ("arn:aws:lambda:*:111122223333:function:pay*", |id, place| id.starts_with("pay") && place.0 == "111122223333"),
    ("arn:*:lambda:eu-*-1:*:function:pay-?", |id, place| id == "pay-2" && place.1 == "eu-west-1"),
    ("arn:aws:lambda:us-east-?:*:function:*", |_, place| place.1 == "us-east-1"),
    ("arn:aws:sqs:*:*:pay", |_, _| false),
];

fn said() -> impl Strategy<Value = Said> {
    let tags = prop::option::of(select(vec![
        vec![("env", "dev")],
        vec![("env", "*")],
        vec![("env", "dev"), ("team", "pay")],
        vec![("team", "*")],
    ]));
    let which = (prop::option::of(select(IDS.to_vec())), prop::option::of(select(PATTERNS.to_vec())), tags);
    let narrow = (
        subsequence(vec!["111122223333", "444455556666"], 0..=1),
        subsequence(vec!["eu-west-1", "us-east-1"], 0..=1),
        subsequence(TYPES.to_vec(), 0..=1),
    );
    let all = (subsequence(POLICIES.to_vec(), 1..=3), which, narrow, prop::bool::weighted(0.2));
    all.prop_map(|(policies, (id, arn, tags), (accounts, regions, types), over)| Said {
        policies,
        id,
        arn,
        tags,
        accounts,
        regions,
        types,
        over,
    })
    .prop_filter("a waiver names a resource", |said| said.id.is_some() || said.arn.is_some() || said.tags.is_some())
}

fn file(entries: &[Value]) -> String {
    yaml::write(&json!({"waivers": entries})).unwrap()
}

/// Entries that are no waivers.
fn broken() -> impl Strategy<Value = Value> {
    let without = |name: &'static str| {
        said().prop_map(move |said| {
            let mut entry = said.written();
            entry.as_object_mut().unwrap().remove(name);
            entry
        })
    };
    let with = |name: &'static str, value: Value| {
        said().prop_map(move |said| {
            let mut entry = said.written();
            entry[name] = value.clone();
            entry
        })
    };
    prop_oneof![
        select(vec!["policies", "owner", "reason", "expires"]).prop_flat_map(without),
        select(vec![
            ("policies", json!([])),
            ("policies", json!(["*"])),
            ("policies", json!(["shop-d"])),
            ("policies", json!("shop-a")),
            ("id", json!("")),
            ("id", json!("*")),
            ("id", Value::Null),
            ("arn", json!("*")),
            ("arn", json!("arn:aws:lambda:*:*:*")),
            ("arn", Value::Null),
            ("tags", json!({})),
            ("tags", json!({"env": "de*"})),
            ("tags", Value::Null),
            ("accounts", json!([])),
            ("accounts", json!(["*"])),
            ("regions", json!([])),
            ("regions", json!(["*"])),
            ("regions", Value::Null),
            ("types", json!([])),
            ("types", json!(["AWS::Lambda::Fnction"])),
            ("owner", json!(" ")),
            ("reason", json!("")),
            ("owner", Value::Null),
            ("reason", Value::Null),
            ("expires", Value::Null),
            ("policies", Value::Null),
            ("reason", json!("a\u{7}b")),
            ("expires", json!("never")),
            ("expires", json!("2027-11-24")),
            ("resource", json!("pay")),
        ])
        .prop_flat_map(move |(name, value)| with(name, value)),
        Just(
            json!({"policies": ["shop-a"], "accounts": ["111122223333"], "owner": "o", "reason": "r", "expires": "2026-12-31"})
        ),
        Just(json!("shop-a")),
        Just(Value::Null),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_waived_is_what_the_file_says_and_no_more(said in prop::collection::vec(said(), 1..4), tagged in select(vec!["", "dev", "prod"])) {
        let tags: BTreeMap<String, String> = match tagged {
            "" => BTreeMap::new(),
            env => BTreeMap::from([("env".to_owned(), env.to_owned()), ("team".to_owned(), "pay".to_owned())]),
        };
        let snapshot = snapshot(&tags);
        let written: Vec<Value> = said.iter().map(Said::written).collect();
        let with = assess(&snapshot, &settings(read(&file(&written))));
        let without = assess(&snapshot, &settings(Waivers::default()));
        for (with, without) in with.into_iter().zip(without) {
            let own = &snapshot.get(&with.resource).unwrap().tags;
            let waived = said.iter().any(|said| said.means(&with, own));
            prop_assert_eq!(with.status == Status::Waived, waived, "{:?} {:?}", &with, &said);
            prop_assert_eq!((with.waived.is_some(), with.reason.is_some()), (waived, waived));
            // Nothing else is different.
            prop_assert_eq!(Finding { status: Status::Open, reason: None, waived: None, ..with }, without);
        }
    }

    #[test]
    fn one_mistake_anywhere_and_nothing_is_waived(
        mut entries in prop::collection::vec(said().prop_map(|said| said.written()), 0..3),
        broken in broken(),
        at in any::<prop::sample::Index>(),
    ) {
        let text = file(&entries);
        prop_assert!(parse_waivers(&Source::new("w", &text), bundle(), &types(), now()).is_ok());
        entries.insert(at.index(entries.len() + 1), broken);
        let text = file(&entries);
        prop_assert!(parse_waivers(&Source::new("w", &text), bundle(), &types(), now()).is_err(), "{text}");
    }
}

fn waiver(policies: &str, more: &str, expires: &str) -> String {
    format!(
        "  - policies: [{policies}]\n    {more}\n    owner: ops\n    reason: it goes soon\n    expires: {expires}\n"
    )
}

#[test]
fn of_several_the_one_that_lasts_longest_is_told() {
    let text = [
        "waivers:\n",
        &waiver("shop-a", "id: pay", "2026-12-01"),
        &waiver("shop-a", "id: pay", "2026-12-31"),
        &waiver("shop-a", "id: pay", "2026-12-31T23:00:00Z"),
    ]
    .concat();
    let found = assess(&snapshot(&BTreeMap::new()), &settings(read(&text)));
    let waived: BTreeSet<&str> =
        found.iter().filter_map(|finding| Some(finding.waived.as_ref()?.waiver.as_str())).collect();
    assert_eq!(waived, BTreeSet::from(["waivers.yaml:7"]));
    let reason = found.iter().find_map(|finding| finding.reason.as_deref());
    assert_eq!(reason, Some("waived by ops until 2026-12-31 (waivers.yaml:7): it goes soon"));
}

#[test]
fn what_has_run_out_is_found_where_it_is_asked_for_or_was_needed() {
    let text = [
        "waivers:\n",
        &waiver("shop-a, shop-c", "id: pay", "2026-11-21"),
        &waiver("shop-a", "arn: arn:aws:lambda:*:999999999999:function:pay", "2026-11-21"),
    ]
    .concat();
    let settings = settings(read(&text));
    let types = types();
    let assessor = Assessor { bundle: bundle(), types: &types, settings: &settings };
    let snapshot = snapshot(&BTreeMap::new());
    let found = assess(&snapshot, &settings);
    assert!(found.iter().all(|finding| finding.status == Status::Open));
    let told = |wanted: &dyn Fn(&Finding) -> bool| expired(&assessor, &snapshot, &found, wanted);
    let [one] = &told(&|_| true)[..] else { panic!("the other one is about another account") };
    assert_eq!(
        (one.policy.as_str(), one.severity, one.status, one.resource.to_string().as_str()),
        (EXPIRED, Severity::Critical, Status::Manual, "Rectify::Waiver waivers.yaml:2")
    );
    assert_eq!(one.message, "The waiver of shop-a, shop-c expired: it held until 2026-11-21.");
    assert!(one.reason.as_deref().unwrap().starts_with("ops answers for it (it goes soon); "), "{one:?}");
    let on = |id: &'static str| move |finding: &Finding| finding.resource.id == id;
    assert_eq!(told(&on("pay")), std::slice::from_ref(one));
    assert_eq!(told(&on("search")), []);
    // It is the same one wherever it stands in the file.
    let moved =
        Settings { waivers: Arc::new(read(&text.replace("waivers:", "# Ours.\nwaivers:"))), ..settings.clone() };
    let assessor = Assessor { settings: &moved, ..assessor };
    assert_eq!(expired(&assessor, &snapshot, &found, |_| true)[0].id, one.id);
}

#[test]
fn what_fits_nothing_or_ends_soon_is_spoken_of_where_that_is_known() {
    let text = [
        "waivers:\n",
        &waiver("shop-a", "id: gone", "2026-12-31"),
        &waiver("shop-b", "id: pay", "2026-12-05"),
        &waiver("shop-b", "id: pay", "2026-12-06"),
        &waiver("shop-b", "accounts: ['999999999999']\n    id: gone", "2026-12-01"),
        &waiver("shop-c", "id: gone", "2026-11-01"),
    ]
    .concat();
    let settings = settings(read(&text));
    let types = types();
    let assessor = Assessor { bundle: bundle(), types: &types, settings: &settings };
    let mut snapshot = snapshot(&BTreeMap::new());
    let found = assess(&snapshot, &settings);
    let places = |notes: &[WaiverNote]| notes.iter().map(|note| note.waiver.clone()).collect::<Vec<_>>();
    let notes = WaiverNotes::of(&assessor, &snapshot, &found, &[], |_| true);
    assert_eq!(places(&notes.unmatched), ["waivers.yaml:2"]);
    assert_eq!(places(&notes.expiring), ["waivers.yaml:7"]);
    assert_eq!(places(&expiring(&settings)), ["waivers.yaml:7", "waivers.yaml:17"], "in any account");
    // Where not all of it was looked at, it is not known.
    assert_eq!(WaiverNotes::of(&assessor, &snapshot, &found, &[], |id| id.as_str() != "shop-a").unmatched, []);
    let error = PolicyError { policy: "shop-a".into(), resource: found[0].resource.clone(), message: String::new() };
    assert_eq!(WaiverNotes::of(&assessor, &snapshot, &found, &[error], |_| true).unmatched, []);
    let unread = crate::model::Unread { resource: found[0].resource.clone(), reason: String::new(), passing: false };
    snapshot.header.unread.push(unread);
    assert_eq!(WaiverNotes::of(&assessor, &snapshot, &found, &[], |_| true).unmatched, []);
}
