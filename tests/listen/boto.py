# Makes the calls that come on standard input, a line each: [service, operation, parameters, account]; prints each answer. An
# account that is named is reached by a role there.
import json
import sys

import boto3

clients = {}


def client(service, account):
    if (service, account) not in clients:
        session = boto3.Session()
        if account:
            arn = f"arn:aws:iam::{account}:role/remediation"
            role = session.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
            session = boto3.Session(role["AccessKeyId"], role["SecretAccessKey"], role["SessionToken"])
        clients[service, account] = session.client(service)
    return clients[service, account]


for line in sys.stdin:
    service, operation, parameters, account = json.loads(line)
    answer = getattr(client(service, account), operation)(**parameters)
    answer.pop("ResponseMetadata", None)
    print(json.dumps(answer, default=str), flush=True)
