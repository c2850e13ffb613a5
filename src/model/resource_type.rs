//! What rectify knows about a resource type, apart from how to reach it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Call, ChangeKind, Resource, ResourceKey, Right, Snapshot, Trail, TypeName, Write};

/// Whether a type's resources live in a Region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One set for the account (IAM).
    Global,
    /// One set for each Region.
    Regional,
}

/// A part of a document: what one read brings.
#[derive(Debug)]
pub struct Part {
    /// Names it, in [`Parts`] and in plans.
    pub name: &'static str,
    /// What reading it takes, besides [`ResourceType::reads`].
    pub permissions: &'static [Right],
    /// The top-level properties that it brings.
    pub properties: &'static [&'static str],
    /// The top-level facts that it brings.
    pub facts: &'static [&'static str],
}

/// Parts of a document, by name. The part that identifies a resource is always read and not named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Parts(BTreeSet<String>);

impl Parts {
    /// Whether the part is wanted.
    pub fn wants(&self, part: &str) -> bool {
        self.0.contains(part)
    }

    /// Adds a part.
    pub fn add(&mut self, part: &str) {
        self.0.insert(part.to_owned());
    }

    /// Adds all of another set.
    pub fn extend(&mut self, other: &Self) {
        self.0.extend(other.0.iter().cloned());
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl<'a> FromIterator<&'a str> for Parts {
    fn from_iter<I: IntoIterator<Item = &'a str>>(names: I) -> Self {
        Self(names.into_iter().map(str::to_owned).collect())
    }
}

/// The top-level members of a document that something reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// A reference could not be resolved: everything.
    pub whole: bool,
    /// Properties.
    pub properties: BTreeSet<String>,
    /// Facts.
    pub facts: BTreeSet<String>,
}

impl Needs {
    /// Adds all of another.
    pub fn extend(&mut self, other: &Self) {
        self.whole |= other.whole;
        self.properties.extend(other.properties.iter().cloned());
        self.facts.extend(other.facts.iter().cloned());
    }
}

/// How the target of a relation is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Locate {
    /// By the ids of the target type, in the same account, and in the same Region where the type has one.
    Ids(Vec<String>),
    /// All resources of the target type whose [`ResourceType::parent`] is this id: the resource's own, or that of what both
    /// belong to.
    ChildrenOf(String),
    /// All resources of the target type that name one of these: [`ResourceType::refers`].
    Referring(Vec<String>),
}

impl Locate {
    /// The children of what a property names; where it names nothing, there are none.
    pub fn children_of(id: Option<&str>) -> Self {
        id.map_or(Self::Ids(Vec::new()), |id| Self::ChildrenOf(id.to_owned()))
    }
}

/// A relation to neighbours, named once, by the type.
#[derive(Debug)]
pub struct Relation {
    /// The name under which policies find the neighbours.
    pub name: &'static str,
    /// The neighbours' type.
    pub of: &'static str,
    /// A list, or at most one.
    pub many: bool,
    /// Where they are; reads `properties` only.
    pub locate: fn(&Resource) -> Locate,
    /// The properties that `locate` reads.
    pub needs: &'static [&'static str],
}

/// Whether a service has finished what a call asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It has.
    Yes,
    /// Read again in a moment.
    NotYet,
    /// It has given up, and says why.
    Failed(String),
}

/// The difference between two documents cannot be made by calls; the text reads after "cannot be changed: ".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Impossible(pub String);

/// Where a call is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// Twelve digits.
    pub account: String,
    /// The Region; empty for a global type.
    pub region: String,
}

/// What a call that was accepted gave back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    /// The primary identifier of what was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// AWS's id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// A resource type: its parts, its relations, and the pure function from two documents to the calls between them.
pub trait ResourceType: Send + Sync {
    /// CloudFormation's name.
    fn name(&self) -> &'static str;

    /// Global or regional.
    fn scope(&self) -> Scope {
        Scope::Regional
    }

    /// Where the resource of that id stands.
    fn key(&self, place: &Place, id: &str) -> ResourceKey {
        ResourceKey {
            type_name: self.name().into(),
            account: place.account.clone(),
            region: match self.scope() {
                Scope::Global => String::new(),
                Scope::Regional => place.region.clone(),
            },
            id: id.to_owned(),
        }
    }

    /// What listing them and reading one of them takes, whichever parts are wanted.
    fn reads(&self) -> &'static [Right];

    /// What writing takes: of every permission of every call of [`ResourceType::calls`], where it follows from what is
    /// done and which properties differ.
    fn writes(&self) -> &'static [Write];

    /// What each read brings. Every property and fact of a document stands in exactly one part, but for those that
    /// identify the resource, which every read brings.
    fn parts(&self) -> &'static [Part];

    /// The neighbours.
    fn relations(&self) -> &'static [Relation] {
        &[]
    }

    /// The properties of something new that are its primary identifier, in order, where whoever creates it chooses them:
    /// then a plan knows the id before it is applied. Empty where the service makes it up.
    fn identified_by(&self) -> &'static [&'static str] {
        &[]
    }

    /// The id of the resource that one of this type belongs to, for [`Locate::ChildrenOf`].
    fn parent(&self, _id: &str) -> Option<String> {
        None
    }

    /// What a resource of this type names, for [`Locate::Referring`]: ARNs, names, whatever the relation asks for.
    fn refers(&self, _resource: &Resource) -> Vec<String> {
        Vec::new()
    }

    /// The properties that [`ResourceType::refers`] reads.
    fn refers_by(&self) -> &'static [&'static str] {
        &[]
    }

    /// The relation to the resource that one of this type is a part of: what protects that one protects its parts.
    fn belongs_to(&self) -> Option<&'static str> {
        None
    }

    /// Whether one of this type is changed before the one that it belongs to, where nothing else says in which order: what the
    /// whole no longer takes once it is changed has to be put right first, and is brought back last.
    fn before_its_whole(&self) -> bool {
        false
    }

    /// The calls that CloudTrail records and that make, change or delete a resource of this type, all of them.
    fn trails(&self) -> &'static [Trail];

    /// The id of the resource of this type that an ARN names; none where it names no such resource.
    fn named(&self, arn: &str) -> Option<String>;

    /// The calls that turn `before` into `after`: create where `before` is none, delete where `after` is none. Only
    /// what differs is written.
    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible>;

    /// Facts that [`ResourceType::calls`] reads of a resource that is to be changed.
    fn facts_for_calls(&self) -> &'static [&'static str] {
        &[]
    }

    /// What a call of [`ResourceType::calls`] does to the documents, as AWS does it: the sandbox's other half of that
    /// function. The error is the service's message.
    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String>;

    /// Whether the service has finished with the last call.
    fn settled(&self, _resource: &Resource) -> Settled {
        Settled::Yes
    }

    /// What a person should know before this difference is applied.
    fn warnings(&self, _before: Option<&Resource>, _after: Option<&Resource>) -> Vec<String> {
        Vec::new()
    }
}

impl dyn ResourceType + '_ {
    /// The parts that bring what is needed.
    pub fn parts_for(&self, needs: &Needs) -> Parts {
        let wanted = |part: &&Part| {
            needs.whole
                || part.properties.iter().any(|name| needs.properties.contains(*name))
                || part.facts.iter().any(|name| needs.facts.contains(*name))
        };
        self.parts().iter().filter(wanted).map(|part| part.name).collect()
    }

    /// The id that something new with these properties gets, where they are its identifier; parts of it may be known only
    /// after apply. CloudFormation joins the parts with a `|`.
    pub fn identified(&self, properties: &Value) -> Option<String> {
        let texts = self.identified_by().iter().map(|name| properties.get(*name)?.as_str());
        texts.collect::<Option<Vec<_>>>().filter(|parts| !parts.is_empty()).map(|parts| parts.join("|"))
    }

    /// What it takes to do this to those properties. A value that is known only when it is done is none.
    pub fn rights_to(
        &self,
        kind: ChangeKind,
        properties: &BTreeMap<String, Option<Value>>,
    ) -> impl Iterator<Item = Right> {
        let takes = move |write: &&Write| {
            let concerned = |name: &&str| {
                properties.get(*name).is_some_and(|value| value.as_ref().is_none_or(|value| (write.with)(value)))
            };
            write.kind == kind && (write.properties.is_empty() || write.properties.iter().any(concerned))
        };
        self.writes().iter().filter(takes).flat_map(|write| write.rights.iter().copied())
    }

    /// The relation of that name.
    pub fn relation(&self, name: &str) -> Option<&'static Relation> {
        self.relations().iter().find(|relation| relation.name == name)
    }
}

/// The resource types, by name.
#[derive(Clone)]
pub struct ResourceTypes(BTreeMap<&'static str, &'static dyn ResourceType>);

impl ResourceTypes {
    /// The types of a list.
    pub fn new(types: impl IntoIterator<Item = &'static dyn ResourceType>) -> Self {
        Self(types.into_iter().map(|kind| (kind.name(), kind)).collect())
    }

    /// The type of that name.
    pub fn find(&self, name: &TypeName) -> Option<&'static dyn ResourceType> {
        self.0.get(name.as_str()).copied()
    }

    /// All of them, by name.
    pub fn all(&self) -> impl Iterator<Item = &'static dyn ResourceType> {
        self.0.values().copied()
    }
}
