//! What is let be for a while: which findings are waived, which waivers have run out, and which fit nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

use super::assess::Assessor;
use super::hash::short;
use super::settings::Settings;
use crate::model::{
    ChangeId, Finding, FindingId, Plan, PolicyError, PolicyId, ResourceKey, Severity, Snapshot, Status, Waived, Waiver,
};

/// The policy of what is found where a waiver has run out. It is rectify's own: no file of a bundle has it.
pub const EXPIRED: &str = "rectify-waiver-expired";

/// The type of what that is found on: the waiver. No such thing stands in an account.
const TYPE: &str = "Rectify::Waiver";

/// How long before its end a waiver is spoken of.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Marks the findings that a waiver lets be. Of several it is the one that lasts longest.
pub(super) fn waive(findings: &mut [Finding], snapshot: &Snapshot, settings: &Settings) {
    let mut by_policy: BTreeMap<&PolicyId, Vec<&Waiver>> = BTreeMap::new();
    for waiver in in_force(settings) {
        waiver.policies.iter().for_each(|policy| by_policy.entry(policy).or_default().push(waiver));
    }
    if by_policy.is_empty() {
        return;
    }
    for finding in findings {
        let Some(resource) = snapshot.get(&finding.resource) else { continue };
        let waivers = by_policy.get(&finding.policy).into_iter().flatten();
        let fitting = waivers.filter(|waiver| waiver.covers(finding, &resource.tags));
        // The last of equals is the greatest: turned around, the first one in the file.
        if let Some(waiver) = fitting.rev().max_by_key(|waiver| waiver.expires.until()) {
            finding.status = Status::Waived;
            finding.reason = Some(format!(
                "waived by {} until {} ({}): {}",
                waiver.owner,
                waiver.expires.as_str(),
                waiver.place,
                waiver.reason
            ));
            finding.waived = Some(Waived {
                owner: waiver.owner.clone(),
                reason: waiver.reason.clone(),
                expires: waiver.expires.as_str().to_owned(),
                waiver: waiver.place.clone(),
            });
        }
    }
}

/// The waivers that have run out, each a finding of its own: those that `wanted` wants told, and those that were about a finding
/// that it wants.
pub fn expired(
    assessor: &Assessor<'_>,
    snapshot: &Snapshot,
    findings: &[Finding],
    wanted: impl Fn(&Finding) -> bool,
) -> Vec<Finding> {
    let (settings, header) = (assessor.settings, &snapshot.header);
    let over = settings.waivers.list.iter().filter(|waiver| waiver.expires.is_over(settings.now));
    let here = over.filter(|waiver| waiver.is_about(&header.account, &header.regions));
    let told = here.filter_map(|waiver| {
        let finding = ran_out(assessor, waiver, &header.account);
        let asked = || findings.iter().filter(|finding| wanted(finding)).any(|finding| fits(waiver, finding, snapshot));
        (wanted(&finding) || asked()).then_some(finding)
    });
    // Two that say the same are one.
    let mut seen = BTreeSet::new();
    told.filter(|finding| seen.insert(finding.id.clone())).collect()
}

fn ran_out(assessor: &Assessor<'_>, waiver: &Waiver, account: &str) -> Finding {
    let policies = waiver.policies.iter().map(PolicyId::as_str).collect::<Vec<_>>().join(", ");
    let judged = waiver.policies.iter().filter_map(|id| assessor.bundle.policies.find(id.as_str()));
    let worst = judged.map(|policy| policy.metadata.custom.severity).max();
    let owner = &waiver.owner;
    Finding {
        id: FindingId::from(format!("{EXPIRED}:{}", short(&(account, waiver)))),
        policy: EXPIRED.into(),
        severity: worst.unwrap_or(Severity::Medium).max(Severity::Medium),
        resource: ResourceKey {
            type_name: TYPE.into(),
            account: account.to_owned(),
            region: String::new(),
            id: waiver.place.clone(),
        },
        arn: String::new(),
        message: format!("The waiver of {policies} expired: it held until {}.", waiver.expires.as_str()),
        path: String::new(),
        params: Value::Null,
        status: Status::Manual,
        reason: Some(format!(
            "{owner} answers for it ({}); what it was about counts again: put that right and take the waiver out, or have {owner} agree to a new `expires`",
            waiver.reason
        )),
        waived: None,
    }
}

/// A waiver that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WaiverNote {
    /// Where it is written.
    pub waiver: String,
    /// Its policies.
    pub policies: BTreeSet<PolicyId>,
    /// Who answers for it.
    pub owner: String,
    /// Until when.
    pub expires: String,
}

/// The waivers that somebody should look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WaiverNotes {
    /// They end within two weeks.
    pub expiring: Vec<WaiverNote>,
    /// They are about nothing that was found.
    pub unmatched: Vec<WaiverNote>,
}

impl WaiverNotes {
    /// What there is to say of the waivers that hold, after an assessment in which every finding of the policies in `whole` was
    /// looked for. What could not be read or judged may be what a waiver is about: then nothing is said of it.
    pub fn of(
        assessor: &Assessor<'_>,
        snapshot: &Snapshot,
        findings: &[Finding],
        errors: &[PolicyError],
        whole: impl Fn(&PolicyId) -> bool,
    ) -> Self {
        let (settings, header) = (assessor.settings, &snapshot.header);
        let here = || in_force(settings).filter(|waiver| waiver.is_about(&header.account, &header.regions));
        let unknown = |id: &PolicyId| {
            let policy = assessor.bundle.policies.find(id.as_str());
            let unread = policy.is_none_or(|policy| {
                let types = &policy.metadata.custom.resource_types;
                header.unread.iter().any(|unread| types.contains(&unread.resource.type_name))
            });
            unread || errors.iter().any(|error| error.policy == *id)
        };
        let unmatched = |waiver: &&Waiver| {
            waiver.policies.iter().all(|id| whole(id) && !unknown(id))
                && !findings.iter().any(|finding| fits(waiver, finding, snapshot))
        };
        Self {
            expiring: here().filter(|waiver| ends_soon(waiver, settings)).map(note).collect(),
            unmatched: here().filter(unmatched).map(note).collect(),
        }
    }
}

/// The waivers that end within two weeks, in whichever account they hold.
pub fn expiring(settings: &Settings) -> Vec<WaiverNote> {
    in_force(settings).filter(|waiver| ends_soon(waiver, settings)).map(note).collect()
}

fn ends_soon(waiver: &Waiver, settings: &Settings) -> bool {
    waiver.expires.is_over(settings.now.checked_add(SOON).unwrap_or(Timestamp::MAX))
}

fn note(waiver: &Waiver) -> WaiverNote {
    WaiverNote {
        waiver: waiver.place.clone(),
        policies: waiver.policies.clone(),
        owner: waiver.owner.clone(),
        expires: waiver.expires.as_str().to_owned(),
    }
}

/// A change of a plan that fixes what a waiver lets be by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaivedSince {
    /// The change.
    pub change: ChangeId,
    /// The finding's policy.
    pub policy: PolicyId,
    /// The finding's resource.
    pub resource: ResourceKey,
    /// Where the waiver is written.
    pub waiver: String,
    /// Who answers for it.
    pub owner: String,
    /// Until when.
    pub expires: String,
    /// Whether that is known, in words.
    pub how: &'static str,
}

impl std::fmt::Display for WaivedSince {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { change, policy, resource, waiver, owner, expires, how } = self;
        write!(
            f,
            "change {change} fixes {policy} on {resource}, which {waiver} {how} by now ({owner}, until {expires})"
        )
    }
}

/// The selected changes of a plan that fix what is waived by now, by the waivers and the clock of these settings. A plan has the
/// documents of what it changes: where a finding stands on another resource whose tags a waiver asks for, they count as fitting.
pub fn waived_since(plan: &Plan, selected: &BTreeSet<ChangeId>, settings: &Settings) -> Vec<WaivedSince> {
    // A waiver only ends as time goes by: what these waivers did not hold up when it was made, they do not later.
    let made = plan.created_at.parse::<Timestamp>().is_ok_and(|made| made <= settings.now);
    if made && plan.waivers_digest == settings.waivers.digest {
        return Vec::new();
    }
    let mut found = Vec::new();
    for change in plan.changes.iter().filter(|change| selected.contains(&change.id)) {
        for finding in plan.findings.iter().filter(|finding| change.fixes.contains(&finding.id)) {
            let documents = plan.changes.iter().filter_map(|change| change.before.as_ref());
            let tags = documents.filter(|before| before.key() == finding.resource).map(|before| &before.tags).next();
            if let Some(waiver) = in_force(settings).find(|waiver| waiver.may_cover(finding, tags)) {
                found.push(WaivedSince {
                    change: change.id.clone(),
                    policy: finding.policy.clone(),
                    resource: finding.resource.clone(),
                    waiver: waiver.place.clone(),
                    owner: waiver.owner.clone(),
                    expires: waiver.expires.as_str().to_owned(),
                    how: if tags.is_some() || waiver.tags.is_empty() { "waives" } else { "may waive" },
                });
            }
        }
    }
    found
}

fn in_force(settings: &Settings) -> impl DoubleEndedIterator<Item = &Waiver> {
    settings.waivers.list.iter().filter(|waiver| !waiver.expires.is_over(settings.now))
}

/// Whether a waiver is about a finding on a resource of a snapshot.
fn fits(waiver: &Waiver, finding: &Finding, snapshot: &Snapshot) -> bool {
    snapshot.get(&finding.resource).is_some_and(|resource| waiver.covers(finding, &resource.tags))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, OnceLock};

    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};
    use serde_json::{Map, json};

    use super::super::bundle::{Bundle, BundleFiles};
    use super::super::waivers::parse_waivers;
    use super::*;
    use crate::cloud::aws;
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
        let told =
            |told: Vec<crate::text::Diagnostic>| told.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
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
                    let list: Vec<Value> =
                        tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
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
        let error =
            PolicyError { policy: "shop-a".into(), resource: found[0].resource.clone(), message: String::new() };
        assert_eq!(WaiverNotes::of(&assessor, &snapshot, &found, &[error], |_| true).unmatched, []);
        let unread =
            crate::model::Unread { resource: found[0].resource.clone(), reason: String::new(), passing: false };
        snapshot.header.unread.push(unread);
        assert_eq!(WaiverNotes::of(&assessor, &snapshot, &found, &[], |_| true).unmatched, []);
    }
}
