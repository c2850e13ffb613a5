//! A change that breaks off and cannot be taken back: a person is told what stands where, and what to do.

use super::support::{Fault, Field, Kept, On};

const MAKE: &str = "
import boto3
s3 = boto3.client('s3')
s3.create_bucket(Bucket='orders', CreateBucketConfiguration={'LocationConstraint': 'eu-west-1'})
";

const REFUSED: &str = "<Error><Code>AccessDenied</Code><Message>a fault of the test's</Message></Error>";

#[test]
fn what_cannot_be_taken_back_ends_with_4_and_tells_what_to_do() {
    let field = Field::new(Kept::Sqlite);
    field.python(MAKE);
    let bucket = || field.documents("AWS::S3::Bucket").into_values().next().expect("a bucket");
    let before = bucket();
    // The second call of the change is refused, and so is what would take the first one back.
    field.proxy.fail(On::writes().after(1), Fault::Status(403, REFUSED.into()), usize::MAX);
    let told = field.rectify(&["apply", "--policies", "s3-block-public,s3-versioning", "--yes", "--approve", "all"]);
    told.ended(4);
    let run = field.runs().pop().expect("a run was begun").id.to_string();
    let shown = field.rectify(&["runs", "show", &run]);
    let says = [
        "AWS::S3::Bucket orders: in between: /PublicAccessBlockConfiguration/BlockPublicAcls, ",
        "these calls bring it back: s3:PutPublicAccessBlock {\"Bucket\":\"orders\",",
        &format!("`rectify undo {run} --force` takes back what is left, from where it stands"),
    ];
    for out in [&told.out, &shown.out] {
        assert!(says.iter().all(|says| out.contains(says)), "{out}");
    }
    assert_ne!(bucket(), before);
    // What it says brings the bucket back.
    field.proxy.calm();
    field.rectify(&["undo", &run, "--force", "--yes"]).ended(0);
    assert_eq!(bucket(), before);
}
