//! `rectify undo`.

use serde_json::json;

use super::apply::{Work, execute, exit_of};
use super::freeze::{self, FreezeArg};
use super::hold::HoldArg;
use super::selection::Selection;
use super::session::{Session, SessionArgs};
use super::ui::Ui;
use super::{CliError, Exit};
use crate::apply::{Hold, undo_plan};
use crate::cloud::Cloud;
use crate::journal::{load, run_key};
use crate::model::{Change, Mandate, Run, RunKind, RunOutcome, fingerprints_in};
use crate::report::{json as json_report, text};

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
    #[command(flatten)]
    freeze: FreezeArg,
    #[command(flatten)]
    hold: HoldArg,
}

pub async fn run(args: &Args, session: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut session = Session::open(session, Selection::default()).await?;
    let journal = session.journal().await?;
    let run = load(&journal, &args.run).await?;
    if run.state.outcome.is_none() {
        return Err(CliError::user(format!("run {} did not end", run.id))
            .help(format!("`rectify runs resume {}` brings it to its end; then it can be taken back", run.id)));
    }
    session.go_to(&run.state.plan.account).await?;
    same_account(&run, session.cloud.as_ref())?;
    same_key(&run, &session)?;
    let (plan, left) = undo_plan(&run, session.cloud.as_ref(), &session.types, args.force).await?;
    ui.show(&text::changes(&plan))?;
    for (change, why) in &left {
        ui.say(&format!("{} {} stays: {why}", change.resource.type_name, change.id));
    }
    // What stays is not undone, and somebody has to know.
    let undone = if left.is_empty() { Exit::Done } else { Exit::Pending };
    let report = |run: Option<&Run>, outcome: &str| {
        let stays =
            |(change, why): &(Change, String)| json!({"id": change.id, "resource": change.resource, "reason": why});
        let mut document = match run {
            Some(run) => json_report::run(run),
            None => json!({"run": null, "outcome": outcome, "changes": []}),
        };
        if let Some(members) = document.as_object_mut() {
            members.insert("left".to_owned(), left.iter().map(stays).collect());
        }
        document
    };
    if plan.changes.is_empty() {
        ui.result(|| "There is nothing to take back.\n".to_owned(), || report(None, "nothing"))?;
        return Ok(undone);
    }
    let during_freeze = match args.freeze.thaw(&session, &plan.account) {
        Ok(during_freeze) => during_freeze,
        Err(frozen) => {
            freeze::say(&frozen, &plan.account, ui);
            ui.result(String::new, || report(None, "frozen"))?;
            return Ok(Exit::Pending);
        }
    };
    let mandate = Mandate { during_freeze, ..Mandate::default() };
    let question = format!("Take back {} changes in account {}?", plan.changes.len(), plan.account);
    if !args.yes && !ui.confirm(&question)? {
        ui.result(|| "Nothing was changed.\n".to_owned(), || report(None, "declined"))?;
        return Ok(Exit::Pending);
    }
    let keys = plan.changes.iter().map(|change| change.resource.clone()).chain([run_key(&run.id)]).collect();
    let work = async |hold: &Hold| {
        // Somebody else may have gone on with it meanwhile.
        if load(&journal, run.id.as_str()).await?.head != run.head {
            return Err(CliError::user(format!("somebody has gone on with run {} meanwhile", run.id))
                .help("look at it again, and undo what it is now"));
        }
        execute(&session, &journal, ui, hold, Work::New(RunKind::Undo, plan, Some(run.id.clone()), mandate)).await
    };
    let back = args.hold.holding(&session, &journal, ui, ("undo", keys), work).await?;
    ui.result(|| text::run(&back), || report(Some(&back), ""))?;
    Ok(if back.state.outcome == Some(RunOutcome::Verified) { undone } else { exit_of(&back) })
}

/// Refuses a run with fingerprints of another key: nothing could be compared with what is read here.
pub fn same_key(run: &Run, session: &Session) -> Result<(), CliError> {
    let documents = run.state.plan.changes.iter().flat_map(|change| change.before.iter().chain(&change.after));
    let told = documents.map(|document| fingerprints_in(&document.properties)).any(|found| !found.is_empty());
    if run.state.plan.fingerprint_key == session.settings.fingerprint_key || !told {
        return Ok(());
    }
    Err(CliError::user(format!("run {} was made with another fingerprint key", run.id))
        .help("go on with it, or take it back, where it was made, or set RECTIFY_FINGERPRINT_KEY"))
}

/// Refuses a run of another account.
pub fn same_account(run: &Run, cloud: &dyn Cloud) -> Result<(), CliError> {
    let (then, now) = (&run.state.plan, cloud.place());
    if then.account == now.account && then.partition == now.partition {
        return Ok(());
    }
    let (id, then, now) = (&run.id, &then.account, &now.account);
    Err(CliError::user(format!("run {id} was in account {then}, and this is account {now}")))
}
