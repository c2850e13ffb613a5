# Prints everything of the account that the planted secrets stand in.
import json

import boto3

lambda_, iam, kms = boto3.client("lambda"), boto3.client("iam"), boto3.client("kms")
rest, http = boto3.client("apigateway"), boto3.client("apigatewayv2")
sqs, sns, logs, cloudwatch = boto3.client("sqs"), boto3.client("sns"), boto3.client("logs"), boto3.client("cloudwatch")

seen = []


def see(answer):
    answer.pop("ResponseMetadata", None)
    seen.append(answer)
    return answer


function = see(lambda_.get_function_configuration(FunctionName="checkout"))
see(lambda_.list_tags(Resource=function["FunctionArn"]))
see(iam.get_role(RoleName="shop-admin"))
for name in iam.list_role_policies(RoleName="shop-admin")["PolicyNames"]:
    see(iam.get_role_policy(RoleName="shop-admin", PolicyName=name))
for key in kms.list_keys()["Keys"]:
    see(kms.describe_key(KeyId=key["KeyId"]))
    see(kms.list_resource_tags(KeyId=key["KeyId"]))
url = sqs.get_queue_url(QueueName="shop-planted")["QueueUrl"]
see(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"]))
see(sqs.list_queue_tags(QueueUrl=url))
for topic in sns.list_topics()["Topics"]:
    if topic["TopicArn"].endswith(":shop-planted"):
        see(sns.get_topic_attributes(TopicArn=topic["TopicArn"]))
        see(sns.list_tags_for_resource(ResourceArn=topic["TopicArn"]))
see(logs.list_tags_log_group(logGroupName="/shop/planted"))
see(cloudwatch.describe_alarms(AlarmNames=["shop-planted"]))
for api in rest.get_rest_apis()["items"]:
    if api["name"] == "planted":
        see(api)
        see(rest.get_stages(restApiId=api["id"]))
        see(rest.get_resources(restApiId=api["id"], embed=["methods"]))
        root = rest.get_resources(restApiId=api["id"])["items"][0]["id"]
        see(rest.get_method(restApiId=api["id"], resourceId=root, httpMethod="GET"))
for api in http.get_apis()["Items"]:
    if api["Name"] == "planted":
        see(api)
        see(http.get_stages(ApiId=api["ApiId"]))
        see(http.get_integrations(ApiId=api["ApiId"]))


def plain(value):
    return value if isinstance(value, str) else str(value)


print(json.dumps(seen, default=plain))
