//! Makes a plan: findings and playbooks in, changes with their calls and their proof out.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde_json::Value;

use super::assess::{Assessment, Assessor};
use super::fix::{Edit, Fix, Fixer, NoFix};
use super::graph::Graph;
use super::hash::{document_hash, seal, short};
use super::order::order;
use super::proof::prove;
use super::reading::Reading;
use crate::model::{
    Change, ChangeId, ChangeKind, Created, Finding, FindingId, Hash, PLAN_FORMAT, Plan, Proof, Resource, ResourceKey,
    ResourceTypes, Safety, Snapshot, Status,
};

/// Rounds of leaving out fixes that do not hold; each leaves out one at least, so that this is never reached by a bundle
/// that makes sense.
const MOST_ROUNDS: usize = 100;

/// Makes plans.
pub struct Planner<'a> {
    /// The bundle, the types and what the user set.
    pub assessor: Assessor<'a>,
    /// The parts of documents that were read.
    pub reading: &'a Reading,
}

/// The edits of one document, with the findings that they fix.
type Edits<'a> = BTreeMap<ResourceKey, Vec<(&'a FindingId, &'a Edit)>>;

impl Planner<'_> {
    /// A plan for every finding of the snapshot that `wanted` wants fixed; the others are told as they are.
    pub fn plan(&self, snapshot: &Snapshot, wanted: impl Fn(&Finding) -> bool) -> Plan {
        let assessment = self.assessor.assess(snapshot, None);
        let graph = Graph::new(snapshot, self.assessor.types);
        let fixer = Fixer { graph: &graph, types: self.assessor.types, settings: self.assessor.settings };
        let (mut fixes, mut left): (BTreeMap<FindingId, Fix>, BTreeMap<FindingId, NoFix>) = Default::default();
        for finding in assessment.findings.iter().filter(|finding| wanted(finding)) {
            let playbooks = self.assessor.bundle.fixes(finding.policy.as_str(), &finding.resource.type_name);
            match fixer.fix(finding, playbooks) {
                Ok(fix) => drop(fixes.insert(finding.id.clone(), fix)),
                Err(why) => drop(left.insert(finding.id.clone(), why)),
            }
        }
        let (changes, proof) = self.settle(snapshot, &assessment, &mut fixes, &mut left);
        self.finish(snapshot, assessment, changes, proof, &left)
    }

    /// Leaves out fixes until those that stay agree with each other, can be made, clear their findings and raise none.
    fn settle(
        &self,
        snapshot: &Snapshot,
        assessment: &Assessment,
        fixes: &mut BTreeMap<FindingId, Fix>,
        left: &mut BTreeMap<FindingId, NoFix>,
    ) -> (Vec<Change>, Proof) {
        for _ in 0..MOST_ROUNDS {
            let mut out: BTreeMap<FindingId, NoFix> = conflicts(snapshot, fixes);
            let mut changes = Vec::new();
            if out.is_empty() {
                match self.changes(snapshot, fixes) {
                    Ok(made) => changes = made,
                    Err(cannot) => out = cannot,
                }
            }
            if out.is_empty() {
                let (proof, again) = prove(&self.assessor, snapshot, &assessment.findings, &changes);
                out = self.unproven(&changes, &proof, &again, fixes);
                if out.is_empty() {
                    return (changes, proof);
                }
            }
            for (id, why) in out {
                fixes.remove(&id);
                left.insert(id, why);
            }
        }
        for (id, _) in std::mem::take(fixes) {
            left.insert(id, NoFix::manual("no set of fixes was found that agrees with itself"));
        }
        let (proof, _) = prove(&self.assessor, snapshot, &assessment.findings, &[]);
        (Vec::new(), proof)
    }

    /// The changes that the fixes make together, or which fixes cannot be made and why.
    fn changes(
        &self,
        snapshot: &Snapshot,
        fixes: &BTreeMap<FindingId, Fix>,
    ) -> Result<Vec<Change>, BTreeMap<FindingId, NoFix>> {
        let mut after: BTreeMap<ResourceKey, BTreeSet<ResourceKey>> = BTreeMap::new();
        for fix in fixes.values() {
            let mut earlier: Vec<&ResourceKey> = Vec::new();
            for (key, _) in &fix.edits {
                let first = earlier.iter().filter(|earlier| **earlier != key).map(|earlier| (*earlier).clone());
                after.entry(key.clone()).or_default().extend(first);
                earlier.push(key);
            }
        }
        let edits = by_resource(fixes);
        let (mut drafts, mut out) = (BTreeMap::<ResourceKey, Change>::new(), BTreeMap::new());
        for (key, edits) in &edits {
            match self.change(snapshot, key, edits, fixes) {
                Ok(Some(change)) => drop(drafts.insert(key.clone(), change)),
                Ok(None) => {}
                Err(why) => out.extend(edits.iter().map(|(id, _)| ((*id).clone(), why.clone()))),
            }
        }
        if !out.is_empty() {
            return Err(out);
        }
        let keys: BTreeSet<ResourceKey> = drafts.keys().cloned().collect();
        let ordered = order(&keys, &after).map_err(|circle| {
            let why =
                NoFix { status: Status::Conflict, reason: "playbooks want its changes in opposite orders".into() };
            let on_it = fixes.iter().filter(|(_, fix)| fix.edits.iter().any(|(key, _)| circle.contains(key)));
            on_it.map(|(id, _)| (id.clone(), why.clone())).collect::<BTreeMap<_, _>>()
        })?;
        let names: BTreeMap<ResourceKey, ChangeId> =
            drafts.iter().map(|(key, change)| (key.clone(), change.id.clone())).collect();
        let mut changes = Vec::new();
        for key in ordered {
            if let Some(mut change) = drafts.remove(&key) {
                let first = after.get(&key).into_iter().flatten();
                change.depends_on = first.filter_map(|key| names.get(key).cloned()).collect();
                changes.push(change);
            }
        }
        Ok(changes)
    }

    /// One document's change; none where the edits change nothing.
    fn change(
        &self,
        snapshot: &Snapshot,
        key: &ResourceKey,
        edits: &[(&FindingId, &Edit)],
        fixes: &BTreeMap<FindingId, Fix>,
    ) -> Result<Option<Change>, NoFix> {
        let kind = self.assessor.types.find(&key.type_name);
        let kind = kind.ok_or_else(|| NoFix::manual(format!("no resource type {}", key.type_name)))?;
        let before = snapshot.get(key).map(|resource| Resource::clone(resource));
        let after = edited(key, before.as_ref(), edits);
        if before == after {
            return Ok(None);
        }
        let impossible = |error: crate::model::Impossible| NoFix::manual(format!("it cannot be changed: {error}"));
        let calls = kind.calls(before.as_ref(), after.as_ref()).map_err(impossible)?;
        if calls.is_empty() {
            return Err(NoFix::manual("no call makes the change"));
        }
        let back = kind.calls(after.as_ref(), before.as_ref());
        let mut findings: Vec<FindingId> = edits.iter().map(|(id, _)| (*id).clone()).collect();
        findings.sort();
        findings.dedup();
        let used: Vec<&Fix> = findings.iter().filter_map(|id| fixes.get(id)).collect();
        let mut playbooks: Vec<_> = used.iter().map(|fix| fix.playbook.clone()).collect();
        playbooks.sort();
        playbooks.dedup();
        let patch = patch(before.as_ref(), after.as_ref());
        let change_kind = match (&before, &after) {
            (None, _) => ChangeKind::Create,
            (_, None) => ChangeKind::Delete,
            _ => ChangeKind::Update,
        };
        let id = match change_kind {
            // Others speak of what it creates by its name, which stands in its key.
            ChangeKind::Create => ChangeId::from(name_in(&key.id)),
            _ => ChangeId::from(short(&(change_kind, key, &patch))),
        };
        let mut warnings: Vec<String> = used.iter().flat_map(|fix| fix.warnings.clone()).collect();
        warnings.extend(kind.warnings(before.as_ref(), after.as_ref()));
        if let Some(owner) = before.as_ref().and_then(|before| before.owner.as_ref()) {
            warnings.push(format!(
                "Managed by CloudFormation stack {} as {}: the change will drift, and the next deployment may take it back.",
                owner.stack, owner.logical_id
            ));
        }
        let mut seen = BTreeSet::new();
        warnings.retain(|warning| seen.insert(warning.clone()));
        Ok(Some(Change {
            id,
            kind: change_kind,
            resource: key.clone(),
            before_hash: before.as_ref().map(document_hash),
            patch,
            fixes: findings,
            playbooks,
            safety: used.iter().map(|fix| fix.safety).max().unwrap_or(Safety::Review),
            reversible: back.is_ok(),
            irreversible_because: back.err().map(|error| error.to_string()),
            depends_on: Vec::new(),
            warnings,
            parts: self.reading.parts(&key.type_name),
            calls,
            before,
            after,
        }))
    }

    /// Fixes whose finding stays, and fixes that raise a new one.
    fn unproven(
        &self,
        changes: &[Change],
        proof: &Proof,
        again: &Assessment,
        fixes: &BTreeMap<FindingId, Fix>,
    ) -> BTreeMap<FindingId, NoFix> {
        let mut out = BTreeMap::new();
        for id in fixes.keys().filter(|id| !proof.cleared.contains(id)) {
            out.insert(id.clone(), NoFix::manual("its playbook would change the resource and not clear the finding"));
        }
        for finding in again.findings.iter().filter(|finding| proof.introduced.contains(&finding.id)) {
            let reason = format!("its fix would raise {} on {}: {}", finding.policy, finding.resource, finding.message);
            let guilty =
                changes.iter().filter(|change| change.resource == finding.resource).flat_map(|change| &change.fixes);
            let mut guilty: Vec<FindingId> = guilty.cloned().collect();
            if guilty.is_empty() {
                guilty = changes.iter().flat_map(|change| change.fixes.clone()).collect();
            }
            out.extend(guilty.into_iter().map(|id| (id, NoFix::manual(reason.clone()))));
        }
        out
    }

    fn finish(
        &self,
        snapshot: &Snapshot,
        assessment: Assessment,
        changes: Vec<Change>,
        proof: Proof,
        left: &BTreeMap<FindingId, NoFix>,
    ) -> Plan {
        let settings = self.assessor.settings;
        let status = |finding: &FindingId| {
            let safest =
                changes.iter().filter(|change| change.fixes.contains(finding)).map(|change| change.safety).max();
            safest.map(|safety| if safety == Safety::Safe { Status::Planned } else { Status::Review })
        };
        let mut findings = assessment.findings;
        for finding in &mut findings {
            if let Some(why) = left.get(&finding.id) {
                finding.status = why.status;
                finding.reason = Some(why.reason.clone());
            } else if let Some(planned) = status(&finding.id) {
                finding.status = planned;
            }
        }
        let mut census: BTreeMap<String, usize> = BTreeMap::new();
        snapshot.resources().for_each(|r| *census.entry(r.type_name.to_string()).or_default() += 1);
        let header = &snapshot.header;
        let age = SignedDuration::from_hours(i64::from(settings.limits.max_age_hours));
        let expires = settings.now.checked_add(age).unwrap_or(settings.now);
        seal(Plan {
            format_version: PLAN_FORMAT,
            digest: Hash(String::new()),
            created: Created {
                at: settings.now.to_string(),
                expires: expires.to_string(),
                account: header.account.clone(),
                partition: header.partition.clone(),
                regions: header.regions.clone(),
                bundle: self.assessor.bundle.digest.clone(),
                fingerprint_key: settings.fingerprint_key.clone(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            limits: settings.limits,
            parameters: settings.parameters.clone(),
            census,
            findings,
            changes,
            unread: header.unread.clone(),
            errors: assessment.errors,
            proof,
        })
    }
}

/// Fixes that want different things of one document: two agree when their order does not matter.
fn conflicts(snapshot: &Snapshot, fixes: &BTreeMap<FindingId, Fix>) -> BTreeMap<FindingId, NoFix> {
    let mut out = BTreeMap::new();
    for (key, edits) in by_resource(fixes) {
        let Some(before) = snapshot.get(&key) else { continue };
        let mut whole: BTreeMap<&FindingId, Vec<(&FindingId, &Edit)>> = BTreeMap::new();
        edits.iter().for_each(|(id, edit)| whole.entry(id).or_default().push((id, edit)));
        let whole: Vec<_> = whole.into_iter().collect();
        for (index, (id, first)) in whole.iter().enumerate() {
            for (other_id, second) in whole.iter().skip(index + 1) {
                let order = |first: &[_], second: &[_]| edited(&key, Some(before), &[first, second].concat());
                if unordered(order(first, second)) == unordered(order(second, first)) {
                    continue;
                }
                let name = |id: &FindingId| fixes.get(id).map(|fix| fix.playbook.to_string()).unwrap_or_default();
                let reason = format!(
                    "playbooks {} and {} want different values in {key}; choose one with --policies, and plan again after it",
                    name(id),
                    name(other_id)
                );
                for id in [*id, *other_id] {
                    out.insert(id.clone(), NoFix { status: Status::Conflict, reason: reason.clone() });
                }
            }
        }
    }
    out
}

/// A document's properties with every list sorted: in which order two fixes add to a list does not matter.
fn unordered(document: Option<Resource>) -> Option<Value> {
    fn sort(value: Value) -> Value {
        match value {
            Value::Array(items) => {
                let mut items: Vec<Value> = items.into_iter().map(sort).collect();
                items.sort_by_cached_key(Value::to_string);
                Value::Array(items)
            }
            Value::Object(members) => members.into_iter().map(|(name, member)| (name, sort(member))).collect(),
            other => other,
        }
    }
    document.map(|document| sort(document.properties))
}

fn by_resource(fixes: &BTreeMap<FindingId, Fix>) -> Edits<'_> {
    let mut edits = Edits::new();
    for (id, fix) in fixes {
        for (key, edit) in &fix.edits {
            edits.entry(key.clone()).or_default().push((id, edit));
        }
    }
    edits
}

/// The document after all its edits; none where one of them deletes it.
fn edited(key: &ResourceKey, before: Option<&Resource>, edits: &[(&FindingId, &Edit)]) -> Option<Resource> {
    let mut document = before.cloned();
    for (_, edit) in edits {
        match edit {
            Edit::Delete => return None,
            Edit::Create(properties) => {
                let properties = properties.as_object().cloned().unwrap_or_default();
                let arn = key.id.replace(".id}", ".arn}");
                document = Some(Resource::new(key.clone(), arn, properties, serde_json::Map::new()));
            }
            Edit::Patch(patch) => {
                document = document.map(|document| document.with_properties(patch.apply(&document.properties)));
            }
        }
    }
    document
}

fn patch(before: Option<&Resource>, after: Option<&Resource>) -> Value {
    let properties = |resource: Option<&Resource>| resource.map_or(Value::Null, |resource| resource.properties.clone());
    serde_json::to_value(json_patch::diff(&properties(before), &properties(after))).unwrap_or(Value::Null)
}

/// The change's name in `${rectify:NAME.id}`.
fn name_in(id: &str) -> &str {
    id.trim_start_matches("${rectify:").split('.').next().unwrap_or(id)
}

/// The same changes the other way: `before` and `after` swapped, the last first. A change that cannot be taken back, or
/// whose resource is not there, is told instead.
pub fn reversed(
    changes: impl IntoIterator<Item = (Change, Option<Resource>, Option<Resource>)>,
    types: &ResourceTypes,
) -> (Vec<Change>, Vec<(Change, String)>) {
    let (mut back, mut left): (Vec<Change>, Vec<(Change, String)>) = Default::default();
    for (change, before, after) in changes {
        let Some(kind) = types.find(&change.resource.type_name) else {
            left.push((change.clone(), format!("no resource type {}", change.resource.type_name)));
            continue;
        };
        // What was created has its real place now.
        let key = after.as_ref().or(before.as_ref()).map_or_else(|| change.resource.clone(), Resource::key);
        match kind.calls(after.as_ref(), before.as_ref()) {
            Err(error) => left.push((change, error.to_string())),
            Ok(calls) => {
                let kind_back = match change.kind {
                    ChangeKind::Create => ChangeKind::Delete,
                    ChangeKind::Update => ChangeKind::Update,
                    ChangeKind::Delete => ChangeKind::Create,
                };
                let patch = patch(after.as_ref(), before.as_ref());
                let id = ChangeId::from(short(&("undo", &change.id, &patch)));
                let warnings = kind.warnings(after.as_ref(), before.as_ref());
                back.push(Change {
                    id,
                    kind: kind_back,
                    resource: key,
                    before_hash: after.as_ref().map(document_hash),
                    patch,
                    fixes: Vec::new(),
                    playbooks: change.playbooks.clone(),
                    safety: change.safety,
                    reversible: true,
                    irreversible_because: None,
                    depends_on: Vec::new(),
                    warnings,
                    parts: change.parts.clone(),
                    calls,
                    before: after,
                    after: before,
                });
            }
        }
    }
    back.reverse();
    (back, left)
}
