//! `rectify playbooks`.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Subcommand;
use serde_json::{Value, json};

use super::config::Config;
use super::selection::unknown;
use super::session::{SessionArgs, load_bundle, resource_types};
use super::ui::Ui;
use super::{CliError, Exit, new};
use crate::playbook::{Playbook, VERBS};
use crate::report::{clean, safety, strong};

/// List the playbooks, show one, or begin a new one
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the playbooks
    List,
    /// Show one playbook with its text
    Show {
        /// Its id.
        id: String,
    },
    /// Write a new playbook for a policy, ready to be changed
    New {
        /// Its id, such as lambda-owner-tag.
        id: String,
        /// The policy whose findings it fixes.
        #[arg(long, value_name = "POLICY")]
        fixes: String,
        /// The bundle's folder.
        #[arg(long, value_name = "FOLDER", default_value = ".")]
        into: PathBuf,
    },
    /// List the verbs of a patch
    Verbs,
}

pub fn run(args: &Args, session: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    let config = Config::load(session.config.as_deref())?;
    let bundle = load_bundle(session, &config, &resource_types())?;
    match args.what.as_ref().unwrap_or(&What::List) {
        What::List => ui.result(
            || {
                let mut text = String::new();
                for playbook in bundle.playbooks.values() {
                    let pad = " ".repeat(7_usize.saturating_sub(playbook.safety.as_str().len()));
                    let _ = writeln!(
                        text,
                        "{}{pad} {:<26} {}",
                        safety(playbook.safety),
                        clean(playbook.id.as_str()),
                        clean(&playbook.description)
                    );
                }
                text
            },
            || bundle.playbooks.values().map(document).collect::<Vec<Value>>().into(),
        )?,
        What::Show { id } => {
            let known = bundle.playbooks.keys().map(|id| id.as_str());
            let playbook = bundle.playbooks.get(id.as_str()).ok_or_else(|| unknown("playbook", id, known))?;
            ui.result(
                || {
                    format!(
                        "{} {}\n\n{}\n",
                        strong(&playbook.id),
                        clean(&playbook.source.name),
                        playbook.source.text.trim_end()
                    )
                },
                || document(playbook),
            )?;
        }
        What::New { id, fixes, into } => return new::playbook(id, fixes, into, &bundle, ui),
        What::Verbs => ui.result(
            || VERBS.iter().map(|verb| format!("{:<13} {}\n", verb.name, verb.does)).collect(),
            || VERBS.iter().map(|verb| json!({"id": verb.name, "does": verb.does})).collect::<Vec<Value>>().into(),
        )?,
    }
    Ok(Exit::Done)
}

fn document(playbook: &Playbook) -> Value {
    json!({
        "id": playbook.id,
        "description": playbook.description,
        "fixes": playbook.fixes,
        "resource_types": playbook.resource_types,
        "safety": playbook.safety,
        "warnings": playbook.warnings.iter().map(|warning| warning.written.as_str()).collect::<Vec<_>>(),
        "parameters": playbook.parameters,
        "instructions": playbook.instructions,
        "cases": playbook.cases.iter().map(|case| case.name.clone()).collect::<Vec<_>>(),
        "file": playbook.source.name.as_ref(),
    })
}
