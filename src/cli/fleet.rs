//! `rectify fleet`.

use clap::Subcommand;
use serde_json::{Value, json};
use uuid::Uuid;

use super::selection::Selection;
use super::session::{Session, SessionArgs};
use super::ui::Ui;
use super::{CliError, Exit};
use crate::cloud::aws::Messages;
use crate::engine::{Purpose, Reading};
use crate::event::fleet::pieces;

/// The accounts of the fleet, and the work of scanning all of them
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the accounts: those of `fleet` in rectify.yaml, of the organization, and that of the credentials
    List,
    /// Cut a scan of all accounts into messages, one for each account, Region and type, and put them on a queue
    Enqueue {
        /// The queue's URL.
        #[arg(long, value_name = "URL")]
        queue: String,
        #[command(flatten)]
        selection: Selection,
    },
}

pub async fn run(args: &Args, session_args: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    let selection = match &args.what {
        What::List => Selection::default(),
        What::Enqueue { selection, .. } => selection.clone(),
    };
    let session = Session::open(session_args, selection).await?;
    let fleet = session.fleet.as_ref().ok_or_else(|| CliError::user("a file has no fleet").help("use --cloud aws"))?;
    let accounts = fleet.accounts().await?;
    let What::Enqueue { queue, selection } = &args.what else {
        ui.result(|| accounts.iter().map(|account| format!("{account}\n")).collect(), || json!(accounts))?;
        return Ok(Exit::Done);
    };
    if selection.severity.is_some() || !selection.resource.is_empty() {
        return Err(CliError::user("a scan is cut by --types and --policies"));
    }
    let bundle = session.bundle_for(Purpose::Scan);
    let judged = bundle.policies.all().flat_map(|policy| policy.metadata.custom.resource_types.clone());
    let reading = Reading(judged.map(|name| (name, Default::default())).collect());
    let batch = Uuid::now_v7().simple().to_string();
    let pieces = pieces(&batch, &accounts, session.cloud.regions(), &reading, &session.types, &selection.policies);
    let bodies: Vec<String> = pieces.iter().map(Value::to_string).collect();
    Messages::connect().await?.send(queue, &bodies).await?;
    let count = bodies.len();
    let told = || format!("{count} messages for {} accounts are on the queue.\n", accounts.len());
    ui.result(told, || json!({"batch": batch, "messages": count, "accounts": accounts}))?;
    Ok(Exit::Done)
}
