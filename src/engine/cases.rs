//! Runs the cases of playbooks: a document before and after, through the same planner as everything else.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::assess::Assessor;
use super::bundle::Bundle;
use super::diff::differences;
use super::plan::Planner;
use super::reading::{Purpose, Reading};
use super::settings::Settings;
use crate::model::{
    ChangeKind, Header, Locate, Plan, Resource, ResourceKey, ResourceTypes, SNAPSHOT_FORMAT, Scope, Snapshot, Status,
    TypeName,
};
use crate::playbook::{Case, CaseDocument, CaseOther, Playbook};

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseResult {
    /// The playbook's file.
    pub file: String,
    /// The case's name.
    pub name: String,
    /// What is not as it should be; empty where all is.
    pub problems: Vec<String>,
}

/// Runs every case of the bundle's playbooks.
pub fn run_cases(bundle: &Bundle, types: &ResourceTypes) -> Vec<CaseResult> {
    let mut results = Vec::new();
    for playbook in bundle.playbooks.values() {
        if playbook.cases.is_empty() && !playbook.steps.is_empty() {
            results.push(CaseResult {
                file: playbook.source.name.to_string(),
                name: "cases".into(),
                problems: vec!["the playbook has no case".into()],
            });
        }
        if playbook.cases.is_empty() {
            continue;
        }
        // A case speaks of its own playbook and the policies that it fixes.
        let mut alone = bundle.clone();
        alone.policies.retain(|policy| playbook.fixes.contains(policy.id()));
        alone.playbooks.retain(|id, _| *id == playbook.id);
        for case in &playbook.cases {
            let problems = run(&alone, types, playbook, case);
            results.push(CaseResult { file: playbook.source.name.to_string(), name: case.name.clone(), problems });
        }
    }
    results
}

/// The resource of a case, with its neighbours, as a snapshot.
pub fn case_snapshot(
    bundle: &Bundle,
    playbook: &Playbook,
    case: &Case,
    types: &ResourceTypes,
) -> Result<(Snapshot, ResourceKey), String> {
    let type_name = match (&case.type_name, playbook.resource_types.as_slice()) {
        (Some(name), _) | (None, [name]) => name.clone(),
        _ => return Err("the playbook has several resource types: the case needs `type`".into()),
    };
    let kind = types.find(&type_name).ok_or("no such type")?;
    let account = case.resource.account.clone().unwrap_or_else(|| "111122223333".into());
    let region = case.resource.region.clone().unwrap_or_else(|| "eu-west-1".into());
    let header = Header {
        rectify_snapshot: SNAPSHOT_FORMAT,
        account: account.clone(),
        partition: "aws".into(),
        regions: vec![region.clone()],
        taken_at: "2026-01-01T00:00:00Z".into(),
        unread: vec![],
    };
    let mut snapshot = Snapshot::new(header);
    let key = |type_name: &TypeName, id: String| ResourceKey {
        region: match types.find(type_name).map(|kind| kind.scope()) {
            Some(Scope::Global) => String::new(),
            _ => region.clone(),
        },
        type_name: type_name.clone(),
        account: account.clone(),
        id,
    };
    let id = case.resource.id.clone().unwrap_or_else(|| "case".into());
    let at = key(&type_name, id);
    let mut properties = case.before.as_object().cloned().ok_or("`before` is no object")?;
    if !case.resource.tags.is_empty() && !properties.contains_key("Tags") {
        let tags = case.resource.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value}));
        properties.insert("Tags".into(), tags.collect());
    }
    let arn = case.resource.arn.clone().unwrap_or_default();
    let resource = Resource::new(at.clone(), arn, properties, facts(&case.facts));
    for (name, documents) in &case.related {
        let relation = kind.relation(name).ok_or_else(|| format!("{type_name} has no relation `{name}`"))?;
        let of = TypeName::from(relation.of);
        // Where the resource names its neighbours, they stand there; otherwise where the case says.
        let named = match (relation.locate)(&resource) {
            Locate::Ids(ids) => ids,
            Locate::ChildrenOf(_) | Locate::Referring(_) => Vec::new(),
        };
        for (index, document) in documents.iter().enumerate() {
            let CaseDocument { id, arn, properties, facts: known } = document;
            let id = named.get(index).cloned().or_else(|| id.clone()).unwrap_or_else(|| format!("{name}-{index}"));
            let arn = arn.clone().unwrap_or_else(|| if id.starts_with("arn:") { id.clone() } else { String::new() });
            let properties = properties.as_object().cloned().unwrap_or_default();
            snapshot.insert(Resource::new(key(&of, id), arn, properties, facts(known)));
        }
    }
    for CaseOther { type_name, id, arn, properties, facts: known, .. } in &case.others {
        let properties = properties.as_object().cloned().unwrap_or_default();
        snapshot.insert(Resource::new(key(type_name, id.clone()), arn.clone(), properties, facts(known)));
    }
    let asked = |name: &str| {
        let policies = playbook.fixes.iter().filter_map(|id| bundle.policies.find(id.as_str()));
        policies.into_iter().any(|policy| policy.metadata.custom.related.iter().any(|related| related == name))
    };
    // What it is a part of is there and protects nothing, where the case says nothing of it and no policy asks.
    let whole = kind.belongs_to().filter(|name| !case.related.contains_key(*name) && !asked(name));
    if let Some(relation) = whole.and_then(|name| kind.relation(name))
        && let Locate::Ids(ids) = (relation.locate)(&resource)
    {
        for id in ids {
            snapshot.insert(Resource::new(key(&relation.of.into(), id), "", Map::new(), Map::new()));
        }
    }
    snapshot.insert(resource);
    Ok((snapshot, at))
}

fn facts(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn run(alone: &Bundle, types: &ResourceTypes, playbook: &Playbook, case: &Case) -> Vec<String> {
    let (snapshot, key) = match case_snapshot(alone, playbook, case, types) {
        Ok(made) => made,
        Err(problem) => return vec![problem],
    };
    let mut settings = Settings::new("2026-11-22T00:00:00Z".parse::<Timestamp>().unwrap_or_default());
    for id in playbook.fixes.iter().map(|id| id.as_str()).chain([playbook.id.as_str()]) {
        settings.parameters.insert(id.to_owned(), case.parameters.clone());
    }
    let reading = Reading::of(alone, types, Purpose::Plan);
    let assessor = Assessor { bundle: alone, types, settings: &settings };
    let planner = Planner { assessor, reading: &reading };
    let plan = planner.plan(&snapshot, |finding| finding.resource == key);
    check(case, &snapshot, &key, &plan)
}

fn check(case: &Case, snapshot: &Snapshot, key: &ResourceKey, plan: &Plan) -> Vec<String> {
    let mut problems: Vec<String> =
        plan.errors.iter().map(|error| format!("policy {} failed: {}", error.policy, error.message)).collect();
    let mine: Vec<_> = plan.findings.iter().filter(|finding| finding.resource == *key).collect();
    let same = case.after.as_ref() == Some(&case.before) && case.related_after.is_empty() && case.creates.is_empty();
    let clean = !case.deleted && !case.manual && same;
    let fixed = |status: Status| matches!(status, Status::Planned | Status::Review);
    match (clean, case.manual) {
        (true, _) if !mine.is_empty() => {
            problems
                .extend(mine.first().map(|found| format!("nothing should be found, and this is: {}", found.message)));
        }
        (false, true) if !mine.iter().any(|finding| finding.status == Status::Manual) => {
            problems.push("the finding should stay for a person".into());
        }
        (false, false) if mine.is_empty() => problems.push("nothing is found".into()),
        (false, false) => problems.extend(mine.iter().filter(|finding| !fixed(finding.status)).map(|finding| {
            format!(
                "{} stays {}: {}",
                finding.policy,
                finding.status.as_str(),
                finding.reason.clone().unwrap_or_default()
            )
        })),
        _ => {}
    }
    // Changes are named by what they create; a case speaks of it by the step.
    let names = created_names(plan);
    let change_of = |key: &ResourceKey| plan.changes.iter().find(|change| change.resource == *key);
    let after = |key: &ResourceKey| match change_of(key) {
        Some(change) => change.after.as_ref().map(|after| renamed(&after.properties, &names)),
        None => snapshot.get(key).map(|resource| resource.properties.clone()),
    };
    match (case.deleted, &case.after, after(key)) {
        (true, _, None) => {}
        (true, _, Some(_)) => problems.push("it should be deleted".into()),
        (false, Some(expected), Some(actual)) => problems.extend(unequal("after", expected, &actual)),
        (false, Some(_), None) => problems.push("it is deleted".into()),
        (false, None, _) if case.manual => {}
        (false, None, _) => problems.push("the case has neither `after`, `deleted` nor `manual`".into()),
    }
    for (name, expected) in &case.related_after {
        let given: Vec<ResourceKey> =
            case.related.get(name).map_or(0, |given| given.iter().count()).checked_sub(1).map_or(Vec::new(), |_| {
                let others = snapshot.resources().filter(|resource| resource.key() != *key);
                let same = others.filter(|resource| {
                    let given = case.related.get(name).into_iter().flat_map(|given| given.iter());
                    given.into_iter().any(|document| document.properties == resource.properties)
                });
                same.map(|resource| resource.key()).collect()
            });
        for (key, expected) in given.iter().zip(expected.iter()) {
            problems.extend(unequal(name, expected, &after(key).unwrap_or_default()));
        }
        if given.is_empty() {
            problems.push(format!("`related_after` names {name}, which `related` does not have"));
        }
    }
    for other in &case.others {
        let here =
            |resource: &&std::sync::Arc<Resource>| resource.type_name == other.type_name && resource.id == other.id;
        let actual = snapshot.resources().find(here).and_then(|resource| after(&resource.key()));
        let expected = other.after.as_ref().unwrap_or(&other.properties);
        problems.extend(unequal(&other.id, expected, &actual.unwrap_or_default()));
    }
    let created: Vec<Value> = plan
        .changes
        .iter()
        .filter(|change| change.kind == ChangeKind::Create)
        .filter_map(|change| {
            let after = change.after.as_ref()?;
            Some(json!({"type": after.type_name, "properties": renamed(&after.properties, &names)}))
        })
        .collect();
    let expected: Vec<Value> = case
        .creates
        .iter()
        .map(|create| json!({"type": create.type_name, "properties": wild(&create.properties)}))
        .collect();
    if created.len() != expected.len() || expected.iter().any(|one| !created.contains(one)) {
        problems.push(format!("it creates {}, and should {}", json!(created), json!(expected)));
    }
    problems
}

/// What a value known only after apply looks like in a comparison: the step's own name does not matter, only which of
/// id and arn it is.
fn created_names(plan: &Plan) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for change in plan.changes.iter().filter(|change| change.kind == ChangeKind::Create) {
        for member in ["id", "id.0", "id.1", "arn"] {
            let last = member.rsplit('.').next().unwrap_or(member);
            names.insert(format!("${{rectify:{}.{member}}}", change.id), format!("<{last} known after apply>"));
        }
    }
    names
}

fn renamed(value: &Value, names: &BTreeMap<String, String>) -> Value {
    each_text(value, &|text| names.iter().fold(text.to_owned(), |text, (name, shown)| text.replace(name, shown)))
}

/// A case's `${steps.NAME.arn}` in the same words.
fn wild(value: &Value) -> Value {
    each_text(value, &|text| {
        let mut shown = text.to_owned();
        while let Some((before, rest)) = shown.split_once("${steps.") {
            let Some((reference, after)) = rest.split_once('}') else { break };
            let member = reference.rsplit('.').next().unwrap_or_default();
            shown = format!("{before}<{member} known after apply>{after}");
        }
        shown
    })
}

fn each_text(value: &Value, change: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(change(text)),
        Value::Array(items) => items.iter().map(|item| each_text(item, change)).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, member)| (name.clone(), each_text(member, change))).collect())
        }
        other => other.clone(),
    }
}

fn unequal(what: &str, expected: &Value, actual: &Value) -> Vec<String> {
    let told = differences(&wild(expected), actual).into_iter();
    let shown = |value: Option<Value>| value.map_or("nothing".to_owned(), |value| value.to_string());
    told.map(|d| format!("{what}{} should be {} and is {}", d.path, shown(d.before), shown(d.after))).collect()
}
