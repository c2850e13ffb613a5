def make_sns(key_arn):
    sns = boto3.client("sns")

    def topic(name, *statements, **attributes):
        arn = sns.create_topic(Name=name, Attributes=attributes, Tags=[{"Key": "team", "Value": "shop"}])["TopicArn"]
        if statements:
            policy = document(*[{**statement, "Resource": arn} for statement in statements])
            sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
        return arn

    own = allow("sns:Publish", Sid="own", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    events = allow("sns:Publish", Sid="events", Principal={"Service": "events.amazonaws.com"})
    for violating_topic in (topic("shop-plain", own, events), topic("shop-of-aws", KmsMasterKeyId="alias/aws/sns"),
                            topic("shop-shut", own, events, KmsMasterKeyId=key_arn)):
        violates("sns-encryption", "AWS::SNS::Topic", violating_topic)
    holds("sns-encryption", "AWS::SNS::Topic", topic("shop-stock", own, KmsMasterKeyId=key_arn))

    everyone = allow("sns:Subscribe", Sid="everyone", Principal={"AWS": "*"})
    ours = {**everyone, "Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}}
    violates("sns-no-public-policy", "AWS::SNS::TopicPolicy", topic("shop-open", own, everyone))
    violates("sns-no-public-policy", "AWS::SNS::TopicPolicy", topic("shop-only-open", everyone))
    holds("sns-no-public-policy", "AWS::SNS::TopicPolicy", topic("shop-ours", ours))


make_sns(KEY)
