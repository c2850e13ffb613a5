//! `AWS::CloudTrail::Trail`. Its id is the trail's name, in its home Region.
//!
//! What a Region shows besides, the replica of another Region's trail or of the organization's, has its ARN for an id: it
//! records the account's events just as well, and is changed elsewhere.

use async_trait::async_trait;
use futures::future::join_all;

use super::{calls, effect, reading, rights, send, trails};
use crate::cloud::aws::AwsType;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::found;
use crate::cloud::aws::error::call_error;
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Part, Parts, Place, Resource, ResourceType, Right, Sent, Snapshot, Trail as Record, Write,
};

/// `AWS::CloudTrail::Trail`.
pub struct Trail;

impl ResourceType for Trail {
    fn name(&self) -> &'static str {
        "AWS::CloudTrail::Trail"
    }

    fn reads(&self) -> &'static [Right] {
        const { &[rights::DESCRIBE, rights::any("cloudtrail:GetTrail")] }
    }

    fn writes(&self) -> &'static [Write] {
        rights::WRITES
    }

    fn parts(&self) -> &'static [Part] {
        const {
            &[
                Part {
                    name: "description",
                    permissions: &[],
                    properties: &[
                        "S3BucketName",
                        "S3KeyPrefix",
                        "SnsTopicName",
                        "IncludeGlobalServiceEvents",
                        "IsMultiRegionTrail",
                        "IsOrganizationTrail",
                        "EnableLogFileValidation",
                        "CloudWatchLogsLogGroupArn",
                        "CloudWatchLogsRoleArn",
                        "KMSKeyId",
                    ],
                    facts: &["HomeRegion"],
                },
                Part {
                    name: reading::STATUS,
                    permissions: &[rights::any("cloudtrail:GetTrailStatus")],
                    properties: &["IsLogging"],
                    facts: &[],
                },
                Part {
                    name: reading::SELECTORS,
                    permissions: &[rights::any("cloudtrail:GetEventSelectors")],
                    properties: &["EventSelectors", "AdvancedEventSelectors"],
                    facts: &[],
                },
                Part {
                    name: reading::TAGS,
                    permissions: &[rights::any("cloudtrail:ListTags")],
                    properties: &["Tags"],
                    facts: &[],
                },
            ]
        }
    }

    fn identified_by(&self) -> &'static [&'static str] {
        &["TrailName"]
    }

    /// The account.
    fn refers(&self, trail: &Resource) -> Vec<String> {
        vec![trail.account.clone()]
    }

    fn trails(&self) -> &'static [Record] {
        trails::TRAIL
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named(arn)
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        match (before, after) {
            (None, Some(after)) => calls::creation(after),
            (Some(before), None) => calls::deletion(before),
            (Some(before), Some(after)) => calls::changes(before, after),
            (None, None) => Ok(Vec::new()),
        }
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        effect::on_trail(place, call, world)
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        let text = |trail: Option<&Resource>, pointer: &str| trail.and_then(|trail| trail.property(pointer)).cloned();
        let sets = |pointer: &str| {
            let new = text(after, pointer);
            new.is_some() && new != text(before, pointer)
        };
        let texts = [
            (after.is_none(), "From now on the trail records nothing. What it has recorded stays in its bucket."),
            // https://aws.amazon.com/cloudtrail/pricing/
            (
                before.is_none(),
                "One copy of an account's management events is free; a second trail, data events, and the storage in S3 are charged.",
            ),
            // https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
            (
                sets("/KMSKeyId"),
                "The key has to be in the Region of the trail's bucket, and who reads the log files needs kms:Decrypt on it.",
            ),
            // https://aws.amazon.com/cloudwatch/pricing/
            (sets("/CloudWatchLogsLogGroupArn"), "CloudWatch Logs charges for every event that it takes in and keeps."),
        ];
        texts.into_iter().filter(|(applies, _)| *applies).map(|(_, text)| text.to_owned()).collect()
    }
}

#[async_trait]
impl AwsType for Trail {
    async fn list(&self, aws: &Clients, _within: Option<&str>, parts: &Parts) -> Listing {
        let mut listing = Listing::default();
        let described = aws.cloudtrail.describe_trails().include_shadow_trails(true).send().await;
        let trails = match described {
            Ok(output) => output.trail_list.unwrap_or_default(),
            Err(error) => {
                listing.incomplete(aws, self, Some(call_error("cloudtrail", "DescribeTrails", error)));
                return listing;
            }
        };
        let documents = trails.iter().map(|trail| async move {
            let _slot = aws.slot("cloudtrail").await;
            (trail.name().unwrap_or_default(), reading::document(aws, trail, parts).await)
        });
        for (name, document) in join_all(documents).await {
            listing.add(aws, self, name, document);
        }
        listing
    }

    async fn read(&self, aws: &Clients, id: &str, parts: &Parts) -> Result<Option<Resource>, CallError> {
        let _slot = aws.slot("cloudtrail").await;
        let answer = aws.cloudtrail.get_trail().name(id).send().await;
        let output = found(answer.map_err(|error| call_error("cloudtrail", "GetTrail", error)))?;
        let Some(trail) = output.and_then(|output| output.trail) else { return Ok(None) };
        let document = reading::document(aws, &trail, parts).await?;
        // By its name another Region's trail may be shown, and that is another one.
        Ok(document.filter(|document| document.id == id))
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let _slot = aws.slot("cloudtrail").await;
        send::send(aws, call).await
    }
}
