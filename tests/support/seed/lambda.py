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


make_lambda(KEY)
