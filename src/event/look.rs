//! What stands at a place, judged, and the plan for what is wrong with it.

use std::collections::BTreeSet;

use crate::cloud::{Cloud, Group, Neighbourhood, gather};
use crate::engine::{Assessor, Bundle, Graph, Planner, Purpose, Reading, Settings};
use crate::model::{Finding, Plan, ResourceKey, ResourceType, ResourceTypes, Scope, Snapshot, TypeName, Unread};
use crate::playbook::StepKind;
use crate::policy::Policy;

/// Who looks, and with what.
pub struct Look<'a> {
    /// The account.
    pub cloud: &'a dyn Cloud,
    /// The types.
    pub types: &'a ResourceTypes,
    /// Every policy that is enabled, and every playbook.
    pub bundle: &'a Bundle,
    /// What the user set.
    pub settings: &'a Settings,
}

/// What is looked at.
pub enum Sight<'a> {
    /// These resources; it matters that each of them can be read.
    Places(&'a BTreeSet<ResourceKey>),
    /// These types and policies; all of them where none is named.
    Types(&'a [TypeName], &'a [String]),
}

/// What was found.
pub struct Seen {
    /// The plan for what is wrong with the resources that were looked at, and with those that see them.
    pub plan: Plan,
    /// The documents that it was made from.
    pub snapshot: Snapshot,
}

impl Look<'_> {
    /// Looks; the error is what could not be read.
    pub async fn see(&self, sight: &Sight<'_>) -> Result<Seen, Unread> {
        match sight {
            Sight::Types(types, policies) => Ok(self.over(types, policies).await),
            Sight::Places(keys) => {
                let seen = self.at(keys).await;
                let unread = seen.snapshot.header.unread.iter().find(|unread| keys.contains(&unread.resource));
                unread.cloned().map_or(Ok(seen), Err)
            }
        }
    }

    /// Looks at a few resources and at those that see them as neighbours: what is clean costs their reads and no more. Where
    /// something is wrong, what a plan needs is read as well, as far as it lies around what would be changed.
    ///
    /// The plan is that of the whole account, as far as it is about these resources.
    pub async fn at(&self, keys: &BTreeSet<ResourceKey>) -> Seen {
        let concerned = self.concerned(keys);
        let concerns = |policy: &Policy| concerned.contains(policy.id().as_str());
        let taken_at = self.settings.now.to_string();
        let mut bundle = self.bundle.clone();
        bundle.policies.retain(concerns);
        let reading = Reading::of(&bundle, self.types, Purpose::Scan);
        let mut around = Neighbourhood::new(self.cloud, self.types, &bundle, &reading, Purpose::Scan, taken_at.clone());
        let judged = around.around(keys).await;
        let snapshot = around.into_snapshot();
        let assessor = Assessor { bundle: &bundle, types: self.types, settings: self.settings };
        let found = assessor.assess(&snapshot, Some(&judged));
        if found.findings.is_empty() {
            let nothing = Reading::default();
            let mut plan =
                Planner { assessor, reading: &nothing }.plan(&Snapshot::new(snapshot.header.clone()), |_| false);
            plan.errors = found.errors;
            return Seen { plan: crate::engine::seal(plan), snapshot };
        }
        let bundle = self.bundle.with_witnesses(self.types, concerns);
        let waivers = &self.settings.waivers;
        let reading = Reading::of(&bundle, self.types, Purpose::Plan).for_waivers(waivers, &bundle, self.types);
        let mut around = Neighbourhood::new(self.cloud, self.types, &bundle, &reading, Purpose::Plan, taken_at);
        let judged = around.around(keys).await;
        // What would be changed is seen by others, and the proof is theirs too.
        let assessor = Assessor { bundle: &bundle, types: self.types, settings: self.settings };
        let found = assessor.assess(around.snapshot(), Some(&judged));
        let (targets, groups) = self.reaches(&bundle, &found.findings, around.snapshot());
        around.list(groups).await;
        around.around(&targets).await;
        let snapshot = around.into_snapshot();
        let assessor = Assessor { bundle: &bundle, types: self.types, settings: self.settings };
        let wanted =
            |finding: &Finding| judged.contains(&finding.resource) && concerned.contains(finding.policy.as_str());
        let plan = Planner { assessor, reading: &reading }.plan(&snapshot, wanted);
        Seen { plan, snapshot }
    }

    /// Looks at whole types, or at everything where none is named.
    pub async fn over(&self, types: &[TypeName], policies: &[String]) -> Seen {
        let picks = |policy: &Policy| {
            let custom = &policy.metadata.custom;
            let typed = types.is_empty() || custom.resource_types.iter().any(|name| types.contains(name));
            typed && (policies.is_empty() || policies.iter().any(|id| id == policy.id().as_str()))
        };
        let bundle = self.bundle.with_witnesses(self.types, picks);
        let waivers = &self.settings.waivers;
        let reading = Reading::of(&bundle, self.types, Purpose::Plan).for_waivers(waivers, &bundle, self.types);
        let taken_at = self.settings.now.to_string();
        let snapshot = gather(self.cloud, self.types, &reading, taken_at, &|_, _| {}).await;
        let wanted = |finding: &Finding| {
            let typed = types.is_empty() || types.contains(&finding.resource.type_name);
            typed && (policies.is_empty() || policies.iter().any(|id| id == finding.policy.as_str()))
        };
        let assessor = Assessor { bundle: &bundle, types: self.types, settings: self.settings };
        let plan = Planner { assessor, reading: &reading }.plan(&snapshot, wanted);
        Seen { plan, snapshot }
    }

    /// The policies of the resources' types, and those of other types that look along a relation to one of them.
    fn concerned(&self, keys: &BTreeSet<ResourceKey>) -> BTreeSet<String> {
        let touched: BTreeSet<&str> = keys.iter().map(|key| key.type_name.as_str()).collect();
        let sees = |kind: &dyn ResourceType, policy: &Policy| {
            let related = &policy.metadata.custom.related;
            related.iter().filter_map(|name| kind.relation(name)).any(|relation| touched.contains(relation.of))
        };
        let concerned = |policy: &&Policy| {
            policy.metadata.custom.resource_types.iter().any(|name| {
                let kind = self.types.find(name);
                touched.contains(name.as_str()) || kind.is_some_and(|kind| sees(kind, policy))
            })
        };
        self.bundle.policies.all().filter(concerned).map(|policy| policy.id().to_string()).collect()
    }

    /// What the findings' playbooks may change, and what they look for or make.
    fn reaches(
        &self,
        bundle: &Bundle,
        findings: &[Finding],
        snapshot: &Snapshot,
    ) -> (BTreeSet<ResourceKey>, BTreeSet<Group>) {
        let graph = Graph::new(snapshot, self.types);
        let (mut targets, mut groups) = (BTreeSet::new(), BTreeSet::new());
        for finding in findings {
            let Some(resource) = snapshot.get(&finding.resource) else { continue };
            let Some(kind) = self.types.find(&resource.type_name) else { continue };
            let playbooks = bundle.fixes(finding.policy.as_str(), &resource.type_name);
            for step in playbooks.flat_map(|playbook| &playbook.steps) {
                match &step.kind {
                    StepKind::Ensure(ensure) => {
                        let kind = self.types.find(&ensure.type_name);
                        let global = kind.is_some_and(|kind| kind.scope() == Scope::Global);
                        // What stands for a global resource is made in the first Region, as the planner does.
                        let first = || self.cloud.regions().first().cloned().unwrap_or_default();
                        let region = match (global, resource.region.as_str()) {
                            (true, _) => String::new(),
                            (false, "") => first(),
                            (false, region) => region.to_owned(),
                        };
                        groups.insert(Group { type_name: ensure.type_name.clone(), region, within: None });
                    }
                    StepKind::Patch(target, _) | StepKind::Delete(target) => {
                        let relation = target.relation().and_then(|name| kind.relation(name));
                        targets.extend(
                            relation.map_or_else(|| vec![resource.key()], |relation| graph.keys(resource, relation)),
                        );
                    }
                }
            }
        }
        (targets, groups)
    }
}
