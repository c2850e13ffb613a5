# Makes a small serverless shop on an emulator: for each policy something that violates it, and beside it something that looks
# much the same and is clean. Prints as JSON what it has made. Arguments: the emulator's name, and the canaries as a JSON list.
import io
import json
import sys
import urllib.request
import zipfile

import boto3

EMULATOR, CANARIES = sys.argv[1], json.loads(sys.argv[2])
MOTO = EMULATOR == "moto"

lambda_, iam, kms = boto3.client("lambda"), boto3.client("iam"), boto3.client("kms")
rest, http = boto3.client("apigateway"), boto3.client("apigatewayv2")
logs, cloudwatch = boto3.client("logs"), boto3.client("cloudwatch")
ACCOUNT = boto3.client("sts").get_caller_identity()["Account"]
REGION = lambda_.meta.region_name

violating, clean, skipped, planted = [], [], [], []


def violates(policy, type_name, id):
    violating.append({"policy": policy, "type": type_name, "id": id})


def holds(policy, type_name, id):
    clean.append({"policy": policy, "type": type_name, "id": id})


def skip(what, reason):
    skipped.append({"what": what, "reason": reason})


def canary(where):
    value = CANARIES[len(planted) % len(CANARIES)]
    planted.append({"where": where, "value": value})
    return value


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions, resources="*", **more):
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def trust(principal, **more):
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more})


LAMBDA_TRUST = trust({"Service": "lambda.amazonaws.com"})
ORDERS = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders"
LOGS = allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/*")
READ_ORDERS = allow(["dynamodb:GetItem", "dynamodb:Query"], ORDERS)
