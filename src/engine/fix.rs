//! From a finding and a playbook to the edits of documents that put it right.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::graph::{Graph, Neighbours};
use super::hash::short;
use super::settings::Settings;
use crate::model::{
    ChangeId, Finding, PlaybookId, Resource, ResourceKey, ResourceTypes, Safety, Scope, Status, TypeName,
};
use crate::playbook::{Bindings, Ensure, Known, Playbook, ResolvedPatch, StepKind, Target, Template, Which, contains};
use crate::policy::Document;

/// What is done to one document.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    /// It is patched.
    Patch(ResolvedPatch),
    /// It is deleted.
    Delete,
    /// It is made.
    Create(Made),
}

/// What is made.
#[derive(Clone, Debug)]
pub(super) struct Made {
    /// The name of the change that makes it.
    pub name: ChangeId,
    /// With what properties.
    pub properties: Value,
    /// What would have done in its place.
    pub find: Option<Value>,
}

impl Edit {
    /// What the edit makes, where it does.
    pub fn creates(&self) -> Option<&Made> {
        match self {
            Self::Create(made) => Some(made),
            Self::Patch(_) | Self::Delete => None,
        }
    }
}

/// What one finding's playbook does, in order.
#[derive(Clone, Debug)]
pub(super) struct Fix {
    pub playbook: PlaybookId,
    pub safety: Safety,
    pub warnings: Vec<String>,
    pub edits: Vec<(ResourceKey, Edit)>,
}

/// Why a finding has no fix: its status and what a person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NoFix {
    pub status: Status,
    pub reason: String,
}

impl NoFix {
    pub(super) fn manual(reason: impl Into<String>) -> Self {
        Self { status: Status::Manual, reason: reason.into() }
    }
}

/// What a step has ensured: how later steps speak of it, where it stands, and what makes it where it is not there yet.
type Ensured = (Known, ResourceKey, Option<Made>);

/// Whether a resource holds the properties and facts that are asked for, and at the properties named `exactly` no more.
pub fn would_do(resource: &Resource, find: &Value) -> bool {
    let mut asked = find.clone();
    let exactly = asked.as_object_mut().and_then(|asked| asked.remove("exactly")).unwrap_or_default();
    let whole = |name: &Value| {
        let name = name.as_str().unwrap_or_default();
        let (found, wanted) = (resource.properties.get(name), find.pointer(&format!("/properties/{name}")));
        found.zip(wanted).is_some_and(|(found, wanted)| contains(wanted, found))
    };
    contains(&json!({"properties": resource.properties, "facts": resource.facts}), &asked)
        && exactly.as_array().is_none_or(|names| names.iter().all(whole))
}

/// Prepares fixes over one snapshot.
pub(super) struct Fixer<'a> {
    pub graph: &'a Graph<'a>,
    pub types: &'a ResourceTypes,
    pub settings: &'a Settings,
}

impl Fixer<'_> {
    /// The edits of the first of the playbooks that can be used; the reason of the last that cannot, otherwise.
    pub fn fix<'b>(&self, finding: &Finding, playbooks: impl Iterator<Item = &'b Playbook>) -> Result<Fix, NoFix> {
        let mut reason = NoFix { status: Status::NoPlaybook, reason: "no playbook fixes this policy".into() };
        for playbook in playbooks {
            match self.follow(finding, playbook) {
                Ok(fix) => return Ok(fix),
                Err(why) => reason = why,
            }
        }
        Err(reason)
    }

    fn follow(&self, finding: &Finding, playbook: &Playbook) -> Result<Fix, NoFix> {
        if let Some(instructions) = &playbook.instructions {
            return Err(NoFix::manual(instructions.trim()));
        }
        let snapshot = self.graph.snapshot();
        let resource = snapshot.get(&finding.resource).ok_or_else(|| NoFix::manual("the resource was not read"))?;
        let parameters = self.parameters(playbook)?;
        let mut bindings = Bindings {
            resource: Some(resource),
            finding: json!({"msg": finding.message, "path": finding.path, "params": finding.params}),
            parameters,
            steps: BTreeMap::new(),
            account: resource.account.clone(),
            region: if resource.region.is_empty() {
                snapshot.header.regions.first().cloned().unwrap_or_default()
            } else {
                resource.region.clone()
            },
            partition: snapshot.header.partition.clone(),
        };
        let input = self.input(resource, &bindings);
        let cannot =
            |why: &dyn std::fmt::Display| NoFix::manual(format!("playbook {} cannot be followed: {why}", playbook.id));
        if let Some((text, when)) = &playbook.when
            && !when.holds(&input).map_err(|error| cannot(&error))?
        {
            return Err(NoFix::manual(format!("playbook {} is only for a finding with: {}", playbook.id, text.trim())));
        }
        let mut edits = Vec::new();
        let mut ensured: BTreeMap<&str, ResourceKey> = BTreeMap::new();
        for step in &playbook.steps {
            if let Some(when) = &step.when
                && !when.holds(&input).map_err(|error| cannot(&error))?
            {
                continue;
            }
            match &step.kind {
                StepKind::Ensure(ensure) => {
                    let (known, key, made) =
                        self.ensure(ensure, resource, &bindings).map_err(|error| cannot(&error))?;
                    bindings.steps.insert(ensure.name.clone(), known);
                    edits.extend(made.map(|made| (key.clone(), Edit::Create(made))));
                    ensured.insert(&ensure.name, key);
                }
                StepKind::Patch(target, patch) => {
                    let patch = ResolvedPatch::bind(patch, &bindings).map_err(|error| cannot(&error))?;
                    let keys = self.targets(target, resource, &bindings, &ensured, playbook)?;
                    edits.extend(keys.into_iter().map(|key| (key, Edit::Patch(patch.clone()))));
                }
                StepKind::Delete(target) => {
                    let keys = self.targets(target, resource, &bindings, &ensured, playbook)?;
                    edits.extend(keys.into_iter().map(|key| (key, Edit::Delete)));
                }
            }
        }
        if edits.is_empty() {
            let untold = || format!("no step of playbook {} applies here", playbook.id);
            let told = playbook.otherwise.as_ref().map(|text| text.bind(&bindings)).transpose();
            let told = told.map_err(|error| cannot(&error))?;
            return Err(NoFix::manual(told.as_ref().and_then(Value::as_str).map_or_else(untold, str::to_owned)));
        }
        for (key, _) in &edits {
            if let Some(protector) = self.protector(key)? {
                return Err(NoFix { status: Status::Protected, reason: format!("a tag protects {protector}") });
            }
        }
        let mut warnings = Vec::new();
        for warning in &playbook.warnings {
            let told = match &warning.when {
                Some(when) => when.holds(&input).map_err(|error| cannot(&error))?,
                None => true,
            };
            if told {
                let text = warning.text.bind(&bindings).map_err(|error| cannot(&error))?;
                warnings.extend(text.as_str().map(str::to_owned));
            }
        }
        Ok(Fix { playbook: playbook.id.clone(), safety: playbook.safety, warnings, edits })
    }

    fn parameters(&self, playbook: &Playbook) -> Result<BTreeMap<String, Value>, NoFix> {
        let values = self.settings.values(playbook.id.as_str(), &playbook.parameters);
        match playbook.parameters.iter().find(|(name, _)| !values.contains_key(*name)) {
            Some((name, parameter)) => Err(NoFix::manual(format!(
                "parameter `{name}` of {} has no value ({}): with one this is fixed; set it in rectify.yaml under parameters, or with --set {}.{name}=…",
                playbook.id, parameter.description, playbook.id
            ))),
            None => Ok(values),
        }
    }

    /// What `when` reads.
    fn input(&self, resource: &Resource, bindings: &Bindings<'_>) -> Document {
        let mut related = serde_json::Map::new();
        for relation in self.types.find(&resource.type_name).into_iter().flat_map(|kind| kind.relations()) {
            if let Neighbours::Known(found) = self.graph.neighbours(resource, relation) {
                let many = Value::Array(found.iter().map(|neighbour| json!(**neighbour)).collect());
                let one = found.first().map_or(Value::Null, |neighbour| json!(**neighbour));
                related.insert(relation.name.to_owned(), if relation.many { many } else { one });
            }
        }
        let mut input = json!(resource);
        if let Some(members) = input.as_object_mut() {
            members.insert("related".into(), Value::Object(related));
            members.insert("finding".into(), bindings.finding.clone());
            members.insert("parameters".into(), json!(bindings.parameters));
            members.insert("now".into(), self.settings.now.to_string().into());
        }
        Document::new(&input)
    }

    /// Where a step's targets stand.
    fn targets(
        &self,
        target: &Target,
        resource: &Resource,
        bindings: &Bindings<'_>,
        ensured: &BTreeMap<&str, ResourceKey>,
        playbook: &Playbook,
    ) -> Result<Vec<ResourceKey>, NoFix> {
        let (name, which) = match target {
            Target::Own => return Ok(vec![resource.key()]),
            Target::Ensured(name) => {
                let skipped = || NoFix::manual(format!("playbook {} changes {name}, and skipped it", playbook.id));
                return ensured.get(name.as_str()).map(|key| vec![key.clone()]).ok_or_else(skipped);
            }
            Target::Neighbour(name, which) => (name, which),
        };
        let unread = || NoFix::manual(format!("playbook {} changes the {name}, which was not read", playbook.id));
        let relation = self.types.find(&resource.type_name).and_then(|kind| kind.relation(name)).ok_or_else(unread)?;
        let Neighbours::Known(found) = self.graph.neighbours(resource, relation) else { return Err(unread()) };
        let keys = |wanted: &dyn Fn(&Resource) -> bool| -> Vec<ResourceKey> {
            found.iter().filter(|neighbour| wanted(neighbour)).map(|neighbour| neighbour.key()).collect()
        };
        let mut keys = match which {
            Which::Each => return Ok(keys(&|_| true)),
            Which::Only => keys(&|_| true),
            Which::Named(id) => {
                let wanted = Template::bind(id, bindings);
                let wanted = wanted.map_err(|error| NoFix::manual(format!("playbook {}: {error}", playbook.id)))?;
                keys(&|neighbour| wanted == neighbour.id || wanted == neighbour.arn)
            }
        };
        keys.truncate(1);
        if keys.is_empty() { Err(unread()) } else { Ok(keys) }
    }

    /// Finds what a step asks for, or says with what properties it is made. Whoever asks for the same gets the same.
    fn ensure(&self, ensure: &Ensure, near: &Resource, bindings: &Bindings<'_>) -> Result<Ensured, String> {
        let find = ensure.find.as_ref().map(|find| find.bind(bindings)).transpose()?;
        let type_name = TypeName::from(ensure.type_name.as_str());
        let kind = self.types.find(&type_name);
        let region =
            if kind.map(|kind| kind.scope()) == Some(Scope::Global) { String::new() } else { bindings.region.clone() };
        let here = |resource: &&std::sync::Arc<Resource>| resource.account == near.account && resource.region == region;
        let matches = |resource: &&std::sync::Arc<Resource>| find.as_ref().is_some_and(|find| would_do(resource, find));
        let snapshot = self.graph.snapshot();
        if let Some(found) = snapshot.of_type(type_name.as_str()).filter(here).find(matches) {
            let must = ensure.must.as_ref().map(|must| must.bind(bindings)).transpose()?;
            return match must.filter(|must| !would_do(found, must)) {
                Some(must) => Err(format!("{} is there and is not {must}", found.key())),
                None => Ok((Known { id: found.id.clone(), arn: found.arn.clone() }, found.key(), None)),
            };
        }
        let whole = |unread: &&crate::model::Unread| {
            let at = &unread.resource;
            at.type_name == type_name && at.account == near.account && at.region == region
        };
        if let Some(unread) = snapshot.header.unread.iter().find(whole).filter(|_| find.is_some()) {
            return Err(format!("it cannot be known whether one exists: {} ({})", unread.resource, unread.reason));
        }
        let properties = ensure.properties.bind(bindings)?;
        // What it is found by names it: who asks for the same with other properties is in conflict.
        let named_by = find.as_ref().unwrap_or(&properties);
        let name = ChangeId::from(short(&("create", &type_name, &near.account, &region, named_by)));
        let id =
            kind.and_then(|kind| kind.identified(&properties)).unwrap_or_else(|| format!("${{rectify:{name}.id}}"));
        let key = ResourceKey { type_name, account: near.account.clone(), region, id: id.clone() };
        match (snapshot.get(&key), &find) {
            (None, _) => {
                let arn = format!("${{rectify:{name}.arn}}");
                Ok((Known { id, arn }, key, Some(Made { name, properties, find })))
            }
            (Some(there), None) => Ok((Known { id, arn: there.arn.clone() }, key, None)),
            (Some(_), Some(find)) => Err(format!("{key} is there and is not {find}")),
        }
    }

    /// What protects a resource by its tags: the resource itself, or the one that it is a part of.
    fn protector(&self, key: &ResourceKey) -> Result<Option<ResourceKey>, NoFix> {
        let Some(resource) = self.graph.snapshot().get(key) else { return Ok(None) };
        let protects = |tags: &BTreeMap<String, String>| {
            self.settings
                .protected_tags
                .iter()
                .any(|(name, value)| tags.get(name).is_some_and(|found| value == "*" || found == value))
        };
        if protects(&resource.tags) {
            return Ok(Some(key.clone()));
        }
        let kind = self.types.find(&key.type_name);
        let Some(relation) = kind.and_then(|kind| kind.relation(kind.belongs_to()?)) else { return Ok(None) };
        match self.graph.neighbours(resource, relation) {
            Neighbours::Known(found) => Ok(found.iter().find(|whole| protects(&whole.tags)).map(|whole| whole.key())),
            Neighbours::Unknown => {
                let what = relation.name;
                Err(NoFix::manual(format!("whether a tag protects its {what} is not known: the {what} was not read")))
            }
        }
    }
}
