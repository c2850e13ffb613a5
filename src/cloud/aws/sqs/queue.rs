//! `AWS::SQS::Queue`. Its id is the queue's URL.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Map, Value, json};

use super::{attributes, names, rights, trails};
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::sent;
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::only;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::each;
use crate::cloud::aws::object::Object;
use crate::cloud::aws::world::edit;
use crate::cloud::aws::{AwsType, kms, tags};
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Locate, Part, Parts, Place, Relation, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write,
};

/// `AWS::SQS::Queue`.
pub struct Queue;

const ATTRIBUTES: &str = "attributes";
const TAGS: &str = "tags";

const WRITES: &[Write] = &[
    Write::create(&[rights::queue("sqs:CreateQueue")]),
    Write::create_with(&["Tags"], &[rights::queue("sqs:TagQueue")]),
    Write::update(attributes::CHANGEABLE, &[rights::queue("sqs:SetQueueAttributes")]),
    Write::update(&["Tags"], &[rights::queue("sqs:TagQueue"), rights::queue("sqs:UntagQueue")]),
];

impl ResourceType for Queue {
    fn name(&self) -> &'static str {
        "AWS::SQS::Queue"
    }

    fn reads(&self) -> &'static [Right] {
        const { &[rights::LIST, rights::queue("sqs:GetQueueAttributes")] }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        const {
            &[
                Part { name: ATTRIBUTES, permissions: &[], properties: &attributes::PROPERTIES, facts: &[] },
                Part {
                    name: TAGS,
                    permissions: &[rights::queue("sqs:ListQueueTags")],
                    properties: &["Tags"],
                    facts: &[],
                },
            ]
        }
    }

    fn relations(&self) -> &'static [Relation] {
        &[
            // A list, so that a queue without a policy is told from one whose policy could not be read.
            Relation {
                name: "policies",
                of: "AWS::SQS::QueuePolicy",
                many: true,
                locate: |queue| Locate::Ids(vec![queue.id.clone()]),
                needs: &[],
            },
            Relation {
                name: "key",
                of: "AWS::KMS::Key",
                many: false,
                locate: |queue| Locate::Ids(queue.text("/KmsMasterKeyId").and_then(kms::key_in).into_iter().collect()),
                needs: &["KmsMasterKeyId"],
            },
        ]
    }

    /// Who names a queue names its ARN.
    fn refers(&self, queue: &Resource) -> Vec<String> {
        vec![queue.arn.clone()]
    }

    fn trails(&self) -> &'static [Trail] {
        trails::QUEUE
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named(arn)
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        match (before, after) {
            (None, Some(after)) => {
                encrypted_once(after)?;
                create(after)
            }
            (Some(_), None) => Err(Impossible("a queue that may hold messages is not deleted by rectify".into())),
            (Some(before), Some(after)) => {
                if before.properties == after.properties {
                    return Ok(Vec::new());
                }
                only(&[attributes::CHANGEABLE, &["Tags"]].concat(), before, after)?;
                encrypted_once(after)?;
                update(before, after)
            }
            (None, None) => Ok(Vec::new()),
        }
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        if call.operation == "CreateQueue" {
            return made(place, &input, world);
        }
        let url = input.text("QueueUrl").ok_or("QueueUrl is missing")?;
        edit(world, &self.key(place, &url), MISSING, |properties, _| {
            match call.operation.as_str() {
                "SetQueueAttributes" => {
                    attributes::write(texts(input.value("Attributes")), properties);
                    one_kind(properties)?;
                }
                "TagQueue" | "UntagQueue" => tags::effect(&input, tags::Shape::Pairs, properties),
                operation => return Err(format!("UnsupportedOperation: {operation}")),
            }
            Ok(())
        })
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        let (Some(before), Some(after)) = (before, after) else { return Vec::new() };
        let key = after.property("/KmsMasterKeyId").filter(|key| before.property("/KmsMasterKeyId") != Some(key));
        // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
        let told = "Whoever sends to the queue needs kms:GenerateDataKey and kms:Decrypt on the key, whoever receives from it \
                    kms:Decrypt; messages that are in the queue already stay as they are.";
        key.map(|_| told.to_owned()).into_iter().collect()
    }
}

/// SQS's message for a queue that is not there.
pub const MISSING: &str = "AWS.SimpleQueueService.NonExistentQueue: The specified queue does not exist.";

const TWO_KINDS: &str =
    "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.";

/// Refuses a queue with both kinds of encryption, as SQS does.
fn encrypted_once(queue: &Resource) -> Result<(), Impossible> {
    let both = queue.property("/KmsMasterKeyId").is_some()
        && queue.property("/SqsManagedSseEnabled") == Some(&Value::Bool(true));
    if both { Err(Impossible("a queue is encrypted with one kind of key at a time".into())) } else { Ok(()) }
}

fn one_kind(properties: &Map<String, Value>) -> Result<(), String> {
    let key = properties.get("KmsMasterKeyId").and_then(Value::as_str).filter(|key| !key.is_empty());
    let both = key.is_some() && properties.get("SqsManagedSseEnabled") == Some(&Value::Bool(true));
    if both { Err(format!("InvalidAttributeValue: {TWO_KINDS}")) } else { Ok(()) }
}

fn create(queue: &Resource) -> Result<Vec<Call>, Impossible> {
    let name = queue.text("/QueueName").ok_or(Impossible("a queue that rectify makes has a QueueName".into()))?;
    let mut input = Map::new();
    input.insert("QueueName".into(), name.into());
    let attributes = attributes::of(queue);
    if !attributes.is_empty() {
        input.insert("Attributes".into(), Value::Object(attributes));
    }
    let tags = tags::of(queue);
    let also = (!tags.is_empty()).then_some("sqs:TagQueue");
    if !tags.is_empty() {
        input.insert("tags".into(), json!(tags));
    }
    Ok(vec![Call::new("sqs", "CreateQueue", Value::Object(input)).and_permissions(also)])
}

fn update(before: &Resource, after: &Resource) -> Result<Vec<Call>, Impossible> {
    let url = &before.id;
    let attributes = attributes::changed(before, after)?;
    let set = json!({"QueueUrl": url, "Attributes": attributes});
    let set = (!attributes.is_empty()).then(|| Call::new("sqs", "SetQueueAttributes", set));
    let mut calls: Vec<Call> = set.into_iter().collect();
    calls.extend(tags::difference(before, after)?.calls(
        |tags| Call::new("sqs", "TagQueue", json!({"QueueUrl": url, "Tags": tags})),
        |keys| Call::new("sqs", "UntagQueue", json!({"QueueUrl": url, "TagKeys": keys})),
    ));
    Ok(calls)
}

/// A new queue, with SQS's values for what the input does not say
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html>).
fn made(place: &Place, input: &Input<'_>, world: &mut Snapshot) -> Result<Sent, String> {
    let name = input.text("QueueName").ok_or("QueueName is missing")?;
    let url = names::url(&place.partition, &place.region, &place.account, &name);
    let key = Queue.key(place, &url);
    if world.get(&key).is_some() {
        return Err("QueueAlreadyExists: A queue already exists with the same name and a different value.".into());
    }
    let own_key = input.value("/Attributes/KmsMasterKeyId").is_some();
    let mut properties = Map::new();
    properties.insert("QueueName".into(), name.into());
    let defaults = [
        ("DelaySeconds", "0"),
        ("MaximumMessageSize", "1048576"),
        ("MessageRetentionPeriod", "345600"),
        ("ReceiveMessageWaitTimeSeconds", "0"),
        ("SqsManagedSseEnabled", if own_key { "false" } else { "true" }),
        ("VisibilityTimeout", "30"),
    ];
    attributes::write(defaults, &mut properties);
    attributes::write(texts(input.value("Attributes")), &mut properties);
    one_kind(&properties)?;
    tags::write(&mut properties, tags::Shape::Pairs, tags::map(input.value("tags")), &[]);
    let arn = names::arn(place, &url);
    world.insert(Resource::new(key, arn.clone(), properties, Map::new()));
    Ok(Sent { id: Some(url), arn: Some(arn), request_id: None })
}

fn texts(attributes: Option<&Value>) -> impl Iterator<Item = (&str, &str)> {
    let members = attributes.and_then(Value::as_object).into_iter().flatten();
    members.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
}

/// The attributes of an input, as the SDK has them.
pub fn sdk_attributes(input: &Input<'_>) -> Option<HashMap<QueueAttributeName, String>> {
    let members = input.value("Attributes")?;
    Some(texts(Some(members)).map(|(name, value)| (name.into(), value.to_owned())).collect())
}

impl Queue {
    /// The document of a queue; none where there is none. One that was listed is not asked for its being there. The caller
    /// holds the slot.
    async fn document(
        &self,
        aws: &Clients,
        url: &str,
        parts: &Parts,
        listed: bool,
    ) -> Result<Option<Resource>, CallError> {
        let mut properties = Object::default();
        properties.set("QueueName", names::split(url).map(|(_, name)| name));
        if parts.wants(ATTRIBUTES) || !listed {
            let name = if parts.wants(ATTRIBUTES) { "All" } else { "QueueArn" };
            let Some(found) = names::attributes(aws, url, name).await? else { return Ok(None) };
            attributes::write(found.iter().map(|(name, value)| (name.as_str(), value.as_str())), &mut properties.0);
            // A queue has it one way or the other.
            if parts.wants(ATTRIBUTES) {
                properties.0.entry("SqsManagedSseEnabled").or_insert(Value::Bool(false));
            }
        }
        if parts.wants(TAGS) {
            let answer = aws.sqs.list_queue_tags().queue_url(url).send().await;
            let output = answer.map_err(|error| call_error("sqs", "ListQueueTags", error))?;
            properties.set("Tags", tags::property(output.tags.unwrap_or_default(), tags::Shape::Pairs));
        }
        Ok(Some(Resource::new(aws.key(self, url), names::arn(&aws.place, url), properties.0, Map::new())))
    }
}

#[async_trait]
impl AwsType for Queue {
    async fn list(&self, aws: &Clients, _within: Option<&str>, parts: &Parts) -> Listing {
        let urls = names::urls(aws).await;
        each(aws, self, "sqs", &urls, |url| self.document(aws, url, parts, true)).await
    }

    async fn read(&self, aws: &Clients, id: &str, parts: &Parts) -> Result<Option<Resource>, CallError> {
        let _slot = aws.slot("sqs").await;
        self.document(aws, id, parts, false).await
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let _slot = aws.slot("sqs").await;
        let input = Input(call);
        let url = input.text("QueueUrl");
        let sdk_tags = |name: &str| input.value(name).map(|tags| tags::map(Some(tags)).into_iter().collect());
        match call.operation.as_str() {
            "CreateQueue" => {
                let request = aws.sqs.create_queue().set_queue_name(input.text("QueueName"));
                let answer = request.set_attributes(sdk_attributes(&input)).set_tags(sdk_tags("tags")).send().await;
                let url = answer.as_ref().ok().and_then(|output| output.queue_url());
                let id = url.map(|url| names::canonical(&aws.place.partition, &aws.place.region, url));
                let arn = id.as_ref().map(|url| names::arn(&aws.place, url));
                Ok(Sent { id, arn, ..sent(call, answer)? })
            }
            "SetQueueAttributes" => {
                let request = aws.sqs.set_queue_attributes().set_queue_url(url);
                sent(call, request.set_attributes(sdk_attributes(&input)).send().await)
            }
            "TagQueue" => sent(call, aws.sqs.tag_queue().set_queue_url(url).set_tags(sdk_tags("Tags")).send().await),
            "UntagQueue" => {
                let request = aws.sqs.untag_queue().set_queue_url(url).set_tag_keys(input.texts("TagKeys"));
                sent(call, request.send().await)
            }
            _ => Err(input.unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{document, leads, place, round_trip, run, shown, world};

    const URL: &str = "https://sqs.eu-west-1.amazonaws.com/111122223333/orders";
    const ARN: &str = "arn:aws:sqs:eu-west-1:111122223333:orders";

    fn queue() -> Resource {
        let properties = json!({"QueueName": "orders", "VisibilityTimeout": 30, "SqsManagedSseEnabled": false});
        document(&Queue, URL, ARN, properties, json!({}))
    }

    #[test]
    fn the_calls_lead_from_one_document_to_the_other_and_back() {
        let redrive = json!({"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:111122223333:dead", "maxReceiveCount": 3});
        let after = json!({"QueueName": "orders", "VisibilityTimeout": 60, "SqsManagedSseEnabled": false,
            "KmsMasterKeyId": "alias/shop", "KmsDataKeyReusePeriodSeconds": 600, "RedrivePolicy": redrive,
            "Tags": [{"Key": "team", "Value": "orders"}]});
        let calls = leads(&Queue, &queue(), &queue().with_properties(after.clone())).unwrap();
        assert_eq!(
            shown(&calls),
            json!([
                ["SetQueueAttributes", {"QueueUrl": URL, "Attributes": {"VisibilityTimeout": "60",
                    "KmsMasterKeyId": "alias/shop", "KmsDataKeyReusePeriodSeconds": "600",
                    "RedrivePolicy": redrive.to_string()}}],
                ["TagQueue", {"QueueUrl": URL, "Tags": {"team": "orders"}}],
            ])
        );
        round_trip(&Queue, &queue(), after);
    }

    #[test]
    fn one_key_gives_way_to_the_other() {
        let own = json!({"QueueName": "orders", "VisibilityTimeout": 30, "SqsManagedSseEnabled": true});
        let kms = json!({"QueueName": "orders", "VisibilityTimeout": 30, "SqsManagedSseEnabled": false, "KmsMasterKeyId": "k"});
        round_trip(&Queue, &queue().with_properties(own), kms);
        let both = json!({"QueueName": "orders", "VisibilityTimeout": 30, "SqsManagedSseEnabled": true, "KmsMasterKeyId": "k"});
        let refused = Err(Impossible("a queue is encrypted with one kind of key at a time".into()));
        assert_eq!(Queue.calls(Some(&queue()), Some(&queue().with_properties(both))), refused);
    }

    #[test]
    fn a_queue_is_made_as_sqs_makes_it() {
        let wanted = json!({"QueueName": "dead", "SqsManagedSseEnabled": true, "MessageRetentionPeriod": 1_209_600,
            "Tags": [{"Key": "team", "Value": "orders"}]});
        let wanted = document(&Queue, "${rectify:dead.id}", "", wanted, json!({}));
        let calls = Queue.calls(None, Some(&wanted)).unwrap();
        assert_eq!(calls.first().unwrap().permissions, ["sqs:CreateQueue", "sqs:TagQueue"]);
        let mut world = world([]);
        let made = run(&Queue, &calls, None, &mut world).unwrap().unwrap();
        assert_eq!(made.id, "https://sqs.eu-west-1.amazonaws.com/111122223333/dead");
        assert_eq!(made.arn, "arn:aws:sqs:eu-west-1:111122223333:dead");
        assert_eq!(
            made.properties,
            json!({"QueueName": "dead", "SqsManagedSseEnabled": true, "MessageRetentionPeriod": 1_209_600, "DelaySeconds": 0,
                "MaximumMessageSize": 1_048_576, "ReceiveMessageWaitTimeSeconds": 0, "VisibilityTimeout": 30,
                "Tags": [{"Key": "team", "Value": "orders"}]})
        );
        assert!(run(&Queue, &calls, None, &mut world).unwrap_err().starts_with("QueueAlreadyExists"));
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        let refused = Err(Impossible("a queue that may hold messages is not deleted by rectify".into()));
        assert_eq!(Queue.calls(Some(&queue()), None), refused);
        let fifo = queue().with_properties(json!({"QueueName": "orders", "FifoQueue": true}));
        assert!(Queue.calls(Some(&queue()), Some(&fifo)).is_err());
        let call =
            Call::new("sqs", "SetQueueAttributes", json!({"QueueUrl": URL, "Attributes": {"DelaySeconds": "1"}}));
        assert_eq!(Queue.effect(&place(), &call, &mut world([])), Err(MISSING.to_owned()));
    }
}
