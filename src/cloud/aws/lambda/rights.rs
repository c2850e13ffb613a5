//! What Lambda's calls take
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html>).

use crate::model::{Right, Write};

/// An action on functions, and on their versions and aliases.
pub const fn function(action: &'static str) -> Right {
    Right::new(action, "arn:${partition}:lambda:${region}:${account}:function:*")
}

/// The functions of a Region; IAM knows no resource of it.
pub const LIST: Right = Right::anywhere("lambda:ListFunctions");

/// An action on layers' versions.
pub const fn layer(action: &'static str) -> Right {
    Right::new(action, "arn:${partition}:lambda:${region}:${account}:layer:*")
}

/// The layers of an account; IAM knows no resource of it.
pub const LIST_LAYERS: Right = Right::anywhere("lambda:ListLayers");

/// The versions of a layer; IAM knows no resource of it either.
pub const LIST_LAYER_VERSIONS: Right = Right::anywhere("lambda:ListLayerVersions");

/// Who reads variables that a customer managed key encrypts has to be allowed to decrypt them; Lambda does it with the
/// caller's rights (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html>).
pub const DECRYPT: Right = through_lambda("kms:Decrypt");

/// The caller hands the role to Lambda (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>).
const PASS_ROLE: Right = Right::new("iam:PassRole", "arn:${partition}:iam::${account}:role/*").only(
    "StringEquals",
    "iam:PassedToService",
    "lambda.amazonaws.com",
);

/// Lambda makes a grant on the key with the caller's rights
/// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html>). The condition is that of AWS's
/// own key policies, which are enough for it
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html#key-policy-users-crypto>).
const CREATE_GRANT: Right = Right::new("kms:CreateGrant", KEY).only("Bool", "kms:GrantIsForAWSResource", "true");

/// A layer may be another account's.
const GET_LAYER: Right = Right::new("lambda:GetLayerVersion", "arn:${partition}:lambda:${region}:*:layer:*");

const MOUNT_TARGETS: &str = "elasticfilesystem:DescribeMountTargets";

const KEY: &str = "arn:${partition}:kms:${region}:${account}:key/*";

/// On a key, and only when Lambda asks in the caller's name
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service>).
const fn through_lambda(action: &'static str) -> Right {
    Right::new(action, KEY).only("StringLike", "kms:ViaService", "lambda.*.amazonaws.com")
}

/// What changing a function takes.
pub const WRITES: &[Write] = &[
    Write::update(
        &[
            "Runtime",
            "Role",
            "Handler",
            "Description",
            "Timeout",
            "MemorySize",
            "Environment",
            "KmsKeyArn",
            "TracingConfig",
            "DeadLetterConfig",
            "VpcConfig",
            "Layers",
            "EphemeralStorage",
            "LoggingConfig",
            "SnapStart",
            "FileSystemConfigs",
            "ImageConfig",
        ],
        &[function("lambda:UpdateFunctionConfiguration")],
    ),
    Write::update(&["Role"], &[PASS_ROLE]),
    // Who changes variables that a key encrypts needs what who sets the key needs
    // (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html>).
    Write::update(&["KmsKeyArn", "Environment"], &[CREATE_GRANT, through_lambda("kms:Encrypt")]),
    Write::update(&["Layers"], &[GET_LAYER]),
    // https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
    Write::update(
        &["VpcConfig"],
        &[
            Right::anywhere("ec2:DescribeSecurityGroups"),
            Right::anywhere("ec2:DescribeSubnets"),
            Right::anywhere("ec2:DescribeVpcs"),
        ],
    ),
    // https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem.html#configuration-filesystem-permissions
    Write::update(
        &["FileSystemConfigs"],
        &[
            Right::new(MOUNT_TARGETS, "arn:${partition}:elasticfilesystem:${region}:*:access-point/*"),
            Right::new(MOUNT_TARGETS, "arn:${partition}:elasticfilesystem:${region}:*:file-system/*"),
        ],
    ),
    Write::update(
        &["ReservedConcurrentExecutions"],
        &[function("lambda:PutFunctionConcurrency"), function("lambda:DeleteFunctionConcurrency")],
    ),
    Write::update(&["RecursiveLoop"], &[function("lambda:PutFunctionRecursionConfig")]),
    Write::update(&["RuntimeManagementConfig"], &[function("lambda:PutRuntimeManagementConfig")]),
    Write::update(
        &["CodeSigningConfigArn"],
        &[
            function("lambda:PutFunctionCodeSigningConfig"),
            Right::new(
                "lambda:PutFunctionCodeSigningConfig",
                "arn:${partition}:lambda:${region}:${account}:code-signing-config:*",
            ),
            function("lambda:DeleteFunctionCodeSigningConfig"),
        ],
    ),
    Write::update(&["Tags"], &[function("lambda:TagResource"), function("lambda:UntagResource")]),
];
