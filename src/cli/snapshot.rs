//! `rectify snapshot`.

use std::path::PathBuf;

use serde_json::json;

use super::selection::Selection;
use super::session::{Session, SessionArgs};
use super::ui::Ui;
use super::{CliError, Exit};
use crate::cloud::snapshot_file;
use crate::engine::Purpose;

/// Read an account into a file that can be judged, planned and tried out in a sandbox
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file to write.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    selection: Selection,
}

pub async fn run(args: &Args, session: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    let session = Session::open(session, args.selection.clone()).await?;
    let bundle = session.bundle_for(Purpose::Plan);
    let (snapshot, _) = session.read(ui, &bundle, Purpose::Plan).await?;
    let place = args.file.display();
    snapshot_file::write(&args.file, &snapshot).map_err(|error| CliError::config(format!("{place}: {error}")))?;
    let unread = snapshot.header.unread.len();
    ui.result(
        || format!("{} resources of account {} in {place}, {unread} could not be read\n", snapshot.len(), snapshot.header.account),
        || json!({"file": args.file, "account": snapshot.header.account, "resources": snapshot.len(), "unread": snapshot.header.unread}),
    )?;
    Ok(Exit::Done)
}
