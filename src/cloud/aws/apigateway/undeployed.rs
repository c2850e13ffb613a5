//! What a deployment of an API would publish: the methods that are not as a stage serves them.
//!
//! API Gateway tells of a deployment which methods it has, and how each asks who is calling
//! (<https://docs.aws.amazon.com/apigateway/latest/api/API_MethodSnapshot.html>). Integrations, models, validators and
//! responses it does not tell, nor the resource policy.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::method::Method;
use crate::cloud::aws::object::Object;
use crate::model::{Place, Resource, ResourceType, Snapshot};

/// What a deployment's summary tells of a method, under the method's own names.
pub const TOLD: [&str; 2] = ["ApiKeyRequired", "AuthorizationType"];

/// What a method stands for that answers every verb: a summary may list them one by one.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-method-settings.html>
const VERBS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
const ANY: &str = "ANY";

/// A method by its resource's path and its verb.
type Named = (String, String);

/// The methods of a summary, or of an API as it is.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Methods(BTreeMap<Named, Map<String, Value>>);

impl Methods {
    /// Adds one, with what is known of it.
    pub fn add(&mut self, path: &str, verb: &str, known: Map<String, Value>) {
        self.0.insert((path.to_owned(), verb.to_owned()), known);
    }

    /// From what [`Methods::summary`] made.
    pub fn of_summary(summary: &Value) -> Self {
        let mut methods = Self::default();
        for (path, verbs) in summary.as_object().into_iter().flatten() {
            for (verb, known) in verbs.as_object().into_iter().flatten() {
                methods.add(path, verb, known.as_object().cloned().unwrap_or_default());
            }
        }
        methods
    }

    /// The methods of an API in the sandbox.
    pub fn of_world(world: &Snapshot, place: &Place, api: &str) -> Self {
        let here = |method: &&Resource| {
            method.account == place.account && method.region == place.region && method.text("/RestApiId") == Some(api)
        };
        Self::of_documents(world.of_type(Method.name()).map(AsRef::as_ref).filter(here))
    }

    /// From the documents of methods.
    pub fn of_documents<'a>(documents: impl IntoIterator<Item = &'a Resource>) -> Self {
        let mut methods = Self::default();
        for method in documents {
            let path = method.fact("/ResourcePath").and_then(Value::as_str);
            let path = path.or(method.text("/ResourceId")).unwrap_or_default();
            let mut known = Object::default();
            for name in TOLD {
                known.set(name, method.property(&format!("/{name}")).cloned());
            }
            methods.add(path, method.text("/HttpMethod").unwrap_or_default(), known.0);
        }
        methods
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As a document has it: by path, then by verb.
    pub fn summary(&self) -> Value {
        let mut summary: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        for ((path, verb), known) in &self.0 {
            summary.entry(path).or_default().insert(verb.clone(), Value::Object(known.clone()));
        }
        summary.into_iter().map(|(path, verbs)| (path.to_owned(), Value::Object(verbs))).collect()
    }

    /// What a deployment of these would change where `deployed` is served, a line each: `GET /orders`, with `(new)` for a method
    /// that is not served yet and `(gone)` for one that would be served no more. What is not known of either is no difference.
    pub fn undeployed(&self, deployed: &Self) -> Vec<String> {
        let mut told = BTreeSet::new();
        let mut served: BTreeSet<&Named> = BTreeSet::new();
        for (place, known) in &self.0 {
            let places = self.stands_for(place, deployed);
            served.extend(deployed.0.keys().filter(|served| places.contains(served)));
            let found: Vec<_> = places.iter().filter_map(|place| deployed.0.get(place)).collect();
            if found.is_empty() {
                told.insert(format!("{} (new)", label(place)));
            } else if found.iter().any(|deployed| differ(known, deployed)) {
                told.insert(label(place));
            }
        }
        let gone = deployed.0.keys().filter(|place| !served.contains(place));
        told.extend(gone.map(|place| format!("{} (gone)", label(place))));
        told.into_iter().collect()
    }

    /// Where a summary has a method: one for every verb stands there as such, or as each verb that has no method of its own.
    fn stands_for(&self, place: &Named, deployed: &Self) -> Vec<Named> {
        let (path, verb) = place;
        if verb != ANY || deployed.0.contains_key(place) {
            return vec![place.clone()];
        }
        let verbs = VERBS.iter().map(|verb| (path.clone(), (*verb).to_owned()));
        verbs.filter(|place| !self.0.contains_key(place)).collect()
    }
}

fn label((path, verb): &Named) -> String {
    format!("{verb} {path}")
}

fn differ(now: &Map<String, Value>, deployed: &Map<String, Value>) -> bool {
    TOLD.iter().any(|name| match (now.get(*name), deployed.get(*name)) {
        (Some(now), Some(deployed)) => now != deployed,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn methods(summary: Value) -> Methods {
        Methods::of_summary(&summary)
    }

    #[test]
    fn what_differs_is_named() {
        let open = json!({"AuthorizationType": "NONE", "ApiKeyRequired": false});
        let iam = json!({"AuthorizationType": "AWS_IAM", "ApiKeyRequired": false});
        let now = methods(json!({"/": {"GET": open}, "/cart": {"GET": iam, "PUT": open}}));
        assert_eq!(methods(now.summary()), now);
        assert_eq!(now.undeployed(&now), Vec::<String>::new());
        let deployed = methods(json!({"/": {"GET": open, "DELETE": open}, "/cart": {"GET": open}}));
        assert_eq!(now.undeployed(&deployed), ["DELETE / (gone)", "GET /cart", "PUT /cart (new)"]);
        let untold = methods(json!({"/": {"GET": {}}, "/cart": {"GET": {"ApiKeyRequired": false}, "PUT": {}}}));
        assert_eq!(now.undeployed(&untold), Vec::<String>::new());
        assert!(!now.is_empty() && methods(json!({})).is_empty());
    }

    #[test]
    fn a_method_for_every_verb_may_be_listed_verb_by_verb() {
        let (open, iam) = (json!({"AuthorizationType": "NONE"}), json!({"AuthorizationType": "AWS_IAM"}));
        let now = methods(json!({"/": {"ANY": iam, "OPTIONS": open}}));
        let each = |of: &Value| {
            let mut verbs: Map<String, Value> = VERBS.iter().map(|verb| ((*verb).to_owned(), of.clone())).collect();
            verbs.insert("OPTIONS".into(), open.clone());
            methods(json!({"/": verbs}))
        };
        assert_eq!(now.undeployed(&each(&iam)), Vec::<String>::new());
        assert_eq!(now.undeployed(&each(&open)), ["ANY /"]);
        assert_eq!(now.undeployed(&methods(json!({"/": {"OPTIONS": open}}))), ["ANY / (new)"]);
        assert_eq!(now.undeployed(&now), Vec::<String>::new());
    }
}
