//! What has to be read, from what policies and playbooks refer to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::bundle::Bundle;
use crate::model::{Needs, Parts, Relation, ResourceType, ResourceTypes, TypeName, Waivers};
use crate::playbook::{Playbook, StepKind, Template};
use crate::policy::Reads;

/// What it is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be judged.
    Scan,
    /// To be changed too: tags decide on protection, and playbooks read and write more than policies judge.
    Plan,
}

/// The types to read and the parts of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading(pub BTreeMap<TypeName, Parts>);

impl Reading {
    /// What a bundle's policies, and for a plan its playbooks, need.
    pub fn of(bundle: &Bundle, types: &ResourceTypes, purpose: Purpose) -> Self {
        let mut needs: BTreeMap<TypeName, Needs> = BTreeMap::new();
        for policy in bundle.policies.all() {
            for type_name in &policy.metadata.custom.resource_types {
                note(&mut needs, types, type_name, &policy.reads);
                // A relation that is declared is read, if only to know who is there.
                for name in &policy.metadata.custom.related {
                    if let Some(kind) = types.find(type_name) {
                        note_related(&mut needs, types, kind, type_name, name, &Needs::default());
                    }
                }
                if purpose == Purpose::Plan {
                    let playbooks = bundle.fixes(policy.id().as_str(), type_name);
                    playbooks.for_each(|playbook| note_playbook(&mut needs, types, type_name, playbook));
                }
            }
        }
        let parts = |(name, needs): (TypeName, Needs)| Some((name.clone(), types.find(&name)?.parts_for(&needs)));
        Self(needs.into_iter().filter_map(parts).collect())
    }

    /// The same with the tags of the types that waivers by tags are about: one that is not read fits no waiver.
    pub fn for_waivers(mut self, waivers: &Waivers, bundle: &Bundle, types: &ResourceTypes) -> Self {
        let tags = Needs { properties: ["Tags".to_owned()].into(), ..Needs::default() };
        let by_tags = waivers.list.iter().filter(|waiver| !waiver.tags.is_empty());
        let policies = by_tags.flat_map(|waiver| &waiver.policies).filter_map(|id| bundle.policies.find(id.as_str()));
        for type_name in policies.flat_map(|policy| &policy.metadata.custom.resource_types) {
            if let (Some(parts), Some(kind)) = (self.0.get_mut(type_name), types.find(type_name)) {
                parts.extend(&kind.parts_for(&tags));
            }
        }
        self
    }

    /// The parts of a type.
    pub fn parts(&self, type_name: &TypeName) -> Parts {
        self.0.get(type_name).cloned().unwrap_or_default()
    }
}

/// The parts of a type that tell whether one of it holds these properties and facts.
pub fn asked_by(find: &Value, kind: &dyn ResourceType) -> Parts {
    let names =
        |part: &str| find.get(part).and_then(Value::as_object).into_iter().flat_map(|part| part.keys().cloned());
    let needs =
        Needs { properties: names("properties").collect(), facts: names("facts").collect(), ..Needs::default() };
    kind.parts_for(&needs)
}

/// The relations of a type that a bundle's policies look along and, for a plan, its playbooks and what protects the type.
pub fn relations(bundle: &Bundle, kind: &dyn ResourceType, purpose: Purpose) -> Vec<&'static Relation> {
    let type_name = TypeName::from(kind.name());
    let mut names: BTreeSet<String> = BTreeSet::new();
    let policies = bundle.policies.all().filter(|policy| policy.metadata.custom.resource_types.contains(&type_name));
    for policy in policies {
        names.extend(policy.metadata.custom.related.iter().cloned());
        if purpose == Purpose::Scan {
            continue;
        }
        for playbook in bundle.fixes(policy.id().as_str(), &type_name) {
            let conditions = playbook.when.iter().map(|(_, when)| when);
            let conditions = conditions.chain(playbook.steps.iter().filter_map(|step| step.when.as_ref()));
            let conditions = conditions.chain(playbook.warnings.iter().filter_map(|warning| warning.when.as_ref()));
            names.extend(conditions.flat_map(|when| when.reads().related.into_keys()));
            names.extend(playbook.steps.iter().filter_map(|step| Some(step.kind.target()?.relation()?.to_owned())));
        }
    }
    if purpose == Purpose::Plan {
        names.extend(kind.belongs_to().map(str::to_owned));
    }
    kind.relations().iter().filter(|relation| names.contains("*") || names.contains(relation.name)).collect()
}

fn note(needs: &mut BTreeMap<TypeName, Needs>, types: &ResourceTypes, type_name: &TypeName, reads: &Reads) {
    let Some(kind) = types.find(type_name) else { return };
    needs.entry(type_name.clone()).or_default().extend(&reads.own);
    let every = reads.related.get("*");
    for relation in kind.relations().iter().filter(|_| every.is_some()) {
        note_related(needs, types, kind, type_name, relation.name, every.unwrap_or(&Needs::default()));
    }
    for (name, related) in reads.related.iter().filter(|(name, _)| *name != "*") {
        note_related(needs, types, kind, type_name, name, related);
    }
}

fn note_related(
    needs: &mut BTreeMap<TypeName, Needs>,
    types: &ResourceTypes,
    kind: &dyn ResourceType,
    type_name: &TypeName,
    relation: &str,
    related: &Needs,
) {
    let Some(relation) = kind.relation(relation) else { return };
    let own = needs.entry(type_name.clone()).or_default();
    own.properties.extend(relation.needs.iter().map(|name| (*name).to_owned()));
    let theirs = needs.entry(relation.of.into()).or_default();
    theirs.extend(related);
    let names = types.find(&relation.of.into()).into_iter().flat_map(|kind| kind.refers_by());
    theirs.properties.extend(names.map(|name| (*name).to_owned()));
}

fn note_playbook(
    needs: &mut BTreeMap<TypeName, Needs>,
    types: &ResourceTypes,
    type_name: &TypeName,
    playbook: &Playbook,
) {
    let Some(kind) = types.find(type_name) else { return };
    // What is done about a finding can hang on its resource's tags, and on those of what it is a part of.
    let tags = Needs { properties: ["Tags".to_owned()].into(), ..Needs::default() };
    needs.entry(type_name.clone()).or_default().extend(&tags);
    if let Some(whole) = kind.belongs_to() {
        note_related(needs, types, kind, type_name, whole, &tags);
    }
    if let Some((_, when)) = &playbook.when {
        note(needs, types, type_name, &when.reads());
    }
    for warning in &playbook.warnings {
        if let Some(when) = &warning.when {
            note(needs, types, type_name, &when.reads());
        }
        note_references(needs.entry(type_name.clone()).or_default(), &warning.text);
    }
    if let Some(text) = &playbook.otherwise {
        note_references(needs.entry(type_name.clone()).or_default(), text);
    }
    for step in &playbook.steps {
        if let Some(when) = &step.when {
            note(needs, types, type_name, &when.reads());
        }
        let own = needs.entry(type_name.clone()).or_default();
        step.templates().into_iter().for_each(|template| note_references(own, template));
        let (target, changed) = match &step.kind {
            StepKind::Ensure(ensure) => {
                let needs = needs.entry(ensure.type_name.clone()).or_default();
                // What is created is read again, whole.
                for asked in ensure.find.iter().chain(&ensure.must) {
                    needs.properties.extend(asked.member("properties").map(|part| part.names()).unwrap_or_default());
                    needs.facts.extend(asked.member("facts").map(|part| part.names()).unwrap_or_default());
                }
                needs.properties.extend(ensure.properties.names());
                continue;
            }
            StepKind::Delete(target) => (target, Needs { whole: true, ..Needs::default() }),
            StepKind::Patch(target, patch) => {
                let properties = patch.pointers().filter_map(|pointer| pointer.property()).map(str::to_owned);
                (target, Needs { properties: properties.collect(), ..Needs::default() })
            }
        };
        let mut changed = changed;
        changed.properties.insert("Tags".to_owned());
        let changed_kind = playbook.changed(&step.kind, type_name, types).and_then(|name| types.find(&name));
        changed
            .facts
            .extend(changed_kind.into_iter().flat_map(|kind| kind.facts_for_calls()).map(|name| (*name).into()));
        match (target.relation(), changed_kind) {
            (Some(relation), _) => note_related(needs, types, kind, type_name, relation, &changed),
            (None, Some(kind)) => needs.entry(kind.name().into()).or_default().extend(&changed),
            (None, None) => {}
        }
        // The tags of what it is a part of protect it too.
        if let Some(kind) = changed_kind
            && let Some(whole) = kind.belongs_to()
        {
            note_related(needs, types, kind, &kind.name().into(), whole, &tags);
        }
    }
}

/// What a template reads of the finding's resource.
fn note_references(own: &mut Needs, template: &Template) {
    for reference in template.references() {
        match reference {
            [root, part, name, ..] if root == "resource" && part == "properties" => {
                own.properties.insert(name.clone());
            }
            [root, part, name, ..] if root == "resource" && part == "facts" => {
                own.facts.insert(name.clone());
            }
            [root, part] if root == "resource" && (part == "properties" || part == "facts") => own.whole = true,
            _ => {}
        }
    }
}
