//! The steps of a playbook.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::pointer::Pointer;
use super::shared::Shared;
use super::template::Template;
use crate::model::TypeName;
use crate::policy::Expression;
use crate::text::{Diagnostic, Source};

/// One step, with its condition.
#[derive(Clone)]
pub struct Step {
    /// When it is taken.
    pub when: Option<Expression>,
    /// What it does.
    pub kind: StepKind,
}

/// What a step does.
#[derive(Clone)]
pub enum StepKind {
    /// Has a resource exist.
    Ensure(Box<Ensure>),
    /// Patches a document.
    Patch(Target, Box<Patch>),
    /// Deletes a resource.
    Delete(Target),
}

impl StepKind {
    /// What it changes; none for what it ensures.
    pub fn target(&self) -> Option<&Target> {
        match self {
            Self::Ensure(_) => None,
            Self::Patch(target, _) | Self::Delete(target) => Some(target),
        }
    }
}

/// What a step is done to.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// The finding's resource.
    Own,
    /// What an earlier step has ensured: `steps.NAME`.
    Ensured(String),
    /// A neighbour, by its relation.
    Neighbour(String, Which),
}

/// Which neighbours of a relation are meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Which {
    /// The only one.
    Only,
    /// Of many, the one of this id or ARN.
    Named(Template),
    /// Each.
    Each,
}

impl Target {
    /// The relation's name, where it is a neighbour.
    pub fn relation(&self) -> Option<&str> {
        match self {
            Self::Neighbour(name, _) => Some(name),
            Self::Own | Self::Ensured(_) => None,
        }
    }

    fn id(&self) -> Option<&Template> {
        match self {
            Self::Neighbour(_, Which::Named(id)) => Some(id),
            _ => None,
        }
    }

    fn written(target: Option<String>, id: Option<Template>, each: bool) -> Result<Self, &'static str> {
        let ensured = target.as_deref().and_then(|target| target.strip_prefix("steps.")).map(str::to_owned);
        match (ensured, target, id, each) {
            (None, None, None, false) => Ok(Self::Own),
            (Some(name), _, None, false) => Ok(Self::Ensured(name)),
            (None, Some(relation), None, false) => Ok(Self::Neighbour(relation, Which::Only)),
            (None, Some(relation), Some(id), false) => Ok(Self::Neighbour(relation, Which::Named(id))),
            (None, Some(relation), None, true) => Ok(Self::Neighbour(relation, Which::Each)),
            (_, _, Some(_), true) => Err("`id` means one and `each` all of them"),
            _ => Err("`id` and `each` choose among the neighbours of a relation, and `target` names none"),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenStep {
    ensure: Option<Ensure>,
    patch: Option<Patch>,
    delete: Option<Delete>,
    include: Option<String>,
}

/// `ensure`: finds a resource or creates it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ensure {
    /// The name under which later steps speak of it.
    #[serde(rename = "as")]
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: TypeName,
    /// A subset of `properties` and `facts` that tells it; at the properties that `exactly` names, it holds no more than that.
    /// Without it, it is always made; findings that ask for the same share one.
    #[serde(default)]
    pub find: Option<Template>,
    /// A subset that the found one has to hold as well, to be of use.
    #[serde(default)]
    pub must: Option<Template>,
    /// What it is created with where none is found.
    pub properties: Template,
    /// A condition.
    pub when: Option<String>,
}

impl Ensure {
    /// What is wrong with `find` or `must`: another member than they have, or one that says nothing.
    pub(super) fn unclear(&self) -> Option<String> {
        let unclear = |asked: &Template| {
            let known = ["properties", "facts", "exactly"];
            if let Some(other) = asked.names().into_iter().find(|name| !known.contains(&name.as_str())) {
                return Some(format!("`{other}` is not known here: `properties`, `facts` or `exactly`"));
            }
            let named = match asked.member("exactly") {
                None => return None,
                Some(Template::Literal(Value::Array(names))) => names,
                Some(_) => return Some("`exactly` is a list of properties".to_owned()),
            };
            let properties = asked.member("properties").map(|properties| properties.names()).unwrap_or_default();
            let is_asked =
                |name: &Value| name.as_str().is_some_and(|name| properties.iter().any(|asked| asked == name));
            let stray = named.into_iter().find(|name| !is_asked(name))?;
            Some(format!("`exactly` names {stray}, which `properties` does not have"))
        };
        self.find.iter().chain(&self.must).find_map(unclear)
    }
}

/// `patch`: verbs at places.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Patch {
    target: Option<String>,
    id: Option<Template>,
    each: bool,
    when: Option<String>,
    pub(super) set: BTreeMap<Pointer, Template>,
    pub(super) default: BTreeMap<Pointer, Template>,
    pub(super) remove: Vec<Pointer>,
    pub(super) append: BTreeMap<Pointer, Template>,
    pub(super) subtract: BTreeMap<Pointer, Template>,
    pub(super) at_most: BTreeMap<Pointer, Template>,
    pub(super) at_least: BTreeMap<Pointer, Template>,
    pub(super) upsert: BTreeMap<Pointer, Upsert>,
    pub(super) remove_where: BTreeMap<Pointer, RemoveWhere>,
}

/// The value of `upsert`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upsert {
    /// The fields that tell the element.
    pub key: Vec<String>,
    /// The element.
    pub value: Template,
}

/// The value of `remove_where`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveWhere {
    /// Elements equal to this.
    pub equals: Option<Template>,
    /// Elements that hold this subset.
    pub matches: Option<Template>,
}

/// `delete`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delete {
    target: Option<String>,
    id: Option<Template>,
    #[serde(default)]
    each: bool,
    when: Option<String>,
}

/// Steps as they are written, with those of what they include.
pub(super) fn read(
    source: &Source,
    written: Vec<WrittenStep>,
    shared: &BTreeMap<String, Shared>,
) -> Result<Vec<Step>, Diagnostic> {
    let when = |text: &Option<String>| text.as_deref().map(|text| Expression::compile(source, text)).transpose();
    let mut steps = Vec::new();
    for (index, step) in written.into_iter().enumerate() {
        let complain = |message: &str| source.complain_at("steps:", format!("step {}: {message}", index + 1));
        let target = |target, id, each| Target::written(target, id, each).map_err(&complain);
        steps.push(match (step.ensure, step.patch, step.delete, step.include) {
            (Some(ensure), None, None, None) => {
                Step { when: when(&ensure.when)?, kind: StepKind::Ensure(Box::new(ensure)) }
            }
            (None, Some(patch), None, None) => {
                let target = target(patch.target.clone(), patch.id.clone(), patch.each)?;
                Step { when: when(&patch.when)?, kind: StepKind::Patch(target, Box::new(patch)) }
            }
            (None, None, Some(delete), None) => {
                let target = target(delete.target, delete.id, delete.each)?;
                Step { when: when(&delete.when)?, kind: StepKind::Delete(target) }
            }
            (None, None, None, Some(name)) => {
                let Some(included) = shared.get(&name) else {
                    let known: Vec<&str> = shared.keys().map(String::as_str).collect();
                    let told = source.complain_at(&name, format!("there are no shared steps `{name}`"));
                    return Err(told.help(format!("there are: {}", known.join(", "))));
                };
                steps.extend(included.steps.iter().cloned());
                continue;
            }
            _ => return Err(complain("it is not exactly one of ensure, patch, delete, include")),
        });
    }
    Ok(steps)
}

impl Patch {
    /// Every pointer of the patch.
    pub fn pointers(&self) -> impl Iterator<Item = &Pointer> {
        let mapped = [&self.set, &self.default, &self.append, &self.subtract, &self.at_most, &self.at_least];
        let mapped = mapped.into_iter().flat_map(BTreeMap::keys);
        mapped.chain(&self.remove).chain(self.upsert.keys()).chain(self.remove_where.keys())
    }

    /// Every value of the patch.
    fn templates(&self) -> impl Iterator<Item = &Template> {
        let mapped = [&self.set, &self.default, &self.append, &self.subtract, &self.at_most, &self.at_least];
        let mapped = mapped.into_iter().flat_map(BTreeMap::values);
        let upserts = self.upsert.values().map(|upsert| &upsert.value);
        let removals = self.remove_where.values().flat_map(|wanted| wanted.equals.iter().chain(&wanted.matches));
        let inside = self.pointers().flat_map(Pointer::templates);
        mapped.chain(upserts).chain(removals).chain(inside)
    }
}

impl Step {
    /// Every template of the step.
    pub fn templates(&self) -> Vec<&Template> {
        match &self.kind {
            StepKind::Ensure(ensure) => {
                [&ensure.properties].into_iter().chain(&ensure.find).chain(&ensure.must).collect()
            }
            StepKind::Patch(target, patch) => target.id().into_iter().chain(patch.templates()).collect(),
            StepKind::Delete(target) => target.id().into_iter().collect(),
        }
    }
}

/// The shared steps that some written steps include.
pub(super) fn included(written: &[WrittenStep]) -> impl Iterator<Item = &str> {
    written.iter().filter_map(|step| step.include.as_deref())
}
