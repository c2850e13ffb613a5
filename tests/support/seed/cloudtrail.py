def make_cloudtrail():
    trail, s3, logs = boto3.client("cloudtrail"), boto3.client("s3"), boto3.client("logs")
    s3.create_bucket(Bucket="shop-audit-logs", CreateBucketConfiguration={"LocationConstraint": REGION})
    logs.create_log_group(logGroupName="/shop/audit", kmsKeyId=KEY)
    logs.put_retention_policy(logGroupName="/shop/audit", retentionInDays=365)
    trail.create_trail(Name="forgotten", S3BucketName="shop-audit-logs")
    # On one emulator the account has a trail of all Regions, on the other it has none.
    trail.create_trail(Name="audit", S3BucketName="shop-audit-logs", EnableLogFileValidation=True, KmsKeyId=KEY,
                       IsMultiRegionTrail=not MOTO, TagsList=[{"Key": "team", "Value": "shop"}])
    trail.update_trail(Name="audit", CloudWatchLogsLogGroupArn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/shop/audit:*",
                       CloudWatchLogsRoleArn=f"arn:aws:iam::{ACCOUNT}:role/shop-orders")
    trail.start_logging(Name="audit")
    functions = {"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}
    trail.put_event_selectors(TrailName="audit", EventSelectors=[
        {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [functions]}])
    for policy in ("cloudtrail-logging", "cloudtrail-validation", "cloudtrail-kms", "cloudtrail-logs",
                   "cloudtrail-lambda-data"):
        violates(policy, "AWS::CloudTrail::Trail", "forgotten")
        holds(policy, "AWS::CloudTrail::Trail", "audit")
    if MOTO:
        skip("cloudtrail-enabled", "a new trail records no invocations, and the shop has the policy on that asks for them")
        skip("cis-metric-alarms", "the account has no trail of all Regions, which comes first")
    else:
        violates("cis-metric-alarms", "AWS::Account", ACCOUNT)
        skip("a clean cis-metric-alarms", "there is one account, and it violates the policy")
        holds("cloudtrail-enabled", "AWS::Account", ACCOUNT)
        skip("cloudtrail-enabled", "the account has a trail of all Regions already")


make_cloudtrail()
