//! `rectify policies`.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Subcommand;
use serde_json::{Value, json};

use super::config::Config;
use super::selection::unknown;
use super::session::{SessionArgs, load_bundle, resource_types};
use super::ui::Ui;
use super::{CliError, Exit, new};
use crate::policy::Policy;
use crate::report::{clean, severity, strong};

/// List the policies, show one, or begin a new one
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the policies
    List,
    /// Show one policy with its text
    Show {
        /// Its id.
        id: String,
    },
    /// Write a new policy with its unit tests, ready to be changed
    New {
        /// Its id, such as lambda-owner-tag.
        id: String,
        /// The resource type that it judges.
        #[arg(long = "type", value_name = "TYPE")]
        type_name: String,
        /// The bundle's folder.
        #[arg(long, value_name = "FOLDER", default_value = ".")]
        into: PathBuf,
    },
}

pub fn run(args: &Args, session: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    let config = Config::load(session.config.as_deref())?;
    let types = resource_types();
    let bundle = load_bundle(session, &config, &types)?;
    match args.what.as_ref().unwrap_or(&What::List) {
        What::List => ui.result(
            || {
                let mut text = String::new();
                for policy in bundle.policies.all() {
                    let custom = &policy.metadata.custom;
                    let _ = writeln!(
                        text,
                        "{} {:<26} {}",
                        severity(custom.severity),
                        clean(custom.id.as_str()),
                        clean(&policy.metadata.title)
                    );
                }
                text
            },
            || bundle.policies.all().map(document).collect::<Vec<Value>>().into(),
        )?,
        What::Show { id } => {
            let known = || bundle.policies.all().map(|policy| policy.id().as_str());
            let policy = bundle.policies.find(id).ok_or_else(|| unknown("policy", id, known()))?;
            ui.result(
                || {
                    let metadata = &policy.metadata;
                    let mut text = format!("{} {}\n", strong(policy.id()), clean(&metadata.title));
                    let _ = writeln!(text, "{}\n\n{}", clean(&policy.source.name), clean(metadata.description.trim()));
                    let _ = writeln!(text, "\n{}", policy.source.text.trim_end());
                    text
                },
                || document(policy),
            )?;
        }
        What::New { id, type_name, into } => {
            if types.find(&type_name.as_str().into()).is_none() {
                return Err(unknown("resource type", type_name, types.all().map(|kind| kind.name())));
            }
            return new::policy(id, type_name, into, &bundle, ui);
        }
    }
    Ok(Exit::Done)
}

fn document(policy: &Policy) -> Value {
    let metadata = &policy.metadata;
    let custom = &metadata.custom;
    json!({
        "id": custom.id,
        "title": metadata.title,
        "description": metadata.description,
        "severity": custom.severity,
        "resource_types": custom.resource_types,
        "related": custom.related,
        "controls": custom.controls,
        "parameters": custom.parameters,
        "related_resources": metadata.related_resources,
        "file": policy.source.name.as_ref(),
    })
}
