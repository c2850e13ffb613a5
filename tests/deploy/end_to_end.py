"""Brings the stack up, makes an unsafe change, puts the event that CloudTrail would on the bus, and waits for the fix."""
import json
import sys
import time

import boto3


def wait(done, stack):
    for _ in range(240):
        status = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        if not status["StackStatus"].endswith("_IN_PROGRESS"):
            break
        time.sleep(0.25)
    if status["StackStatus"] != done:
        sys.exit(f"{status['StackStatus']}: {cloudformation.describe_stack_events(StackName=stack)['StackEvents']}")
    return status


template, package, endpoint = open(sys.argv[1]).read(), sys.argv[2], sys.argv[3]
s3 = boto3.client("s3")
s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
s3.put_object(Bucket="code", Key="rectify.zip", Body=open(package, "rb").read())
cloudformation, functions, events = boto3.client("cloudformation"), boto3.client("lambda"), boto3.client("events")
made = cloudformation.create_stack(
    StackName="rectify", TemplateBody=template, Capabilities=["CAPABILITY_IAM"],
    Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in
                {"CodeBucket": "code", "CodeKey": "rectify.zip", "Mode": "enforce"}.items()])
stack = wait("CREATE_COMPLETE", made["StackId"])
outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
name = outputs["FunctionName"]

# What real AWS does not need: the emulator's address, and a number where its CloudFormation keeps a text.
environment = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
environment["AWS_ENDPOINT_URL"] = endpoint
functions.update_function_configuration(FunctionName=name, Environment={"Variables": environment})
for mapping in functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]:
    functions.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": 10})
# As on AWS, nobody may put events of AWS's own sources on a bus: the stack's own rules get another source to listen to.
sources = {}
for rule in events.list_rules()["Rules"]:
    pattern = json.loads(rule["EventPattern"])
    if pattern.get("detail", {}).get("eventSource"):
        sources[rule["Name"]] = pattern["source"]
        pattern["source"] = ["test." + source for source in pattern["source"]]
        events.put_rule(Name=rule["Name"], EventPattern=json.dumps(pattern))

kms = boto3.client("kms")
key = kms.create_key(Description="payments")["KeyMetadata"]["KeyId"]
kms.enable_key_rotation(KeyId=key)
kms.disable_key_rotation(KeyId=key)
now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
account = boto3.client("sts").get_caller_identity()["Account"]


def record(**more):
    return {
        "eventVersion": "1.11", "eventTime": now, "eventSource": "kms.amazonaws.com", "eventName": "DisableKeyRotation",
        "awsRegion": "eu-west-1", "sourceIPAddress": "192.0.2.7", "userAgent": "aws-cli/2.31.0", "readOnly": False,
        "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::{account}:user/mallory", "accountId": account},
        "requestParameters": {"keyId": key}, "responseElements": {"keyId": key}, "eventType": "AwsApiCall",
        "managementEvent": True, "recipientAccountId": account, "eventCategory": "Management", **more}


def put(detail):
    entry = {"Source": "test.aws.kms", "DetailType": "AWS API Call via CloudTrail", "Detail": json.dumps(detail)}
    answer = events.put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0, answer


put(record(errorCode="AccessDenied"))
began = time.time()
put(record())
rotated = False
while time.time() - began < 60 and not rotated:
    rotated = kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    time.sleep(0.05)
seconds = time.time() - began
sqs = boto3.client("sqs")
left = None
while time.time() - began < 90 and left != 0:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = sum(int(count) for count in
               sqs.get_queue_attributes(QueueUrl=outputs["QueueUrl"], AttributeNames=names)["Attributes"].values())
    time.sleep(0.2)
logs = boto3.client("logs")
lines = []
for group in logs.describe_log_groups()["logGroups"]:
    for stream in logs.describe_log_streams(logGroupName=group["logGroupName"])["logStreams"]:
        lines += [event["message"] for event in logs.get_log_events(
            logGroupName=group["logGroupName"], logStreamName=stream["logStreamName"])["events"]]
print(json.dumps({"key": key, "rotated": rotated, "seconds": seconds, "left": left, "table": outputs["TableName"],
                  "role": functions.get_function_configuration(FunctionName=name)["Role"], "function": name,
                  "lines": lines, "sources": sources}))
