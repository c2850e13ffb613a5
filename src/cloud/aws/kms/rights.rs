//! What KMS's calls take
//! (<https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html>).

use crate::model::Right;

/// An action on keys.
pub const fn key(action: &'static str) -> Right {
    Right::new(action, "arn:${partition}:kms:${region}:${account}:key/*")
}

/// An action on aliases. What an alias's calls do takes the same action on its key: both are needed
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/alias-access.html>).
pub const fn alias(action: &'static str) -> Right {
    Right::new(action, "arn:${partition}:kms:${region}:${account}:alias/*")
}

/// The aliases of a Region, or of one key; IAM knows no resource of it.
pub const LIST_ALIASES: Right = Right::anywhere("kms:ListAliases");
