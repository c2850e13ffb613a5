//! `rectify undo`.

use super::apply::{Work, execute, finish};
use super::selection::Selection;
use super::session::{Session, SessionArgs};
use super::ui::Ui;
use super::{CliError, Exit};
use crate::apply::undo_plan;
use crate::journal::load;
use crate::model::RunKind;
use crate::report::text;

/// Take a run back: every change the other way, the last first
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run, or the beginning of its name.
    #[arg(value_name = "RUN")]
    run: String,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    /// Take back also what somebody has changed since.
    #[arg(long)]
    force: bool,
}

pub async fn run(args: &Args, session: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    let session = Session::open(session, Selection::default()).await?;
    let journal = session.journal()?;
    let run = load(&journal, &args.run).await?;
    let (place, created) = (session.cloud.place(), &run.state.plan);
    if created.account != place.account {
        return Err(CliError::user(format!(
            "run {} was in account {}, and this is account {}",
            run.id, created.account, place.account
        )));
    }
    let (plan, left) = undo_plan(&run, session.cloud.as_ref(), &session.types, args.force).await?;
    ui.say(text::plan(&plan).split("\u{1b}[1mProof:").next().unwrap_or_default().trim_end());
    for (change, why) in &left {
        ui.say(&format!("{} {} stays: {why}", change.resource.type_name, change.id));
    }
    if plan.changes.is_empty() {
        ui.say("There is nothing to take back.");
        if ui.format == super::Format::Json {
            ui.result(String::new, || serde_json::json!({"run": null, "outcome": "nothing", "changes": []}))?;
        }
        return Ok(Exit::Done);
    }
    if !args.yes && !ui.confirm(&format!("Take back {} changes in account {}?", plan.changes.len(), place.account))? {
        ui.say("Nothing was changed.");
        return Ok(Exit::Pending);
    }
    let undone = execute(&session, &journal, ui, Work::New(RunKind::Undo, plan, Some(run.id))).await?;
    finish(&undone, ui)
}
