//! `rectify scan`.

use super::selection::Selection;
use super::session::{Session, SessionArgs};
use super::ui::Ui;
use super::{CliError, Exit, waivers};
use crate::engine::{Purpose, expired, scorecard};
use crate::model::Status;
use crate::policy::Framework;
use crate::report::{Scan, json, text};

/// Find what is wrong in an account or a snapshot
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    selection: Selection,
    /// Judge by a framework's controls: fsbp, cis_aws, nist_800_53, pci_dss, owasp_serverless.
    #[arg(long, value_name = "FRAMEWORK", value_parser = framework, help_heading = "Selection")]
    framework: Option<Framework>,
}

fn framework(text: &str) -> Result<Framework, String> {
    let names = || Framework::ALL.map(Framework::as_str).join(", ");
    let found = Framework::ALL.into_iter().find(|framework| framework.as_str() == text);
    found.ok_or_else(|| format!("it is one of {}", names()))
}

pub async fn run(args: &Args, session: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    let session = Session::open(session, args.selection.clone()).await?;
    let mut bundle = session.bundle_for(Purpose::Scan);
    if let Some(framework) = &args.framework {
        bundle.policies.retain(|policy| policy.metadata.custom.controls.contains_key(framework));
    }
    let (snapshot, _) = session.read(ui, &bundle, Purpose::Scan).await?;
    let assessor = session.assessor_of(&bundle);
    let mut assessment = assessor.assess(&snapshot, None);
    let notes = waivers::notes(&session, &bundle, &snapshot, &assessment.findings, &assessment.errors);
    let expired = expired(&assessor, &snapshot, &assessment.findings, |finding| session.wants(finding));
    assessment.findings.retain(|finding| session.wants(finding));
    assessment.add(expired);
    // What could not be read or judged is not clean.
    let judged = snapshot.header.unread.is_empty() && assessment.errors.is_empty();
    let clean = assessment.findings.iter().all(|finding| finding.status == Status::Waived) && judged;
    let scorecard = args.framework.map(|framework| scorecard(framework, &bundle, &snapshot, &assessment));
    let scan = Scan { read: snapshot.len(), header: snapshot.header, assessment, waivers: notes, scorecard };
    waivers::tell(scan.waivers.as_ref(), ui);
    ui.result(|| text::scan(&scan), || json::scan(&scan))?;
    Ok(if clean { Exit::Done } else { Exit::Pending })
}
