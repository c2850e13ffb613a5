def make_dynamodb(key_arn):
    dynamodb = boto3.client("dynamodb")

    def table(name, **more):
        dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", Tags=[{"Key": "team", "Value": "shop"}],
                              KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                              AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], **more)

    table("shop-carts")
    table("shop-stock", DeletionProtectionEnabled=True,
          SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key_arn})
    dynamodb.update_continuous_backups(TableName="shop-stock",
                                       PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    for policy in ("dynamodb-kms", "dynamodb-pitr", "dynamodb-deletion-protection"):
        violates(policy, "AWS::DynamoDB::Table", "shop-carts")
        holds(policy, "AWS::DynamoDB::Table", "shop-stock")


make_dynamodb(KEY)
