//! `rectify event`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::Value;

use super::files::{Kind, read_source_of};
use super::handler::{ModeArg, handler, shown};
use super::selection::Selection;
use super::session::{Session, SessionArgs};
use super::ui::Ui;
use super::{CliError, Exit, apply, signal};
use crate::cloud::without_secrets;
use crate::event::handler::Handler;
use crate::event::mode::Mode;
use crate::event::outcome::{Fate, Handled, Unhandled};
use crate::journal::{Ledger, Sqlite, Store};
use crate::report::{clean, text};
use crate::text::json;

/// Handle one event, and tell what was done or would be. What is only observed is not remembered as handled
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The event as EventBridge delivers it, or a scan (`{"rectify": "scan"}`); `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    mode: ModeArg,
}

pub async fn run(args: &Args, session: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    let source = if args.file == Path::new("-") {
        ui.read_all("standard input", Kind::EVENT)?
    } else {
        read_source_of(&args.file, Kind::EVENT)?
    };
    let body: Value = json::parse(&source).map_err(without_secrets)?;
    let session = Session::open(session, Selection::default()).await?;
    let mut handler = handler(&session, &args.mode).await?;
    if handler.mode == Mode::Observe {
        // Whoever only looks leaves no trace: the same event can be acted on afterwards.
        let nowhere: Arc<dyn Store> = Arc::new(Sqlite::memory()?);
        handler = Handler { ledger: Ledger::new(nowhere.clone()), journal: nowhere, ..handler };
    }
    let stop = Arc::new(AtomicBool::new(false));
    let listening = tokio::spawn(signal::until_stopped(stop.clone()));
    let answer = handler.handle(&body, &stop).await;
    listening.abort();
    match answer {
        Ok(handled) => {
            ui.result(|| as_text(&handled), || shown(&handled))?;
            Ok(exit(&handled))
        }
        Err(Unhandled::NotAnEvent(told)) => {
            Err(CliError::config(format!("{}: {told}", source.name)).help("it is an event as EventBridge delivers it"))
        }
        Err(Unhandled::Later(told)) => {
            ui.note(&format!("{}: {told}", crate::report::bad("not handled")));
            ui.note("help: nothing is lost; handle the event again");
            Ok(Exit::Failed)
        }
        Err(Unhandled::Store(error)) => Err(error.into()),
        Err(Unhandled::Journal(error)) => Err(error.into()),
    }
}

fn as_text(handled: &Handled) -> String {
    let mut lines = Vec::new();
    let event = handled.event.as_deref().unwrap_or("an event");
    match &handled.ignored {
        Some(why) => lines.push(format!("{}: nothing to look at: {}\n", clean(event), clean(&why.to_string()))),
        None => lines.push(format!("{}: {}\n", clean(event), clean(&handled.what))),
    }
    for looked in &handled.looked {
        if let Some(plan) = looked.plan.as_ref().filter(|plan| !plan.findings.is_empty()) {
            lines.push(text::plan(plan));
        }
        lines.extend(looked.run.as_deref().map(text::run));
        let place = looked.place.as_ref().map_or_else(|| "scan".to_owned(), ToString::to_string);
        let told = looked.told.as_ref().map(|told| format!(": {}", clean(told))).unwrap_or_default();
        lines.push(format!("{}: {}{told}\n", clean(&place), sentence(looked.fate)));
    }
    lines.concat()
}

fn sentence(fate: Fate) -> &'static str {
    match fate {
        Fate::Known => "it was judged after the event",
        Fate::Clean => "nothing is wrong",
        Fate::Waived => "what is wrong is waived; nothing is changed",
        Fate::Unjudged => "not all of it could be judged",
        Fate::Observed => "observed; nothing is changed",
        Fate::Waits => "its plan waits for an approval: `rectify plans` lists it",
        Fate::Refused => "nothing is changed",
        Fate::Fixed => "fixed and verified",
        Fate::Unfixed => "the fix did not come to a verified end",
    }
}

fn exit(handled: &Handled) -> Exit {
    let worst = handled.looked.iter().max_by_key(|looked| looked.fate);
    match worst {
        None => Exit::Done,
        Some(looked) => match (looked.fate, &looked.run) {
            (Fate::Unfixed, Some(run)) => apply::exit_of(run),
            (Fate::Unfixed, None) => Exit::Failed,
            (Fate::Unjudged | Fate::Observed | Fate::Waits | Fate::Refused, _) => Exit::Pending,
            (Fate::Known | Fate::Clean | Fate::Waived | Fate::Fixed, _) => Exit::Done,
        },
    }
}
