# Plants secrets in the shop that the seed has made. Argument: what to plant, by place, as JSON: {place: [[kind, text], …]}. Prints the
# places that the emulator has taken, as JSON.
import json
import sys

import boto3
from botocore.exceptions import ClientError

PLACES = json.loads(sys.argv[1])
lambda_, iam, kms = boto3.client("lambda"), boto3.client("iam"), boto3.client("kms")
rest, http = boto3.client("apigateway"), boto3.client("apigatewayv2")
sqs, sns, logs, cloudwatch = boto3.client("sqs"), boto3.client("sns"), boto3.client("logs"), boto3.client("cloudwatch")
ACCOUNT = boto3.client("sts").get_caller_identity()["Account"]
REGION = lambda_.meta.region_name


def texts(place):
    return [text for _, text in PLACES[place]]


def tags(place):
    return {f"t-{kind}": text for kind, text in PLACES[place]}


def pairs(place):
    return [{"Key": key, "Value": value} for key, value in tags(place).items()]


def function_variables():
    variables = lambda_.get_function_configuration(FunctionName="checkout")["Environment"]["Variables"]
    variables.update({f"V_{kind.replace('-', '_')}": text for kind, text in PLACES["function variables"]})
    lambda_.update_function_configuration(FunctionName="checkout", Environment={"Variables": variables})


def function_description():
    lambda_.update_function_configuration(FunctionName="checkout", Description=" ".join(texts("function description")))


def function_tags():
    arn = lambda_.get_function_configuration(FunctionName="checkout")["FunctionArn"]
    lambda_.tag_resource(Resource=arn, Tags=tags("function tags"))


def role_text():
    iam.update_role(RoleName="shop-admin", Description=" ".join(texts("role text"))[:900])
    iam.tag_role(RoleName="shop-admin", Tags=pairs("role text"))


def role_policy():
    condition = {"StringNotEquals": {"aws:PrincipalTag/owner": texts("role policy")}}
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement, {"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    iam.put_role_policy(RoleName="shop-admin", PolicyName="planted", PolicyDocument=document)


def key_text():
    for key in kms.list_keys()["Keys"]:
        if kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "Enabled":
            kms.update_key_description(KeyId=key["KeyId"], Description=" ".join(texts("key text")))
            kms.tag_resource(KeyId=key["KeyId"], Tags=[{"TagKey": k, "TagValue": v} for k, v in tags("key text").items()])
            return


def queue_policy():
    url = sqs.create_queue(QueueName="shop-planted", tags=tags("queue policy"))["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:shop-planted"
    known = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sqs:SendMessage", "Resource": arn,
             "Condition": {"StringEquals": {"aws:PrincipalTag/owner": texts("queue policy")}}}
    everyone = {"Sid": "everyone", "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [known, everyone]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def topic_policy():
    arn = sns.create_topic(Name="shop-planted", Tags=pairs("topic policy"))["TopicArn"]
    known = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sns:Publish", "Resource": arn,
             "Condition": {"StringEquals": {"aws:PrincipalTag/owner": texts("topic policy")}}}
    everyone = {"Sid": "everyone", "Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [known, everyone]})
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)


def log_group_tags():
    logs.create_log_group(logGroupName="/shop/planted", tags=tags("log group tags"))


def alarm_description():
    cloudwatch.put_metric_alarm(AlarmName="shop-planted", AlarmDescription=" ".join(texts("alarm description")), MetricName="Errors",
                                Namespace="AWS/Lambda", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
                                ComparisonOperator="GreaterThanThreshold", ActionsEnabled=False)


def rest_api():
    api = rest.create_rest_api(name="planted", description=" ".join(texts("rest api")))["id"]
    root = rest.get_resources(restApiId=api)["items"][0]["id"]
    rest.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
    url = dict(PLACES["rest api"])["basic-auth-url"]
    rest.put_integration(restApiId=api, resourceId=root, httpMethod="GET", type="HTTP_PROXY", integrationHttpMethod="GET", uri=url)
    deployment = rest.create_deployment(restApiId=api)["id"]
    rest.create_stage(restApiId=api, stageName="live", deploymentId=deployment, description=" ".join(texts("rest api")),
                      variables={f"V_{kind.replace('-', '_')}": text for kind, text in PLACES["rest api"]},
                      tags=tags("rest api"))


def http_api():
    api = http.create_api(Name="planted", ProtocolType="HTTP", Description=" ".join(texts("http api")), Tags=tags("http api"))["ApiId"]
    url = dict(PLACES["http api"])["basic-auth-url"]
    http.create_integration(ApiId=api, IntegrationType="HTTP_PROXY", IntegrationMethod="GET", IntegrationUri=url,
                            PayloadFormatVersion="1.0")
    http.create_stage(ApiId=api, StageName="live", StageVariables={f"V{i}": t for i, t in enumerate(texts("http api"))})


taken, refused = [], {}
for name, function in list(globals().items()):
    place = name.replace("_", " ")
    if place in PLACES:
        try:
            function()
            taken.append(place)
        except ClientError as error:
            refused[place] = str(error)
print(json.dumps({"taken": taken, "refused": refused}))
