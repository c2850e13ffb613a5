//! `AWS::SNS::TopicPolicy`: the policy of one topic. CloudFormation makes up an id that SNS does not know, so here it is the
//! topic's ARN: a topic always has exactly one policy.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::topic::MISSING;
use super::{Topic, names, rights, trails};
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{sent, unreadable};
use crate::cloud::aws::fields::{both, only};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::each;
use crate::cloud::aws::world::is_missing;
use crate::cloud::aws::{AwsType, document};
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Locate, Part, Parts, Place, Relation, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write,
};

/// `AWS::SNS::TopicPolicy`.
pub struct TopicPolicy;

const SET: &[Right] = &[rights::topic("sns:SetTopicAttributes")];

impl ResourceType for TopicPolicy {
    fn name(&self) -> &'static str {
        "AWS::SNS::TopicPolicy"
    }

    fn reads(&self) -> &'static [Right] {
        const { &[rights::LIST, rights::topic("sns:GetTopicAttributes")] }
    }

    fn writes(&self) -> &'static [Write] {
        const { &[Write::update(&["PolicyDocument"], SET)] }
    }

    fn parts(&self) -> &'static [Part] {
        &[Part { name: "policy", permissions: &[], properties: &["PolicyDocument", "Topics"], facts: &[] }]
    }

    fn relations(&self) -> &'static [Relation] {
        &[Relation {
            name: "topic",
            of: "AWS::SNS::Topic",
            many: false,
            locate: |policy| Locate::Ids(vec![policy.id.clone()]),
            needs: &[],
        }]
    }

    fn belongs_to(&self) -> Option<&'static str> {
        Some("topic")
    }

    fn trails(&self) -> &'static [Trail] {
        trails::POLICY
    }

    /// A policy has no ARN: its topic's names the topic.
    fn named(&self, _arn: &str) -> Option<String> {
        None
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let Some((before, after)) = both(before, after)? else { return Ok(Vec::new()) };
        only(&["PolicyDocument"], before, after)?;
        if before.property("/PolicyDocument") == after.property("/PolicyDocument") {
            return Ok(Vec::new());
        }
        let policy = after.property("/PolicyDocument").filter(|policy| document::has_statements(policy));
        let policy = policy.ok_or(Impossible("a topic always has a policy with a statement".into()))?;
        let input = json!({
            "TopicArn": before.id,
            "AttributeName": "Policy",
            "AttributeValue": document::text(policy),
        });
        Ok(vec![Call::new("sns", "SetTopicAttributes", input)])
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        let arn = input.text("TopicArn").ok_or("TopicArn is missing")?;
        if is_missing(world, &Topic.key(place, &arn)) {
            return Err(MISSING.to_owned());
        }
        let policy =
            document::parse(&input.text("AttributeValue").unwrap_or_default()).ok().filter(document::has_statements);
        let policy = policy.ok_or("InvalidParameter: Invalid parameter: Policy Error: null")?;
        world.insert(of_topic(place, &arn, policy));
        Ok(Sent::default())
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        match document::gone(before, after).is_empty() {
            true => Vec::new(),
            false => {
                vec!["Whoever publishes or subscribes by a statement that goes is refused from now on.".to_owned()]
            }
        }
    }
}

fn of_topic(place: &Place, arn: &str, policy: Value) -> Resource {
    let properties = Map::from_iter([("Topics".to_owned(), json!([arn])), ("PolicyDocument".to_owned(), policy)]);
    Resource::new(TopicPolicy.key(place, arn), arn, properties, Map::new())
}

/// The policy of a new topic: its owner and the AWS services that act for the owner
/// (<https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html>).
pub fn default_policy(place: &Place, arn: &str) -> Resource {
    let actions = [
        "SNS:GetTopicAttributes",
        "SNS:SetTopicAttributes",
        "SNS:AddPermission",
        "SNS:RemovePermission",
        "SNS:DeleteTopic",
        "SNS:Subscribe",
        "SNS:ListSubscriptionsByTopic",
        "SNS:Publish",
    ];
    let policy = json!({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [{
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": actions,
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": place.account}},
    }]});
    of_topic(place, arn, policy)
}

/// The policy of a topic; none where there is no such topic. The caller holds the slot.
async fn read(aws: &Clients, arn: &str) -> Result<Option<Resource>, CallError> {
    let found = names::attributes(aws, arn).await?.and_then(|mut found| found.remove("Policy"));
    let Some(text) = found.filter(|text| !text.is_empty()) else { return Ok(None) };
    let wrong = |error| unreadable("sns", "GetTopicAttributes", format!("Policy is no policy document: {error}"));
    Ok(Some(of_topic(&aws.place, arn, document::parse(&text).map_err(wrong)?)))
}

#[async_trait]
impl AwsType for TopicPolicy {
    async fn list(&self, aws: &Clients, _within: Option<&str>, _parts: &Parts) -> Listing {
        let arns = names::arns(aws).await;
        each(aws, self, "sns", &arns, |arn| read(aws, arn)).await
    }

    async fn read(&self, aws: &Clients, id: &str, _parts: &Parts) -> Result<Option<Resource>, CallError> {
        let _slot = aws.slot("sns").await;
        read(aws, id).await
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let _slot = aws.slot("sns").await;
        let input = Input(call);
        match call.operation.as_str() {
            "SetTopicAttributes" => {
                let request = aws.sns.set_topic_attributes().set_topic_arn(input.text("TopicArn"));
                let request = request.set_attribute_name(input.text("AttributeName"));
                sent(call, request.set_attribute_value(input.text("AttributeValue")).send().await)
            }
            _ => Err(input.unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{leads, place, world};

    const ARN: &str = "arn:aws:sns:eu-west-1:111122223333:orders";

    fn policy(sids: &[&str]) -> Resource {
        let statement = |sid: &&str| json!({"Sid": sid, "Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": ARN});
        let statements: Vec<Value> = sids.iter().map(statement).collect();
        of_topic(&place(), ARN, json!({"Version": "2012-10-17", "Statement": statements}))
    }

    #[test]
    fn a_statement_goes_and_comes_back() {
        let calls = leads(&TopicPolicy, &policy(&["a", "b"]), &policy(&["b"])).unwrap();
        let text = document::text(policy(&["b"]).property("/PolicyDocument").unwrap());
        let input = json!({"TopicArn": ARN, "AttributeName": "Policy", "AttributeValue": text});
        assert_eq!(calls, [Call::new("sns", "SetTopicAttributes", input)]);
        leads(&TopicPolicy, &policy(&["b"]), &policy(&["a", "b"])).unwrap();
    }

    #[test]
    fn a_topic_always_has_a_policy() {
        assert!(TopicPolicy.calls(Some(&policy(&["a"])), Some(&policy(&[]))).is_err());
        assert!(TopicPolicy.calls(Some(&policy(&["a"])), None).is_err());
        let nonsense = json!({"TopicArn": ARN, "AttributeName": "Policy", "AttributeValue": ""});
        let call = Call::new("sns", "SetTopicAttributes", nonsense);
        let refused = TopicPolicy.effect(&place(), &call, &mut world([policy(&["a"])])).unwrap_err();
        assert!(refused.starts_with("InvalidParameter"));
    }
}
