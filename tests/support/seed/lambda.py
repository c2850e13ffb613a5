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
    # Two functions with one role.
    function("checkout", "shop-admin", Runtime="python3.7", Tags={}, variables={
        "DB_PASSWORD": password,
        "DATABASE_URL": f"postgres://shop:{canary('the password in DATABASE_URL of checkout')}@db.internal:5432/orders",
        "TABLE": "orders",
    })
    # Only CloudFormation itself can set these tags on AWS; here they stand for a function that a stack manages.
    stack = {"aws:cloudformation:stack-name": "shop-admin", "aws:cloudformation:logical-id": "AdminFunction"}
    function("admin", "shop-admin", {"TABLE": "orders"}, TracingConfig={"Mode": "Active"}, KMSKeyArn=key_arn, Tags=stack)
    vpc = {"SubnetIds": ["subnet-00000001", "subnet-00000003"], "SecurityGroupIds": ["sg-00000001"]}
    function("orders", "shop-orders", {"TABLE": "orders", "SECRET_ARN": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:db"},
             TracingConfig={"Mode": "Active"}, KMSKeyArn=key_arn, **({} if MOTO else {"VpcConfig": vpc}))
    for name in ("checkout", "admin", "orders"):
        lambda_.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    lambda_.put_function_concurrency(FunctionName="orders", ReservedConcurrentExecutions=5)
    judged = ["lambda-supported-runtime", "lambda-env-kms", "lambda-env-secrets", "lambda-tracing", "lambda-reserved-concurrency",
              "lambda-role-can-log", "lambda-shared-role", "lambda-tags"]
    if MOTO:
        skip("lambda-code-signing", "moto gives no function a configuration")
        skip("lambda-in-vpc", "moto does not tell the zones of subnets")
        skip("lambda-recursion", "moto does not know loops")
    else:
        lambda_.put_function_code_signing_config(
            FunctionName="orders", CodeSigningConfigArn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:code-signing-config:csc-0a1b2c3d4e5f60718")
        lambda_.put_function_recursion_config(FunctionName="checkout", RecursiveLoop="Allow")
        judged += ["lambda-code-signing", "lambda-in-vpc", "lambda-recursion"]
    skip("lambda-multi-az", "neither emulator tells the zones of subnets by the Cloud Control API")
    skip("lambda-runtime-updates", "neither emulator knows how a runtime is updated")
    for policy in judged:
        violates(policy, "AWS::Lambda::Function", "checkout")
        holds(policy, "AWS::Lambda::Function", "orders")
    # What orders logs to and is watched by stands in the seed of logs.
    for policy in ("lambda-log-group", "lambda-error-alarm"):
        violates(policy, "AWS::Lambda::Function", "checkout")
        holds(policy, "AWS::Lambda::Function", "orders")
    violates("lambda-role-admin", "AWS::Lambda::Function", "admin")
    holds("lambda-role-admin", "AWS::Lambda::Function", "orders")
    if MOTO:
        skip("lambda-env-kms on orders", "moto drops KMSKeyArn")
        clean.remove({"policy": "lambda-env-kms", "type": "AWS::Lambda::Function", "id": "orders"})

    lambda_.put_function_event_invoke_config(FunctionName="orders", DestinationConfig={
        "OnFailure": {"Destination": f"arn:aws:sqs:{REGION}:{ACCOUNT}:shop-managed"}})
    violates("lambda-dead-letter", "AWS::Lambda::Function", "checkout")
    holds("lambda-dead-letter", "AWS::Lambda::Function", "orders")

    public = permit("checkout", "everyone", "*")
    bucket = permit("checkout", "uploads", "s3.amazonaws.com")
    sourced = permit("orders", "uploads", "s3.amazonaws.com", SourceArn="arn:aws:s3:::shop-uploads", SourceAccount=ACCOUNT)
    narrowed = permit("orders", "organization", "*", PrincipalOrgID="o-a1b2c3d4e5")
    violates("lambda-no-public-policy", "AWS::Lambda::Permission", public)
    holds("lambda-no-public-policy", "AWS::Lambda::Permission", narrowed)
    violates("lambda-permission-source", "AWS::Lambda::Permission", bucket)
    holds("lambda-permission-source", "AWS::Lambda::Permission", sourced)

    for name, auth, origin in (("checkout", "NONE", "*"), ("orders", "AWS_IAM", "https://www.shop.example")):
        cors = {"AllowOrigins": [origin], "AllowMethods": ["GET"], "MaxAge": 300}
        lambda_.create_function_url_config(FunctionName=name, AuthType=auth, Cors=cors)
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
    for policy in ("lambda-url-auth", "lambda-url-cors"):
        violates(policy, "AWS::Lambda::Url", arn + "checkout")
        holds(policy, "AWS::Lambda::Url", arn + "orders")


make_lambda(KEY)
