# Makes a small serverless shop on an emulator: for each policy something that violates it, and beside it something that looks
# much the same and is clean. Prints as JSON what it has made. Arguments: the emulator's name, and the canaries as a JSON list.
import io
import json
import sys
import zipfile

import boto3

EMULATOR, CANARIES = sys.argv[1], json.loads(sys.argv[2])
MOTO = EMULATOR == "moto"

lambda_, iam, kms = boto3.client("lambda"), boto3.client("iam"), boto3.client("kms")
rest, http = boto3.client("apigateway"), boto3.client("apigatewayv2")
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


# --- IAM


def role(name, trusted=LAMBDA_TRUST, inline=(), attached=()):
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted, Tags=[{"Key": "team", "Value": "shop"}])
    for policy, text in inline:
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=text)
    for arn in attached:
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def managed(name, *statements):
    return iam.create_policy(PolicyName=name, PolicyDocument=document(*statements))["Policy"]["Arn"]


def make_iam():
    everything = managed("shop-everything", READ_ORDERS, allow("*"))
    read = managed("shop-orders-read", READ_ORDERS, {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {
        "Bool": {"aws:SecureTransport": "false"}}})
    violates("iam-no-admin-policy", "AWS::IAM::ManagedPolicy", everything)
    holds("iam-no-admin-policy", "AWS::IAM::ManagedPolicy", read)

    deploy = managed("shop-deploy", allow("lambda:UpdateFunctionCode", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:*"),
                     allow("iam:PassRole"))
    careful = managed("shop-deploy-careful", allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/shop-orders"))
    violates("iam-pass-role", "AWS::IAM::ManagedPolicy", deploy)
    holds("iam-pass-role", "AWS::IAM::ManagedPolicy", careful)

    # Beside what has to go stands what has to stay.
    role("shop-checkout", inline=[("rights", document(LOGS, allow("dynamodb:*"))), ("orders", document(READ_ORDERS))])
    role("shop-orders", inline=[("rights", document(LOGS, READ_ORDERS))], attached=[read])
    role("shop-admin", inline=[("logs", document(LOGS))], attached=["arn:aws:iam::aws:policy/AdministratorAccess"])
    role("shop-partner", trusted=trust({"AWS": "*"}), inline=[("orders", document(READ_ORDERS))])
    role("shop-auditor", inline=[("orders", document(READ_ORDERS))], trusted=trust(
        {"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}))
    violates("iam-role-wildcard", "AWS::IAM::Role", "shop-checkout")
    violates("iam-aws-admin-attached", "AWS::IAM::Role", "shop-admin")
    violates("iam-trust-public", "AWS::IAM::Role", "shop-partner")
    holds("iam-trust-public", "AWS::IAM::Role", "shop-auditor")
    for policy in ("iam-role-wildcard", "iam-aws-admin-attached", "iam-trust-public", "iam-pass-role"):
        holds(policy, "AWS::IAM::Role", "shop-orders")

    for kind, user, group in (("wild", "ada", "builders"), ("fine", "grace", "readers")):
        statements = [READ_ORDERS, allow("s3:*")] if kind == "wild" else [READ_ORDERS]
        iam.create_group(GroupName=group)
        iam.put_group_policy(GroupName=group, PolicyName="rights", PolicyDocument=document(*statements))
        iam.create_user(UserName=user, Tags=[{"Key": "team", "Value": "shop"}])
        iam.put_user_policy(UserName=user, PolicyName="rights", PolicyDocument=document(*statements))
        iam.add_user_to_group(UserName=user, GroupName=group)
        note = violates if kind == "wild" else holds
        note("iam-user-wildcard", "AWS::IAM::User", user)
        note("iam-group-wildcard", "AWS::IAM::Group", group)


# --- KMS


def key(description, statement=None, **more):
    root = {"Sid": "root", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*",
            "Resource": "*"}
    policy = document(root, *([statement] if statement else []))
    return kms.create_key(Description=description, Policy=policy, **more)["KeyMetadata"]


def make_kms():
    everyone = {"Sid": "use", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["kms:Decrypt"], "Resource": "*"}
    ours = {**everyone, "Condition": {"StringEquals": {"kms:CallerAccount": ACCOUNT}}}
    made = {name: key(name, statement) for name, statement in (
        ("still", None), ("turning", None), ("public", everyone), ("shared", ours), ("leaving", None))}
    ids = {name: metadata["KeyId"] for name, metadata in made.items()}
    for name in ("turning", "public", "shared", "leaving"):
        kms.enable_key_rotation(KeyId=ids[name])
    signing = key("signing", KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyId"]
    kms.create_alias(AliasName="alias/shop-orders", TargetKeyId=ids["turning"])
    kms.schedule_key_deletion(KeyId=ids["leaving"], PendingWindowInDays=7)
    for policy, bad, good in (("kms-rotation", "still", "turning"), ("kms-no-public-policy", "public", "shared"),
                              ("kms-pending-deletion", "leaving", "turning")):
        violates(policy, "AWS::KMS::Key", ids[bad])
        holds(policy, "AWS::KMS::Key", ids[good])
    holds("kms-rotation", "AWS::KMS::Key", signing)
    return made["turning"]["Arn"]


# --- Lambda


def code():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return {'statusCode': 200}\n")
    return buffer.getvalue()


def function(name, role_name, variables, **more):
    settings = {"Runtime": "python3.13", "Handler": "index.handler", "Timeout": 10, "MemorySize": 256,
                "Tags": {"team": "shop"}, **more}
    lambda_.create_function(FunctionName=name, Role=f"arn:aws:iam::{ACCOUNT}:role/{role_name}", Code={"ZipFile": code()},
                            Environment={"Variables": variables}, **settings)


def permit(function_name, sid, principal, **more):
    lambda_.add_permission(FunctionName=function_name, StatementId=sid, Action="lambda:InvokeFunction", Principal=principal,
                           **more)
    return f"{function_name}|{sid}"


def make_lambda(key_arn):
    password = canary("checkout's DB_PASSWORD")
    function("checkout", "shop-checkout", Runtime="python3.7", variables={
        "DB_PASSWORD": password,
        "DATABASE_URL": f"postgres://shop:{canary('the password in DATABASE_URL of checkout')}@db.internal:5432/orders",
        "TABLE": "orders",
    })
    # Only CloudFormation itself can set these tags on AWS; here they stand for a function that a stack manages.
    stack = {"aws:cloudformation:stack-name": "shop-admin", "aws:cloudformation:logical-id": "AdminFunction"}
    function("admin", "shop-admin", {"TABLE": "orders"}, TracingConfig={"Mode": "Active"}, KMSKeyArn=key_arn, Tags=stack)
    function("orders", "shop-orders", {"TABLE": "orders", "SECRET_ARN": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:db"},
             TracingConfig={"Mode": "Active"}, KMSKeyArn=key_arn)
    for name in ("checkout", "admin", "orders"):
        lambda_.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    for policy in ("lambda-supported-runtime", "lambda-env-kms", "lambda-env-secrets", "lambda-tracing"):
        violates(policy, "AWS::Lambda::Function", "checkout")
        holds(policy, "AWS::Lambda::Function", "orders")
    violates("lambda-role-admin", "AWS::Lambda::Function", "admin")
    holds("lambda-role-admin", "AWS::Lambda::Function", "orders")
    if MOTO:
        skip("lambda-env-kms on orders", "moto drops KMSKeyArn")
        clean.remove({"policy": "lambda-env-kms", "type": "AWS::Lambda::Function", "id": "orders"})

    public = permit("checkout", "everyone", "*")
    bucket = permit("checkout", "uploads", "s3.amazonaws.com")
    sourced = permit("orders", "uploads", "s3.amazonaws.com", SourceArn="arn:aws:s3:::shop-uploads", SourceAccount=ACCOUNT)
    narrowed = permit("orders", "organization", "*", PrincipalOrgID="o-a1b2c3d4e5")
    violates("lambda-no-public-policy", "AWS::Lambda::Permission", public)
    holds("lambda-no-public-policy", "AWS::Lambda::Permission", narrowed)
    violates("lambda-permission-source", "AWS::Lambda::Permission", bucket)
    holds("lambda-permission-source", "AWS::Lambda::Permission", sourced)

    lambda_.create_function_url_config(FunctionName="checkout", AuthType="NONE")
    lambda_.create_function_url_config(FunctionName="orders", AuthType="AWS_IAM")
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
    violates("lambda-url-auth", "AWS::Lambda::Url", arn + "checkout")
    holds("lambda-url-auth", "AWS::Lambda::Url", arn + "orders")


# --- API Gateway


def make_rest_api():
    api = rest.create_rest_api(name="shop", endpointConfiguration={"types": ["REGIONAL"]})["id"]
    root = rest.get_resources(restApiId=api)["items"][0]["id"]
    orders = rest.create_resource(restApiId=api, parentId=root, pathPart="orders")["id"]
    for method, authorization, note in (("GET", "NONE", violates), ("POST", "AWS_IAM", holds), ("OPTIONS", "NONE", holds)):
        rest.put_method(restApiId=api, resourceId=orders, httpMethod=method, authorizationType=authorization)
        rest.put_integration(restApiId=api, resourceId=orders, httpMethod=method, type="MOCK")
        note("apigw-method-auth", "AWS::ApiGateway::Method", f"{api}|{orders}|{method}")

    deployment = rest.create_deployment(restApiId=api)["id"]
    settings = {
        # What AWS makes of a stage for which nobody has set anything.
        "beta": {},
        # A single method's settings stand beside those of all methods, under its escaped path.
        "live": {"/*/*/logging/dataTrace": "true", "/*/*/caching/enabled": "true", "/*/*/caching/dataEncrypted": "false",
                 "/~1orders/GET/throttling/rateLimit": "10", "/~1orders/GET/throttling/burstLimit": "20"},
        "test": {"/*/*/logging/dataTrace": "false", "/*/*/caching/enabled": "true", "/*/*/caching/dataEncrypted": "true",
                 "/*/*/throttling/rateLimit": "50", "/*/*/throttling/burstLimit": "100", "/tracingEnabled": "true"},
    }
    for stage, patches in settings.items():
        variables = {"token": canary(f"the stage variable token of {stage}")} if stage == "live" else {}
        rest.create_stage(restApiId=api, stageName=stage, deploymentId=deployment, variables=variables)
        if patches:
            rest.update_stage(restApiId=api, stageName=stage, patchOperations=[
                {"op": "replace", "path": path, "value": value} for path, value in patches.items()])
    for policy, stage in (("apigw-throttling", "beta"), ("apigw-data-trace", "live"), ("apigw-tracing", "live"),
                          ("apigw-cache-encrypted", "live")):
        violates(policy, "AWS::ApiGateway::Stage", f"{api}|{stage}")
        holds(policy, "AWS::ApiGateway::Stage", f"{api}|test")


def make_http_api():
    api = http.create_api(Name="shop", ProtocolType="HTTP")["ApiId"]
    target = http.create_integration(ApiId=api, IntegrationType="HTTP_PROXY", IntegrationMethod="ANY", PayloadFormatVersion="1.0",
                                     IntegrationUri="https://shop.internal")["IntegrationId"]
    for key_, authorization, note in (("GET /cart", "NONE", violates), ("GET /account", "AWS_IAM", holds)):
        route = http.create_route(ApiId=api, RouteKey=key_, AuthorizationType=authorization, Target=f"integrations/{target}")
        note("apigwv2-route-auth", "AWS::ApiGatewayV2::Route", f"{api}|{route['RouteId']}")
    variables = {"token": canary("the stage variable token of $default")}
    http.create_stage(ApiId=api, StageName="$default", AutoDeploy=True, StageVariables=variables)
    http.create_stage(ApiId=api, StageName="test", DefaultRouteSettings={
        "ThrottlingBurstLimit": 100, "ThrottlingRateLimit": 50.0})
    violates("apigwv2-throttling", "AWS::ApiGatewayV2::Stage", f"{api}|$default")
    holds("apigwv2-throttling", "AWS::ApiGatewayV2::Stage", f"{api}|test")


make_iam()
make_lambda(make_kms())
make_rest_api()
make_http_api()
print(json.dumps({"account": ACCOUNT, "region": REGION, "violating": violating, "clean": clean, "skipped": skipped,
                  "canaries": planted}, indent=2))
