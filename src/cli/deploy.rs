//! `rectify deploy`.
#![expect(clippy::disallowed_methods, reason = "the command packs the binary that it is pointed at, or its own")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::config::Config;
use super::selection::Selection;
use super::session::{self, SessionArgs, resource_types};
use super::ui::Ui;
use super::{CliError, Exit, Format, waivers};
use crate::cloud::snapshot_file;
use crate::engine::{Bundle, BundleFiles, Purpose, Reading, Rights, Settings, Statement};
use crate::event::deploy::{self, Architecture, CONFIG, Deployment, PackedFile, Template, Wanted};
use crate::model::{Place, ResourceType, ResourceTypes, Scope};
use crate::text::json::pretty;
use crate::text::yaml;

/// Print the template that installs the event handler, and write the handler's package
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    selection: Selection,
    /// The language of the template. With `--format json` it is JSON, else YAML or HCL.
    #[arg(long, value_enum, default_value_t = Language::Cloudformation)]
    template: Language,
    /// Write the template to a file instead of printing it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the function's package too: the binary, the configuration, and the bundles that it names.
    #[arg(long, value_name = "FILE.zip")]
    package: Option<PathBuf>,
    /// The binary to pack, built for Linux; this very one where none is named.
    #[arg(long, value_name = "FILE", requires = "package")]
    binary: Option<PathBuf>,
    /// Print the template for the Region where CloudTrail tells of IAM instead: it hands the events over to this Region.
    #[arg(long, value_name = "REGION", conflicts_with_all = ["package", "config_items", "security_hub"])]
    forward_to: Option<String>,
    /// React to what AWS Config records too.
    #[arg(long)]
    config_items: bool,
    /// React to what Security Hub imports too.
    #[arg(long)]
    security_hub: bool,
}

/// What a template is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Language {
    /// AWS CloudFormation.
    Cloudformation,
    /// The AWS Serverless Application Model, for `sam deploy`.
    Sam,
    /// Terraform, with HashiCorp's providers awscc and aws.
    Terraform,
}

/// The package's name where none is written.
const PACKAGE: &str = "rectify.zip";

pub fn run(args: &Args, session: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    if !args.selection.resource.is_empty() {
        return Err(CliError::user("a template is not for single resources")
            .help("leave out --resource: events tell of every resource of a type"));
    }
    let config = Config::load(session.config.as_deref())?;
    let secret = config.notices.iter().filter_map(|to| to.webhook.as_ref()?.url_env.as_ref()).next();
    if let Some(name) = secret.filter(|_| args.forward_to.is_none()) {
        return Err(config.complain(name, format!("the function has no environment variable {name}")).help(
            "a deployed handler tells an SNS topic or an event bus (`sns`, `event_bus`), or a webhook whose `url` stands in the file",
        ));
    }
    let types = resource_types();
    let mut bundle = session::load_bundle(session, &config, &types)?;
    // A handler with waivers that cannot be read would not start.
    waivers::load(session, &config, &bundle, &types)?;
    let mut settings = Settings::new(jiff::Timestamp::UNIX_EPOCH);
    session::set_parameters(&mut settings, session, &config, &bundle)?;
    args.selection.check(&bundle, &types)?;
    session::enable(&mut bundle, &config, &args.selection)?;
    let mut selected = bundle.clone();
    selected.policies.retain(|policy| args.selection.picks(policy));
    let read: Vec<&dyn ResourceType> =
        Reading::of(&selected, &types, Purpose::Scan).0.keys().filter_map(|name| types.find(name)).collect();

    let deployment = match &args.forward_to {
        Some(home) => {
            let global = read.iter().filter(|kind| kind.scope() == Scope::Global).flat_map(|kind| kind.trails());
            Deployment::forwarding(global, home).ok_or_else(|| {
                CliError::user("there is nothing to hand over")
                    .help("the selected policies read nothing whose changes CloudTrail tells in another Region")
            })?
        }
        None => {
            let packed =
                args.package.as_deref().map(|path| pack(path, args, session, &config, &settings, &selected, ui));
            let (read_rights, write_rights) = rights(&bundle, &types, &args.selection, &config);
            let names = || read.iter().map(|kind| kind.name()).collect();
            Deployment::handler(&Wanted {
                trails: read.iter().flat_map(|kind| kind.trails()).collect(),
                config_items: if args.config_items { names() } else { Vec::new() },
                security_hub: if args.security_hub { names() } else { Vec::new() },
                rights: (&read_rights, &write_rights),
                architecture: packed.transpose()?.unwrap_or_default(),
            })
        }
    };
    let text = write(&deployment, args, ui.format)?;
    match &args.out {
        None => ui.out(&text)?,
        Some(path) => {
            replace(path, text.as_bytes())?;
            let shown = path.display().to_string();
            ui.result(|| format!("{shown}\n"), || json!({"template": shown}))?;
        }
    }
    Ok(Exit::Done)
}

/// What the handler may do, to read and to write: IAM statements in the template's own words.
fn rights(bundle: &Bundle, types: &ResourceTypes, selection: &Selection, config: &Config) -> (Vec<Value>, Vec<Value>) {
    let place = Place {
        partition: "${AWS::Partition}".to_owned(),
        account: "${AWS::AccountId}".to_owned(),
        region: "${AWS::Region}".to_owned(),
    };
    // The handler judges by whole policies, on every type that they are for.
    let wants = |policy: &_, _: &_| selection.picks(policy);
    let Rights { read, write } = Rights::of(bundle, types, wants, &place);
    let json = |statements: Vec<Statement>| statements.iter().map(Statement::json).collect::<Vec<Value>>();
    let mut read = json(read);
    read.extend(telling(config));
    (read, json(write))
}

/// What it takes to reach those who are told, and other accounts.
fn telling(config: &Config) -> Vec<Value> {
    let allow = |sid: &str, action: &str, resources: Vec<String>| {
        let statement = json!({"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resources});
        (!resources.is_empty()).then_some(statement)
    };
    let bus = |name: &String| match name.starts_with("arn:") {
        true => name.clone(),
        false => format!("arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:event-bus/{name}"),
    };
    let fleet = &config.fleet;
    let role = |account: &str| {
        let role = fleet.role.as_ref()?;
        Some(format!("arn:${{AWS::Partition}}:iam::{account}:role/{role}"))
    };
    let accounts: Vec<&str> =
        if fleet.organization { vec!["*"] } else { fleet.accounts.iter().map(String::as_str).collect() };
    let organization = fleet.organization.then(|| "*".to_owned());
    let statements = [
        allow("NoticeTopics", "sns:Publish", config.notices.iter().filter_map(|to| to.sns.clone()).collect()),
        allow(
            "NoticeBuses",
            "events:PutEvents",
            config.notices.iter().filter_map(|to| Some(bus(to.event_bus.as_ref()?))).collect(),
        ),
        allow("FleetRoles", "sts:AssumeRole", accounts.into_iter().filter_map(role).collect()),
        allow("FleetAccounts", "organizations:ListAccounts", organization.into_iter().collect()),
    ];
    statements.into_iter().flatten().collect()
}

/// The text of a template.
fn write(deployment: &Deployment, args: &Args, format: Format) -> Result<String, CliError> {
    let failed = |error: &dyn std::fmt::Display| CliError::internal(format!("the template cannot be written: {error}"));
    let of_template = |template: &Template| match format {
        Format::Text => yaml::write(template).map_err(CliError::from),
        Format::Json => pretty(template).map(|text| text + "\n").map_err(|error| failed(&error)),
    };
    match args.template {
        Language::Cloudformation => of_template(&Template::of(deployment)),
        Language::Sam => {
            let name = args.package.as_deref().and_then(Path::file_name).and_then(|name| name.to_str());
            of_template(&deploy::sam(deployment, name.unwrap_or(PACKAGE)))
        }
        Language::Terraform => {
            let body = deploy::terraform(deployment).map_err(|error| failed(&error))?;
            match format {
                Format::Text => hcl::format::to_string(&body).map_err(|error| failed(&error)),
                // Terraform's other syntax (https://developer.hashicorp.com/terraform/language/syntax/json).
                Format::Json => {
                    let value: Value = hcl::from_body(body).map_err(|error| failed(&error))?;
                    pretty(&value).map(|text| text + "\n").map_err(|error| failed(&error))
                }
            }
        }
    }
}

/// Writes the package, and tells what its binary was built for.
fn pack(
    path: &Path,
    args: &Args,
    session: &SessionArgs,
    config: &Config,
    settings: &Settings,
    selected: &Bundle,
    ui: &Ui,
) -> Result<Architecture, CliError> {
    let own = || std::env::current_exe().map_err(|error| CliError::internal(error.to_string()));
    let binary = args.binary.clone().map_or_else(own, Ok)?;
    let failed = |error: &dyn std::fmt::Display| CliError::config(format!("{}: {error}", binary.display()));
    let bytes = std::fs::read(&binary).map_err(|error| failed(&error))?;
    let architecture = deploy::architecture(&bytes)
        .map_err(|error| failed(&error).help("build rectify for Linux, and name that binary with --binary"))?;
    let (mut files, bundles) = bundle_files(session, config)?;
    let waived = waivers::read(session, config)?
        .map(|source| PackedFile { path: waivers::FILE.to_owned(), bytes: source.text.as_bytes().to_vec() });
    let narrowed = !args.selection.is_all();
    let policies = narrowed.then(|| selected.policies.all().map(|policy| policy.id().to_string()).collect());
    let waivers = waived.as_ref().map(|file| file.path.clone());
    let text = packed_config(config, bundles, policies, waivers, &settings.parameters)?;
    files.extend(waived);
    files.push(PackedFile { path: CONFIG.to_owned(), bytes: text.into_bytes() });
    let zip = deploy::package(&bytes, files).map_err(|error| failed(&error))?;
    replace(path, &zip)?;
    let digest: String = Sha256::digest(&zip).iter().map(|byte| format!("{byte:02x}")).collect();
    ui.note(&format!("{}: {} bytes, SHA-256 {digest}", path.display(), zip.len()));
    Ok(architecture.unwrap_or_default())
}

/// The files of the bundles that the configuration and the command line name, each below a folder of its own, and the
/// folders.
fn bundle_files(session: &SessionArgs, config: &Config) -> Result<(Vec<PackedFile>, Vec<String>), CliError> {
    let (mut packed, mut folders) = (Vec::new(), Vec::new());
    for (index, folder) in config.bundles.iter().chain(&session.bundle).enumerate() {
        let name = format!("bundles/{}", index + 1);
        let BundleFiles { policies, tests, tables, playbooks } = session::read_bundle(folder)?;
        for source in [policies, tests, tables, playbooks].iter().flatten() {
            // A name that is no text has lost its folder, and with it what it is called below.
            let below = Path::new(source.name.as_ref())
                .strip_prefix(folder)
                .map_err(|_| CliError::config(format!("{}: a name that is no text cannot be packed", source.name)))?;
            let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            let path = format!("{name}/{}", parts.join("/"));
            packed.push(PackedFile { path, bytes: source.text.as_bytes().to_vec() });
        }
        folders.push(name);
    }
    Ok((packed, folders))
}

/// The configuration as it stands in the package: what the command line selected and set is part of it, and the journal
/// is told by the environment.
fn packed_config(
    config: &Config,
    bundles: Vec<String>,
    policies: Option<Vec<String>>,
    waivers: Option<String>,
    parameters: &BTreeMap<String, BTreeMap<String, Value>>,
) -> Result<String, CliError> {
    let mut members = match &config.source {
        Some(source) if !source.text.trim().is_empty() => yaml::parse::<serde_json::Map<String, Value>>(source)?,
        _ => serde_json::Map::new(),
    };
    members.remove("journal");
    let mut set = |name: &str, value: Option<Value>| match value {
        Some(value) => drop(members.insert(name.to_owned(), value)),
        None => drop(members.remove(name)),
    };
    set("waivers", waivers.map(Value::from));
    set("bundles", (!bundles.is_empty()).then(|| bundles.into()));
    set("parameters", (!parameters.is_empty()).then(|| json!(parameters)));
    if let Some(policies) = policies {
        set("policies", Some(policies.into()));
    }
    Ok(yaml::write(&members)?)
}

fn replace(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    snapshot_file::replace(path, bytes).map_err(|error| CliError::config(format!("{}: {error}", path.display())))
}
