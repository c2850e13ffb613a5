def make_sqs():
    sqs = boto3.client("sqs")

    def queue(name, policy=None, **attributes):
        if policy:
            attributes["Policy"] = policy
        sqs.create_queue(QueueName=name, Attributes=attributes, tags={"team": "shop"})
        return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    plain, arn = queue("shop-plain", SqsManagedSseEnabled="false")
    uploads = document(allow("sqs:SendMessage", Sid="uploads", Principal={"Service": "s3.amazonaws.com"},
                             Condition={"ArnLike": {"aws:SourceArn": "arn:aws:s3:::shop-uploads"}}))
    # moto forgets a queue's policy with every other attribute that is set.
    keyed, _ = queue("shop-keyed", SqsManagedSseEnabled="false", **({} if MOTO else {"policy": uploads}))
    managed, _ = queue("shop-managed", SqsManagedSseEnabled="true")
    violates("sqs-encryption", "AWS::SQS::Queue", plain)
    violates("sqs-encryption", "AWS::SQS::Queue", keyed)
    holds("sqs-encryption", "AWS::SQS::Queue", managed)

    everyone = allow("sqs:SendMessage", arn, Sid="everyone", Principal="*")
    own = allow("sqs:*", arn, Sid="own", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    open_, _ = queue("shop-open", SqsManagedSseEnabled="true", policy=document(own, everyone))
    only, _ = queue("shop-only-open", SqsManagedSseEnabled="true", policy=document(everyone))
    topic = {**everyone, "Condition": {"ArnEquals": {"aws:SourceArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:shop-stock"}}}
    subscribed, _ = queue("shop-subscribed", SqsManagedSseEnabled="true", policy=document(topic))
    violates("sqs-no-public-policy", "AWS::SQS::QueuePolicy", open_)
    violates("sqs-no-public-policy", "AWS::SQS::QueuePolicy", only)
    holds("sqs-no-public-policy", "AWS::SQS::QueuePolicy", subscribed)


make_sqs()
