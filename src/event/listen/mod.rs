//! Events from a queue, on any machine: the same as the Lambda handler does.

mod metrics;
mod server;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::future::{Either, join_all, select};
use serde_json::Value;
use tracing::{error, info, warn};

pub use metrics::Metrics;
pub use server::serve;

use super::handler::Handler;
use super::outcome::{Handled, Unhandled};
use crate::cloud::CallError;
use crate::cloud::aws::{Message, Messages};

/// How long a poll waits for messages: SQS's longest
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html>).
const WAIT: Duration = Duration::from_secs(20);

/// How soon a poll that waits hears of the end.
const PULSE: Duration = Duration::from_millis(100);

/// Reads a queue until it is told to stop.
pub struct Listener {
    /// Who handles what is read.
    pub handler: Arc<Handler>,
    /// The clients.
    pub messages: Messages,
    /// The queue's URL.
    pub queue: String,
    /// Batches that are worked on at a time.
    pub workers: usize,
    /// How long messages are hidden from other readers, which SQS takes whole seconds of; they are hidden anew while they are
    /// worked on.
    pub hidden: Duration,
    /// What is told of it.
    pub metrics: Arc<Metrics>,
}

impl Listener {
    /// Works until `stop` is set; then runs stop between two changes, and what is not done goes back to the queue.
    pub async fn run(self: Arc<Self>, stop: Arc<AtomicBool>) {
        let worker = |_| tokio::spawn(self.clone().work(stop.clone()));
        for ended in join_all((0..self.workers.max(1)).map(worker)).await {
            if let Err(error) = ended {
                error!(%error, "a worker has ended");
            }
        }
    }

    async fn work(self: Arc<Self>, stop: Arc<AtomicBool>) {
        let mut failures: u32 = 0;
        while !stop.load(Ordering::SeqCst) {
            let receive = self.messages.receive(&self.queue, WAIT, self.hidden);
            match unless(&stop, receive).await {
                None => break,
                Some(Ok(messages)) => {
                    failures = 0;
                    self.metrics.polled();
                    if !messages.is_empty() {
                        self.handle(&messages, &stop).await;
                    }
                }
                Some(Err(error)) => {
                    failures = failures.saturating_add(1);
                    error!(%error, queue = self.queue, "the queue cannot be read");
                    unless(&stop, tokio::time::sleep(Duration::from_secs(u64::from(failures.min(30))))).await;
                }
            }
        }
    }

    async fn handle(&self, messages: &[Message], stop: &AtomicBool) {
        let began = Instant::now();
        let _busy = self.metrics.busy();
        let bodies: Vec<Value> = messages.iter().map(body).collect();
        let handling = Box::pin(self.handler.handle_all(&bodies, stop));
        let answers = match select(handling, Box::pin(self.keep_hidden(messages))).await {
            Either::Left((answers, _)) => answers,
            Either::Right((never, _)) => match never {},
        };
        for (message, answer) in messages.iter().zip(answers) {
            if let Err(error) = self.answer(message, answer).await {
                // It comes again, and is known then.
                warn!(%error, id = message.id, "a message stays on the queue");
            }
        }
        self.metrics.took(began.elapsed());
    }

    async fn answer(&self, message: &Message, answer: Result<Handled, Unhandled>) -> Result<(), CallError> {
        self.metrics.handled(&answer);
        match answer {
            Ok(handled) => {
                info!(id = message.id, event = handled.event, what = handled.what, ignored = handled.ignored, "done");
                self.messages.delete(&self.queue, message).await
            }
            Err(error) => {
                warn!(id = message.id, %error, received = message.received, "not handled");
                self.messages.hide(&self.queue, &message.receipt, error.pause(message.received)).await
            }
        }
    }

    /// Hides messages from other readers for as long as they are worked on.
    async fn keep_hidden(&self, messages: &[Message]) -> std::convert::Infallible {
        loop {
            tokio::time::sleep(self.hidden / 3).await;
            let hide = messages.iter().map(|message| self.messages.hide(&self.queue, &message.receipt, self.hidden));
            for error in join_all(hide).await.into_iter().filter_map(Result::err) {
                warn!(%error, "a message may be delivered to somebody else too");
            }
        }
    }
}

/// A message's content; what is no JSON is no event.
fn body(message: &Message) -> Value {
    serde_json::from_str(&message.body).unwrap_or(Value::Null)
}

/// Waits for something, unless it is told to stop first.
async fn unless<T>(stop: &AtomicBool, work: impl Future<Output = T>) -> Option<T> {
    let stopped = async {
        while !stop.load(Ordering::SeqCst) {
            tokio::time::sleep(PULSE).await;
        }
    };
    match select(Box::pin(work), Box::pin(stopped)).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}
