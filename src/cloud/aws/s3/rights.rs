//! What S3's calls take: the actions have names of their own
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>).

use crate::model::{Right, Write};

/// An action on buckets, whose ARNs name neither Region nor account.
pub const fn bucket(action: &'static str) -> Right {
    Right::new(action, "arn:${partition}:s3:::*")
}

/// All buckets of the account; IAM knows no resource of it.
pub const LIST: Right = Right::anywhere("s3:ListAllMyBuckets");

pub const ACCESS_BLOCK: &str = "s3:PutBucketPublicAccessBlock";
pub const OWNERSHIP: &str = "s3:PutBucketOwnershipControls";
pub const ENCRYPTION: &str = "s3:PutEncryptionConfiguration";
pub const VERSIONING: &str = "s3:PutBucketVersioning";
pub const LOGGING: &str = "s3:PutBucketLogging";
pub const TAGGING: &str = "s3:PutBucketTagging";
pub const POLICY: &str = "s3:PutBucketPolicy";
pub const DELETE_POLICY: &str = "s3:DeleteBucketPolicy";

/// Of buckets. What takes a setting away has the permission of what sets it.
pub const BUCKET: &[Write] = &[
    Write::create(&[bucket("s3:CreateBucket")]),
    Write::create_with(&["PublicAccessBlockConfiguration"], &[bucket(ACCESS_BLOCK)]),
    Write::create_with(&["OwnershipControls"], &[bucket(OWNERSHIP)]),
    Write::create_with(&["BucketEncryption"], &[bucket(ENCRYPTION)]),
    Write::create_with(&["VersioningConfiguration"], &[bucket(VERSIONING)]),
    Write::create_with(&["LoggingConfiguration"], &[bucket(LOGGING)]),
    Write::create_with(&["Tags"], &[bucket(TAGGING)]),
    Write::update(&["PublicAccessBlockConfiguration"], &[bucket(ACCESS_BLOCK)]),
    Write::update(&["OwnershipControls"], &[bucket(OWNERSHIP)]),
    Write::update(&["BucketEncryption"], &[bucket(ENCRYPTION)]),
    Write::update(&["VersioningConfiguration"], &[bucket(VERSIONING)]),
    Write::update(&["LoggingConfiguration"], &[bucket(LOGGING)]),
    Write::update(&["Tags"], &[bucket(TAGGING)]),
];

/// Of bucket policies.
pub const BUCKET_POLICY: &[Write] = &[
    Write::create(&[bucket(POLICY)]),
    Write::update(&["PolicyDocument"], &[bucket(POLICY)]),
    Write::delete(&[bucket(DELETE_POLICY)]),
];
