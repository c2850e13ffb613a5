def group(name, days, key_arn):
    logs.create_log_group(logGroupName=name, tags={"team": "shop"}, **({"kmsKeyId": key_arn} if key_arn else {}))
    if days:
        logs.put_retention_policy(logGroupName=name, retentionInDays=days)


def make_logs(key_arn):
    # Of two names one begins as the other does.
    group("shop/orders", 731, None)
    group("shop/orders-audit", None, key_arn)
    group("shop/cart", 14, key_arn)
    group("/aws/lambda/orders", 365, key_arn)
    for name in ("shop/orders-audit", "shop/cart"):
        violates("logs-retention", "AWS::Logs::LogGroup", name)
    holds("logs-retention", "AWS::Logs::LogGroup", "shop/orders")
    violates("logs-kms", "AWS::Logs::LogGroup", "shop/orders")
    holds("logs-kms", "AWS::Logs::LogGroup", "shop/orders-audit")
    logs.put_metric_filter(logGroupName="shop/orders", filterName="refused", filterPattern="REFUSED", metricTransformations=[
        {"metricName": "Refused", "metricNamespace": "shop", "metricValue": "1", "defaultValue": 0}])


def alarm(name, namespace, metric, dimensions, **settings):
    cloudwatch.put_metric_alarm(
        AlarmName=name, Namespace=namespace, MetricName=metric, Statistic="Sum", Period=300, EvaluationPeriods=1, Threshold=1,
        Dimensions=[{"Name": key_, "Value": value} for key_, value in dimensions.items()], TreatMissingData="notBreaching",
        ComparisonOperator="GreaterThanOrEqualToThreshold", Tags=[{"Key": "team", "Value": "shop"}], **settings)


def make_alarms():
    topic = [f"arn:aws:sns:{REGION}:{ACCOUNT}:shop-alarms"]
    for metric in ("Errors", "Throttles"):
        alarm(f"orders-{metric.lower()}", "AWS/Lambda", metric, {"FunctionName": "orders"}, AlarmActions=topic)
    alarm("test-5xx", "AWS/ApiGateway", "5XXError", {"ApiName": "shop", "Stage": "test"}, AlarmActions=topic)
    alarm("orders-refused", "shop", "Refused", {}, AlarmActions=topic, ActionsEnabled=False)
    alarm("cart-refused", "shop", "Refused", {})
    for policy, bad in (("cloudwatch-alarm-enabled", "orders-refused"), ("cloudwatch-alarm-action", "cart-refused")):
        violates(policy, "AWS::CloudWatch::Alarm", bad)
        holds(policy, "AWS::CloudWatch::Alarm", "orders-errors")


make_logs(KEY)
make_alarms()
