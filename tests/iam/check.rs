//! What is asked of both sides.

use std::collections::BTreeSet;

/// The actions that `Allowed` asks for.
pub const ACTIONS: [&str; 13] = [
    "cloudwatch:PutMetricData",
    "dynamodb:DeleteTable",
    "ec2:RunInstances",
    "iam:CreateUser",
    "iam:PassRole",
    "kms:Decrypt",
    "lambda:InvokeFunction",
    "lambda:UpdateFunctionCode",
    "logs:CreateLogGroup",
    "s3:DeleteBucket",
    "s3:GetObject",
    "sqs:SendMessage",
    "sts:AssumeRole",
];

/// The rights that `Unrestricted` asks for, as `verdicts.py` names them.
pub const PASS: &str = "pass any role";
pub const DECRYPT: &str = "decrypt with any key";

/// A question about a document. Its answer is a set: of actions, services, ways, accounts, or of one word where it is yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Which of [`ACTIONS`] are allowed on `*`: `iam.allowed` against parliament.
    Allowed,
    /// Of which services everything is allowed on every resource: `iam-role-wildcard` against cloudsplaining.
    Complete,
    /// Which services are allowed by `service:*` on whatever resource: `iam-no-service-wildcard` and `iam-no-admin-policy`
    /// against cloudsplaining.
    Services,
    /// Whether every role may be passed, and every key decrypted with: `iam-pass-role` and `iam-kms-decrypt-all` against
    /// cloudsplaining.
    Unrestricted,
    /// Which ways to more rights are open: `iam-privilege-escalation` against cloudsplaining.
    Escalation,
    /// Whether a resource's policy lets everyone in: every policy of public policies against cloudsplaining.
    Everyone,
    /// The same against policyuniverse.
    Internet,
    /// Whether a role trusts everyone: `iam-trust-public` against cloudsplaining.
    AnyPrincipal,
    /// Which foreign accounts a role trusts: `iam-trust-external` against cloudsplaining.
    Foreign,
}

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One of AWS's own, which says what its holder may do.
    Managed,
    /// It says what its holder may do.
    Identity,
    /// It says who may do something with a resource.
    Resource,
    /// It says who may be a role.
    Trust,
}

impl Check {
    /// What is asked about a kind of document.
    pub fn of(kind: Kind) -> &'static [Self] {
        match kind {
            Kind::Managed | Kind::Identity => {
                &[Self::Allowed, Self::Complete, Self::Services, Self::Unrestricted, Self::Escalation]
            }
            Kind::Resource => &[Self::Everyone, Self::Internet],
            Kind::Trust => &[Self::Internet, Self::AnyPrincipal, Self::Foreign],
        }
    }

    /// The name under which `verdicts.py` knows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Complete => "complete",
            Self::Services => "services",
            Self::Unrestricted => "unrestricted",
            Self::Escalation => "escalation",
            Self::Everyone => "everyone",
            Self::Internet => "internet",
            Self::AnyPrincipal => "any_principal",
            Self::Foreign => "foreign",
        }
    }
}

/// An answer.
pub type Says = BTreeSet<String>;
