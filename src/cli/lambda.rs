//! The process as an AWS Lambda function: started by the Lambda runtime, it handles the events of a queue.
#![expect(clippy::disallowed_methods, reason = "the command line reads the environment and the clock")]

use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use jiff::Timestamp;
use lambda_runtime::{Context, LambdaEvent, service_fn};
use serde_json::{Value, json};
use tracing::warn;

use super::handler::{ModeArg, handler, shown};
use super::selection::Selection;
use super::session::{Session, SessionArgs};
use super::ui::Ui;
use super::{CliError, Exit};
use crate::cloud::aws::Messages;
use crate::event::handler::Handler;
use crate::event::outcome::{Fate, Handled, Unhandled};

/// The variable by which a process knows that the Lambda runtime has started it
/// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>).
const STARTED_BY: &str = "AWS_LAMBDA_RUNTIME_API";

/// What is kept of the time at the end: no change is begun then. A change may take as long as a service takes to settle.
const RESERVE: Duration = Duration::from_secs(90);

/// The command line of a process: what the Lambda runtime starts without one is the function.
pub fn arguments(given: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = given.into_iter().collect();
    if arguments.len() < 2 && std::env::var_os(STARTED_BY).is_some() {
        arguments.resize_with(1, || "rectify".into());
        arguments.extend(["lambda".into(), "--verbose".into()]);
    }
    arguments
}

/// Be the AWS Lambda function: what the process is where the Lambda runtime starts it
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    mode: ModeArg,
}

pub async fn run(args: &Args, session: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    // All of this is done once, before the first event: policies are compiled, clients are built.
    let session = Session::open(session, Selection::default()).await?;
    let queue = queue().await?;
    let handler = &Handler { queue: queue.clone(), ..handler(&session, &args.mode).await? };
    let function = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_else(|_| "rectify".to_owned());
    let function = &Function { name: function, queue };
    let serve = service_fn(move |event: LambdaEvent<Value>| async move {
        let stop = Arc::new(AtomicBool::new(false));
        let watch = tokio::spawn(at_the_end(stop.clone(), until(&event.context)));
        let answer = answer(handler, &event.payload, &stop, ui, function).await;
        watch.abort();
        answer
    });
    lambda_runtime::run(serve).await.map_err(|error| CliError::internal(error.to_string()))?;
    Ok(Exit::Done)
}

/// The function, as far as it knows itself.
struct Function {
    name: String,
    /// The clients, and the URL of the queue whose events it handles.
    queue: Option<(Messages, String)>,
}

/// The queue that the template names.
async fn queue() -> Result<Option<(Messages, String)>, CliError> {
    match std::env::var("RECTIFY_QUEUE") {
        Ok(url) if !url.is_empty() => Ok(Some((Messages::connect().await?, url))),
        _ => Ok(None),
    }
}

impl Function {
    /// Has a message that was not handled come again soon. Otherwise it would be hidden for as long as a function may take,
    /// six times over.
    async fn put_off(&self, message: &SqsMessage, error: &Unhandled) {
        let (Some((messages, queue)), Some(receipt)) = (&self.queue, &message.receipt_handle) else { return };
        let received = message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok());
        if let Err(error) = messages.hide(queue, receipt, error.pause(received.unwrap_or(1))).await {
            warn!(%error, "a message comes again later than it could");
        }
    }
}

/// A batch of a queue, with a response for each message; or one event, sent by hand.
async fn answer(
    handler: &Handler,
    payload: &Value,
    stop: &AtomicBool,
    ui: &Ui,
    function: &Function,
) -> Result<Value, lambda_runtime::Error> {
    let batch = payload.get("Records").is_some().then(|| serde_json::from_value::<SqsEvent>(payload.clone()));
    let Some(batch) = batch.transpose()? else {
        let answer = handler.handle(payload, stop).await;
        count(ui, &function.name, std::slice::from_ref(&answer))?;
        return Ok(shown(&answer?));
    };
    let body = |message: &SqsMessage| serde_json::from_str(message.body.as_deref().unwrap_or_default());
    // What is no JSON is no event.
    let bodies: Vec<Value> = batch.records.iter().map(|message| body(message).unwrap_or(Value::Null)).collect();
    let answers = handler.handle_all(&bodies, stop).await;
    count(ui, &function.name, &answers)?;
    let mut response = SqsBatchResponse::default();
    for (message, answer) in batch.records.iter().zip(&answers) {
        if let Err(error) = answer {
            function.put_off(message, error).await;
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = message.message_id.clone().unwrap_or_default();
            response.batch_item_failures.push(failure);
        }
    }
    Ok(serde_json::to_value(response)?)
}

/// The time until no change may be begun any more.
fn until(context: &Context) -> Duration {
    let left = context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    left.saturating_sub(RESERVE.min(left / 2))
}

async fn at_the_end(stop: Arc<AtomicBool>, time: Duration) {
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::SeqCst);
}

/// Counts for CloudWatch, in its embedded metric format
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).
fn count(ui: &Ui, function: &str, answers: &[Result<Handled, Unhandled>]) -> Result<(), lambda_runtime::Error> {
    let places = || answers.iter().flatten().flat_map(|handled| &handled.looked);
    let with = |fate: Fate| places().filter(|looked| looked.fate == fate).count();
    let counts = [
        ("Events", answers.len()),
        ("EventsForLater", answers.iter().filter(|answer| answer.is_err()).count()),
        ("RunsVerified", with(Fate::Fixed)),
        ("RunsFailed", with(Fate::Unfixed)),
        ("PlansWaiting", with(Fate::Waits)),
        ("FixesRefused", with(Fate::Refused)),
        ("PlacesUnjudged", with(Fate::Unjudged)),
    ];
    let metrics: Vec<Value> = counts.iter().map(|(name, _)| json!({"Name": name, "Unit": "Count"})).collect();
    let mut line = json!({
        "_aws": {
            "Timestamp": Timestamp::now().as_millisecond(),
            "CloudWatchMetrics": [{"Namespace": "Rectify", "Dimensions": [["Function"]], "Metrics": metrics}],
        },
        "Function": function,
    });
    if let Some(members) = line.as_object_mut() {
        members.extend(counts.map(|(name, count)| (name.to_owned(), Value::from(count))));
    }
    ui.out(&format!("{line}\n")).map_err(|error| error.messages.join("; ").into())
}
