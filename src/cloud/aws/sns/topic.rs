//! `AWS::SNS::Topic`. Its id is the topic's ARN.

use async_trait::async_trait;
use aws_sdk_sns::types::Tag;
use serde_json::{Map, Value, json};

use super::topic_policy::default_policy;
use super::{TopicPolicy, names, rights, trails};
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

/// `AWS::SNS::Topic`.
pub struct Topic;

const ATTRIBUTES: &str = "attributes";
const TAGS: &str = "tags";

/// The attributes that are texts, and can be changed and taken away
/// (<https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html>).
const TEXTS: &[&str] = &["DisplayName", "KmsMasterKeyId"];
/// Those that SNS has a value for even if nobody says one: the value that documents leave out.
const DEFAULTS: &[(&str, &str)] = &[("SignatureVersion", "1"), ("TracingConfig", "PassThrough")];
/// Those that are `true` or `false`, and are fixed when a topic is made.
const FLAGS: &[&str] = &["ContentBasedDeduplication", "FifoTopic"];

const WRITES: &[Write] = &[
    Write::create(&[rights::topic("sns:CreateTopic")]),
    Write::create_with(&["Tags"], &[rights::topic("sns:TagResource")]),
    Write::update(
        &["DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig"],
        &[rights::topic("sns:SetTopicAttributes")],
    ),
    Write::update(&["Tags"], &[rights::topic("sns:TagResource"), rights::topic("sns:UntagResource")]),
    Write::delete(&[rights::topic("sns:DeleteTopic")]),
];

impl ResourceType for Topic {
    fn name(&self) -> &'static str {
        "AWS::SNS::Topic"
    }

    fn reads(&self) -> &'static [Right] {
        const { &[rights::LIST, rights::topic("sns:GetTopicAttributes")] }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        const {
            &[
                Part {
                    name: ATTRIBUTES,
                    permissions: &[],
                    properties: &[
                        "ContentBasedDeduplication",
                        "DisplayName",
                        "FifoTopic",
                        "KmsMasterKeyId",
                        "SignatureVersion",
                        "TracingConfig",
                    ],
                    facts: &[],
                },
                Part {
                    name: TAGS,
                    permissions: &[rights::topic("sns:ListTagsForResource")],
                    properties: &["Tags"],
                    facts: &[],
                },
            ]
        }
    }

    fn relations(&self) -> &'static [Relation] {
        &[
            Relation {
                name: "policy",
                of: "AWS::SNS::TopicPolicy",
                many: false,
                locate: |topic| Locate::Ids(vec![topic.id.clone()]),
                needs: &[],
            },
            Relation {
                name: "key",
                of: "AWS::KMS::Key",
                many: false,
                locate: |topic| Locate::Ids(topic.text("/KmsMasterKeyId").and_then(kms::key_in).into_iter().collect()),
                needs: &["KmsMasterKeyId"],
            },
        ]
    }

    fn trails(&self) -> &'static [Trail] {
        trails::TOPIC
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named(arn)
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        match (before, after) {
            (None, Some(after)) => create(after),
            (Some(before), None) => Ok(vec![Call::new("sns", "DeleteTopic", json!({"TopicArn": before.id}))]),
            (Some(before), Some(after)) => update(before, after),
            (None, None) => Ok(Vec::new()),
        }
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        if call.operation == "CreateTopic" {
            return made(place, &input, world);
        }
        let arn = input.text("TopicArn").or(input.text("ResourceArn")).ok_or("TopicArn is missing")?;
        let key = self.key(place, &arn);
        if call.operation == "DeleteTopic" {
            // Deleting a topic that is not there is no error:
            // https://docs.aws.amazon.com/sns/latest/api/API_DeleteTopic.html
            world.remove(&key);
            world.remove(&TopicPolicy.key(place, &arn));
            return Ok(Sent::default());
        }
        edit(world, &key, MISSING, |properties, _| {
            match call.operation.as_str() {
                "SetTopicAttributes" => {
                    let name = input.text("AttributeName").ok_or("AttributeName is missing")?;
                    write(&name, &input.text("AttributeValue").unwrap_or_default(), properties);
                }
                "TagResource" | "UntagResource" => tags::effect(&input, tags::Shape::Pairs, properties),
                operation => return Err(format!("InvalidAction: {operation}")),
            }
            Ok(())
        })
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        let (Some(before), Some(after)) = (before, after) else { return Vec::new() };
        let key = after.property("/KmsMasterKeyId").filter(|key| before.property("/KmsMasterKeyId") != Some(key));
        // https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
        let told = "Whoever publishes to the topic needs kms:GenerateDataKey* and kms:Decrypt on the key.";
        key.map(|_| told.to_owned()).into_iter().collect()
    }
}

/// SNS's message for a topic that is not there.
pub const MISSING: &str = "NotFound: Topic does not exist";

fn create(topic: &Resource) -> Result<Vec<Call>, Impossible> {
    let name = topic.text("/TopicName").ok_or(Impossible("a topic that rectify makes has a TopicName".into()))?;
    let mut attributes = Map::new();
    for name in TEXTS.iter().chain(FLAGS).copied().chain(DEFAULTS.iter().map(|(name, _)| *name)) {
        if let Some(value) = topic.property(&format!("/{name}")) {
            attributes.insert(name.into(), value.as_str().map_or_else(|| value.to_string(), str::to_owned).into());
        }
    }
    let mut input = Map::from_iter([("Name".to_owned(), Value::from(name))]);
    if !attributes.is_empty() {
        input.insert("Attributes".into(), Value::Object(attributes));
    }
    let tags = tags::of(topic);
    let also = (!tags.is_empty()).then_some("sns:TagResource");
    if !tags.is_empty() {
        input.insert("Tags".into(), tags::pairs(&tags, "Key", "Value"));
    }
    Ok(vec![Call::new("sns", "CreateTopic", Value::Object(input)).and_permissions(also)])
}

fn update(before: &Resource, after: &Resource) -> Result<Vec<Call>, Impossible> {
    let defaults = DEFAULTS.iter().map(|(name, _)| *name);
    let written: Vec<&str> = TEXTS.iter().copied().chain(defaults).collect();
    only(&[&written[..], &["Tags"]].concat(), before, after)?;
    let arn = &before.id;
    let mut calls = Vec::new();
    for name in written {
        let pointer = format!("/{name}");
        if before.property(&pointer) == after.property(&pointer) {
            continue;
        }
        let unset = DEFAULTS.iter().find(|(other, _)| *other == name).map_or("", |(_, value)| value);
        let value = after.text(&pointer).unwrap_or(unset);
        let input = json!({"TopicArn": arn, "AttributeName": name, "AttributeValue": value});
        calls.push(Call::new("sns", "SetTopicAttributes", input));
    }
    calls.extend(tags::difference(before, after)?.calls(
        |tags| {
            let tags = tags::pairs(&tags, "Key", "Value");
            Call::new("sns", "TagResource", json!({"ResourceArn": arn, "Tags": tags}))
        },
        |keys| Call::new("sns", "UntagResource", json!({"ResourceArn": arn, "TagKeys": keys})),
    ));
    Ok(calls)
}

/// Writes an attribute into properties, as SNS does.
fn write(name: &str, text: &str, properties: &mut Map<String, Value>) {
    let known = TEXTS.contains(&name) || DEFAULTS.iter().any(|(other, _)| *other == name);
    if text.is_empty() || DEFAULTS.contains(&(name, text)) {
        properties.remove(name);
    } else if FLAGS.contains(&name) {
        properties.insert(name.to_owned(), (text == "true").into());
    } else if known {
        properties.insert(name.to_owned(), text.into());
    }
}

/// A new topic, and the policy that it begins with.
fn made(place: &Place, input: &Input<'_>, world: &mut Snapshot) -> Result<Sent, String> {
    let name = input.text("Name").ok_or("Name is missing")?;
    let arn = format!("arn:{}:sns:{}:{}:{name}", place.partition, place.region, place.account);
    let sent = Sent { id: Some(arn.clone()), arn: Some(arn.clone()), request_id: None };
    let key = Topic.key(place, &arn);
    // https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
    if world.get(&key).is_some() {
        return Ok(sent);
    }
    let mut properties = Map::from_iter([("TopicName".to_owned(), Value::from(name))]);
    for (name, value) in input.value("Attributes").and_then(Value::as_object).into_iter().flatten() {
        write(name, value.as_str().unwrap_or_default(), &mut properties);
    }
    tags::write(&mut properties, tags::Shape::Pairs, tags::map(input.value("Tags")), &[]);
    world.insert(Resource::new(key, arn.clone(), properties, Map::new()));
    world.insert(default_policy(place, &arn));
    Ok(sent)
}

fn sdk_tags(input: &Input<'_>) -> Result<Vec<Tag>, CallError> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build();
    let tags = tags::map(input.value("Tags")).into_iter().map(tag).collect::<Result<_, _>>();
    tags.map_err(|error| input.invalid(error.to_string()))
}

impl Topic {
    /// The document of a topic; none where there is none. The caller holds the slot.
    async fn document(
        &self,
        aws: &Clients,
        arn: &str,
        parts: &Parts,
        listed: bool,
    ) -> Result<Option<Resource>, CallError> {
        let mut properties = Object::default();
        properties.set("TopicName", Some(names::name(arn)));
        if parts.wants(ATTRIBUTES) || !listed {
            let Some(found) = names::attributes(aws, arn).await? else { return Ok(None) };
            if parts.wants(ATTRIBUTES) {
                found.iter().for_each(|(name, value)| write(name, value, &mut properties.0));
            }
        }
        if parts.wants(TAGS) {
            let answer = aws.sns.list_tags_for_resource().resource_arn(arn).send().await;
            let output = answer.map_err(|error| call_error("sns", "ListTagsForResource", error))?;
            let tags = output.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value));
            properties.set("Tags", tags::property(tags, tags::Shape::Pairs));
        }
        Ok(Some(Resource::new(aws.key(self, arn), arn, properties.0, Map::new())))
    }
}

#[async_trait]
impl AwsType for Topic {
    async fn list(&self, aws: &Clients, _within: Option<&str>, parts: &Parts) -> Listing {
        let arns = names::arns(aws).await;
        each(aws, self, "sns", &arns, |arn| self.document(aws, arn, parts, true)).await
    }

    async fn read(&self, aws: &Clients, id: &str, parts: &Parts) -> Result<Option<Resource>, CallError> {
        let _slot = aws.slot("sns").await;
        self.document(aws, id, parts, false).await
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let _slot = aws.slot("sns").await;
        let (sns, input) = (&aws.sns, Input(call));
        let arn = input.text("TopicArn").or(input.text("ResourceArn"));
        match call.operation.as_str() {
            "CreateTopic" => {
                let members = input.value("Attributes").and_then(Value::as_object).into_iter().flatten();
                let attributes =
                    members.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
                let attributes = input.value("Attributes").map(|_| attributes.collect());
                let tags = input.value("Tags").map(|_| sdk_tags(&input)).transpose()?;
                let request = sns.create_topic().set_name(input.text("Name")).set_attributes(attributes);
                let answer = request.set_tags(tags).send().await;
                let arn = answer.as_ref().ok().and_then(|output| output.topic_arn.clone());
                Ok(Sent { id: arn.clone(), arn, ..sent(call, answer)? })
            }
            "DeleteTopic" => sent(call, sns.delete_topic().set_topic_arn(arn).send().await),
            "SetTopicAttributes" => {
                let request = sns.set_topic_attributes().set_topic_arn(arn);
                let request = request.set_attribute_name(input.text("AttributeName"));
                sent(call, request.set_attribute_value(input.text("AttributeValue")).send().await)
            }
            "TagResource" => {
                let request = sns.tag_resource().set_resource_arn(arn).set_tags(Some(sdk_tags(&input)?));
                sent(call, request.send().await)
            }
            "UntagResource" => {
                let request = sns.untag_resource().set_resource_arn(arn).set_tag_keys(input.texts("TagKeys"));
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

    const ARN: &str = "arn:aws:sns:eu-west-1:111122223333:orders";

    fn topic() -> Resource {
        document(&Topic, ARN, ARN, json!({"TopicName": "orders", "DisplayName": "Orders"}), json!({}))
    }

    #[test]
    fn the_calls_lead_from_one_document_to_the_other_and_back() {
        let after = json!({"TopicName": "orders", "KmsMasterKeyId": "alias/shop", "TracingConfig": "Active",
            "Tags": [{"Key": "team", "Value": "orders"}]});
        let calls = leads(&Topic, &topic(), &topic().with_properties(after.clone())).unwrap();
        let set = |name: &str, value: &str| json!(["SetTopicAttributes", {"TopicArn": ARN, "AttributeName": name, "AttributeValue": value}]);
        assert_eq!(
            shown(&calls),
            json!([
                set("DisplayName", ""),
                set("KmsMasterKeyId", "alias/shop"),
                set("TracingConfig", "Active"),
                ["TagResource", {"ResourceArn": ARN, "Tags": [{"Key": "team", "Value": "orders"}]}],
            ])
        );
        round_trip(&Topic, &topic(), after);
    }

    #[test]
    fn a_topic_is_made_with_its_policy_and_deleted_with_it() {
        let wanted = json!({"TopicName": "alarms", "KmsMasterKeyId": "k", "Tags": [{"Key": "team", "Value": "ops"}]});
        let wanted = document(&Topic, "${rectify:topic.id}", "", wanted, json!({}));
        let calls = Topic.calls(None, Some(&wanted)).unwrap();
        assert_eq!(calls.first().unwrap().permissions, ["sns:CreateTopic", "sns:TagResource"]);
        let mut world = world([]);
        let made = run(&Topic, &calls, None, &mut world).unwrap().unwrap();
        let arn = "arn:aws:sns:eu-west-1:111122223333:alarms";
        assert_eq!((made.id.as_str(), &made.properties), (arn, &wanted.properties));
        assert!(world.get(&TopicPolicy.key(&place(), arn)).is_some());
        let delete = Topic.calls(Some(&made), None).unwrap();
        assert_eq!(run(&Topic, &delete, Some(&made.key()), &mut world), Ok(None));
        assert_eq!(world.resources().count(), 0);
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        let fifo = topic().with_properties(json!({"TopicName": "orders", "DisplayName": "Orders", "FifoTopic": true}));
        assert!(Topic.calls(Some(&topic()), Some(&fifo)).is_err());
        let call = Call::new("sns", "SetTopicAttributes", json!({"TopicArn": ARN, "AttributeName": "DisplayName"}));
        assert_eq!(Topic.effect(&place(), &call, &mut world([])), Err(MISSING.to_owned()));
    }
}
