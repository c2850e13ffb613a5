//! `docs/controls.md` is what the bundle is: made from `docs/controls.template.md`, the policies, the playbooks and their cases.
//! `UPDATE_DOCS=1 cargo test --test controls` writes it. Each control of a framework that a policy names stands in
//! `tests/controls/sources.yaml` with the source that says so.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test says what it expects by failing, and has a process of its own"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use rectify::cloud::aws::TYPES;
use rectify::engine::{Assessor, Bundle, Planner, Purpose, Reading, Settings, case_snapshot};
use rectify::model::{Change, ChangeKind, ResourceType, ResourceTypes, Safety, TypeName};
use rectify::playbook::{Playbook, StepKind};
use rectify::policy::{Framework, Policy};
use rectify::text::{Source, yaml};

/// Which playbooks the laws were tested with on which emulators: `tests/laws_http` writes it, and fails when it is not so.
const PROVED: &str = include_str!("laws_http/proved.txt");

#[test]
fn the_page_is_current() {
    let bundle = Bundle::embedded(&types()).unwrap_or_else(|told| panic!("{told:?}"));
    let template = read("docs/controls.template.md");
    let (mut page, mut listed, mut broken) = (String::new(), BTreeSet::new(), Vec::new());
    for line in template.lines() {
        let Some(ids) = line.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")) else {
            page.extend([line, "\n"]);
            continue;
        };
        page.push_str(HEAD);
        for id in ids.split_whitespace() {
            match bundle.policies.find(id) {
                None => broken.push(format!("there is no policy {id}")),
                Some(policy) => {
                    let row = row(&bundle, policy);
                    let empty = row.iter().any(|cell| cell.trim().is_empty());
                    broken.extend(empty.then(|| format!("{id} has an empty cell: {row:?}")));
                    page.push_str(&format!("| {} |\n", row.join(" | ")));
                }
            }
            broken.extend((!listed.insert(id.to_owned())).then(|| format!("{id} stands twice in the template")));
        }
    }
    let all = bundle.policies.all().map(|policy| policy.id().as_str());
    broken.extend(all.filter(|id| !listed.contains(*id)).map(|id| format!("{id} is not in the template")));
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let head = "<!-- Made from docs/controls.template.md by UPDATE_DOCS=1 cargo test --test controls. -->\n\n";
    let page = format!("{head}{page}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(place("docs/controls.md"), &page).unwrap();
    }
    let now = read("docs/controls.md");
    let first = now.lines().zip(page.lines()).find(|(now, made)| now != made);
    assert!(now == page, "docs/controls.md is not current: UPDATE_DOCS=1 cargo test --test controls\n{first:?}");
}

/// What a source says.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    /// The policies that check what it speaks of.
    policies: Vec<String>,
    /// The controls that it names for that.
    controls: BTreeMap<Framework, Vec<String>>,
}

#[test]
fn every_control_has_a_source_and_every_source_is_used() {
    let name = "tests/controls/sources.yaml";
    let source = Source { name: name.into(), text: read(name).into() };
    let said: BTreeMap<String, Said> = yaml::parse(&source).unwrap_or_else(|told| panic!("{told:?}"));
    let mut sourced = BTreeSet::new();
    for (url, said) in &said {
        assert!(url.starts_with("https://") && url.contains('#'), "{url} is not a place on a page");
        for policy in &said.policies {
            for (framework, controls) in &said.controls {
                sourced.extend(controls.iter().map(|control| (policy.clone(), *framework, control.clone())));
            }
        }
    }
    let bundle = Bundle::embedded(&types()).unwrap_or_else(|told| panic!("{told:?}"));
    let mut named = BTreeSet::new();
    for policy in bundle.policies.all() {
        for (framework, controls) in &policy.metadata.custom.controls {
            named.extend(controls.iter().map(|control| (policy.id().to_string(), *framework, control.clone())));
        }
    }
    let unsourced: Vec<_> = named.difference(&sourced).collect();
    let idle: Vec<_> = sourced.difference(&named).collect();
    assert!(unsourced.is_empty() && idle.is_empty(), "without a source: {unsourced:#?}\nnot in a policy: {idle:#?}");
}

const HEAD: &str = "| control | what must hold | severity | frameworks | fix | changes | calls | undo | tested |\n\
                    |---|---|---|---|---|---|---|---|---|\n";

fn row(bundle: &Bundle, policy: &Policy) -> Vec<String> {
    let custom = &policy.metadata.custom;
    let types: Vec<String> = custom.resource_types.iter().map(|name| format!("`{name}`")).collect();
    let off = if custom.enabled { "" } else { " Off unless it is named." };
    let playbooks: Vec<&Playbook> =
        bundle.playbooks.values().filter(|playbook| playbook.fixes.contains(policy.id())).collect();
    let plans = Plans::of(bundle, &playbooks);
    vec![
        format!("`{}`", policy.id()),
        format!("{}.{off} {}", cell(policy.metadata.title.trim_end_matches('.')), types.join(", ")),
        custom.severity.as_str().to_owned(),
        frameworks(policy),
        lines(playbooks.iter().map(|playbook| fix(playbook))),
        or(lines(playbooks.iter().flat_map(|playbook| changes(playbook)).collect::<BTreeSet<_>>()), "nothing"),
        or(lines(plans.calls.iter().map(|call| format!("`{call}`"))), "none"),
        or(plans.undo(), "nothing to undo"),
        tested(bundle, policy, &playbooks),
    ]
}

fn frameworks(policy: &Policy) -> String {
    let controls = &policy.metadata.custom.controls;
    let of = |framework: &Framework| {
        let names = controls.get(framework)?;
        Some(format!("{}: {}", framework.as_str(), names.join(", "))).filter(|_| !names.is_empty())
    };
    or(lines(Framework::ALL.iter().filter_map(of)), "none of the five")
}

fn fix(playbook: &Playbook) -> String {
    let told = cell(playbook.description.trim());
    let needed = playbook.parameters.iter().filter(|(_, parameter)| parameter.default.is_none());
    let needed: Vec<String> = needed.map(|(name, _)| format!("`{name}`")).collect();
    let needed = if needed.is_empty() { String::new() } else { format!(" Parameter {}.", needed.join(", ")) };
    format!("*{}*: {told}{needed}", playbook.safety.as_str())
}

/// What the steps of a playbook write, make and delete.
fn changes(playbook: &Playbook) -> BTreeSet<String> {
    let mut told = BTreeSet::new();
    for of in &playbook.resource_types {
        for step in &playbook.steps {
            let changed: Option<TypeName> = playbook.changed(&step.kind, of, &types());
            let name = changed.as_ref().map_or("", |name| name.as_str()).trim_start_matches("AWS::").to_owned();
            match &step.kind {
                StepKind::Ensure(_) => drop(told.insert(format!("+ `{name}`"))),
                StepKind::Delete(_) => drop(told.insert(format!("− `{name}`"))),
                StepKind::Patch(_, patch) => {
                    let places = patch.pointers().map(|place| format!("`{name}{}`", cell(&place.text)));
                    told.extend(places);
                }
            }
        }
    }
    told
}

/// What the cases of playbooks lead to.
#[derive(Default)]
struct Plans {
    calls: BTreeSet<String>,
    changes: usize,
    stays: BTreeMap<String, BTreeSet<String>>,
}

impl Plans {
    fn of(bundle: &Bundle, playbooks: &[&Playbook]) -> Self {
        let mut all = Self::default();
        for playbook in playbooks {
            for case in &playbook.cases {
                let mut alone = bundle.clone();
                alone.policies.retain(|policy| playbook.fixes.contains(policy.id()));
                alone.playbooks.retain(|id, _| *id == playbook.id);
                let (snapshot, key) = case_snapshot(&alone, playbook, case, &types()).unwrap();
                let mut settings = Settings::new("2026-11-22T00:00:00Z".parse().unwrap());
                for id in playbook.fixes.iter().map(|id| id.as_str()).chain([playbook.id.as_str()]) {
                    settings.parameters.insert(id.to_owned(), case.parameters.clone());
                }
                let types = types();
                let reading = Reading::of(&alone, &types, Purpose::Plan);
                let assessor = Assessor { bundle: &alone, types: &types, settings: &settings };
                let plan = Planner { assessor, reading: &reading }.plan(&snapshot, |finding| finding.resource == key);
                plan.changes.iter().for_each(|change| all.note(change));
            }
        }
        all
    }

    fn note(&mut self, change: &Change) {
        self.changes += 1;
        self.calls.extend(change.calls.iter().map(|call| format!("{}:{}", call.service, call.operation)));
        if let Some(why) = &change.irreversible_because {
            let name = change.resource.type_name.as_str().trim_start_matches("AWS::");
            let what = match change.kind {
                ChangeKind::Create => format!("the new `{name}` stays"),
                ChangeKind::Update | ChangeKind::Delete => format!("not of `{name}`"),
            };
            self.stays.entry(what).or_default().insert(cell(why));
        }
    }

    fn undo(&self) -> String {
        if self.changes == 0 {
            return String::new();
        }
        let stays = self
            .stays
            .iter()
            .map(|(what, why)| format!("{what}: {}", why.iter().cloned().collect::<Vec<_>>().join("; ")));
        or(lines(stays), "yes")
    }
}

fn tested(bundle: &Bundle, policy: &Policy, playbooks: &[&Playbook]) -> String {
    let file = policy.source.name.replace(".rego", "_test.rego");
    let source = bundle.files.tests.iter().find(|source| *source.name == *file);
    let count = source.map_or(0, |source| source.text.lines().filter(|line| line.starts_with("test_")).count());
    let unit = format!("[{count} unit tests](../{file})");
    let unit = if count == 0 { String::new() } else { unit };
    let cases = playbooks.iter().filter(|playbook| !playbook.cases.is_empty()).map(|playbook| {
        let plural = if playbook.cases.len() == 1 { "case" } else { "cases" };
        format!("[{} {plural}](../{})", playbook.cases.len(), playbook.source.name)
    });
    let emulators = playbooks.iter().filter(|playbook| playbook.safety != Safety::Manual).map(|playbook| {
        let on = PROVED.lines().find_map(|line| line.strip_prefix(&format!("{}: ", playbook.id)));
        on.map_or_else(|| "on the sandbox only".to_owned(), |on| format!("on {on}"))
    });
    lines([unit].into_iter().filter(|text| !text.is_empty()).chain(cases).chain(emulators))
}

fn lines(items: impl IntoIterator<Item = String>) -> String {
    items.into_iter().collect::<Vec<_>>().join("<br>")
}

fn or(text: String, otherwise: &str) -> String {
    if text.is_empty() { otherwise.to_owned() } else { text }
}

/// A text that can stand in a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ").replace('*', "\\*")
}

fn types() -> ResourceTypes {
    ResourceTypes::new(TYPES.iter().map(|kind| *kind as &dyn ResourceType))
}

fn place(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(name: &str) -> String {
    fs::read_to_string(place(name)).unwrap_or_default()
}
