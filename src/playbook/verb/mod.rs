//! The patch verbs: few, and none can loosen anything.

mod append;
mod at_least;
mod at_most;
mod default;
mod remove;
mod remove_where;
mod set;
mod subtract;
mod upsert;

use serde_json::Value;

use super::pointer::{Missing, Place};
use super::step::Patch;
use super::template::Bindings;

/// What a verb is, for help and documentation.
#[derive(Debug)]
pub struct Verb {
    /// As it is written.
    pub name: &'static str,
    /// What it does, one line.
    pub does: &'static str,
    /// Prepares what a patch asks of the verb.
    bind: fn(&Patch, &Bindings<'_>) -> Result<Vec<Operation>, PatchError>,
}

/// Every verb, in the order in which a patch applies them.
pub const VERBS: &[Verb] = &[
    set::VERB,
    default::VERB,
    remove::VERB,
    append::VERB,
    subtract::VERB,
    at_most::VERB,
    at_least::VERB,
    upsert::VERB,
    remove_where::VERB,
];

/// A patch that cannot be made for this resource; reads after "the playbook cannot be followed: ".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PatchError(pub String);

/// One verb at one place, with its values.
type Apply = fn(&Place, &Value, &mut Value);

#[derive(Clone, Debug)]
struct Operation {
    apply: Apply,
    place: Place,
    value: Value,
}

/// A patch with all its values: a pure function of the properties.
#[derive(Clone, Debug, Default)]
pub struct ResolvedPatch(Vec<Operation>);

impl ResolvedPatch {
    /// Gives a patch its values.
    pub fn bind(patch: &Patch, bindings: &Bindings<'_>) -> Result<Self, PatchError> {
        let mut operations = Vec::new();
        for verb in VERBS {
            operations.extend((verb.bind)(patch, bindings)?);
        }
        Ok(Self(operations))
    }

    /// The properties, patched.
    pub fn apply(&self, properties: &Value) -> Value {
        let mut document = properties.clone();
        for operation in &self.0 {
            (operation.apply)(&operation.place, &operation.value, &mut document);
        }
        document
    }
}

/// The operations of a verb that maps pointers to values.
fn at_pointers<'a>(
    entries: impl IntoIterator<Item = (&'a super::Pointer, &'a super::Template)>,
    bindings: &Bindings<'_>,
    apply: Apply,
) -> Result<Vec<Operation>, PatchError> {
    let operation = |(pointer, template): (&super::Pointer, &super::Template)| {
        Ok(Operation {
            apply,
            place: pointer.bind(bindings).map_err(PatchError)?,
            value: template.bind(bindings).map_err(PatchError)?,
        })
    };
    entries.into_iter().map(operation).collect()
}

/// The operation of a verb that bounds a number: what is stricter than the bound stays.
fn bound(place: &Place, bound: &Value, document: &mut Value, stricter: fn(f64, f64) -> bool) {
    place.update(document, Missing::Create, &mut |old| {
        let stays = |old: &Value| match (old.as_f64(), bound.as_f64()) {
            // A negative number is how services write "no limit".
            (Some(old), Some(bound)) => old >= 0.0 && stricter(old, bound),
            _ => false,
        };
        old.filter(stays).or_else(|| Some(bound.clone()))
    });
}

/// Whether a value holds a subset: an object's members hold, every listed element of an array is held by one, an empty
/// array is held by an empty one only, anything else is equal.
pub fn contains(value: &Value, subset: &Value) -> bool {
    match (value, subset) {
        (Value::Object(value), Value::Object(subset)) => {
            subset.iter().all(|(name, subset)| value.get(name).is_some_and(|value| contains(value, subset)))
        }
        (Value::Array(value), Value::Array(subset)) if subset.is_empty() => value.is_empty(),
        (Value::Array(value), Value::Array(subset)) => {
            subset.iter().all(|subset| value.iter().any(|value| contains(value, subset)))
        }
        _ => value == subset,
    }
}

#[cfg(test)]
pub(super) mod testing {
    use serde_json::Value;

    use super::*;
    use crate::text::{Source, yaml};

    /// The document after a patch, which is written as in a playbook.
    pub fn patched(patch: &str, document: Value) -> Value {
        let patch: Patch = yaml::parse(&Source::new("p.yaml", patch)).unwrap();
        ResolvedPatch::bind(&patch, &Bindings::default()).unwrap().apply(&document)
    }
}
