//! What most commands need: the configuration, the bundle, the cloud, the journal.
#![expect(
    clippy::disallowed_methods,
    reason = "the command line reads the files that it is pointed at, and the clock, once"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Args;
use jiff::Timestamp;

use super::config::{Config, TABLE};
use super::files::{Kind, read_source_of};
pub use super::files::{read_bundle, read_source};
use super::selection::{Selection, unknown};
use super::ui::Ui;
use super::{CliError, freeze, home, limits, waivers};
use crate::apply::{Executor, Options, Progress};
use crate::cloud::aws::{self, Aws, Fleet};
use crate::cloud::{
    Cloud, Clouds, FingerprintKey, OneAccount, Sandbox, SharedFile, gather, holds_secret, snapshot_file,
};
use crate::engine::{Assessor, Bundle, BundleFiles, Purpose, Reading, Settings};
use crate::journal::{DynamoDb, Journal, Sqlite, Store};
use crate::model::{Finding, Place, ResourceTypes, Snapshot};
use crate::policy::Parameter;

/// Where to look and what with; for every command.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Where")]
pub struct SessionArgs {
    /// The configuration; rectify.yaml in this folder where there is one.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The cloud: `aws`, or `sandbox:FILE` for the documents of a snapshot file, which are changed in place.
    #[arg(long, global = true, value_name = "CLOUD")]
    pub cloud: Option<String>,
    /// Look at the documents of a snapshot file instead of a cloud; nothing can be changed.
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "cloud")]
    pub snapshot: Option<PathBuf>,
    /// The Regions to read (comma-separated or repeated).
    #[arg(long, global = true, value_delimiter = ',', value_name = "REGION")]
    pub region: Vec<String>,
    /// Refuse to work in any other account.
    #[arg(long, global = true, value_name = "ID")]
    pub account: Option<String>,
    /// A folder with `policies` and `playbooks` of your own (repeatable).
    #[arg(long, global = true, value_name = "FOLDER")]
    pub bundle: Vec<PathBuf>,
    /// The waivers; waivers.yaml beside the configuration, or in this folder, where there is one.
    #[arg(long, global = true, value_name = "FILE")]
    pub waivers: Option<PathBuf>,
    /// Set a parameter of a policy or playbook (repeatable).
    #[arg(long, global = true, value_name = "ID.NAME=VALUE")]
    pub set: Vec<String>,
    /// Judge as of this time, RFC 3339, instead of now.
    #[arg(long, global = true, value_name = "TIME")]
    pub now: Option<Timestamp>,
}

/// The configuration, the bundle and the cloud of a command.
pub struct Session {
    /// The resource types.
    pub types: ResourceTypes,
    /// Policies and playbooks.
    pub bundle: Bundle,
    /// What the user set.
    pub settings: Settings,
    /// The account.
    pub cloud: Arc<dyn Cloud>,
    /// The fleet that it is the home of; a file is none.
    pub fleet: Option<Arc<Fleet>>,
    /// What to look at.
    pub selection: Selection,
    /// What `rectify.yaml` says.
    pub config: Config,
}

/// The types that rectify knows.
pub fn resource_types() -> ResourceTypes {
    ResourceTypes::new(aws::TYPES.iter().map(|kind| *kind as &dyn crate::model::ResourceType))
}

/// The bundle of the configuration: the built-in one and the user's.
pub fn load_bundle(args: &SessionArgs, config: &Config, types: &ResourceTypes) -> Result<Bundle, CliError> {
    let folders: Vec<_> = config.bundles.iter().chain(&args.bundle).collect();
    let builtin = config.builtin != Some(false);
    if builtin && folders.is_empty() {
        return Ok(Bundle::embedded(types)?);
    }
    let mut files = if builtin { BundleFiles::embedded() } else { BundleFiles::default() };
    for folder in folders {
        let BundleFiles { policies, tests, tables, playbooks } = read_bundle(folder)?;
        files.policies.extend(policies);
        files.tests.extend(tests);
        files.tables.extend(tables);
        files.playbooks.extend(playbooks);
    }
    Ok(Bundle::load(files, types)?)
}

/// The bundle with the policies that the configuration and the selection enable.
pub fn enabled_bundle(
    args: &SessionArgs,
    config: &Config,
    selection: &Selection,
    types: &ResourceTypes,
) -> Result<Bundle, CliError> {
    narrowed(load_bundle(args, config, types)?, config, selection, types)
}

fn narrowed(
    mut bundle: Bundle,
    config: &Config,
    selection: &Selection,
    types: &ResourceTypes,
) -> Result<Bundle, CliError> {
    selection.check(&bundle, types)?;
    enable(&mut bundle, config, selection)?;
    selection.check(&bundle, types)?;
    Ok(bundle)
}

/// Leaves the policies that the configuration enables, and of those that are off by themselves the ones that it or the
/// selection names.
pub fn enable(bundle: &mut Bundle, config: &Config, selection: &Selection) -> Result<(), CliError> {
    for id in config.policies.iter().chain(&config.enabled_policies).chain(&config.disabled_policies) {
        if bundle.policies.find(id).is_none() {
            let known = bundle.policies.all().map(|policy| policy.id().as_str());
            return Err(config.unknown("policy", id, known));
        }
    }
    let listed = |list: &[String], id: &str| list.iter().any(|listed| listed == id);
    bundle.policies.retain(|policy| {
        let id = policy.id().as_str();
        let on = policy.metadata.custom.enabled
            || [&config.policies, &config.enabled_policies, &selection.policies]
                .into_iter()
                .any(|list| listed(list, id));
        let chosen = config.policies.is_empty() || listed(&config.policies, id) || listed(&config.enabled_policies, id);
        on && chosen && !listed(&config.disabled_policies, id)
    });
    Ok(())
}

/// Where the arguments say that work is done, without asking a cloud; `*` is anywhere.
pub fn place(args: &SessionArgs, config: &Config) -> Place {
    let regions = regions(args, config);
    let partition = match regions.first().map_or("", String::as_str) {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    let region = match regions {
        [region] => region.clone(),
        _ => "*".to_owned(),
    };
    Place { partition: partition.to_owned(), account: args.account.clone().unwrap_or_else(|| "*".to_owned()), region }
}

impl Session {
    /// Opens everything.
    pub async fn open(args: &SessionArgs, selection: Selection) -> Result<Self, CliError> {
        let config = Config::load(args.config.as_deref())?;
        let types = resource_types();
        let whole = load_bundle(args, &config, &types)?;
        // A waiver may be of a policy that is off.
        let waivers = waivers::load(args, &config, &whole, &types)?;
        let bundle = narrowed(whole, &config, &selection, &types)?;
        let mut settings = Settings::new(args.now.unwrap_or_else(Timestamp::now));
        settings.waivers = Arc::new(waivers);
        settings.freeze = Arc::new(freeze::windows(&config)?);
        set_parameters(&mut settings, args, &config, &bundle)?;
        for (name, value) in &config.limits {
            limits::set(&mut settings.limits, name, *value)
                .map_err(|error| CliError { help: error.help, ..config.complain(name, error.messages.join("; ")) })?;
        }
        settings.on_failure = config.on_failure;
        settings.canary = config.canary;
        if let Some(tags) = &config.protected_tags {
            settings.protected_tags = tags.clone();
        }
        let (cloud, fleet) = open_cloud(args, &config, &types, &mut settings).await?;
        if let Some(account) = args.account.as_ref().filter(|account| **account != cloud.place().account) {
            return Err(CliError::user(format!("this is account {}, not {account}", cloud.place().account)));
        }
        Ok(Self { types, bundle, settings, cloud, fleet, selection, config })
    }

    /// Who judges, by every policy that is enabled.
    pub fn assessor(&self) -> Assessor<'_> {
        self.assessor_of(&self.bundle)
    }

    /// Who judges, by the policies of a bundle.
    pub fn assessor_of<'a>(&'a self, bundle: &'a Bundle) -> Assessor<'a> {
        Assessor { bundle, types: &self.types, settings: &self.settings }
    }

    /// The bundle for a purpose: to scan, the policies that are selected; to plan, also those that judge what the plan
    /// may touch, since the proof is theirs too.
    pub fn bundle_for(&self, purpose: Purpose) -> Bundle {
        let picks = |policy: &crate::policy::Policy| self.selection.picks(policy);
        match purpose {
            Purpose::Plan => self.bundle.with_witnesses(&self.types, picks),
            Purpose::Scan => {
                let mut bundle = self.bundle.clone();
                bundle.policies.retain(picks);
                bundle
            }
        }
    }

    /// Reads what the policies of a bundle, or for a plan its playbooks too, need.
    pub async fn read(&self, ui: &Ui, bundle: &Bundle, purpose: Purpose) -> Result<(Snapshot, Reading), CliError> {
        let waivers = &self.settings.waivers;
        let reading = Reading::of(bundle, &self.types, purpose).for_waivers(waivers, bundle, &self.types);
        let bar = ui.progress(None, "reading");
        let taken_at = self.settings.now.to_string();
        let done = |name: &str, count: usize| {
            bar.inc(u64::try_from(count).unwrap_or_default());
            bar.set_prefix(name.to_owned());
        };
        let snapshot = gather(self.cloud.as_ref(), &self.types, &reading, taken_at, &done).await;
        bar.finish_and_clear();
        self.selection.check_resources(&snapshot)?;
        Ok((snapshot, reading))
    }

    /// Whether a finding is selected.
    pub fn wants(&self, finding: &Finding) -> bool {
        self.selection.wants(finding)
    }

    /// The journal.
    pub async fn journal(&self) -> Result<Arc<dyn Store>, CliError> {
        journal_at(&self.config).await
    }

    /// Goes to another account of the fleet; one that is none stays for others to refuse.
    pub async fn go_to(&mut self, account: &str) -> Result<(), CliError> {
        if account != self.cloud.place().account {
            let found = self.clouds().cloud(account).await.map_err(CliError::config)?;
            self.cloud = found.unwrap_or_else(|| self.cloud.clone());
        }
        Ok(())
    }

    /// The accounts that events may be about.
    pub fn clouds(&self) -> Arc<dyn Clouds> {
        match &self.fleet {
            Some(fleet) => fleet.clone(),
            None => Arc::new(OneAccount(self.cloud.clone())),
        }
    }

    /// Who applies.
    pub fn executor<'a>(
        &'a self,
        journal: &'a dyn Journal,
        stop: &'a AtomicBool,
        progress: &'a (dyn Fn(Progress<'_>) + Send + Sync),
    ) -> Executor<'a> {
        Executor {
            cloud: self.cloud.as_ref(),
            types: &self.types,
            assessor: self.assessor(),
            journal,
            options: Options::default(),
            clock: Timestamp::now,
            stop,
            progress,
        }
    }
}

/// The key for the secrets of a file's documents; none where there are none. The fingerprints that it has itself are as they
/// are: any two are made with the same key.
async fn key_of_file(world: &Snapshot, settings: &mut Settings) -> Result<Option<FingerprintKey>, CliError> {
    let key = match world.resources().any(|resource| holds_secret(resource)) {
        true => Some(home::fingerprint_key().await?),
        false => None,
    };
    settings.fingerprint_key = key.as_ref().map_or_else(|| "file".to_owned(), FingerprintKey::name);
    Ok(key)
}

async fn open_cloud(
    args: &SessionArgs,
    config: &Config,
    types: &ResourceTypes,
    settings: &mut Settings,
) -> Result<(Arc<dyn Cloud>, Option<Arc<Fleet>>), CliError> {
    if let Some(path) = &args.snapshot {
        let world = snapshot_file::parse(&read_source_of(path, Kind::SNAPSHOT)?, types)?;
        let key = key_of_file(&world, settings).await?;
        let sandbox = Sandbox::read_only(world, types.clone()).concealing(key);
        return Ok((Arc::new(sandbox.only(regions(args, config)).map_err(no_region)?), None));
    }
    match args.cloud.as_deref().unwrap_or("aws") {
        "aws" => {
            let key = home::fingerprint_key().await?;
            settings.fingerprint_key = key.name();
            let regions = regions(args, config).to_vec();
            let options = aws::Options { regions: regions.clone(), fingerprint_key: key };
            let aws = Arc::new(Aws::connect(options).await?);
            let fleet = Fleet::new(aws.clone(), config.fleet.clone(), regions);
            Ok((aws, Some(Arc::new(fleet))))
        }
        other => match other.strip_prefix("sandbox:") {
            Some(path) => {
                let path = Path::new(path);
                let file = SharedFile::at(path);
                let world = snapshot_file::parse(&read_source_of(path, Kind::SNAPSHOT)?, types)?;
                let key = key_of_file(&world, settings).await?;
                let sandbox = Sandbox::file(world, types.clone(), file).concealing(key).called_by(home::user());
                Ok((Arc::new(sandbox.only(regions(args, config)).map_err(no_region)?), None))
            }
            None => Err(CliError::user(format!("there is no cloud `{other}`")).help("it is aws or sandbox:FILE")),
        },
    }
}

fn regions<'a>(args: &'a SessionArgs, config: &'a Config) -> &'a [String] {
    if args.region.is_empty() { &config.regions } else { &args.region }
}

fn no_region(name: String) -> CliError {
    CliError::user(format!("the file has no Region `{name}`")).help("its first line names the Regions that were read")
}

/// Checks the values against the types that policies and playbooks declare.
pub fn set_parameters(
    settings: &mut Settings,
    args: &SessionArgs,
    config: &Config,
    bundle: &Bundle,
) -> Result<(), CliError> {
    let declared = |id: &str| -> Vec<&std::collections::BTreeMap<String, Parameter>> {
        let policy = bundle.policies.find(id).map(|policy| &policy.metadata.custom.parameters);
        policy.into_iter().chain(bundle.playbooks.get(id).map(|playbook| &playbook.parameters)).collect()
    };
    for (id, values) in &config.parameters {
        for (name, value) in values {
            let parameters = declared(id);
            let found: Vec<&Parameter> = parameters.iter().filter_map(|parameters| parameters.get(name)).collect();
            if parameters.is_empty() {
                let policies = bundle.policies.all().map(|policy| policy.id().as_str());
                let playbooks = bundle.playbooks.keys().map(|id| id.as_str());
                return Err(config.unknown("policy or playbook", id, policies.chain(playbooks)));
            }
            if found.is_empty() {
                let known = parameters.iter().flat_map(|parameters| parameters.keys().map(String::as_str));
                return Err(config.unknown(&format!("parameter of {id}"), name, known));
            }
            if let Some(wanted) = found.iter().find_map(|parameter| parameter.refusal(value)) {
                return Err(config.complain(name, refused(id, name, &wanted, value)));
            }
            settings.parameters.entry(id.clone()).or_default().insert(name.clone(), value.clone());
        }
    }
    for text in &args.set {
        let parsed = text.split_once('=').and_then(|(place, value)| Some((place.split_once('.')?, value)));
        let ((id, name), value) =
            parsed.ok_or_else(|| CliError::user(format!("`--set {text}` is not ID.NAME=VALUE")))?;
        let parameters = declared(id);
        if parameters.is_empty() {
            let policies = bundle.policies.all().map(|policy| policy.id().as_str());
            let playbooks = bundle.playbooks.keys().map(|id| id.as_str());
            return Err(unknown("policy or playbook", id, policies.chain(playbooks)));
        }
        let Some(parameter) = parameters.iter().find_map(|parameters| parameters.get(name)) else {
            let known = parameters.iter().flat_map(|parameters| parameters.keys().map(String::as_str));
            return Err(unknown(&format!("parameter of {id}"), name, known));
        };
        // A text stands for itself, anything else is written as JSON.
        let plain = serde_json::Value::from(value);
        let value = if parameter.kind.admits(&plain) { plain } else { serde_json::from_str(value).unwrap_or(plain) };
        if let Some(wanted) = parameter.refusal(&value) {
            return Err(CliError::user(refused(id, name, &wanted, &value)));
        }
        settings.parameters.entry(id.to_owned()).or_default().insert(name.to_owned(), value);
    }
    Ok(())
}

fn refused(id: &str, name: &str, wanted: &str, value: &serde_json::Value) -> String {
    format!("parameter `{name}` of {id} has to be {wanted}, and this is {value}")
}

/// The journal alone, for commands that need no cloud.
pub async fn open_journal(args: &SessionArgs) -> Result<Arc<dyn Store>, CliError> {
    journal_at(&Config::load(args.config.as_deref())?).await
}

/// The journal that `RECTIFY_JOURNAL` names, or `rectify.yaml`, or rectify's own.
async fn journal_at(config: &Config) -> Result<Arc<dyn Store>, CliError> {
    let named = std::env::var("RECTIFY_JOURNAL").ok().filter(|place| !place.is_empty());
    let place = match named.or_else(|| config.journal.clone()) {
        Some(place) => place,
        None => return Ok(Arc::new(Sqlite::open(&home::home()?.join("journal.db"))?)),
    };
    Ok(match place.strip_prefix(TABLE) {
        Some(table) => Arc::new(DynamoDb::new(aws::dynamodb(None).await?, table)),
        None => Arc::new(Sqlite::open(Path::new(&place))?),
    })
}
