//! What IAM's own calls take
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>).

use crate::model::Right;

/// The account's roles, users, groups and policies; IAM knows no resource of it.
pub const SWEEP: Right = Right::anywhere("iam:GetAccountAuthorizationDetails");

/// An action on roles.
pub const fn role(action: &'static str) -> Right {
    Right::new(action, "arn:${partition}:iam::${account}:role/*")
}

/// An action on users.
pub const fn user(action: &'static str) -> Right {
    Right::new(action, "arn:${partition}:iam::${account}:user/*")
}

/// An action on groups.
pub const fn group(action: &'static str) -> Right {
    Right::new(action, "arn:${partition}:iam::${account}:group/*")
}

/// An action on the account's own managed policies.
pub const fn policy(action: &'static str) -> Right {
    Right::new(action, "arn:${partition}:iam::${account}:policy/*")
}

/// An action on AWS's own managed policies.
pub const fn of_aws(action: &'static str) -> Right {
    Right::new(action, "arn:${partition}:iam::aws:policy/*")
}
