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


KEY = make_kms()
