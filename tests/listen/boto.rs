//! boto3 as somebody who uses the account.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::Mutex;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::support::Emulator;
use super::support::emulator::{ACCOUNT, REGION, connect};
use super::support::venv::Venv;

/// Somebody else than rectify.
pub const SOMEBODY: &str = "arn:aws:sts::111122223333:assumed-role/ci-deploy/deploy-42";

/// A Python that makes calls; it ends with its handle.
pub struct Boto {
    process: Child,
    pipes: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Boto {
    /// One that talks to an emulator.
    pub fn on(emulator: &Emulator) -> Self {
        let mut command = Venv::shared().python();
        connect(&mut command, &emulator.endpoint());
        command.args(["-c", include_str!("boto.py")]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let pipes = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        Self { process, pipes: Mutex::new(pipes) }
    }

    /// Makes a call in the emulator's account.
    pub fn call(&self, service: &str, operation: &str, parameters: Value) -> Value {
        self.call_in("", service, operation, parameters)
    }

    /// Makes a call in another account.
    pub fn call_in(&self, account: &str, service: &str, operation: &str, parameters: Value) -> Value {
        let mut pipes = self.pipes.lock().unwrap();
        writeln!(pipes.0, "{}", json!([service, operation, parameters, account])).unwrap();
        let mut line = String::new();
        pipes.1.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{service} {operation}: {error}"))
    }

    /// A queue, and what follows its messages that nobody could handle; the URLs.
    pub fn queue(&self, receptions: u32) -> (String, String) {
        let url = |name: &str, attributes: Value| {
            let answer = self.call("sqs", "create_queue", json!({"QueueName": name, "Attributes": attributes}));
            answer["QueueUrl"].as_str().unwrap().to_owned()
        };
        let dead = url("dead-letters", json!({}));
        let arn = self.queue_arn(&dead);
        let redrive = json!({"deadLetterTargetArn": arn, "maxReceiveCount": receptions}).to_string();
        (url("events", json!({"RedrivePolicy": redrive})), dead)
    }

    /// A queue's ARN.
    pub fn queue_arn(&self, queue: &str) -> String {
        self.attributes(queue)["QueueArn"].as_str().unwrap().to_owned()
    }

    fn attributes(&self, queue: &str) -> Value {
        let all = json!({"QueueUrl": queue, "AttributeNames": ["All"]});
        self.call("sqs", "get_queue_attributes", all)["Attributes"].clone()
    }

    /// How many messages stand on a queue, those that are hidden included.
    pub fn waiting(&self, queue: &str) -> usize {
        let attributes = self.attributes(queue);
        let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
        names.iter().map(|name| attributes[name].as_str().unwrap().parse::<usize>().unwrap()).sum()
    }

    /// Puts messages on a queue.
    pub fn send(&self, queue: &str, bodies: &[String]) {
        for bodies in bodies.chunks(10) {
            let entry = |(index, body): (usize, &String)| json!({"Id": index.to_string(), "MessageBody": body});
            let entries: Vec<Value> = bodies.iter().enumerate().map(entry).collect();
            let answer = self.call("sqs", "send_message_batch", json!({"QueueUrl": queue, "Entries": entries}));
            assert_eq!(answer["Successful"].as_array().unwrap().len(), bodies.len(), "{answer}");
        }
    }

    /// Takes the messages that are there off a queue.
    pub fn take(&self, queue: &str) -> Vec<String> {
        let mut bodies = Vec::new();
        loop {
            let receive = json!({"QueueUrl": queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1});
            let answer = self.call("sqs", "receive_message", receive);
            let Some(messages) = answer["Messages"].as_array().filter(|messages| !messages.is_empty()).cloned() else {
                return bodies;
            };
            for message in messages {
                let delete = json!({"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]});
                self.call("sqs", "delete_message", delete);
                bodies.push(message["Body"].as_str().unwrap().to_owned());
            }
        }
    }

    /// A KMS key that is not rotated; its id.
    pub fn key(&self) -> String {
        self.key_in("")
    }

    /// The same in another account.
    pub fn key_in(&self, account: &str) -> String {
        let answer = self.call_in(account, "kms", "create_key", json!({}));
        answer["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned()
    }

    /// Whether a key is rotated.
    pub fn is_rotated(&self, key: &str) -> bool {
        self.is_rotated_in("", key)
    }

    /// The same in another account.
    pub fn is_rotated_in(&self, account: &str, key: &str) -> bool {
        self.call_in(account, "kms", "get_key_rotation_status", json!({"KeyId": key}))["KeyRotationEnabled"] == true
    }
}

impl Drop for Boto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What CloudTrail records of a call about a key, as EventBridge delivers it.
pub fn key_event(id: &str, key: &str) -> Value {
    key_event_in(ACCOUNT, id, key)
}

/// The same in another account.
pub fn key_event_in(account: &str, id: &str, key: &str) -> Value {
    let detail = record(account, ["kms.amazonaws.com", "DisableKeyRotation"], json!({"keyId": key}));
    json!({
        "version": "0", "id": id, "detail-type": "AWS API Call via CloudTrail", "source": "aws.kms", "account": account,
        "time": detail["eventTime"], "region": REGION, "resources": [], "detail": detail,
    })
}

/// What CloudTrail records of a call, made just now by somebody.
pub fn record(account: &str, [source, name]: [&str; 2], parameters: Value) -> Value {
    let at = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    json!({
        "eventVersion": "1.11", "eventTime": at, "eventSource": source, "eventName": name, "awsRegion": REGION,
        "sourceIPAddress": "192.0.2.7", "userAgent": "aws-cli/2.31.0",
        "userIdentity": {"type": "AssumedRole", "arn": SOMEBODY, "accountId": account},
        "requestParameters": parameters, "responseElements": null, "readOnly": false, "eventType": "AwsApiCall",
        "managementEvent": true, "recipientAccountId": account,
    })
}
