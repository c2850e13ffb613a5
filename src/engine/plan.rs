//! Makes a plan: findings and playbooks in, changes with their calls and their proof out.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde_json::Value;

use super::assess::{Assessment, Assessor};
use super::conflict::conflicts;
use super::fix::{Edit, Fix, Fixer, NoFix};
use super::graph::Graph;
use super::hash::{document_hash, seal, short};
use super::order::order;
use super::proof::{Comparison, compare, proof};
use super::reading::Reading;
use super::together::{keep_what_is_needed, no_half_fixes};
use super::waive::expired;
use crate::model::{
    Change, ChangeId, ChangeKind, Finding, FindingId, Hash, PLAN_FORMAT, Plan, Proof, Resource, ResourceKey, Safety,
    Snapshot, Status, secret_that_goes,
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
pub(super) type Edits<'a> = BTreeMap<ResourceKey, Vec<(&'a FindingId, &'a Edit)>>;

impl Planner<'_> {
    /// A plan for every finding of the snapshot that `wanted` wants fixed and no waiver lets be; the others are told as they are.
    pub fn plan(&self, snapshot: &Snapshot, wanted: impl Fn(&Finding) -> bool) -> Plan {
        let assessment = self.assessor.assess(snapshot, None);
        let graph = Graph::new(snapshot, self.assessor.types);
        let fixable = |finding: &Finding| wanted(finding) && finding.status != Status::Waived;
        let fixer = Fixer { graph: &graph, types: self.assessor.types, settings: self.assessor.settings };
        let (mut fixes, mut left): (BTreeMap<FindingId, Fix>, BTreeMap<FindingId, NoFix>) = Default::default();
        for finding in assessment.findings.iter().filter(|finding| fixable(finding)) {
            let playbooks = self.assessor.bundle.fixes(finding.policy.as_str(), &finding.resource.type_name);
            match fixer.fix(finding, playbooks) {
                Ok(fix) => drop(fixes.insert(finding.id.clone(), fix)),
                Err(why) => drop(left.insert(finding.id.clone(), why)),
            }
        }
        let (changes, comparison) = self.settle(snapshot, &assessment, &mut fixes, &mut left);
        let proof = proof(&assessment.findings, &comparison, fixable);
        let expired = expired(&self.assessor, snapshot, &assessment.findings, &wanted);
        let mut assessment = assessment;
        // Of what is not asked for, the plan tells what stands on the resources that it changes: to verify it is to know it.
        let fixed = |finding: &Finding| changes.iter().any(|change| change.fixes.contains(&finding.id));
        let places: BTreeSet<ResourceKey> =
            assessment.findings.iter().filter(|f| fixed(f)).map(|f| f.resource.clone()).collect();
        let touched = |key: &ResourceKey| places.contains(key) || changes.iter().any(|change| change.resource == *key);
        assessment.findings.retain(|finding| wanted(finding) || touched(&finding.resource));
        assessment.add(expired);
        self.finish(snapshot, assessment, changes, proof, &left)
    }

    /// Leaves out fixes until those that stay agree with each other, can be made, clear their findings and raise none.
    fn settle(
        &self,
        snapshot: &Snapshot,
        assessment: &Assessment,
        fixes: &mut BTreeMap<FindingId, Fix>,
        left: &mut BTreeMap<FindingId, NoFix>,
    ) -> (Vec<Change>, Comparison) {
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
                let comparison = compare(&self.assessor, snapshot, assessment, &changes.iter().collect::<Vec<_>>());
                out = self.unproven(snapshot, &changes, &comparison, fixes.keys());
                // What is applied without any approval is proved by itself too.
                let unattended: Vec<&Change> = changes.iter().filter(|change| change.safety == Safety::Safe).collect();
                if out.is_empty() && unattended.len() < changes.len() {
                    let alone = compare(&self.assessor, snapshot, assessment, &unattended);
                    out = self.unproven(snapshot, &changes, &alone, std::iter::empty());
                }
                if out.is_empty() {
                    return (changes, comparison);
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
        (Vec::new(), Comparison::default())
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
                // What is touched twice stands where it is touched first.
                if earlier.contains(&key) {
                    continue;
                }
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
                Err(why) => out.extend(self.to_blame(snapshot, key, edits, fixes, &why)),
            }
        }
        if !out.is_empty() {
            return Err(out);
        }
        let keys: BTreeSet<ResourceKey> = drafts.keys().cloned().collect();
        let ordered = order(&keys, &after, &self.parts_first(&keys)).map_err(|circle| {
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
        no_half_fixes(&mut changes);
        keep_what_is_needed(&mut changes);
        Ok(changes)
    }

    /// What a resource belongs to, with those that are rather changed before it.
    fn parts_first(&self, keys: &BTreeSet<ResourceKey>) -> BTreeMap<ResourceKey, BTreeSet<ResourceKey>> {
        let mut first: BTreeMap<ResourceKey, BTreeSet<ResourceKey>> = BTreeMap::new();
        for key in keys {
            let Some(kind) = self.assessor.types.find(&key.type_name).filter(|kind| kind.before_its_whole()) else {
                continue;
            };
            let whole = kind.belongs_to().and_then(|name| kind.relation(name)).zip(kind.parent(&key.id));
            if let Some((relation, id)) = whole {
                let whole = ResourceKey { type_name: relation.of.into(), id, ..key.clone() };
                first.entry(whole).or_default().insert(key.clone());
            }
        }
        first
    }

    /// Of the fixes whose edits of a document cannot be made together, those that cannot be made alone either; all of them
    /// where each could be.
    fn to_blame(
        &self,
        snapshot: &Snapshot,
        key: &ResourceKey,
        edits: &[(&FindingId, &Edit)],
        fixes: &BTreeMap<FindingId, Fix>,
        together: &NoFix,
    ) -> BTreeMap<FindingId, NoFix> {
        let ids: BTreeSet<&FindingId> = edits.iter().map(|(id, _)| *id).collect();
        let alone = |id: &FindingId| {
            let own: Vec<_> = edits.iter().filter(|(other, _)| *other == id).copied().collect();
            self.change(snapshot, key, &own, fixes).err()
        };
        let guilty: BTreeMap<FindingId, NoFix> =
            ids.iter().filter_map(|id| Some(((*id).clone(), alone(id)?))).collect();
        if guilty.is_empty() { ids.into_iter().map(|id| (id.clone(), together.clone())).collect() } else { guilty }
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
        let stays = match kind.calls(after.as_ref(), before.as_ref()) {
            Ok(back) => secret_that_goes(&back, after.as_ref()),
            Err(error) => Some(error.to_string()),
        };
        let mut findings: Vec<FindingId> = edits.iter().map(|(id, _)| (*id).clone()).collect();
        findings.sort();
        findings.dedup();
        let used: Vec<&Fix> = findings.iter().filter_map(|id| fixes.get(id)).collect();
        let mut playbooks: Vec<_> = used.iter().map(|fix| fix.playbook.clone()).collect();
        playbooks.sort();
        playbooks.dedup();
        let on_failure = self.assessor.bundle.on_failure(&playbooks);
        let patch = patch(before.as_ref(), after.as_ref());
        let change_kind = kind_of(before.as_ref(), after.as_ref());
        let made = match change_kind {
            ChangeKind::Create => edits.iter().find_map(|(_, edit)| edit.creates()),
            _ => None,
        };
        // What has a known id is asked for by it.
        let find = made.and_then(|made| made.find.clone()).filter(|_| key.id.contains("${rectify:"));
        // Others speak of what it creates by its name.
        let id =
            made.map(|made| made.name.clone()).unwrap_or_else(|| ChangeId::from(short(&(change_kind, key, &patch))));
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
            find,
            before_hash: before.as_ref().map(document_hash),
            patch,
            fixes: findings,
            playbooks,
            safety: used.iter().map(|fix| fix.safety).max().unwrap_or(Safety::Review),
            on_failure,
            reversible: stays.is_none(),
            irreversible_because: stays,
            depends_on: Vec::new(),
            warnings,
            parts: self.reading.parts(&key.type_name),
            calls,
            before,
            after,
        }))
    }

    /// Of the fixes that are asked for, those whose finding stays; and those that raise a new one.
    fn unproven<'b>(
        &self,
        snapshot: &Snapshot,
        changes: &[Change],
        comparison: &Comparison,
        fixes: impl Iterator<Item = &'b FindingId>,
    ) -> BTreeMap<FindingId, NoFix> {
        let mut out = BTreeMap::new();
        for id in fixes.filter(|id| !comparison.cleared.contains(*id)) {
            let blind = comparison.blind.iter().find(|((policy, _), _)| id.as_str().starts_with(&format!("{policy}:")));
            let why = blind.map(|(_, why)| format!(" ({why})")).unwrap_or_default();
            let reason = format!("its playbook would change the resource and not clear the finding{why}");
            out.insert(id.clone(), NoFix::manual(reason));
        }
        let graph = Graph::new(snapshot, self.assessor.types);
        for finding in &comparison.introduced {
            let reason = format!("its fix would raise {} on {}: {}", finding.policy, finding.resource, finding.message);
            // The guilty changes are those of the resource itself, then those of its neighbours, then any.
            let neighbours =
                snapshot.get(&finding.resource).map(|resource| graph.all_keys(resource)).unwrap_or_default();
            let of = |guilty: &dyn Fn(&Change) -> bool| -> Vec<FindingId> {
                changes.iter().filter(|change| guilty(change)).flat_map(|change| change.fixes.clone()).collect()
            };
            let mut guilty = of(&|change| change.resource == finding.resource);
            if guilty.is_empty() {
                guilty = of(&|change| neighbours.contains(&change.resource));
            }
            if guilty.is_empty() {
                guilty = of(&|_| true);
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
            created_at: settings.now.to_string(),
            expires_at: expires.to_string(),
            account: header.account.clone(),
            partition: header.partition.clone(),
            regions: header.regions.clone(),
            bundle_digest: self.assessor.bundle.digest.clone(),
            waivers_digest: settings.waivers.digest.clone(),
            fingerprint_key: settings.fingerprint_key.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
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

pub(super) fn by_resource(fixes: &BTreeMap<FindingId, Fix>) -> Edits<'_> {
    let mut edits = Edits::new();
    for (id, fix) in fixes {
        for (key, edit) in &fix.edits {
            edits.entry(key.clone()).or_default().push((id, edit));
        }
    }
    edits
}

/// The document after all its edits; none where one of them deletes it.
pub(super) fn edited(key: &ResourceKey, before: Option<&Resource>, edits: &[(&FindingId, &Edit)]) -> Option<Resource> {
    let mut document = before.cloned();
    for (_, edit) in edits {
        match edit {
            Edit::Delete => return None,
            // Another fix has made it already.
            Edit::Create(..) if document.is_some() => {}
            Edit::Create(made) => {
                let properties = made.properties.as_object().cloned().unwrap_or_default();
                let arn = format!("${{rectify:{}.arn}}", made.name);
                document = Some(Resource::new(key.clone(), arn, properties, serde_json::Map::new()));
            }
            Edit::Patch(patch) => {
                document = document.map(|document| document.with_properties(patch.apply(&document.properties)));
            }
        }
    }
    document
}

pub(super) fn patch(before: Option<&Resource>, after: Option<&Resource>) -> Value {
    let properties = |resource: Option<&Resource>| resource.map_or(Value::Null, |resource| resource.properties.clone());
    serde_json::to_value(json_patch::diff(&properties(before), &properties(after))).unwrap_or(Value::Null)
}

/// What a change does, from what is there before and after.
pub(super) fn kind_of(before: Option<&Resource>, after: Option<&Resource>) -> ChangeKind {
    match (before, after) {
        (None, _) => ChangeKind::Create,
        (_, None) => ChangeKind::Delete,
        _ => ChangeKind::Update,
    }
}
