//! `rectify runs verify`.

use serde_json::json;

use super::session::{SessionArgs, open_journal};
use super::ui::Ui;
use super::{CliError, Exit};
use crate::journal::{Journal, examine};
use crate::model::Hash;
use crate::report::audit::{Verdict, Worth};
use crate::report::text;

/// What is verified.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run, or the beginning of its name; all of them where none is named.
    run: Option<String>,
    /// A hash of the run that was kept elsewhere: one of its records has to have it.
    #[arg(long, value_name = "HASH", requires = "run")]
    head: Option<String>,
}

pub async fn run(args: &Args, session: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    let journal = open_journal(session).await?;
    let kept = args.head.clone().map(Hash);
    let names: Vec<String> = match &args.run {
        Some(name) => vec![name.clone()],
        None => journal.runs().await?.into_iter().map(|run| run.to_string()).collect(),
    };
    let mut all = Vec::new();
    for name in names {
        let told = examine(&journal, &name).await?;
        all.push(Worth::of(&told.id, &told.chain, kept.as_ref()));
    }
    let lines = || {
        let lines: String = all.iter().map(text::worth).collect();
        if lines.is_empty() { "no runs\n".to_owned() } else { lines }
    };
    ui.result(lines, || if args.run.is_some() { json!(all.first()) } else { json!(all) })?;
    Ok(exit(all.iter().map(|worth| worth.verdict).max().unwrap_or(Verdict::Whole)))
}

/// What the process ends with: a torn run waits to be gone on with, and one that is not as it was written is for a person.
pub fn exit(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Whole => Exit::Done,
        Verdict::Torn => Exit::Pending,
        Verdict::Broken => Exit::Stuck,
    }
}
