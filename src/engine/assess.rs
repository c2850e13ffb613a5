//! Evaluates the policies on the documents.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde_json::{Value, json};

use super::bundle::Bundle;
use super::graph::{Graph, Neighbours};
use super::hash::short;
use super::settings::Settings;
use super::waive::waive;
use crate::model::{
    Finding, FindingId, PolicyError, Resource, ResourceKey, ResourceTypes, Snapshot, Status, Violation,
};
use crate::policy::{Document, Policy};

/// What the policies say of the documents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assessment {
    /// Sorted by severity, policy and resource.
    pub findings: Vec<Finding>,
    /// What could not be evaluated.
    pub errors: Vec<PolicyError>,
    /// How many documents were judged by at least one policy.
    pub judged: usize,
}

impl Assessment {
    /// Puts more findings among them.
    pub fn add(&mut self, findings: Vec<Finding>) {
        self.findings.extend(findings);
        sort(&mut self.findings);
    }
}

fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let rank = |finding: &Finding| (std::cmp::Reverse(finding.severity), finding.policy.clone());
        rank(a).cmp(&rank(b)).then_with(|| (&a.resource, &a.path, &a.id).cmp(&(&b.resource, &b.path, &b.id)))
    });
}

/// A bundle with its parameters, ready to assess snapshots.
pub struct Assessor<'a> {
    /// The bundle.
    pub bundle: &'a Bundle,
    /// The types.
    pub types: &'a ResourceTypes,
    /// What the user set.
    pub settings: &'a Settings,
}

impl Assessor<'_> {
    /// Judges every document, or those in `only`, each by the policies of its type, in parallel.
    pub fn assess(&self, snapshot: &Snapshot, only: Option<&BTreeSet<ResourceKey>>) -> Assessment {
        let graph = Graph::new(snapshot, self.types);
        let mut by_type: BTreeMap<&str, Vec<(&Policy, Document)>> = BTreeMap::new();
        for policy in self.bundle.policies.all() {
            let custom = &policy.metadata.custom;
            let values = self.settings.values(custom.id.as_str(), &custom.parameters);
            let parameters = Document::new(&json!(values));
            for type_name in &custom.resource_types {
                by_type.entry(type_name.as_str()).or_default().push((policy, parameters.clone()));
            }
        }
        let now = Document::new(&Value::from(self.settings.now.to_string()));
        let wanted = |resource: &&std::sync::Arc<Resource>| {
            by_type.contains_key(resource.type_name.as_str()) && only.is_none_or(|only| only.contains(&resource.key()))
        };
        let resources: Vec<_> = snapshot.resources().filter(wanted).collect();
        let judged = resources.len();
        let judge = |resource: &&std::sync::Arc<Resource>| {
            let policies = by_type.get(resource.type_name.as_str()).map(Vec::as_slice).unwrap_or_default();
            self.judge(&graph, resource, policies, &now)
        };
        let parts: Vec<(Vec<Finding>, Vec<PolicyError>)> = resources.par_iter().map(judge).collect();
        let (mut findings, mut errors) = (Vec::new(), Vec::new());
        for (found, failed) in parts {
            findings.extend(found);
            errors.extend(failed);
        }
        sort(&mut findings);
        waive(&mut findings, snapshot, self.settings);
        errors.sort();
        Assessment { findings, errors, judged }
    }

    fn judge(
        &self,
        graph: &Graph<'_>,
        resource: &Resource,
        policies: &[(&Policy, Document)],
        now: &Document,
    ) -> (Vec<Finding>, Vec<PolicyError>) {
        let base = Document::new(&json!(resource)).with("now", now.clone());
        let mut neighbours: BTreeMap<&str, Option<Document>> = BTreeMap::new();
        let (mut findings, mut errors) = (Vec::new(), Vec::new());
        for (policy, parameters) in policies {
            for name in &policy.metadata.custom.related {
                neighbours.entry(name).or_insert_with(|| self.related(graph, resource, name));
            }
            let related = policy
                .metadata
                .custom
                .related
                .iter()
                .filter_map(|name| Some((name.as_str(), neighbours.get(name.as_str())?.clone()?)));
            let input = base.clone().with("parameters", parameters.clone()).with("related", Document::object(related));
            match policy.evaluate(&input) {
                Ok(violations) => {
                    findings.extend(violations.into_iter().map(|violation| finding(policy, resource, violation)));
                }
                Err(error) => errors.push(PolicyError {
                    policy: policy.id().clone(),
                    resource: resource.key(),
                    message: error.to_string(),
                }),
            }
        }
        (findings, errors)
    }

    /// The input that a policy gets for a resource, as JSON: for tests of the evaluators.
    pub fn input(&self, snapshot: &Snapshot, resource: &Resource, policy: &Policy) -> Document {
        let graph = Graph::new(snapshot, self.types);
        let custom = &policy.metadata.custom;
        let values = self.settings.values(custom.id.as_str(), &custom.parameters);
        let related =
            custom.related.iter().filter_map(|name| Some((name.as_str(), self.related(&graph, resource, name)?)));
        Document::new(&json!(resource))
            .with("now", Document::new(&Value::from(self.settings.now.to_string())))
            .with("parameters", Document::new(&json!(values)))
            .with("related", Document::object(related))
    }

    fn related(&self, graph: &Graph<'_>, resource: &Resource, name: &str) -> Option<Document> {
        let relation = self.types.find(&resource.type_name)?.relation(name)?;
        let document = |neighbour: &std::sync::Arc<Resource>| Document::new(&json!(**neighbour));
        match graph.neighbours(resource, relation) {
            Neighbours::Unknown => None,
            Neighbours::Known(found) if relation.many => Some(Document::list(found.iter().map(document))),
            Neighbours::Known(found) => found.first().map(document),
        }
    }
}

fn finding(policy: &Policy, resource: &Resource, violation: Violation) -> Finding {
    let key = resource.key();
    let id = short(&(policy.id(), &key, &violation));
    Finding {
        id: FindingId::from(format!("{}:{id}", policy.id())),
        policy: policy.id().clone(),
        severity: policy.metadata.custom.severity,
        resource: key,
        arn: resource.arn.clone(),
        message: violation.msg,
        path: violation.path,
        params: violation.params,
        status: Status::Open,
        reason: None,
        waived: None,
    }
}
