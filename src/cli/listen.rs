//! `rectify listen`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use jiff::SignedDuration;

use super::handler::{ModeArg, handler};
use super::selection::Selection;
use super::session::{Session, SessionArgs};
use super::ui::Ui;
use super::{CliError, Exit, signal};
use crate::cloud::aws::Messages;
use crate::event::handler::Handler;
use crate::event::listen::{Listener, Metrics, serve};

/// For longer SQS hides no message
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html>).
const HOURS_12: i64 = 12 * 60 * 60;

/// Handle the events of an SQS queue until SIGINT or SIGTERM
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The queue's URL.
    #[arg(long, value_name = "URL")]
    queue: String,
    #[command(flatten)]
    mode: ModeArg,
    /// Batches of messages to work on at a time.
    #[arg(long, value_name = "NUMBER", default_value_t = 4)]
    workers: usize,
    /// Seconds after which what a process was at that has died is somebody else's.
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u32).range(5..=HOURS_12))]
    hold: u32,
    /// Where to serve /healthz and /metrics, such as 127.0.0.1:9464; nowhere where it is not named.
    #[arg(long, value_name = "ADDRESS:PORT")]
    serve: Option<SocketAddr>,
}

pub async fn run(args: &Args, session: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    let session = Session::open(session, Selection::default()).await?;
    let hold = SignedDuration::from_secs(args.hold.into());
    let messages = Messages::connect().await?;
    let queue = Some((messages.clone(), args.queue.clone()));
    let handler = Arc::new(Handler { hold, queue, ..handler(&session, &args.mode).await? });
    let metrics = Arc::new(Metrics::default());
    if let Some(address) = args.serve {
        let failed = |error: std::io::Error| CliError::config(format!("{address}: {error}"));
        let (address, serving) = serve(address, metrics.clone()).await.map_err(failed)?;
        ui.note(&format!("/healthz and /metrics are at http://{address}"));
        tokio::spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(%error, "/healthz and /metrics have ended");
            }
        });
    }
    let mode = handler.mode.as_str();
    ui.note(&format!("listening to {} in account {}, mode {mode}", args.queue, session.cloud.place().account));
    let stop = Arc::new(AtomicBool::new(false));
    let listening = tokio::spawn(signal::until_stopped(stop.clone()));
    let (queue, workers, hidden) = (args.queue.clone(), args.workers, Duration::from_secs(args.hold.into()));
    Arc::new(Listener { handler, messages, queue, workers, hidden, metrics }).run(stop).await;
    listening.abort();
    ui.note("stopped");
    Ok(Exit::Done)
}
