//! `rectify.yaml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::CliError;
use crate::text::{Source, yaml};

/// The file that is read where `--config` names none.
const FILE: &str = "rectify.yaml";

/// What `rectify.yaml` says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The Regions to read.
    pub regions: Vec<String>,
    /// Folders with `policies` and `playbooks` of your own; relative to the file.
    pub bundles: Vec<PathBuf>,
    /// Whether the built-in bundle is used too.
    pub builtin: Option<bool>,
    /// Policies to use; all where the list is empty.
    pub policies: Vec<String>,
    /// Policies not to use.
    pub disabled_policies: Vec<String>,
    /// Values of parameters, by the id of a policy or playbook.
    pub parameters: BTreeMap<String, BTreeMap<String, Value>>,
    /// How much one run may change.
    pub limits: BTreeMap<String, u32>,
    /// A resource with one of these tags is not changed; `*` is any value.
    pub protected_tags: Option<BTreeMap<String, String>>,
    /// The journal's file; relative to the file.
    pub journal: Option<PathBuf>,
    /// The file itself, for messages.
    #[serde(skip)]
    pub source: Option<Source>,
}

impl Config {
    /// Reads the file that is named, or `rectify.yaml` where there is one.
    pub fn load(named: Option<&Path>) -> Result<Self, CliError> {
        let path = match named {
            Some(path) => path.to_owned(),
            None if Path::new(FILE).exists() => PathBuf::from(FILE),
            None => return Ok(Self::default()),
        };
        let source = super::session::read_source(&path)?;
        // An empty file says nothing.
        let mut config: Self = if source.text.trim().is_empty() { Self::default() } else { yaml::parse(&source)? };
        let folder = path.parent().unwrap_or(Path::new(""));
        config.bundles = config.bundles.iter().map(|bundle| folder.join(bundle)).collect();
        config.journal = config.journal.map(|journal| folder.join(journal));
        config.source = Some(source);
        Ok(config)
    }

    /// A complaint about a name in the file that is not there, with the one that was probably meant.
    pub fn unknown<'a>(&self, what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> CliError {
        let error = super::selection::unknown(what, name, known);
        CliError { help: error.help, ..self.complain(name, error.messages.join("; ")) }
    }

    /// A complaint about the file, at the text.
    pub fn complain(&self, at: &str, message: impl Into<String>) -> CliError {
        let message = message.into();
        match &self.source {
            Some(source) => source.complain_at(at, message).into(),
            None => CliError::config(message),
        }
    }
}
