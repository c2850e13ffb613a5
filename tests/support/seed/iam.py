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

    exporting = managed("shop-export", READ_ORDERS, allow(["kms:Decrypt", "kms:DescribeKey"]))
    opening = managed("shop-open", allow("kms:Decrypt", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*"))
    violates("iam-kms-decrypt-all", "AWS::IAM::ManagedPolicy", exporting)
    holds("iam-kms-decrypt-all", "AWS::IAM::ManagedPolicy", opening)

    items = managed("shop-items", allow("dynamodb:*", ORDERS))
    violates("iam-no-service-wildcard", "AWS::IAM::ManagedPolicy", items)
    holds("iam-no-service-wildcard", "AWS::IAM::ManagedPolicy", read)

    # Who is put in quarantine may do nothing.
    managed("shop-quarantine", {"Effect": "Deny", "Action": "*", "Resource": "*"})

    # Beside what has to go stands what has to stay.
    role("shop-checkout", inline=[("rights", document(LOGS, allow("dynamodb:*"))), ("orders", document(READ_ORDERS))])
    role("shop-orders", inline=[("rights", document(LOGS, READ_ORDERS))], attached=[read])
    role("shop-admin", attached=["arn:aws:iam::aws:policy/AdministratorAccess"])
    role("shop-partner", trusted=trust({"AWS": "*"}), inline=[("orders", document(READ_ORDERS))])
    role("shop-auditor", inline=[("orders", document(READ_ORDERS))], trusted=trust(
        {"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}))
    role("shop-bookkeeping", trusted=trust({"AWS": "arn:aws:iam::444455556666:root"}), inline=[("orders", document(READ_ORDERS))])
    role("shop-onboarding", inline=[("users", document(allow(["iam:ListUsers", "iam:CreateAccessKey"])))])
    violates("iam-trust-external", "AWS::IAM::Role", "shop-bookkeeping")
    holds("iam-trust-external", "AWS::IAM::Role", "shop-orders")
    violates("iam-privilege-escalation", "AWS::IAM::Role", "shop-onboarding")
    holds("iam-privilege-escalation", "AWS::IAM::Role", "shop-orders")
    skip("iam-unused-role", "no role on an emulator is old, and were none old enough, those that a plan makes would be old too")
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

    make_sign_in()


# What there is once in an account: there is no second password policy that could be clean.
def make_sign_in():
    iam.update_account_password_policy(
        MinimumPasswordLength=8, RequireSymbols=False, RequireNumbers=True, RequireUppercaseCharacters=False,
        RequireLowercaseCharacters=True, AllowUsersToChangePassword=True, MaxPasswordAge=60, PasswordReusePrevention=5,
        HardExpiry=False)
    violates("iam-password-policy", "AWS::Account", ACCOUNT)
    holds("iam-root-access-key", "AWS::Account", ACCOUNT)
    skip("iam-root-access-key", "no emulator lets the root user have an access key")

    # No key on an emulator is old either.
    for user in ("ada", "grace"):
        keys = [iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"] for _ in range(2)]
        iam.update_access_key(UserName=user, AccessKeyId=keys[1], Status="Inactive")
        for policy in ("iam-access-key-age", "iam-access-key-unused"):
            violates(policy, "AWS::IAM::AccessKey", f"{user}|{keys[0]}")
            holds(policy, "AWS::IAM::AccessKey", f"{user}|{keys[1]}")

    for user in ("ada", "grace"):
        iam.create_login_profile(UserName=user, Password=canary(f"the password of {user}") + "-Aa1!")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="grace")["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(UserName="grace", SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321")
    violates("iam-user-mfa", "AWS::IAM::User", "ada")
    holds("iam-user-mfa", "AWS::IAM::User", "grace")

    iam.create_user(UserName="linus")
    iam.add_user_to_group(UserName="linus", GroupName="readers")
    violates("iam-user-policies", "AWS::IAM::User", "ada")
    holds("iam-user-policies", "AWS::IAM::User", "linus")


make_iam()
