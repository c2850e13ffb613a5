//! What `rectify deploy` installs: the event handler with everything that it takes, as one list of documents, and the
//! languages in which the list is written.
//!
//! There is one set of resources for the whole bundle. What is selected decides which events are asked for and what the
//! handler may do, never how the resources are called: an installation that is updated keeps what it has.

mod alarms;
mod cloudformation;
mod document;
mod handler;
mod package;
mod queues;
mod rules;
mod sam;
mod storage;
mod terraform;

use serde_json::{Value, json};

pub use cloudformation::Template;
pub use document::{Condition, Deployment, Document, End, Is, Output, Parameter};
pub use package::{Architecture, PackageError, PackedFile, architecture, package};
pub use rules::{LONGEST, Rule, rules};
pub use sam::sam;
pub use terraform::{OPEN, terraform};

use crate::model::Trail;
use document::{attribute, policy, reference, text};

/// How long the function may run, in seconds. The handler stops between changes before that.
pub const TIMEOUT: u32 = 300;
/// How much memory the function has, in MiB.
pub const MEMORY: u32 = 512;
/// How long a message is out of sight while the function has it: six times the function's timeout, which AWS asks for
/// (<https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>).
pub const VISIBILITY: u32 = 6 * TIMEOUT;
/// How often a message is tried before it is a dead letter.
pub const TRIES: u32 = 10;
/// How long messages are kept, and dead letters, in seconds: 4 and 14 days.
pub const RETENTION: (u32, u32) = (4 * 86_400, 14 * 86_400);
/// The greatest age of a message that is not told, in seconds.
pub const OLDEST: u32 = 900;
/// Messages in one invocation, and how long Lambda waits for them, in seconds.
pub const BATCH: (u32, u32) = (10, 1);
/// The namespace and the name of the metric that counts runs that failed; its dimension is `Function`.
pub const FAILED_RUNS: (&str, &str) = ("Rectify", "RunsFailed");
/// The configuration in the package.
pub const CONFIG: &str = "rectify.yaml";
/// The message that asks for a scan of everything. The scheduler puts in the time, so that none is like another
/// (<https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html>).
pub const SCAN: &str = r#"{"rectify":"scan","id":"schedule-<aws.scheduler.scheduled-time>"}"#;
/// The longest policy that IAM takes, in characters without spaces
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>, "Managed policy").
const LONGEST_POLICY: usize = 6144;

/// What is to be installed.
#[derive(Clone, Debug, Default)]
pub struct Wanted<'a> {
    /// The calls of which the handler is told.
    pub trails: Vec<&'a Trail>,
    /// The resource types that AWS Config's items are asked for; none where the list is empty.
    pub config_items: Vec<&'a str>,
    /// The resource types that Security Hub's findings are asked for; none where the list is empty.
    pub security_hub: Vec<&'a str>,
    /// What the handler may always do, and what only where it enforces: IAM statements, whose texts may have
    /// `${AWS::Partition}`, `${AWS::AccountId}` and `${AWS::Region}` in them.
    pub rights: (&'a [Value], &'a [Value]),
    /// What the function's binary was built for.
    pub architecture: Architecture,
}

impl Deployment {
    /// The handler, and all that it takes, in the Region where the resources are.
    pub fn handler(wanted: &Wanted<'_>) -> Self {
        let rules: Vec<Rule> = rules(wanted.trails.iter().copied())
            .into_iter()
            .chain(rules::config_items(wanted.config_items.iter().copied()))
            .chain(rules::security_hub(wanted.security_hub.iter().copied()))
            .collect();
        let (read, write) = wanted.rights;
        let read = policies("ReadPolicy", "What the handler reads to judge, whatever its mode.", read);
        let write = policies("WritePolicy", "What the handler changes, only where it enforces.", write);
        let write: Vec<Document> = write.into_iter().map(|document| document.when("Enforce")).collect();
        let enforce = Condition { name: "Enforce", parameter: "Mode", is: Is::Equal("enforce") };
        let mut conditions = vec![
            Condition { name: "HasAlarmTopic", parameter: "AlarmTopicArn", is: Is::Given },
            Condition { name: "HasReservedConcurrency", parameter: "ReservedConcurrency", is: Is::Given },
        ];
        if !write.is_empty() {
            conditions.push(enforce);
        }
        let mut documents = storage::documents();
        documents.extend(queues::documents(&rules));
        documents.extend(handler::documents(&read, &write));
        documents.extend(read.into_iter().chain(write));
        documents.extend(alarms::documents());
        Self {
            description: "Rectify: finds what is wrong as it happens, and puts it right where it is told to."
                .to_owned(),
            parameters: parameters(wanted.architecture),
            conditions,
            documents,
            outputs: outputs(),
        }
    }

    /// What stands in the Region where CloudTrail tells of IAM, and hands it over to the handler's Region: `us-east-1`,
    /// `cn-north-1` or `us-gov-west-1`
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html>). None where these calls tell of
    /// nothing global.
    pub fn forwarding<'a>(trails: impl IntoIterator<Item = &'a Trail>, home: &str) -> Option<Self> {
        let bus = text("arn:${AWS::Partition}:events:${HomeRegion}:${AWS::AccountId}:event-bus/default");
        let rules = rules(trails);
        let mut documents = Vec::new();
        for rule in &rules {
            let target = json!({"Id": "home", "Arn": bus, "RoleArn": attribute("ForwardingRole", "Arn")});
            documents.push(queues::rule(rule, target));
        }
        if documents.is_empty() {
            return None;
        }
        let role = json!({
            "Description": "Hands events over to the Region of Rectify's handler.",
            "AssumeRolePolicyDocument": policy([handler::trust("events.amazonaws.com")]),
            "Policies": [{
                "PolicyName": "forward",
                "PolicyDocument": policy([json!({"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus})]),
            }],
        });
        documents.push(Document::new("ForwardingRole", "AWS::IAM::Role", role));
        let home = Parameter {
            default: Some(home.into()),
            ..Parameter::new("HomeRegion", "The Region where Rectify's handler is.")
        };
        Some(Self {
            description: "Rectify: hands the events of global services over to the handler's Region.".to_owned(),
            parameters: vec![home],
            conditions: Vec::new(),
            documents,
            outputs: Vec::new(),
        })
    }

    /// Whether there is a document of that logical id.
    pub fn document(&self, id: &str) -> Option<&Document> {
        self.documents.iter().find(|document| document.id == id)
    }
}

/// The logical id of the first, second, … of several.
fn numbered(id: &str, index: usize) -> String {
    if index == 0 { id.to_owned() } else { format!("{id}{}", index + 1) }
}

/// As many managed policies as it takes for each to be short enough.
fn policies(id: &str, description: &str, statements: &[Value]) -> Vec<Document> {
    let mut parts: Vec<Vec<Value>> = Vec::new();
    for statement in statements.iter().map(placed) {
        match parts.last_mut() {
            Some(part) if fits(part, &statement) => part.push(statement),
            _ => parts.push(vec![statement]),
        }
    }
    let document = |(index, part)| {
        let properties = json!({"Description": description, "PolicyDocument": policy(part)});
        Document::new(numbered(id, index), "AWS::IAM::ManagedPolicy", properties)
    };
    parts.into_iter().enumerate().map(document).collect()
}

/// The same with what is known only where it is installed.
fn placed(value: &Value) -> Value {
    match value {
        Value::String(template) if template.contains("${AWS::") => text(template),
        Value::Array(elements) => elements.iter().map(placed).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), placed(value))).collect(),
        other => other.clone(),
    }
}

fn fits(part: &[Value], statement: &Value) -> bool {
    policy(part.iter().chain([statement]).cloned()).to_string().len() <= LONGEST_POLICY
}

fn parameters(architecture: Architecture) -> Vec<Parameter> {
    // What CloudWatch Logs takes
    // (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html).
    let days =
        [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];
    vec![
        Parameter::new("CodeBucket", "The bucket that holds the package, in this Region."),
        Parameter::new("CodeKey", "The key of the package in the bucket. Another package has to have another key."),
        Parameter {
            default: Some("observe".into()),
            allowed: vec!["observe".into(), "enforce".into()],
            ..Parameter::new("Mode", "Whether findings are only told, or what is safe is put right too.")
        },
        Parameter {
            default: Some(architecture.name().into()),
            allowed: vec!["arm64".into(), "x86_64".into()],
            ..Parameter::new("Architecture", "What the binary in the package was built for.")
        },
        Parameter {
            default: Some("rate(1 day)".into()),
            ..Parameter::new("ScheduleExpression", "When everything is scanned, whatever events tell.")
        },
        Parameter {
            default: Some(30.into()),
            allowed: days.into_iter().map(Value::from).collect(),
            ..Parameter::new("LogRetentionDays", "How long logs are kept, in days.")
        },
        Parameter {
            default: Some(10.into()),
            range: Some((2, 1000)),
            ..Parameter::new("MaximumConcurrency", "How many events batches are handled at the same time.")
        },
        Parameter {
            default: Some("".into()),
            ..Parameter::new("ReservedConcurrency", "The concurrency that is reserved for the function; none if empty.")
        },
        Parameter {
            default: Some("".into()),
            ..Parameter::new("AlarmTopicArn", "The SNS topic that alarms are sent to; none if empty.")
        },
    ]
}

impl Parameter {
    /// A text that has to be set.
    fn new(name: &'static str, description: &'static str) -> Self {
        Self { name, description, default: None, allowed: Vec::new(), range: None }
    }
}

fn outputs() -> Vec<Output> {
    vec![
        Output { name: "QueueUrl", description: "The queue of events.", value: reference("Events") },
        Output {
            name: "DeadLetterQueueUrl",
            description: "The events that could not be handled.",
            value: reference("DeadLetters"),
        },
        Output { name: "FunctionName", description: "The handler.", value: reference("Handler") },
        Output { name: "RoleArn", description: "Who the handler is.", value: attribute("HandlerRole", "Arn") },
        Output { name: "TableName", description: "The journal.", value: reference("Journal") },
    ]
}
