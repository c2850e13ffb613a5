//! `AWS::SQS::QueuePolicy`: the policy of one queue. CloudFormation makes up an id that SQS does not know, so here it is the
//! queue's URL: a queue has at most one policy.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::queue::{MISSING, sdk_attributes};
use super::{Queue, names, rights, trails};
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{sent, unreadable};
use crate::cloud::aws::fields::only;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::each;
use crate::cloud::aws::world::is_missing;
use crate::cloud::aws::{AwsType, document};
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Locate, Part, Parts, Place, Relation, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write,
};

/// `AWS::SQS::QueuePolicy`.
pub struct QueuePolicy;

const SET: &[Right] = &[rights::queue("sqs:SetQueueAttributes")];

impl ResourceType for QueuePolicy {
    fn name(&self) -> &'static str {
        "AWS::SQS::QueuePolicy"
    }

    fn reads(&self) -> &'static [Right] {
        const { &[rights::LIST, rights::queue("sqs:GetQueueAttributes")] }
    }

    fn writes(&self) -> &'static [Write] {
        const { &[Write::create(SET), Write::update(&["PolicyDocument"], SET), Write::delete(SET)] }
    }

    fn parts(&self) -> &'static [Part] {
        &[Part { name: "policy", permissions: &[], properties: &["PolicyDocument", "Queues"], facts: &[] }]
    }

    fn relations(&self) -> &'static [Relation] {
        &[Relation {
            name: "queue",
            of: "AWS::SQS::Queue",
            many: false,
            locate: |policy| Locate::Ids(vec![policy.id.clone()]),
            needs: &[],
        }]
    }

    fn belongs_to(&self) -> Option<&'static str> {
        Some("queue")
    }

    fn trails(&self) -> &'static [Trail] {
        trails::POLICY
    }

    /// A policy has no ARN: its queue's names the queue.
    fn named(&self, _arn: &str) -> Option<String> {
        None
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        match (before, after) {
            (None, Some(after)) => Ok(vec![set(&after.id, &written(after)?)]),
            (Some(before), None) => Ok(vec![set(&before.id, "")]),
            (Some(before), Some(after)) => {
                only(&["PolicyDocument"], before, after)?;
                let same = before.property("/PolicyDocument") == after.property("/PolicyDocument");
                if same { Ok(Vec::new()) } else { Ok(vec![set(&before.id, &written(after)?)]) }
            }
            (None, None) => Ok(Vec::new()),
        }
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        let url = input.text("QueueUrl").ok_or("QueueUrl is missing")?;
        if is_missing(world, &Queue.key(place, &url)) {
            return Err(MISSING.to_owned());
        }
        let text = input.text("/Attributes/Policy").ok_or("Policy is missing")?;
        if text.is_empty() {
            world.remove(&self.key(place, &url));
            return Ok(Sent::default());
        }
        let invalid = "InvalidAttributeValue: Invalid value for the parameter Policy.";
        let policy = document::parse(&text).ok().filter(document::has_statements).ok_or(invalid)?;
        world.insert(of_queue(place, &url, policy));
        Ok(Sent { id: Some(url), ..Sent::default() })
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        match document::gone(before, after).is_empty() {
            true => Vec::new(),
            false => vec!["Whoever uses the queue by a statement that goes is refused from now on.".to_owned()],
        }
    }
}

fn set(url: &str, policy: &str) -> Call {
    Call::new("sqs", "SetQueueAttributes", json!({"QueueUrl": url, "Attributes": {"Policy": policy}}))
}

/// The text of a policy; SQS takes none without a statement.
fn written(policy: &Resource) -> Result<String, Impossible> {
    let policy = policy.property("/PolicyDocument").filter(|policy| document::has_statements(policy));
    let without = || Impossible("SQS takes no policy without a statement: it is deleted instead".into());
    policy.map(document::text).ok_or_else(without)
}

fn of_queue(place: &Place, url: &str, policy: Value) -> Resource {
    let properties = Map::from_iter([("Queues".to_owned(), json!([url])), ("PolicyDocument".to_owned(), policy)]);
    Resource::new(QueuePolicy.key(place, url), names::arn(place, url), properties, Map::new())
}

/// The policy of a queue; none where it has none, or there is no such queue. The caller holds the slot.
async fn read(aws: &Clients, url: &str) -> Result<Option<Resource>, CallError> {
    let found = names::attributes(aws, url, "Policy").await?.unwrap_or_default();
    let text = found.into_iter().find(|(name, text)| name == "Policy" && !text.is_empty());
    let Some((_, text)) = text else { return Ok(None) };
    let wrong = |error| unreadable("sqs", "GetQueueAttributes", format!("Policy is no policy document: {error}"));
    Ok(Some(of_queue(&aws.place, url, document::parse(&text).map_err(wrong)?)))
}

#[async_trait]
impl AwsType for QueuePolicy {
    async fn list(&self, aws: &Clients, _within: Option<&str>, _parts: &Parts) -> Listing {
        let urls = names::urls(aws).await;
        each(aws, self, "sqs", &urls, |url| read(aws, url)).await
    }

    async fn read(&self, aws: &Clients, id: &str, _parts: &Parts) -> Result<Option<Resource>, CallError> {
        let _slot = aws.slot("sqs").await;
        read(aws, id).await
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let _slot = aws.slot("sqs").await;
        let input = Input(call);
        match call.operation.as_str() {
            "SetQueueAttributes" => {
                let url = input.text("QueueUrl");
                let request = aws.sqs.set_queue_attributes().set_queue_url(url.clone());
                let answer = request.set_attributes(sdk_attributes(&input)).send().await;
                Ok(Sent { id: url, ..sent(call, answer)? })
            }
            _ => Err(input.unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{leads, place, run, world};

    const URL: &str = "https://sqs.eu-west-1.amazonaws.com/111122223333/orders";

    fn policy(sids: &[&str]) -> Resource {
        let statement = |sid: &&str| json!({"Sid": sid, "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"});
        let statements: Vec<Value> = sids.iter().map(statement).collect();
        of_queue(&place(), URL, json!({"Version": "2012-10-17", "Statement": statements}))
    }

    #[test]
    fn a_statement_goes_and_comes_back() {
        let calls = leads(&QueuePolicy, &policy(&["a", "b"]), &policy(&["b"])).unwrap();
        let text = document::text(policy(&["b"]).property("/PolicyDocument").unwrap());
        assert_eq!(calls, [set(URL, &text)]);
        leads(&QueuePolicy, &policy(&["b"]), &policy(&["a", "b"])).unwrap();
    }

    #[test]
    fn the_last_statement_goes_with_the_policy() {
        let (whole, none) = (policy(&["a"]), policy(&[]));
        assert!(QueuePolicy.calls(Some(&whole), Some(&none)).is_err());
        let mut world = world([whole.clone()]);
        let delete = QueuePolicy.calls(Some(&whole), None).unwrap();
        assert_eq!(delete, [set(URL, "")]);
        assert_eq!(run(&QueuePolicy, &delete, Some(&whole.key()), &mut world), Ok(None));
        let back = QueuePolicy.calls(None, Some(&whole)).unwrap();
        assert_eq!(run(&QueuePolicy, &back, None, &mut world), Ok(Some(whole)));
    }

    #[test]
    fn sqs_refuses_what_it_would_refuse() {
        let mut empty = world([policy(&["a"])]);
        let nonsense = set(URL, r#"{"Version":"2012-10-17","Statement":[]}"#);
        assert!(QueuePolicy.effect(&place(), &nonsense, &mut empty).unwrap_err().starts_with("InvalidAttributeValue"));
        let elsewhere = crate::cloud::aws::testing::document(&Queue, "u", "", json!({}), json!({}));
        let call = set(URL, "");
        assert_eq!(QueuePolicy.effect(&place(), &call, &mut world([elsewhere])), Err(MISSING.to_owned()));
    }
}
