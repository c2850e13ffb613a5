//! What a resource has to be after each of a change's calls: between them somebody else may change it too.

use std::collections::BTreeSet;

use serde_json::Value;

use super::late::Late;
use super::verify::is_unset;
use crate::engine::inside;
use crate::model::{Change, Header, Place, Resource, ResourceType, SNAPSHOT_FORMAT, Snapshot};

/// The document before the first call, after each, and after the last. The first and the last are the plan's; those between
/// are what the type says that the calls do, and unknown where that takes more than the document itself.
pub(super) struct Stages(Vec<Option<Option<Resource>>>, Vec<Option<Value>>);

/// What a document says of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// It was done.
    Done,
    /// It was not; or nothing can be seen of it, and it may be done again.
    Undone,
    /// Neither.
    Neither,
}

impl Stages {
    /// The stages of a change from a document to what is planned.
    pub fn of(
        kind: Option<&dyn ResourceType>,
        place: &Place,
        change: &Change,
        before: Option<&Resource>,
        late: &Late,
    ) -> Self {
        let mut stages = vec![Some(before.cloned())];
        let mut facts = vec![before.map(|before| before.facts.clone())];
        let last = change.calls.len();
        let mut tried = kind.map(|kind| Trial::new(kind, place, change, before, late));
        for (index, call) in change.calls.iter().enumerate() {
            let told = tried.as_mut().and_then(|trial| trial.send(call).ok());
            if told.is_none() {
                tried = None;
            }
            facts.push(told.as_ref().and_then(Option::as_ref).map(|told: &Resource| told.facts.clone()));
            stages.push(if index + 1 == last { Some(late.planned(change)) } else { told });
        }
        Self(stages, facts)
    }

    /// The document after so many calls, if that is known.
    pub fn at(&self, done: usize) -> Option<Option<&Resource>> {
        self.0.get(done).and_then(Option::as_ref).map(Option::as_ref)
    }

    /// Whether a document is what is expected after so many calls, and nothing that another stage has besides.
    pub fn is(&self, done: usize, now: Option<&Resource>) -> bool {
        let (expected, now) = match (self.at(done), now) {
            (Some(Some(expected)), Some(now)) => (&expected.properties, &now.properties),
            (Some(None), None) => return true,
            _ => return false,
        };
        let all = self.properties();
        names(all.iter().copied().chain([expected, now])).into_iter().all(|name| {
            let all = members(&all, name);
            self.given(name, &all) || is_as(expected.get(name), now.get(name), &all)
        })
    }

    /// What a document says of a call, the ones before being done.
    pub fn says(&self, call: usize, now: Option<&Resource>) -> Says {
        let undone = self.is(call, now);
        let done = match self.at(call + 1) {
            Some(_) => self.is(call + 1, now),
            None => !undone && self.foreign(now).is_empty(),
        };
        match (done, undone) {
            (true, false) => Says::Done,
            (false, true) => Says::Undone,
            (false, false) if self.is_new() && call > 0 => match self.has_made(call, now) {
                true => Says::Done,
                false => Says::Undone,
            },
            (false, false) => Says::Neither,
            (true, true) if self.by_its_facts(call, now) => Says::Done,
            (true, true) => Says::Undone,
        }
    }

    /// Whether the change creates the resource.
    pub fn is_new(&self) -> bool {
        self.at(0).flatten().is_none()
    }

    /// Whether what a call sets of something new is so, whatever else the service has begun it with.
    fn has_made(&self, call: usize, now: Option<&Resource>) -> bool {
        let (Some(Some(old)), Some(Some(new)), Some(now)) = (self.at(call), self.at(call + 1), now) else {
            return false;
        };
        let all = self.properties();
        let set: Vec<&str> = names([&old.properties, &new.properties])
            .into_iter()
            .filter(|name| !self.given(name, &members(&all, name)))
            .filter(|name| !alike(old.properties.get(name), new.properties.get(name)))
            .collect();
        let is_so = |name: &&str| is_as(new.properties.get(name), now.properties.get(name), &members(&all, name));
        !set.is_empty() && set.iter().all(is_so)
    }

    /// Whether a fact is as a call makes it, which was not so before. (Of facts that the service makes up, such as a revision,
    /// nobody knows before what they will be.)
    fn by_its_facts(&self, call: usize, now: Option<&Resource>) -> bool {
        let facts = |done: usize| self.1.get(done).and_then(Option::as_ref).and_then(Value::as_object);
        let (Some(old), Some(new), Some(now)) = (facts(call), facts(call + 1), now) else { return false };
        new.iter().any(|(name, new)| old.get(name) != Some(new) && now.facts.get(name) == Some(new))
    }

    /// The properties at each stage that is known and has the resource.
    fn properties(&self) -> Vec<&Value> {
        let known = (0..self.0.len()).filter_map(|done| self.at(done)).flatten();
        known.map(|document| &document.properties).collect()
    }

    /// Whether a property is the service's to give, and none that the change is about: something new gets some that nobody has
    /// asked for, and a call may have some follow.
    fn given(&self, name: &str, all: &[Option<&Value>]) -> bool {
        let first = self.at(0).flatten();
        let last = self.0.last().and_then(Option::as_ref).and_then(Option::as_ref);
        let unnamed = |document: Option<&Resource>| {
            document.and_then(|document| document.properties.get(name)).is_none_or(is_unset)
        };
        unnamed(first) && unnamed(last) && (first.is_none() || !unset(all))
    }

    /// Where a document is what it is at no stage, so that somebody else has made it so: JSON Pointers, `/` for a resource
    /// that is not there any more.
    pub fn foreign(&self, now: Option<&Resource>) -> Vec<String> {
        let known: Vec<Option<&Resource>> = (0..self.0.len()).filter_map(|done| self.at(done)).collect();
        let Some(now) = now else {
            let may_be_gone = known.len() < self.0.len() || known.iter().any(Option::is_none);
            return if may_be_gone { Vec::new() } else { vec!["/".to_owned()] };
        };
        if self.is_new() {
            // With what a service begins is its own affair, and nobody else knows of it yet.
            return Vec::new();
        }
        let may = self.properties();
        let mut told = Vec::new();
        for name in names(may.iter().copied().chain([&now.properties])) {
            let (may, now) = (members(&may, name), now.properties.get(name));
            if !self.given(name, &may) {
                strange(&format!("/{}", escaped(name)), &may, now, &mut told);
            }
        }
        told
    }
}

/// A world with one document in it, to which the calls are sent.
struct Trial<'a> {
    kind: &'a dyn ResourceType,
    place: Place,
    world: Snapshot,
    late: Late,
    change: &'a Change,
}

impl<'a> Trial<'a> {
    fn new(
        kind: &'a dyn ResourceType,
        place: &Place,
        change: &'a Change,
        before: Option<&Resource>,
        late: &Late,
    ) -> Self {
        let header = Header {
            rectify_snapshot: SNAPSHOT_FORMAT,
            account: place.account.clone(),
            partition: place.partition.clone(),
            regions: vec![change.resource.region.clone()],
            taken_at: String::new(),
            unread: Vec::new(),
        };
        let mut world = Snapshot::new(header);
        before.into_iter().for_each(|before| world.insert(before.clone()));
        let place = Place { region: change.resource.region.clone(), ..place.clone() };
        Self { kind, place, world, late: late.clone(), change }
    }

    /// What the resource is after one more call.
    fn send(&mut self, call: &crate::model::Call) -> Result<Option<Resource>, String> {
        let now = self.world.resources().next().cloned();
        let call = self.late.call(call, now.as_deref())?;
        let sent = self.kind.effect(&self.place, &call, &mut self.world)?;
        self.late.created(self.change.id.as_str(), &sent);
        self.late.created("created", &sent);
        let mut documents = self.world.resources();
        let (now, other) = (documents.next(), documents.next());
        match other {
            Some(other) => Err(format!("{} would come besides", other.key())),
            None => Ok(now.map(|now| Resource::clone(now))),
        }
    }
}

/// Tells where a value is what no candidate has there. In a list or an object that the change is about, a part of what is
/// planned may be there already, and a service may add members of its own; nothing else moves.
fn strange(path: &str, may: &[Option<&Value>], now: Option<&Value>, told: &mut Vec<String>) {
    if may.iter().any(|candidate| alike(*candidate, now)) {
        return;
    }
    let touched = may.iter().any(|candidate| !alike(*candidate, may.first().copied().flatten()));
    let set: Vec<&Value> = may.iter().copied().flatten().collect();
    match now {
        Some(Value::Object(found)) if set.iter().any(|value| value.is_object()) => {
            for name in names(set.iter().copied().chain(now)) {
                let may = members(&set, name);
                if !(touched && unset(&may)) {
                    strange(&format!("{path}/{}", escaped(name)), &may, found.get(name), told);
                }
            }
        }
        Some(Value::Array(found)) if touched && set.iter().any(|value| value.is_array()) => {
            let lists: Vec<&Vec<Value>> = set.iter().filter_map(|value| value.as_array()).collect();
            let new = |item: &&Value| !lists.iter().any(|list| list.iter().any(|may| inside(may, item).is_empty()));
            let always = |item: &&Value| {
                lists.len() == may.len() && lists.iter().all(|list| list.iter().any(|may| alike(Some(may), Some(item))))
            };
            let gone = |item: &&Value| !found.iter().any(|found| inside(item, found).is_empty());
            let lost = lists.first().is_some_and(|list| list.iter().filter(always).any(|item| gone(&item)));
            if lost || found.iter().any(|item| new(&item)) {
                told.push(path.to_owned());
            }
        }
        _ => told.push(path.to_owned()),
    }
}

/// Whether a value is what is expected, where these are what it is at all stages. In what the change is about a service may add
/// members of its own, but not those that another stage has.
fn is_as(expected: Option<&Value>, now: Option<&Value>, all: &[Option<&Value>]) -> bool {
    if alike(expected, now) {
        return true;
    }
    let touched = all.iter().any(|other| !alike(*other, expected));
    match (expected, now) {
        (Some(Value::Object(wanted)), Some(Value::Object(found))) => {
            let set: Vec<&Value> = all.iter().copied().flatten().collect();
            names(set.iter().copied().chain(expected).chain(now)).into_iter().all(|name| {
                let all = members(&set, name);
                (touched && unset(&all)) || is_as(wanted.get(name), found.get(name), &all)
            })
        }
        (Some(Value::Array(wanted)), Some(Value::Array(found))) if touched && wanted.len() == found.len() => {
            let others = || all.iter().filter_map(|list| list.and_then(Value::as_array)).flatten();
            let mut left: Vec<&Value> = found.iter().collect();
            wanted.iter().all(|item| {
                let fits = |found: &&Value| {
                    let another =
                        others().any(|other| alike(Some(other), Some(found)) && !alike(Some(other), Some(item)));
                    alike(Some(item), Some(found)) || (inside(item, found).is_empty() && !another)
                };
                let position = left.iter().position(fits);
                position.map(|position| left.swap_remove(position)).is_some()
            })
        }
        _ => false,
    }
}

/// Whether two values are the same as services answer: what is unset may be absent, and a list may come in any order.
fn alike(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (one, other) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            a.keys().chain(b.keys()).all(|name| alike(a.get(name), b.get(name)))
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) if a.len() == b.len() => {
            let mut left: Vec<&Value> = b.iter().collect();
            a.iter().all(|item| {
                let position = left.iter().position(|other| alike(Some(item), Some(other)));
                position.map(|position| left.swap_remove(position)).is_some()
            })
        }
        (Some(Value::Number(a)), Some(Value::Number(b))) => a.as_f64() == b.as_f64(),
        (Some(a), None) | (None, Some(a)) => is_unset(a) || a.as_object().is_some_and(serde_json::Map::is_empty),
        (a, b) => a == b || (a.is_none_or(is_unset) && b.is_none_or(is_unset)),
    }
}

fn unset(values: &[Option<&Value>]) -> bool {
    values.iter().all(|value| value.is_none_or(is_unset))
}

fn members<'a>(of: &[&'a Value], name: &str) -> Vec<Option<&'a Value>> {
    of.iter().map(|value| value.get(name)).collect()
}

fn names<'a>(of: impl IntoIterator<Item = &'a Value>) -> BTreeSet<&'a str> {
    of.into_iter().filter_map(Value::as_object).flat_map(|members| members.keys().map(String::as_str)).collect()
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::model::ResourceKey;

    fn document(properties: Value) -> Resource {
        let key = ResourceKey { type_name: "T".into(), account: String::new(), region: String::new(), id: "i".into() };
        Resource::new(key, "", Map::new(), Map::new()).with_properties(properties)
    }

    fn foreign(stages: &[Value], now: Value) -> Vec<String> {
        let document = |value: &Value| (!value.is_null()).then(|| document(value.clone()));
        let stages = stages.iter().map(|stage| Some(document(stage))).collect();
        Stages(stages, Vec::new()).foreign(document(&now).as_ref())
    }

    #[test]
    fn what_is_as_at_any_stage_or_in_between_is_nobody_elses() {
        let (before, after) = (json!({"A": 1, "L": ["x", "y"], "N": "n"}), json!({"A": 2, "L": ["y", "z"], "N": "n"}));
        let nothing: [&str; 0] = [];
        for now in [
            before.clone(),
            after.clone(),
            json!({"A": 2, "L": ["x", "y"], "N": "n", "E": "", "M": []}),
            json!({"A": 1.0, "L": ["y"], "N": "n"}),
            json!({"A": 1, "L": ["z", "y", "x"], "N": "n"}),
        ] {
            assert_eq!(foreign(&[before.clone(), after.clone()], now.clone()), nothing, "{now}");
        }
        // What comes with the first call and that nobody has asked for.
        assert_eq!(foreign(&[json!(null), json!({"A": 1, "B": 0}), json!({"A": 2})], json!({"A": 2, "B": 0})), nothing);
        // What the service adds to something new, and to an object that the change is about.
        assert_eq!(foreign(&[json!(null), json!({"A": 1})], json!({"A": 1, "B": 2})), nothing);
        assert_eq!(foreign(&[json!({"S": {"a": 1}}), json!({"S": {"a": 2}})], json!({"S": {"a": 2, "b": 0}})), nothing);
        // Removed, and to be added again.
        assert_eq!(foreign(&[json!({"A": 1}), json!(null), json!({"A": 2})], json!(null)), nothing);
    }

    #[test]
    fn what_another_stage_has_besides_is_not_there_yet() {
        let document = |value: Value| Some(document(value));
        let stages = |all: &[Value]| {
            let all = all.iter().map(|stage| Some(document(stage.clone()))).collect();
            Stages(all, Vec::new())
        };
        let statement = |more: Value| json!({"A": 1, "S": [{"p": 1, "q": more}]});
        for (before, after) in [
            (json!({"A": 1}), json!({"A": 1, "B": 2})),
            (json!({"A": 1, "B": 2}), json!({"A": 1})),
            (json!({"O": {"a": 1}}), json!({"O": {"a": 1, "b": {"c": 1}}})),
            (json!({"A": 1, "S": [{"p": 1}]}), statement(json!(2))),
            (json!({"L": ["x"]}), json!({"L": ["x", "y"]})),
        ] {
            let told = stages(&[before.clone(), after.clone()]);
            let is = |done: usize, now: &Value| told.is(done, document(now.clone()).as_ref());
            assert_eq!((is(0, &before), is(1, &before)), (true, false), "{before} {after}");
            assert_eq!((is(0, &after), is(1, &after)), (false, true), "{before} {after}");
        }
        let told = Stages(
            vec![Some(None), Some(document(json!({"A": 1, "B": 0}))), Some(document(json!({"A": 2})))],
            Vec::new(),
        );
        assert!(told.is(2, document(json!({"A": 2, "B": 0, "C": 0})).as_ref()));
        let told = stages(&[json!({"O": {"a": 1}}), json!({"O": {"a": 2}})]);
        assert!(told.is(1, document(json!({"O": {"a": 2, "of the service's": 0}})).as_ref()));
        assert!(!told.is(1, document(json!({"O": {"a": 2}, "somebody else's": 0})).as_ref()));
        assert!(!told.is(1, None));
    }

    #[test]
    fn what_a_service_begins_something_new_with_is_its_own() {
        let stages = [
            json!({"N": 1, "P": true}),
            json!({"N": 1, "P": true, "Q": 2}),
            json!({"N": 1, "P": true, "Q": 2, "R": 3}),
        ];
        let known = stages.iter().map(|stage| Some(Some(document(stage.clone()))));
        let told = Stages([Some(None)].into_iter().chain(known).collect(), Vec::new());
        let now = |properties: Value| document(properties);
        let nothing: [&str; 0] = [];
        assert_eq!(told.foreign(Some(&now(json!({"N": 1, "P": false})))), nothing);
        assert_eq!(told.says(1, Some(&now(json!({"N": 1, "P": false})))), Says::Undone);
        assert_eq!(told.says(1, Some(&now(json!({"N": 1, "P": false, "Q": 2})))), Says::Done);
        assert_eq!(told.says(0, None), Says::Undone);
    }

    #[test]
    fn what_no_property_shows_a_fact_may_show() {
        let with = |state: &str| {
            let mut key = document(json!({"Enabled": false}));
            key.facts = json!({"KeyState": state});
            key
        };
        let pending = || Some(Some(with("PendingDeletion")));
        let facts = vec![Some(json!({"KeyState": "PendingDeletion"})), Some(json!({"KeyState": "Disabled"}))];
        let told = Stages(vec![pending(), Some(Some(with("Disabled")))], facts);
        assert_eq!(told.says(0, Some(&with("PendingDeletion"))), Says::Undone);
        assert_eq!(told.says(0, Some(&with("Disabled"))), Says::Done);
        assert_eq!(told.says(0, Some(&document(json!({"Enabled": true})))), Says::Neither);
    }

    #[test]
    fn what_is_as_at_no_stage_is_told() {
        let stages = [json!({"A": 1, "L": ["x", "y"], "O": {"p": 1}}), json!({"A": 2, "L": ["y"], "O": {"p": 1}})];
        for (now, told) in [
            (json!({"A": 3, "L": ["x", "y"], "O": {"p": 1}}), vec!["/A"]),
            (json!({"L": ["x", "y"], "O": {"p": 1}}), vec!["/A"]),
            (json!({"A": 1, "L": ["x"], "O": {"p": 1}}), vec!["/L"]),
            (json!({"A": 1, "L": ["y", "w"], "O": {"p": 1}}), vec!["/L"]),
            (json!({"A": 1, "L": ["y"], "O": {"p": 1, "q/": 2}}), vec!["/O/q~1"]),
            (json!({"A": 1, "L": ["y"], "O": {"p": 1}, "B": true}), vec!["/B"]),
            (json!({"A": 2, "L": ["y"]}), vec!["/O"]),
            (json!(null), vec!["/"]),
        ] {
            assert_eq!(foreign(&stages, now.clone()), told, "{now}");
        }
    }
}
