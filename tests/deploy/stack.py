"""Brings the stack up by CloudFormation, tells what is there, and takes it away again."""
import io
import json
import sys
import time
import zipfile

import boto3


def wait(done, stack):
    for _ in range(240):
        status = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        if not status["StackStatus"].endswith("_IN_PROGRESS"):
            break
        time.sleep(0.25)
    if status["StackStatus"] != done:
        events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        failed = [(event["LogicalResourceId"], event.get("ResourceStatusReason")) for event in events
                  if event["ResourceStatus"].endswith("FAILED")]
        sys.exit(f"{status['StackStatus']}: {failed}")
    return status


template = open(sys.argv[1]).read()
package = io.BytesIO()
with zipfile.ZipFile(package, "w") as archive:
    bootstrap = zipfile.ZipInfo("bootstrap")
    bootstrap.external_attr = 0o755 << 16
    archive.writestr(bootstrap, "#!/bin/sh\nsleep 600\n")
s3 = boto3.client("s3")
s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
s3.put_object(Bucket="code", Key="rectify.zip", Body=package.getvalue())
# A template of more than 51,200 bytes is read from a bucket.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
s3.put_object(Bucket="code", Key="template.yaml", Body=template)

cloudformation = boto3.client("cloudformation")
parameters = {"CodeBucket": "code", "CodeKey": "rectify.zip", "Mode": sys.argv[2]}
made = cloudformation.create_stack(
    StackName="rectify", TemplateURL="https://s3.amazonaws.com/code/template.yaml", Capabilities=["CAPABILITY_IAM"],
    Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()])
stack = wait("CREATE_COMPLETE", made["StackId"])
resources = cloudformation.describe_stack_resources(StackName="rectify")["StackResources"]
made_ids = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}
outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

function = boto3.client("lambda").get_function_configuration(FunctionName=outputs["FunctionName"])
queue = boto3.client("sqs").get_queue_attributes(QueueUrl=outputs["QueueUrl"], AttributeNames=["All"])["Attributes"]
table = boto3.client("dynamodb").describe_table(TableName=outputs["TableName"])["Table"]
role = made_ids["HandlerRole"]
attached = boto3.client("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]
mapping = boto3.client("lambda").list_event_source_mappings(FunctionName=outputs["FunctionName"])["EventSourceMappings"]
key = boto3.client("kms").describe_key(KeyId=made_ids["FingerprintKey"])["KeyMetadata"]
rules = boto3.client("events").list_rules()["Rules"]
told = {
    "resources": sorted(made_ids),
    "environment": sorted(function["Environment"]["Variables"]),
    "mode": function["Environment"]["Variables"]["RECTIFY_MODE"],
    "journal": function["Environment"]["Variables"]["RECTIFY_JOURNAL"] == "dynamodb:" + outputs["TableName"],
    "runtime": function["Runtime"],
    "visibility": queue["VisibilityTimeout"],
    "redrive": json.loads(queue["RedrivePolicy"])["maxReceiveCount"],
    "queue_policy": json.loads(queue["Policy"])["Statement"],
    "keys": sorted((key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]),
    "attached": sorted(policy["PolicyArn"] for policy in attached),
    "batch": [(one["BatchSize"], one["FunctionResponseTypes"]) for one in mapping],
    "fingerprints": [key["KeySpec"], key["KeyUsage"], function["Environment"]["Variables"]["RECTIFY_FINGERPRINT_KEY"]
                     == "kms:" + key["Arn"]],
    "patterns": [rule["EventPattern"] for rule in rules],
}

cloudformation.delete_stack(StackName=made["StackId"])
wait("DELETE_COMPLETE", made["StackId"])
told["left"] = {
    "functions": len(boto3.client("lambda").list_functions()["Functions"]),
    "queues": len(boto3.client("sqs").list_queues().get("QueueUrls", [])),
    "rules": len(boto3.client("events").list_rules()["Rules"]),
    "roles": len(boto3.client("iam").list_roles()["Roles"]),
    "tables": len(boto3.client("dynamodb").list_tables()["TableNames"]),
}
print(json.dumps(told))
