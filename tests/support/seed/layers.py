def make_layers():
    inspector = boto3.client("inspector2")
    # moto knows nothing of an account before it is told something.
    inspector.disable(accountIds=[ACCOUNT], resourceTypes=["EC2"])
    violates("lambda-inspector", "AWS::InspectorV2::Enabler", ACCOUNT)
    skip("a clean lambda-inspector", "there is one for each account, and it violates the policy")

    def publish(name):
        return lambda_.publish_layer_version(LayerName=name, Description=name, Content={"ZipFile": code()},
                                             CompatibleRuntimes=["python3.13"])

    old, new = publish("tools"), publish("tools")
    fonts = publish("fonts")
    for name, layer in (("labels", old), ("stamps", new)):
        iam.create_role(RoleName=f"shop-{name}", AssumeRolePolicyDocument=LAMBDA_TRUST)
        iam.put_role_policy(RoleName=f"shop-{name}", PolicyName="logs", PolicyDocument=document(LOGS))
        function(name, f"shop-{name}", {"TABLE": "orders"}, TracingConfig={"Mode": "Active"}, KMSKeyArn=KEY,
                 Layers=[fonts["LayerVersionArn"], layer["LayerVersionArn"]])
        lambda_.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    violates("lambda-layer-current", "AWS::Lambda::Function", "labels")
    holds("lambda-layer-current", "AWS::Lambda::Function", "stamps")

    def share(layer, sid, **more):
        name, number = layer["LayerVersionArn"].split(":")[-2:]
        lambda_.add_layer_version_permission(LayerName=name, VersionNumber=int(number), StatementId=sid,
                                             Action="lambda:GetLayerVersion", Principal="*", **more)
        return f"{layer['LayerVersionArn']}#{sid}"

    violates("lambda-layer-public", "AWS::Lambda::LayerVersionPermission", share(fonts, "everyone"))
    organization = share(new, "organization", OrganizationId="o-a1b2c3d4e5")
    if MOTO:
        skip("a clean lambda-layer-public", "moto forgets the organization of a layer's statement")
    else:
        holds("lambda-layer-public", "AWS::Lambda::LayerVersionPermission", organization)

    holds("lambda-layer-source", "AWS::Lambda::Function", "stamps")
    if MOTO:
        skip("lambda-layer-source", "moto takes layers of the own account only")
        return
    stranger = boto3.client("lambda", aws_access_key_id="444455556666", aws_secret_access_key="none")
    metrics = stranger.publish_layer_version(LayerName="metrics", Content={"ZipFile": code()})
    stranger.add_layer_version_permission(LayerName="metrics", VersionNumber=1, StatementId="shop",
                                          Action="lambda:GetLayerVersion", Principal=ACCOUNT)
    lambda_.update_function_configuration(FunctionName="labels",
                                          Layers=[old["LayerVersionArn"], metrics["LayerVersionArn"]])
    lambda_.get_waiter("function_updated_v2").wait(FunctionName="labels", WaiterConfig={"Delay": 1})
    violates("lambda-layer-source", "AWS::Lambda::Function", "labels")


make_layers()
