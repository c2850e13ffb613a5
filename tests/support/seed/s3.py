s3 = boto3.client("s3")


def bucket(name, *statements, strict=True, key=None, **more):
    ownership = "BucketOwnerEnforced" if strict else "ObjectWriter"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION}, ObjectOwnership=ownership)
    if strict:
        settings = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={setting: True for setting in settings})
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        both = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
        statements += ({"Sid": "tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": both,
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}}},)
    if key:
        by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        rule = {"ApplyServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": True}
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    if statements:
        s3.put_bucket_policy(Bucket=name, Policy=document(*statements))
    return name


def make_s3(key_arn):
    ours = allow("s3:PutObject", "arn:aws:s3:::shop-uploads/*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/shop-orders"})
    public = allow("s3:GetObject", "arn:aws:s3:::shop-uploads/*", Principal="*")
    open_bucket = bucket("shop-uploads", ours, public, strict=False)
    s3.put_bucket_tagging(Bucket=open_bucket, Tagging={"TagSet": [{"Key": "team", "Value": "shop"}]})
    bare = bucket("shop-scratch", strict=False)
    site = bucket("shop-www", allow("s3:GetObject", "arn:aws:s3:::shop-www/*", Principal="*"), strict=False)
    s3.put_bucket_website(Bucket=site, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    delivery = allow("s3:PutObject", "arn:aws:s3:::shop-logs/*", Principal={"Service": "logging.s3.amazonaws.com"},
                     Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}})
    logs = bucket("shop-logs", delivery)
    network = allow("s3:GetObject", "arn:aws:s3:::shop-ledger/*", Principal="*",
                    Condition={"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}})
    closed = bucket("shop-ledger", network, key=key_arn)
    s3.put_bucket_logging(Bucket=closed, BucketLoggingStatus={
        "LoggingEnabled": {"TargetBucket": logs, "TargetPrefix": "shop-ledger/"}})
    for policy in ("s3-block-public", "s3-tls", "s3-encryption-kms", "s3-versioning", "s3-no-acl", "s3-access-logs"):
        violates(policy, "AWS::S3::Bucket", open_bucket)
        violates(policy, "AWS::S3::Bucket", bare)
        holds(policy, "AWS::S3::Bucket", closed)
        holds(policy, "AWS::S3::Bucket", logs)
    for policy, bad, good in (("s3-no-public-policy", open_bucket, closed), ("s3-no-public-policy", site, logs)):
        violates(policy, "AWS::S3::BucketPolicy", bad)
        holds(policy, "AWS::S3::BucketPolicy", good)


make_s3(KEY)
