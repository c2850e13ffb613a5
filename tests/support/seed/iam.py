def role(name, trusted=LAMBDA_TRUST, inline=(), attached=()):
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted, Tags=[{"Key": "team", "Value": "shop"}])
    for policy, text in inline:
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=text)
    for arn in attached:
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def managed(name, *statements):
    return iam.create_policy(PolicyName=name, PolicyDocument=document(*statements))["Policy"]["Arn"]


def make_iam():
    everything = managed("shop-everything", READ_ORDERS, allow("*"))
    read = managed("shop-orders-read", READ_ORDERS, {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {
        "Bool": {"aws:SecureTransport": "false"}}})
    violates("iam-no-admin-policy", "AWS::IAM::ManagedPolicy", everything)
    holds("iam-no-admin-policy", "AWS::IAM::ManagedPolicy", read)

    deploy = managed("shop-deploy", allow("lambda:UpdateFunctionCode", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:*"),
                     allow("iam:PassRole"))
    careful = managed("shop-deploy-careful", allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/shop-orders"))
    violates("iam-pass-role", "AWS::IAM::ManagedPolicy", deploy)
    holds("iam-pass-role", "AWS::IAM::ManagedPolicy", careful)

    # Beside what has to go stands what has to stay.
    role("shop-checkout", inline=[("rights", document(LOGS, allow("dynamodb:*"))), ("orders", document(READ_ORDERS))])
    role("shop-orders", inline=[("rights", document(LOGS, READ_ORDERS))], attached=[read])
    role("shop-admin", inline=[("logs", document(LOGS))], attached=["arn:aws:iam::aws:policy/AdministratorAccess"])
    role("shop-partner", trusted=trust({"AWS": "*"}), inline=[("orders", document(READ_ORDERS))])
    role("shop-auditor", inline=[("orders", document(READ_ORDERS))], trusted=trust(
        {"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}))
    violates("iam-role-wildcard", "AWS::IAM::Role", "shop-checkout")
    violates("iam-aws-admin-attached", "AWS::IAM::Role", "shop-admin")
    violates("iam-trust-public", "AWS::IAM::Role", "shop-partner")
    holds("iam-trust-public", "AWS::IAM::Role", "shop-auditor")
    for policy in ("iam-role-wildcard", "iam-aws-admin-attached", "iam-trust-public", "iam-pass-role"):
        holds(policy, "AWS::IAM::Role", "shop-orders")

    for kind, user, group in (("wild", "ada", "builders"), ("fine", "grace", "readers")):
        statements = [READ_ORDERS, allow("s3:*")] if kind == "wild" else [READ_ORDERS]
        iam.create_group(GroupName=group)
        iam.put_group_policy(GroupName=group, PolicyName="rights", PolicyDocument=document(*statements))
        iam.create_user(UserName=user, Tags=[{"Key": "team", "Value": "shop"}])
        iam.put_user_policy(UserName=user, PolicyName="rights", PolicyDocument=document(*statements))
        iam.add_user_to_group(UserName=user, GroupName=group)
        note = violates if kind == "wild" else holds
        note("iam-user-wildcard", "AWS::IAM::User", user)
        note("iam-group-wildcard", "AWS::IAM::Group", group)


make_iam()
