//! What IAM has to allow.

use serde_json::Value;

use super::ChangeKind;

/// An IAM action, on what, and under which condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Right {
    /// The action, such as `lambda:GetPolicy`.
    pub action: &'static str,
    /// A pattern of ARNs with `${partition}`, `${region}` and `${account}` in their places; `*` where IAM knows no
    /// resource of the action.
    pub on: &'static str,
    /// The condition under which it is enough.
    pub only: Option<Only>,
}

/// A condition of a policy statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Only {
    /// The operator, such as `StringEquals`.
    pub operator: &'static str,
    /// The condition key.
    pub key: &'static str,
    /// Its value.
    pub value: &'static str,
}

impl Right {
    /// An action on what the pattern says, without a condition.
    pub const fn new(action: &'static str, on: &'static str) -> Self {
        Self { action, on, only: None }
    }

    /// An action that has no resource of its own in IAM.
    pub const fn anywhere(action: &'static str) -> Self {
        Self::new(action, "*")
    }

    /// The same under a condition.
    pub const fn only(self, operator: &'static str, key: &'static str, value: &'static str) -> Self {
        Self { only: Some(Only { operator, key, value }), ..self }
    }
}

/// What writing takes: a row of [`super::ResourceType::writes`].
#[derive(Debug)]
pub struct Write {
    /// What is done to the resource.
    pub kind: ChangeKind,
    /// The top-level properties of which one has to differ, or be there in what is created; none is always.
    pub properties: &'static [&'static str],
    /// The values that it takes this for; a value that nobody knows yet is one of them.
    pub with: fn(&Value) -> bool,
    /// What IAM has to allow.
    pub rights: &'static [Right],
}

impl Write {
    /// What it takes to create one.
    pub const fn create(rights: &'static [Right]) -> Self {
        Self { kind: ChangeKind::Create, properties: &[], with: |_| true, rights }
    }

    /// What it takes besides, where one of these properties is there.
    pub const fn create_with(properties: &'static [&'static str], rights: &'static [Right]) -> Self {
        Self { kind: ChangeKind::Create, properties, with: |_| true, rights }
    }

    /// What it takes to change one of these properties, in either direction.
    pub const fn update(properties: &'static [&'static str], rights: &'static [Right]) -> Self {
        Self { kind: ChangeKind::Update, properties, with: |_| true, rights }
    }

    /// What it takes to delete one.
    pub const fn delete(rights: &'static [Right]) -> Self {
        Self { kind: ChangeKind::Delete, properties: &[], with: |_| true, rights }
    }

    /// What it takes besides, where one of these properties is there.
    pub const fn delete_with(properties: &'static [&'static str], rights: &'static [Right]) -> Self {
        Self { kind: ChangeKind::Delete, properties, with: |_| true, rights }
    }

    /// The same for these values alone.
    pub const fn with(self, with: fn(&Value) -> bool) -> Self {
        Self { with, ..self }
    }
}
