//! Where events come from and notices go to: queues, topics and event buses.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::types::{MessageSystemAttributeName, SendMessageBatchRequestEntry};

use super::answer::unreadable;
use super::connect::{self, ConnectError};
use super::error::call_error;
use crate::cloud::CallError;

/// The clients of the services that carry messages.
#[derive(Clone, Debug)]
pub struct Messages {
    sqs: aws_sdk_sqs::Client,
    sns: aws_sdk_sns::Client,
    eventbridge: aws_sdk_eventbridge::Client,
}

/// A message of a queue, hidden from other readers for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// SQS's id of it.
    pub id: String,
    /// What deletes it or hides it for longer.
    pub receipt: String,
    /// Its text.
    pub body: String,
    /// How often it was received, with this time.
    pub received: u32,
}

/// Messages of one batch call
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>).
pub const BATCH: usize = 10;

impl Messages {
    /// The clients of the environment's account and Region.
    pub async fn connect() -> Result<Self, ConnectError> {
        Ok(Self::new(&connect::configure(None).await?))
    }

    fn new(config: &SdkConfig) -> Self {
        // A long poll is an answer that takes its time.
        let patient = config.timeout_config().map(|timeouts| {
            timeouts
                .to_builder()
                .read_timeout(Duration::from_secs(40))
                .operation_attempt_timeout(Duration::from_secs(45))
                .build()
        });
        let mut sqs = aws_sdk_sqs::config::Builder::from(config);
        sqs.set_timeout_config(patient);
        Self {
            sqs: aws_sdk_sqs::Client::from_conf(sqs.build()),
            sns: aws_sdk_sns::Client::new(config),
            eventbridge: aws_sdk_eventbridge::Client::new(config),
        }
    }

    /// Waits for messages of a queue (its URL), at most [`BATCH`]; they stay hidden from other readers for `hidden`.
    pub async fn receive(&self, queue: &str, wait: Duration, hidden: Duration) -> Result<Vec<Message>, CallError> {
        let request = self.sqs.receive_message().queue_url(queue).max_number_of_messages(10);
        let request = request.wait_time_seconds(seconds(wait)).visibility_timeout(seconds(hidden));
        let request = request.message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount);
        let answer = request.send().await.map_err(|error| call_error("sqs", "ReceiveMessage", error))?;
        let message = |message: aws_sdk_sqs::types::Message| {
            let received = message.attributes.unwrap_or_default();
            let received = received.get(&MessageSystemAttributeName::ApproximateReceiveCount);
            Some(Message {
                received: received.and_then(|count| count.parse().ok()).unwrap_or(1),
                id: message.message_id?,
                receipt: message.receipt_handle?,
                body: message.body.unwrap_or_default(),
            })
        };
        Ok(answer.messages.unwrap_or_default().into_iter().filter_map(message).collect())
    }

    /// Takes a message off its queue.
    pub async fn delete(&self, queue: &str, message: &Message) -> Result<(), CallError> {
        let request = self.sqs.delete_message().queue_url(queue).receipt_handle(&message.receipt);
        request.send().await.map(drop).map_err(|error| call_error("sqs", "DeleteMessage", error))
    }

    /// Hides a message for this long from now on; not at all gives it back at once.
    pub async fn hide(&self, queue: &str, receipt: &str, hidden: Duration) -> Result<(), CallError> {
        let request = self.sqs.change_message_visibility().queue_url(queue).receipt_handle(receipt);
        let answer = request.visibility_timeout(seconds(hidden)).send().await;
        answer.map(drop).map_err(|error| call_error("sqs", "ChangeMessageVisibility", error))
    }

    /// Puts messages on a queue; none is left out in silence.
    pub async fn send(&self, queue: &str, bodies: &[String]) -> Result<(), CallError> {
        for batch in bodies.chunks(BATCH) {
            let mut request = self.sqs.send_message_batch().queue_url(queue);
            for (index, body) in batch.iter().enumerate() {
                let entry = SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body).build();
                request = request.entries(entry.map_err(|error| refused("sqs", "SendMessageBatch", &error))?);
            }
            let answer = request.send().await.map_err(|error| call_error("sqs", "SendMessageBatch", error))?;
            if let Some(failed) = answer.failed.first() {
                let message = failed.message.as_deref().unwrap_or(&failed.code);
                return Err(unreadable("sqs", "SendMessageBatch", format!("a message was not taken: {message}")));
            }
        }
        Ok(())
    }

    /// Publishes to an SNS topic (its ARN). A subject has at most 100 characters of ASCII
    /// (<https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>).
    pub async fn publish(&self, topic: &str, subject: &str, body: &str) -> Result<(), CallError> {
        let plain = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
        let subject: String = subject.chars().map(plain).take(100).collect();
        let request = self.sns.publish().topic_arn(topic).subject(subject).message(body);
        request.send().await.map(drop).map_err(|error| call_error("sns", "Publish", error))
    }

    /// Puts an event of the source `rectify` on an event bus (its name or ARN).
    pub async fn put_event(&self, bus: &str, detail_type: &str, detail: &str) -> Result<(), CallError> {
        let entry = aws_sdk_eventbridge::types::PutEventsRequestEntry::builder();
        let entry = entry.event_bus_name(bus).source("rectify").detail_type(detail_type).detail(detail).build();
        let answer = self.eventbridge.put_events().entries(entry).send().await;
        let answer = answer.map_err(|error| call_error("events", "PutEvents", error))?;
        match answer.entries.unwrap_or_default().into_iter().find(|entry| entry.error_code.is_some()) {
            None => Ok(()),
            Some(entry) => {
                let told = [entry.error_code, entry.error_message].into_iter().flatten().collect::<Vec<_>>();
                Err(unreadable("events", "PutEvents", told.join(": ")))
            }
        }
    }
}

fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}

fn refused(service: &str, operation: &str, error: &dyn std::error::Error) -> CallError {
    unreadable(service, operation, error.to_string())
}
