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


make_rest_api()
make_http_api()
