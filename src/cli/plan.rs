//! `rectify plan`.

use std::path::PathBuf;

use super::selection::Selection;
use super::session::{Session, SessionArgs};
use super::ui::Ui;
use super::{CliError, Exit, freeze, waivers};
use crate::cloud::snapshot_file;
use crate::engine::{Planner, Purpose};
use crate::model::{Plan, Status};
use crate::report::{json, text};
use crate::text::json::pretty;

/// Show what would be changed, with the exact calls and the proof: the dry run
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    selection: Selection,
    /// Keep the plan, to be applied exactly as it is.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub async fn run(args: &Args, session: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    let session = Session::open(session, args.selection.clone()).await?;
    let plan = make(&session, ui).await?;
    if let Some(path) = &args.out {
        let text = pretty(&plan).map_err(|error| CliError::internal(error.to_string()))?;
        snapshot_file::replace(path, text.as_bytes())
            .map_err(|error| CliError::config(format!("{}: {error}", path.display())))?;
    }
    ui.result(|| text::plan(&plan), || json::plan(&plan))?;
    if let Some(path) = &args.out {
        ui.say(&format!("The plan is kept in {}: rectify apply {}", path.display(), path.display()));
    }
    if let Some(frozen) = freeze::frozen(&session, &plan.account).filter(|_| !plan.changes.is_empty()) {
        freeze::note(&frozen, &plan.account, ui);
    }
    let judged = plan.unread.is_empty() && plan.errors.is_empty();
    let asked = plan.findings.iter().any(|finding| !matches!(finding.status, Status::Open | Status::Waived));
    let pending = asked || !plan.changes.is_empty() || !judged;
    Ok(if pending { Exit::Pending } else { Exit::Done })
}

/// Reads the account and makes a plan for the selected findings.
pub async fn make(session: &Session, ui: &Ui) -> Result<Plan, CliError> {
    let bundle = session.bundle_for(Purpose::Plan);
    let (snapshot, reading) = session.read(ui, &bundle, Purpose::Plan).await?;
    let planner = Planner { assessor: session.assessor_of(&bundle), reading: &reading };
    let plan = planner.plan(&snapshot, |finding| session.wants(finding));
    waivers::tell(waivers::notes(session, &bundle, &snapshot, &plan.findings, &plan.errors).as_ref(), ui);
    Ok(plan)
}
