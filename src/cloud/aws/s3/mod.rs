//! Amazon Simple Storage Service.

mod bucket;
mod bucket_policy;
mod names;
mod reading;
mod rights;
mod send;
mod settings;
mod trails;

pub use bucket::Bucket;
pub use bucket_policy::BucketPolicy;

use crate::model::Place;

/// A bucket's ARN, which names neither Region nor account: no two buckets of a partition have one name
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>).
fn arn(place: &Place, name: &str) -> String {
    format!("arn:{}:s3:::{name}", place.partition)
}

/// S3's message for a bucket that is not there.
const MISSING: &str = "NoSuchBucket: The specified bucket does not exist";
