//! What CloudTrail tells of buckets and their policies: the calls and how their records name them
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html>).
//!
//! Not here: what no document has, such as lifecycle rules and notifications, and the account's own Block Public Access.

use serde_json::Value;

use crate::cloud::aws::trail::{TAGGING, one, request, tagged, trail};
use crate::model::{Arn, Told, Trail};

const S3: &str = "s3.amazonaws.com";

/// Of buckets.
pub const BUCKET: &[Trail] = &[
    trail(S3, "CreateBucket", bucket),
    trail(S3, "DeleteBucket", bucket),
    trail(S3, "DeleteBucketEncryption", bucket),
    trail(S3, "DeleteBucketOwnershipControls", bucket),
    trail(S3, "DeleteBucketPublicAccessBlock", bucket),
    trail(S3, "DeleteBucketTagging", bucket),
    trail(S3, "DeleteBucketWebsite", bucket),
    trail(S3, "PutBucketAcl", bucket),
    trail(S3, "PutBucketEncryption", bucket),
    trail(S3, "PutBucketLogging", bucket),
    trail(S3, "PutBucketOwnershipControls", bucket),
    trail(S3, "PutBucketPublicAccessBlock", bucket),
    trail(S3, "PutBucketTagging", bucket),
    trail(S3, "PutBucketVersioning", bucket),
    trail(S3, "PutBucketWebsite", bucket),
    trail(TAGGING, "TagResources", |record| tagged(record, named_bucket)),
    trail(TAGGING, "UntagResources", |record| tagged(record, named_bucket)),
];

/// Of bucket policies, whose id is the bucket's name. A policy goes with its bucket.
pub const BUCKET_POLICY: &[Trail] =
    &[trail(S3, "DeleteBucket", bucket), trail(S3, "DeleteBucketPolicy", bucket), trail(S3, "PutBucketPolicy", bucket)];

/// The name of the bucket that an ARN names; none where it names objects.
pub fn named_bucket(arn: &str) -> Option<String> {
    let arn = Arn::parse(arn).filter(|arn| arn.service == "s3" && arn.region.is_empty() && arn.account.is_empty())?;
    (!arn.resource.contains(['/', '*'])).then(|| arn.resource.to_owned())
}

fn bucket(record: &Value) -> Vec<Told> {
    one(request(record, "bucketName"))
}
