//! `rectify scan`.

use super::selection::Selection;
use super::session::{Session, SessionArgs};
use super::ui::Ui;
use super::{CliError, Exit};
use crate::engine::Purpose;
use crate::report::{Scan, json, text};

/// Find what is wrong in an account or a snapshot
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    selection: Selection,
}

pub async fn run(args: &Args, session: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    let session = Session::open(session, args.selection.clone()).await?;
    let bundle = session.bundle_for(Purpose::Scan);
    let (snapshot, _) = session.read(ui, &bundle, Purpose::Scan).await?;
    let mut assessment = session.assessor_of(&bundle).assess(&snapshot, None);
    assessment.findings.retain(|finding| session.wants(finding));
    // What could not be read or judged is not clean.
    let judged = snapshot.header.unread.is_empty() && assessment.errors.is_empty();
    let clean = assessment.findings.is_empty() && judged;
    let scan = Scan { read: snapshot.len(), header: snapshot.header, assessment };
    ui.result(|| text::scan(&scan), || json::scan(&scan))?;
    Ok(if clean { Exit::Done } else { Exit::Pending })
}
