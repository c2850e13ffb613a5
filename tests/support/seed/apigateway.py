ACCESS_LOG = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:shop-access"


def make_web_acl():
    """A web ACL whose ARN the tests' parameters know: moto makes up the same ids after the same seed."""
    if not MOTO:
        return None
    urllib.request.urlopen(urllib.request.Request(f"{rest.meta.endpoint_url}/moto-api/seed?a=1", method="POST"))
    looks = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "shop"}
    made = boto3.client("wafv2").create_web_acl(Name="shop", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=looks)
    return made["Summary"]["ARN"]


# The one that the proxy of the tests plays: neither emulator has client certificates.
CERTIFICATE = "shopc1"


def make_rest_api():
    api = rest.create_rest_api(name="shop", endpointConfiguration={"types": ["REGIONAL"]})["id"]
    root = rest.get_resources(restApiId=api)["items"][0]["id"]
    orders = rest.create_resource(restApiId=api, parentId=root, pathPart="orders")["id"]
    for method, authorization, note in (("GET", "NONE", violates), ("POST", "AWS_IAM", holds), ("OPTIONS", "NONE", holds)):
        rest.put_method(restApiId=api, resourceId=orders, httpMethod=method, authorizationType=authorization)
        rest.put_integration(restApiId=api, resourceId=orders, httpMethod=method, type="MOCK")
        note("apigw-method-auth", "AWS::ApiGateway::Method", f"{api}|{orders}|{method}")
    violates("apigw-request-validation", "AWS::ApiGateway::Method", f"{api}|{orders}|POST")
    holds("apigw-request-validation", "AWS::ApiGateway::Method", f"{api}|{orders}|GET")

    deployment = rest.create_deployment(restApiId=api)["id"]
    settings = {
        # What AWS makes of a stage for which nobody has set anything.
        "beta": {},
        # A single method's settings stand beside those of all methods, under its escaped path.
        "live": {"/*/*/logging/dataTrace": "true", "/*/*/caching/enabled": "true", "/*/*/caching/dataEncrypted": "false",
                 "/~1orders/GET/throttling/rateLimit": "10", "/~1orders/GET/throttling/burstLimit": "20"},
        "test": {"/*/*/logging/dataTrace": "false", "/*/*/caching/enabled": "true", "/*/*/caching/dataEncrypted": "true",
                 "/*/*/throttling/rateLimit": "50", "/*/*/throttling/burstLimit": "100", "/tracingEnabled": "true",
                 "/accessLogSettings/destinationArn": ACCESS_LOG, "/accessLogSettings/format": "$context.requestId",
                 "/*/*/logging/loglevel": "ERROR", "/clientCertificateId": CERTIFICATE},
    }
    for stage, patches in settings.items():
        variables = {"token": canary(f"the stage variable token of {stage}")} if stage == "live" else {}
        rest.create_stage(restApiId=api, stageName=stage, deploymentId=deployment, variables=variables)
        if patches:
            rest.update_stage(restApiId=api, stageName=stage, patchOperations=[
                {"op": "replace", "path": path, "value": value} for path, value in patches.items()])
    violates("apigw-waf", "AWS::ApiGateway::Stage", f"{api}|beta")
    if acl := make_web_acl():
        arn = f"arn:aws:apigateway:{REGION}::/restapis/{api}/stages/test"
        boto3.client("wafv2").associate_web_acl(WebACLArn=acl, ResourceArn=arn)
        holds("apigw-waf", "AWS::ApiGateway::Stage", f"{api}|test")
    else:
        skip("a stage with a web ACL", "ministack's stages do not show theirs")
    for policy, stage in (("apigw-throttling", "beta"), ("apigw-data-trace", "live"), ("apigw-tracing", "live"),
                          ("apigw-cache-encrypted", "live"), ("apigw-5xx-alarm", "live"), ("apigw-access-logs", "live")):
        violates(policy, "AWS::ApiGateway::Stage", f"{api}|{stage}")
        holds(policy, "AWS::ApiGateway::Stage", f"{api}|test")
    # The account has no role to write logs with, so that none of its stages is clean.
    violates("apigw-execution-logs", "AWS::ApiGateway::Stage", f"{api}|beta")
    violates("apigw-client-certificate", "AWS::ApiGateway::Stage", f"{api}|beta")
    # moto forgets which certificate a stage shows.
    if not MOTO:
        holds("apigw-client-certificate", "AWS::ApiGateway::Stage", f"{api}|test")
    return api


def make_api_with_keys():
    api = rest.create_rest_api(name="partners", endpointConfiguration={"types": ["REGIONAL"]},
                               disableExecuteApiEndpoint=True)["id"]
    root = rest.get_resources(restApiId=api)["items"][0]["id"]
    rest.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="AWS_IAM", apiKeyRequired=True)
    rest.put_integration(restApiId=api, resourceId=root, httpMethod="GET", type="MOCK")
    deployment = rest.create_deployment(restApiId=api)["id"]
    throttle, quota = {"rateLimit": 10.0, "burstLimit": 5}, {"limit": 1000, "period": "DAY"}
    for stage, limits, note in (("none", None, violates), ("half", {"throttle": throttle}, violates),
                                ("full", {"throttle": throttle, "quota": quota}, holds)):
        rest.create_stage(restApiId=api, stageName=stage, deploymentId=deployment)
        if limits:
            rest.create_usage_plan(name=f"partners-{stage}", apiStages=[{"apiId": api, "stage": stage}], **limits)
        note("apigw-usage-plan", "AWS::ApiGateway::Stage", f"{api}|{stage}")
    return api


def make_domain_names(shop, partners):
    certificate = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/5f0c1d2e-0000-4000-8000-000000000001"
    for name, policy, api, note in (("api.shop.example", "TLS_1_0", shop, violates),
                                    ("partners.shop.example", "TLS_1_2", partners, holds)):
        rest.create_domain_name(domainName=name, regionalCertificateArn=certificate, securityPolicy=policy,
                                endpointConfiguration={"types": ["REGIONAL"]})
        rest.create_base_path_mapping(domainName=name, basePath="v1", restApiId=api)
        note("apigw-domain-tls", "AWS::ApiGateway::DomainName", name)
        note("apigw-default-endpoint", "AWS::ApiGateway::RestApi", api)


def make_guarded_apis():
    """Two APIs that look much the same: one of them lets everyone in beside a partner."""
    partner = {"Principal": {"AWS": "arn:aws:iam::444455556666:root"}}
    for name, statements, note in (("partners", [{"Principal": "*"}, partner], violates), ("suppliers", [partner], holds)):
        policy = document(*[allow("execute-api:Invoke", "execute-api:/*", **statement) for statement in statements])
        api = rest.create_rest_api(name=name, policy=policy, endpointConfiguration={"types": ["REGIONAL"]})["id"]
        root = rest.get_resources(restApiId=api)["items"][0]["id"]
        rest.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="AWS_IAM")
        rest.put_integration(restApiId=api, resourceId=root, httpMethod="GET", type="MOCK")
        rest.create_stage(restApiId=api, stageName="live", deploymentId=rest.create_deployment(restApiId=api)["id"])
        note("apigw-resource-policy", "AWS::ApiGateway::RestApi", api)


def make_http_api():
    api = http.create_api(Name="shop", ProtocolType="HTTP")["ApiId"]
    http.update_api(ApiId=api, CorsConfiguration={"AllowOrigins": ["*"], "AllowCredentials": True, "AllowMethods": ["GET"]})
    violates("apigwv2-cors", "AWS::ApiGatewayV2::Api", api)
    widgets = http.create_api(Name="widgets", ProtocolType="HTTP", CorsConfiguration={"AllowOrigins": ["*"], "AllowMethods": ["GET"]})
    holds("apigwv2-cors", "AWS::ApiGatewayV2::Api", widgets["ApiId"])
    private = {"ApiId": widgets["ApiId"], "IntegrationType": "HTTP_PROXY", "IntegrationMethod": "ANY", "ConnectionType": "VPC_LINK",
               "ConnectionId": "vpclink1", "PayloadFormatVersion": "1.0",
               "IntegrationUri": f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:listener/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2"}
    plain = http.create_integration(**private)["IntegrationId"]
    violates("apigwv2-integration-tls", "AWS::ApiGatewayV2::Integration", f"{widgets['ApiId']}|{plain}")
    if MOTO:
        encrypted = http.create_integration(**private, TlsConfig={"ServerNameToVerify": "shop.example.com"})["IntegrationId"]
        holds("apigwv2-integration-tls", "AWS::ApiGatewayV2::Integration", f"{widgets['ApiId']}|{encrypted}")
    else:
        skip("a private integration with TLS", "ministack forgets TlsConfig")
    target = http.create_integration(ApiId=api, IntegrationType="HTTP_PROXY", IntegrationMethod="ANY", PayloadFormatVersion="1.0",
                                     IntegrationUri="https://shop.internal")["IntegrationId"]
    # Authorizers that look much the same: they ask a function, or for the tokens of somebody else.
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:shop-authorizer"
    tokens = {"ApiId": api, "AuthorizerType": "JWT", "IdentitySource": ["$request.header.Authorization"]}
    if MOTO:
        skip("an authorizer", "moto does not list them, and the proxy lists those that were made through it")
    else:
        http.create_authorizer(**tokens, Name="partners", JwtConfiguration={
            "Audience": ["partners"], "Issuer": "https://login.shop.example"})
        http.create_authorizer(ApiId=api, AuthorizerType="REQUEST", Name="sessions", IdentitySource=["$request.header.Cookie"],
                               AuthorizerPayloadFormatVersion="2.0", EnableSimpleResponses=True,
                               AuthorizerUri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations")
    for key_, authorization, note in (("GET /cart", "NONE", violates), ("GET /account", "AWS_IAM", holds)):
        route = http.create_route(ApiId=api, RouteKey=key_, AuthorizationType=authorization, Target=f"integrations/{target}")
        note("apigwv2-route-auth", "AWS::ApiGatewayV2::Route", f"{api}|{route['RouteId']}")
    variables = {"token": canary("the stage variable token of $default")}
    http.create_stage(ApiId=api, StageName="$default", AutoDeploy=True, StageVariables=variables)
    violates("apigwv2-access-logs", "AWS::ApiGatewayV2::Stage", f"{api}|$default")
    holds("apigwv2-access-logs", "AWS::ApiGatewayV2::Stage", f"{api}|test")
    http.create_stage(ApiId=api, StageName="test", AccessLogSettings={
        "DestinationArn": ACCESS_LOG, "Format": "$context.requestId"}, DefaultRouteSettings={
        "ThrottlingBurstLimit": 100, "ThrottlingRateLimit": 50.0})
    violates("apigwv2-throttling", "AWS::ApiGatewayV2::Stage", f"{api}|$default")
    holds("apigwv2-throttling", "AWS::ApiGatewayV2::Stage", f"{api}|test")


make_guarded_apis()
make_domain_names(make_rest_api(), make_api_with_keys())
make_http_api()
