//! The least privilege that policies and playbooks need, as statements of IAM policies.
//!
//! It follows from the bundle alone: what is read from what policies and playbooks refer to, what is written from the steps
//! of the playbooks, and from their undo.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::bundle::Bundle;
use super::reading::{Purpose, Reading};
use crate::model::{ChangeKind, Only, Place, ResourceType, ResourceTypes, Right, TypeName};
use crate::playbook::{Playbook, StepKind, Template};
use crate::policy::Policy;

/// Characters of a managed policy, without white space
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
pub const MANAGED_POLICY_CHARACTERS: usize = 6_144;

/// What an account has to allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    /// To scan and to plan.
    pub read: Vec<Statement>,
    /// To apply and to undo, beside what reading takes.
    pub write: Vec<Statement>,
}

/// One statement that allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its name, unique among those that read and those that write.
    pub sid: String,
    /// Actions.
    pub actions: BTreeSet<String>,
    /// Patterns of ARNs, or `*`.
    pub resources: BTreeSet<String>,
    /// Its condition.
    pub condition: Option<Only>,
    /// The policies, or of writing the playbooks, that need it.
    pub needed_by: BTreeSet<String>,
}

type Needed = BTreeMap<Right, BTreeSet<String>>;

/// What one action is needed on, and who needs it.
#[derive(Default)]
struct Reach {
    resources: BTreeSet<String>,
    needed_by: BTreeSet<String>,
}

impl Rights {
    /// What the wanted policies of a bundle take, each on the wanted types, and their playbooks. `*` in the place is any
    /// account or Region.
    pub fn of(
        bundle: &Bundle,
        types: &ResourceTypes,
        wants: impl Fn(&Policy, &TypeName) -> bool,
        place: &Place,
    ) -> Self {
        let (mut read, mut write) = (Needed::new(), Needed::new());
        for policy in bundle.policies.all() {
            let judged = &policy.metadata.custom.resource_types;
            let wanted: Vec<&TypeName> = judged.iter().filter(|name| wants(policy, name)).collect();
            if wanted.is_empty() {
                continue;
            }
            // A plan is judged by others too, and they read.
            let alone = bundle.with_witnesses(types, |other| other.id() == policy.id());
            for right in reading(&Reading::of(&alone, types, Purpose::Plan), types) {
                read.entry(right).or_default().insert(policy.id().to_string());
            }
            for type_name in wanted {
                for playbook in bundle.fixes(policy.id().as_str(), type_name) {
                    for right in writing(playbook, type_name, types) {
                        write.entry(right).or_default().insert(playbook.id.to_string());
                    }
                }
            }
        }
        Self { read: statements("Read", read, place), write: statements("Write", write, place) }
    }
}

fn reading(reading: &Reading, types: &ResourceTypes) -> BTreeSet<Right> {
    let mut rights = BTreeSet::new();
    for (type_name, parts) in &reading.0 {
        let Some(kind) = types.find(type_name) else { continue };
        rights.extend(kind.reads());
        rights.extend(kind.parts().iter().filter(|part| parts.wants(part.name)).flat_map(|part| part.permissions));
    }
    rights
}

/// What the steps of a playbook take for a finding on a type, and what takes them back.
fn writing(playbook: &Playbook, type_name: &TypeName, types: &ResourceTypes) -> BTreeSet<Right> {
    let mut rights = BTreeSet::new();
    for step in &playbook.steps {
        let changed = playbook.changed(&step.kind, type_name, types).and_then(|name| types.find(&name));
        match &step.kind {
            StepKind::Ensure(ensure) => {
                if let Some(kind) = changed {
                    rights.extend(kind.rights_to(ChangeKind::Create, &known(&ensure.properties)));
                    rights.extend(kind.rights_to(ChangeKind::Delete, &known(&ensure.properties)));
                }
            }
            StepKind::Patch(_, patch) => {
                let names = patch.pointers().filter_map(|pointer| pointer.property());
                let properties = names.map(|name| (name.to_owned(), None)).collect();
                rights.extend(changed.into_iter().flat_map(|kind| kind.rights_to(ChangeKind::Update, &properties)));
            }
            StepKind::Delete(_) => {
                if let Some(kind) = changed {
                    rights.extend(kind.rights_to(ChangeKind::Delete, &any(kind)));
                    rights.extend(kind.rights_to(ChangeKind::Create, &any(kind)));
                }
            }
        }
    }
    rights
}

/// The properties that something is created with, and the values that are written there.
fn known(properties: &Template) -> BTreeMap<String, Option<Value>> {
    match properties {
        Template::Literal(Value::Object(members)) => {
            members.iter().map(|(name, value)| (name.clone(), Some(value.clone()))).collect()
        }
        Template::Object(members) => {
            let value = |template: &Template| match template {
                Template::Literal(value) => Some(value.clone()),
                _ => None,
            };
            members.iter().map(|(name, template)| (name.clone(), value(template))).collect()
        }
        _ => BTreeMap::new(),
    }
}

/// All properties of a type: what has been deleted is made again as it was.
fn any(kind: &dyn ResourceType) -> BTreeMap<String, Option<Value>> {
    let names = kind.parts().iter().flat_map(|part| part.properties);
    names.map(|name| ((*name).to_owned(), None)).collect()
}

/// As few statements as the resources and conditions allow.
fn statements(prefix: &str, needed: Needed, place: &Place) -> Vec<Statement> {
    let mut of_action: BTreeMap<(&str, Option<Only>), Reach> = BTreeMap::new();
    for (right, needed_by) in needed {
        let reach = of_action.entry((right.action, right.only)).or_default();
        reach.resources.insert(filled(right.on, place));
        reach.needed_by.extend(needed_by);
    }
    let mut grouped: BTreeMap<(&str, Option<Only>, BTreeSet<String>), Statement> = BTreeMap::new();
    for ((action, condition), Reach { resources, needed_by }) in of_action {
        let resources = widest(&resources);
        let service = action.split(':').next().unwrap_or_default();
        let statement = grouped.entry((service, condition, resources.clone())).or_insert_with(|| Statement {
            sid: String::new(),
            actions: BTreeSet::new(),
            resources,
            condition,
            needed_by: BTreeSet::new(),
        });
        statement.actions.insert(action.to_owned());
        statement.needed_by.extend(needed_by);
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut statements = Vec::new();
    for ((service, ..), mut statement) in grouped {
        let count = counts.entry(service).or_default();
        *count += 1;
        statement.sid = format!("{prefix}{}{count}", capitalized(service));
        statements.push(statement);
    }
    statements
}

fn filled(pattern: &str, place: &Place) -> String {
    let pattern = pattern.replace("${partition}", &place.partition).replace("${account}", &place.account);
    pattern.replace("${region}", if place.region.is_empty() { "*" } else { &place.region })
}

/// Patterns without those that another one covers.
fn widest(patterns: &BTreeSet<String>) -> BTreeSet<String> {
    let covered = |pattern: &&String| patterns.iter().any(|other| other != *pattern && covers(other, pattern));
    patterns.iter().filter(|pattern| !covered(pattern)).cloned().collect()
}

/// Whether a pattern with `*` takes in all that another one does.
fn covers(wide: &str, narrow: &str) -> bool {
    match wide.split_once('*') {
        None => wide == narrow,
        Some((start, rest)) => narrow.strip_prefix(start).is_some_and(|narrow| {
            narrow
                .char_indices()
                .map(|(at, _)| at)
                .chain([narrow.len()])
                .any(|at| narrow.get(at..).is_some_and(|narrow| covers(rest, narrow)))
        }),
    }
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters).collect()
}

impl Statement {
    /// As it stands in a policy.
    pub fn json(&self) -> Value {
        let mut statement = Map::from_iter([
            ("Sid".to_owned(), json!(self.sid)),
            ("Effect".to_owned(), json!("Allow")),
            ("Action".to_owned(), json!(self.actions)),
            ("Resource".to_owned(), json!(self.resources)),
        ]);
        if let Some(only) = self.condition {
            statement.insert("Condition".to_owned(), json!({only.operator: {only.key: only.value}}));
        }
        Value::Object(statement)
    }

    /// In two, where there are two actions to part.
    fn halves(&self) -> Option<[Self; 2]> {
        if self.actions.len() < 2 {
            return None;
        }
        let half = |name: &str, actions: BTreeSet<String>| Self {
            sid: format!("{}{name}", self.sid),
            actions,
            ..self.clone()
        };
        let count = self.actions.len() / 2;
        let (first, second) = (self.actions.iter().take(count), self.actions.iter().skip(count));
        Some([half("A", first.cloned().collect()), half("B", second.cloned().collect())])
    }
}

/// The policy document of these statements.
pub fn policy_document(statements: &[Statement]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements.iter().map(Statement::json).collect::<Vec<_>>()})
}

/// The same in as many documents as it takes for each to have at most so many characters.
pub fn policy_documents(statements: &[Statement], characters: usize) -> Vec<Value> {
    let fits = |statements: &[Statement]| policy_document(statements).to_string().len() <= characters;
    let (mut documents, mut current) = (Vec::new(), Vec::<Statement>::new());
    let mut waiting: Vec<Statement> = statements.iter().rev().cloned().collect();
    while let Some(statement) = waiting.pop() {
        if let (false, Some([first, second])) = (fits(std::slice::from_ref(&statement)), statement.halves()) {
            waiting.extend([second, first]);
            continue;
        }
        current.push(statement);
        if !fits(&current) && current.len() > 1 {
            let last = current.pop();
            documents.push(policy_document(&current));
            current = last.into_iter().collect();
        }
    }
    if !current.is_empty() {
        documents.push(policy_document(&current));
    }
    documents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_is_below_it() {
        for (wide, narrow, expected) in [
            ("*", "arn:aws:kms:*:1:key/*", true),
            ("a", "a", true),
            ("a:/restapis/*", "a:/restapis/*/stages/*", true),
            ("a:/restapis/*/stages/*", "a:/restapis/*", false),
            ("a:/restapis", "a:/restapis/*", false),
            ("a:*:role/*", "a:x:role/b", true),
            ("a:*:role/*", "a:x:user/b", false),
        ] {
            assert_eq!(covers(wide, narrow), expected, "{wide} {narrow}");
        }
    }

    fn statement(sid: &str, actions: &[&str]) -> Statement {
        Statement {
            sid: sid.into(),
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
            resources: ["*".to_owned()].into(),
            condition: None,
            needed_by: BTreeSet::new(),
        }
    }

    #[test]
    fn documents_are_cut_to_size() {
        let statements = [statement("One", &["a:A", "a:B", "a:C", "a:D"]), statement("Two", &["b:A"])];
        let whole = policy_documents(&statements, MANAGED_POLICY_CHARACTERS);
        assert_eq!(whole, [policy_document(&statements)]);
        let cut = policy_documents(&statements, 115);
        assert!(cut.iter().all(|document| document.to_string().len() <= 115), "{cut:#?}");
        let sids: Vec<&Value> = cut.iter().map(|document| &document["Statement"][0]["Sid"]).collect();
        assert_eq!(sids, ["OneA", "OneB", "Two"]);
    }
}
