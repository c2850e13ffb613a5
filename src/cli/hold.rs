//! What a command holds while it changes something: its run, and each resource that the run changes.
#![expect(clippy::disallowed_methods, reason = "the command line reads the clock")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::CliError;
use super::apply::Work;
use super::session::Session;
use super::ui::Ui;
use crate::apply::{Hold, new_run};
use crate::journal::{Holder, JournalError, Ledger, Store, load};
use crate::model::{ResourceKey, RunId};

/// How often it is looked whether somebody else has let go.
const LOOK: Duration = Duration::from_millis(250);

/// How long what is held stays so.
#[derive(Debug, Clone, Copy, clap::Args)]
#[command(next_help_heading = "Consent")]
pub struct HoldArg {
    /// Seconds after which what this process holds, its run and the resources, is somebody else's where it has died.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3600))]
    hold: u32,
}

impl HoldArg {
    /// Does work that changes something while all of it is held, and lets go. What somebody else holds is waited for once: one
    /// that has died lets go when its time is over, and one that goes on holding is at work.
    pub async fn holding<T>(
        self,
        session: &Session,
        store: &Arc<dyn Store>,
        ui: &Ui,
        (command, keys): (&str, BTreeSet<ResourceKey>),
        work: impl AsyncFnOnce(&Hold) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        let caller = session.cloud.caller();
        let tail = Uuid::now_v7().simple().to_string();
        // Not two processes of two machines have one name.
        let tail = tail.get(20..).unwrap_or_default();
        let name = format!("`rectify {command}` of {caller} (process {}, {tail})", std::process::id());
        let patience = SignedDuration::from_secs(self.hold.into());
        let ledger = Ledger::new(store.clone());
        let hold = Hold::new(ledger, name, patience, Timestamp::now, Arc::new(AtomicBool::new(false)));
        let doing = async {
            // All of them in one order: no two wait for each other.
            for key in &keys {
                take(&hold, ui, key).await?;
            }
            work(&hold).await
        };
        let done = hold.while_doing(doing).await;
        hold.let_go().await;
        done
    }
}

/// Holds a resource, however long somebody who has died has held it.
async fn take(hold: &Hold, ui: &Ui, key: &ResourceKey) -> Result<(), CliError> {
    while let Err(other) = hold.take(key).await? {
        wait_for(hold, ui, &other).await?;
    }
    Ok(())
}

/// Waits until nobody holds a resource any more. Whoever extends what he holds meanwhile is at work: that is the error.
async fn wait_for(hold: &Hold, ui: &Ui, other: &Holder) -> Result<(), CliError> {
    let left = |until: Timestamp| u64::try_from(until.duration_since(Timestamp::now()).as_millis()).unwrap_or_default();
    let whole = left(other.until);
    ui.note(&format!("{other}; waiting for at most {} s", whole.div_ceil(1000)));
    let bar = ui.progress(Some(whole.div_ceil(1000)), "waiting");
    let end = loop {
        tokio::time::sleep(LOOK).await;
        match hold.holder(&other.key).await {
            Ok(None) => break Ok(()),
            Ok(Some(now)) if now.until != other.until || now.name != other.name => {
                let help = "it is at work: come again when it has ended";
                break Err(CliError::user(now.to_string()).help(help));
            }
            Ok(Some(_)) => bar.set_position(whole.saturating_sub(left(other.until)) / 1000),
            Err(error) => break Err(error.into()),
        }
    };
    bar.finish_and_clear();
    end
}

/// A run that is noted at each resource that it may change: whoever comes to one of them when this process has died brings
/// the run to its end first.
pub struct Noted {
    /// The run.
    pub run: RunId,
    ledger: Ledger,
    keys: BTreeSet<ResourceKey>,
}

impl Noted {
    /// Notes a run, unless another one is noted that has not ended.
    pub async fn new(store: &Arc<dyn Store>, ui: &Ui, work: &Work) -> Result<Self, CliError> {
        let (run, plan) = match work {
            Work::New(_, plan, ..) => (new_run(), plan),
            Work::Resume(run, ..) => (run.id.clone(), &run.state.plan),
        };
        let keys = plan.changes.iter().map(|change| change.resource.clone()).collect();
        let noted = Self { run, ledger: Ledger::new(store.clone()), keys };
        for key in &noted.keys {
            if let Some(other) = noted.ledger.changing(key).await?.filter(|other| *other != noted.run) {
                refuse_unfinished(store, ui, key, &other).await?;
            }
        }
        for key in &noted.keys {
            noted.ledger.note_change(key, &noted.run, Timestamp::now()).await?;
        }
        Ok(noted)
    }

    /// The run has come to its end, or was stopped between two changes.
    pub async fn forget(&self) -> Result<(), CliError> {
        for key in &self.keys {
            self.ledger.forget_change(key, &self.run, Timestamp::now()).await?;
        }
        Ok(())
    }
}

/// Refuses to change a resource in the middle of whose change another process has ended.
async fn refuse_unfinished(store: &Arc<dyn Store>, ui: &Ui, key: &ResourceKey, other: &RunId) -> Result<(), CliError> {
    match load(store, other.as_str()).await {
        Ok(run) if run.state.outcome.is_none() => {
            let told = format!("run {other} was changing {key}, and did not come to its end");
            let help = format!("`rectify runs resume {other}` brings it to its end; then it can be taken back");
            Err(CliError::user(told).help(help))
        }
        // It cannot be gone on with. What it has left is read again, as everything is.
        Err(error @ JournalError::Broken { .. }) => {
            ui.note(&format!("{key}: {error}"));
            Ok(())
        }
        // It has ended, or has never begun.
        Ok(_) | Err(JournalError::NoRun(_) | JournalError::Nothing(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
