//! Names that cannot be mistaken for one another.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! name {
    ($(#[$doc:meta] $name:ident),* $(,)?) => {$(
        #[$doc]
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )*};
}

name! {
    /// A CloudFormation resource type, such as `AWS::Lambda::Function`.
    TypeName,
    /// A policy, such as `lambda-env-kms`.
    PolicyId,
    /// A playbook, such as `lambda-env-kms`.
    PlaybookId,
    /// One policy's violation on one resource: `policy:` and eight hexadecimal digits of what was found where.
    FindingId,
    /// A change of a plan: eight hexadecimal digits of what it does to what, so that an approval of it approves nothing else.
    ChangeId,
    /// One application of a plan; sorts by the time it was started.
    RunId,
}
