//! `rectify.yaml`.
#![expect(clippy::disallowed_methods, reason = "the command line reads the environment")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::CliError;
use super::approvals::{self, ApprovalOptions};
use super::freeze::FreezeOptions;
use crate::cloud::aws::FleetOptions;
use crate::event::mode::EventOptions;
use crate::event::notice::WebhookFormat;
use crate::model::{Canary, OnFailure};
use crate::text::{Source, yaml};

/// The file that is read where `--config` names none.
const FILE: &str = "rectify.yaml";

/// What a journal's place begins with that is a table of DynamoDB.
pub const TABLE: &str = "dynamodb:";

/// One who is told: exactly one of the three.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoticeOptions {
    /// A URL that notices are posted to.
    pub webhook: Option<WebhookOptions>,
    /// The ARN of an SNS topic.
    pub sns: Option<String>,
    /// The name or ARN of an EventBridge event bus.
    pub event_bus: Option<String>,
}

/// A webhook; its URL stands here, or in the environment where it is a secret.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookOptions {
    /// The URL.
    pub url: Option<String>,
    /// The environment variable that holds it.
    pub url_env: Option<String>,
    /// `json` or `slack`.
    pub format: WebhookFormat,
}

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
    /// Policies to use that are off unless they are named.
    pub enabled_policies: Vec<String>,
    /// Policies not to use.
    pub disabled_policies: Vec<String>,
    /// Values of parameters, by the id of a policy or playbook.
    pub parameters: BTreeMap<String, BTreeMap<String, Value>>,
    /// How much one run may change.
    pub limits: BTreeMap<String, u32>,
    /// What follows when a change does not succeed.
    pub on_failure: OnFailure,
    /// The changes of a run that go first.
    pub canary: Option<Canary>,
    /// A resource with one of these tags is not changed; `*` is any value.
    pub protected_tags: Option<BTreeMap<String, String>>,
    /// The file of waivers, relative to this one; `waivers.yaml` beside it where there is one and none is named.
    pub waivers: Option<PathBuf>,
    /// The journal: a file, relative to this one, or `dynamodb:TABLE`.
    pub journal: Option<String>,
    /// What approves a change that needs a review.
    pub approvals: Option<ApprovalOptions>,
    /// When nothing is changed.
    pub freeze: Vec<FreezeOptions>,
    /// How far events are acted on.
    pub events: EventOptions,
    /// Who is told of what events lead to.
    pub notices: Vec<NoticeOptions>,
    /// Other accounts.
    pub fleet: FleetOptions,
    /// The file itself, for messages.
    #[serde(skip)]
    pub source: Option<Source>,
}

impl Config {
    /// Reads the file that is named, by `--config` or `RECTIFY_CONFIG`, or `rectify.yaml` where there is one.
    pub fn load(named: Option<&Path>) -> Result<Self, CliError> {
        let path = match named {
            Some(path) => path.to_owned(),
            None => match std::env::var_os("RECTIFY_CONFIG").filter(|path| !path.is_empty()) {
                Some(path) => PathBuf::from(path),
                None if Path::new(FILE).exists() => PathBuf::from(FILE),
                None => return Ok(Self::default()),
            },
        };
        let source = super::session::read_source(&path)?;
        // An empty file says nothing.
        let mut config: Self = if source.text.trim().is_empty() { Self::default() } else { yaml::parse(&source)? };
        let folder = path.parent().unwrap_or(Path::new(""));
        config.bundles = config.bundles.iter().map(|bundle| folder.join(bundle)).collect();
        config.waivers = config.waivers.map(|waivers| folder.join(waivers));
        for file in config.approvals.iter_mut().flat_map(|approvals| approvals.public_keys.values_mut()) {
            *file = folder.join(&*file);
        }
        let place = |journal: String| match journal.strip_prefix(TABLE) {
            Some(_) => journal,
            None => folder.join(journal).display().to_string(),
        };
        config.journal = config.journal.map(place);
        config.source = Some(source);
        config.check()?;
        Ok(config)
    }

    /// What the types of the keys do not say.
    fn check(&self) -> Result<(), CliError> {
        let is_account = |id: &str| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
        let of_rules = self.events.rules.iter().flat_map(|rule| &rule.accounts);
        let of_windows = self.freeze.iter().flat_map(FreezeOptions::accounts);
        if let Some(id) = self.fleet.accounts.iter().chain(of_rules).chain(of_windows).find(|id| !is_account(id)) {
            return Err(self.complain(id, format!("`{id}` is no account, which has twelve digits")));
        }
        if self.fleet.role.is_none() && (self.fleet.organization || !self.fleet.accounts.is_empty()) {
            return Err(self.complain("fleet:", "the fleet has other accounts, and no `role` to assume there"));
        }
        if let Some(Err((at, told))) = self.approvals.as_ref().map(approvals::check) {
            return Err(self.complain(at, told));
        }
        Ok(())
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
