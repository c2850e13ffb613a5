//! `rectify iam-policy`.

use std::fmt::Write;

use clap::ValueEnum;
use serde_json::{Map, Value, json};

use super::config::Config;
use super::selection::Selection;
use super::session::{SessionArgs, enabled_bundle, place, resource_types};
use super::ui::Ui;
use super::{CliError, Exit};
use crate::engine::{MANAGED_POLICY_CHARACTERS, Rights, Statement, policy_document, policy_documents};

/// Print the least privilege that the policies and their playbooks need, read and write apart
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only what reading takes, or only what writing takes besides.
    #[arg(long, value_enum)]
    only: Option<Half>,
    #[command(flatten)]
    selection: Selection,
}

/// One half of the rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Half {
    /// To scan and to plan.
    Read,
    /// To apply and to undo, beside what reading takes.
    Write,
}

impl Half {
    fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

pub fn run(args: &Args, session: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    let config = Config::load(session.config.as_deref())?;
    let types = resource_types();
    let selection = &args.selection;
    let bundle = enabled_bundle(session, &config, selection, &types)?;
    if !selection.resource.is_empty() {
        return Err(CliError::user("the rights are for whole resource types, not for single resources")
            .help("select with --policies, --types and --severity"));
    }
    let wants = |policy: &_, type_name: &_| selection.picks_on(policy, type_name);
    let rights = Rights::of(&bundle, &types, wants, &place(session, &config));
    let halves = [(Half::Read, &rights.read), (Half::Write, &rights.write)];
    let halves = halves.into_iter().filter(|(half, _)| args.only.is_none_or(|only| only == *half));
    let halves: Vec<(Half, &Vec<Statement>)> = halves.collect();
    if ui.format == super::Format::Text {
        ui.note(reasons(&halves).trim_end());
    }
    ui.result(|| text(&halves), || document(&halves))?;
    Ok(Exit::Done)
}

/// Why each statement is there.
fn reasons(halves: &[(Half, &Vec<Statement>)]) -> String {
    let mut text = String::new();
    for statement in halves.iter().flat_map(|(_, statements)| *statements) {
        let needed_by: Vec<&str> = statement.needed_by.iter().map(String::as_str).collect();
        let _ = writeln!(text, "{:<17} for {}", statement.sid, needed_by.join(", "));
    }
    text
}

/// The documents, each of the size of a managed policy at most.
fn text(halves: &[(Half, &Vec<Statement>)]) -> String {
    let mut text = String::new();
    for (half, statements) in halves {
        let documents = policy_documents(statements, MANAGED_POLICY_CHARACTERS);
        let count = documents.len();
        if documents.is_empty() {
            let _ = writeln!(text, "# {}: nothing", half.as_str());
        }
        for (index, document) in documents.iter().enumerate() {
            match count {
                1 if halves.len() == 1 => {}
                1 => drop(writeln!(text, "# {}", half.as_str())),
                _ => drop(writeln!(text, "# {} {} of {count}", half.as_str(), index + 1)),
            }
            let _ = writeln!(text, "{document:#}");
        }
    }
    text
}

/// Each half whole, and cut to the size of managed policies.
fn document(halves: &[(Half, &Vec<Statement>)]) -> Value {
    let (mut whole, mut managed) = (Map::new(), Map::new());
    for (half, statements) in halves {
        whole.insert(half.as_str().to_owned(), policy_document(statements));
        let documents = policy_documents(statements, MANAGED_POLICY_CHARACTERS);
        managed.insert(half.as_str().to_owned(), documents.into());
    }
    whole.insert("managed_policies".to_owned(), json!(managed));
    Value::Object(whole)
}
