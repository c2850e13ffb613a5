//! `AWS::S3::BucketPolicy`. Its id is the bucket's name: a bucket has one at most.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::{arn, names, rights, trails};
use crate::cloud::aws::AwsType;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent, unreadable};
use crate::cloud::aws::document;
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::only;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::children;
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Locate, Part, Parts, Place, Relation, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write,
};

/// `AWS::S3::BucketPolicy`.
pub struct BucketPolicy;

const POLICY: &str = "policy";

/// Bytes that a bucket policy may have (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html>).
const MOST: usize = 20 * 1024;

impl ResourceType for BucketPolicy {
    fn name(&self) -> &'static str {
        "AWS::S3::BucketPolicy"
    }

    fn identified_by(&self) -> &'static [&'static str] {
        &["Bucket"]
    }

    fn reads(&self) -> &'static [Right] {
        const { &[rights::LIST, rights::bucket("s3:GetBucketPolicy")] }
    }

    fn writes(&self) -> &'static [Write] {
        rights::BUCKET_POLICY
    }

    fn parts(&self) -> &'static [Part] {
        &[Part { name: POLICY, permissions: &[], properties: &["PolicyDocument"], facts: &[] }]
    }

    fn belongs_to(&self) -> Option<&'static str> {
        Some("bucket")
    }

    /// A bucket that blocks public policies takes none that is public, not even one that it had before.
    fn before_its_whole(&self) -> bool {
        true
    }

    fn relations(&self) -> &'static [Relation] {
        &[Relation {
            name: "bucket",
            of: "AWS::S3::Bucket",
            many: false,
            locate: |policy| Locate::Ids(vec![policy.id.clone()]),
            needs: &[],
        }]
    }

    fn parent(&self, id: &str) -> Option<String> {
        Some(id.to_owned())
    }

    fn trails(&self) -> &'static [Trail] {
        trails::BUCKET_POLICY
    }

    /// Its ARN is its bucket's.
    fn named(&self, _arn: &str) -> Option<String> {
        None
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let put = |policy: &Resource| {
            let document = policy.property("/PolicyDocument");
            let document = document.ok_or_else(|| Impossible("a bucket policy is a policy document".into()))?;
            if document.get("Statement").and_then(Value::as_array).is_some_and(Vec::is_empty) {
                return Err(Impossible("a bucket policy has one statement at least".into()));
            }
            let text = document::text(document);
            if text.len() > MOST {
                return Err(Impossible(format!(
                    "a bucket policy has {MOST} bytes at most, and this one {}",
                    text.len()
                )));
            }
            Ok(vec![Call::new("s3", "PutBucketPolicy", json!({"Bucket": bucket(policy), "Policy": text}))])
        };
        match (before, after) {
            (None, None) => Ok(vec![]),
            (None, Some(after)) => put(after),
            (Some(before), None) => Ok(vec![Call::new("s3", "DeleteBucketPolicy", json!({"Bucket": bucket(before)}))]),
            (Some(before), Some(after)) => {
                only(&["PolicyDocument"], before, after)?;
                if before.property("/PolicyDocument") == after.property("/PolicyDocument") {
                    return Ok(vec![]);
                }
                put(after)
            }
        }
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        let name = input.text("Bucket").ok_or("Bucket is missing")?;
        let key = self.key(place, &name);
        match call.operation.as_str() {
            "PutBucketPolicy" => {
                let document = document::parse(&input.text("Policy").unwrap_or_default());
                let document = document.map_err(|error| format!("MalformedPolicy: {error}"))?;
                world.insert(policy(self, place, &name, document));
                Ok(Sent { id: Some(name.clone()), arn: Some(arn(place, &name)), request_id: None })
            }
            // S3 says yes where there is none, too.
            "DeleteBucketPolicy" => {
                world.remove(&key);
                Ok(Sent::default())
            }
            _ => Err(input.unknown().to_string()),
        }
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        let gone = document::gone(before, after);
        match gone.iter().any(|statement| statement.get("Effect") == Some(&"Allow".into())) {
            true => vec![
                "Whoever reaches the bucket or its objects by a statement that goes is refused from now on.".into(),
            ],
            false => vec![],
        }
    }
}

fn bucket(policy: &Resource) -> &str {
    policy.text("/Bucket").unwrap_or(&policy.id)
}

fn policy(kind: &BucketPolicy, place: &Place, name: &str, document: Value) -> Resource {
    let properties = [("Bucket".to_owned(), name.into()), ("PolicyDocument".to_owned(), document)];
    Resource::new(kind.key(place, name), arn(place, name), Map::from_iter(properties), Map::new())
}

impl BucketPolicy {
    /// The policy of a bucket; none where there is none, or no such bucket. The caller holds the slot.
    async fn of(&self, aws: &Clients, name: &str) -> Result<Option<Resource>, CallError> {
        let answer = aws.s3.get_bucket_policy().bucket(name).send().await;
        let output = found(answer.map_err(|error| call_error("s3", "GetBucketPolicy", error)))?;
        let Some(text) = output.and_then(|output| output.policy) else { return Ok(None) };
        let wrong = |error| unreadable("s3", "GetBucketPolicy", format!("the policy is no policy document: {error}"));
        let document = document::parse(&text).map_err(wrong)?;
        Ok(Some(policy(self, &aws.place, name, document)))
    }
}

#[async_trait]
impl AwsType for BucketPolicy {
    async fn list(&self, aws: &Clients, within: Option<&str>, parts: &Parts) -> Listing {
        if let Some(name) = within {
            let mut listing = Listing::default();
            listing.add(aws, self, name, self.read(aws, name, parts).await);
            return listing;
        }
        children(aws, self, names::all(aws, None).await, |name| async move {
            let _slot = aws.slot("s3").await;
            let mut listing = Listing::default();
            listing.add(aws, self, &name, self.of(aws, &name).await);
            listing
        })
        .await
    }

    async fn read(&self, aws: &Clients, id: &str, _parts: &Parts) -> Result<Option<Resource>, CallError> {
        let _slot = aws.slot("s3").await;
        // Another account's bucket may let us read its policy.
        if !names::exists(aws, id).await? {
            return Ok(None);
        }
        self.of(aws, id).await
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let _slot = aws.slot("s3").await;
        let input = Input(call);
        let bucket = input.text("Bucket");
        match call.operation.as_str() {
            "PutBucketPolicy" => {
                let made = bucket.as_ref().map(|name| arn(&aws.place, name));
                let request = aws.s3.put_bucket_policy().set_bucket(bucket.clone()).set_policy(input.text("Policy"));
                Ok(Sent { id: bucket, arn: made, ..sent(call, request.send().await)? })
            }
            "DeleteBucketPolicy" => sent(call, aws.s3.delete_bucket_policy().set_bucket(bucket).send().await),
            _ => Err(input.unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{document as resource, leads, place, run, shown, world};

    fn document(statements: Value) -> Resource {
        let properties =
            json!({"Bucket": "uploads", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}});
        resource(&BucketPolicy, "uploads", "arn:aws:s3:::uploads", properties, json!({}))
    }

    fn allow(who: &str) -> Value {
        json!({"Effect": "Allow", "Principal": who, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::uploads/*"})
    }

    #[test]
    fn a_policy_is_written_taken_away_and_brought_back() {
        let before = document(json!([allow("*")]));
        let after = document(json!([allow("111122223333")]));
        let calls = leads(&BucketPolicy, &before, &after).unwrap();
        let text = r#"{"Statement":[{"Action":"s3:GetObject","Effect":"Allow","Principal":"111122223333","Resource":"arn:aws:s3:::uploads/*"}],"Version":"2012-10-17"}"#;
        assert_eq!(shown(&calls), json!([["PutBucketPolicy", {"Bucket": "uploads", "Policy": text}]]));
        leads(&BucketPolicy, &after, &before).unwrap();

        let mut world = world([before.clone()]);
        let delete = BucketPolicy.calls(Some(&before), None).unwrap();
        assert_eq!(shown(&delete), json!([["DeleteBucketPolicy", {"Bucket": "uploads"}]]));
        assert_eq!(run(&BucketPolicy, &delete, Some(&before.key()), &mut world), Ok(None));
        let create = BucketPolicy.calls(None, Some(&before)).unwrap();
        assert_eq!(run(&BucketPolicy, &create, None, &mut world), Ok(Some(before)));
        assert_eq!(BucketPolicy.key(&place(), "uploads").region, "eu-west-1");
    }

    #[test]
    fn what_s3_would_not_take_is_refused() {
        let before = document(json!([allow("*")]));
        let none = BucketPolicy.calls(Some(&before), Some(&document(json!([])))).unwrap_err();
        assert_eq!(none.0, "a bucket policy has one statement at least");
        let long = document(json!([allow(&"1".repeat(MOST))]));
        let long = BucketPolicy.calls(Some(&before), Some(&long)).unwrap_err();
        assert_eq!(long.0, "a bucket policy has 20480 bytes at most, and this one 20612");
    }

    #[test]
    fn who_loses_a_statement_is_told() {
        let before = document(json!([allow("*")]));
        let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::uploads/*"});
        let more = document(json!([deny, allow("*")]));
        assert!(BucketPolicy.warnings(Some(&before), Some(&more)).is_empty());
        assert!(BucketPolicy.warnings(None, Some(&before)).is_empty());
        assert_eq!(BucketPolicy.warnings(Some(&before), None).len(), 1);
        assert_eq!(BucketPolicy.warnings(Some(&before), Some(&document(json!([deny])))).len(), 1);
    }
}
