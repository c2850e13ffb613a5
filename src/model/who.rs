//! Who has something done.

use serde::{Deserialize, Serialize};

/// How a caller begins that no AWS has told of.
pub const LOCAL_USER: &str = "local user ";

/// Who has a run made, or goes on with one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// Whose credentials the calls are sent with, as AWS told it: an ARN, which names the account too. Where there is no AWS to
    /// ask, `local user NAME`, which is what the environment says.
    pub caller: String,
    /// What has led to it; none where a person asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Cause>,
}

/// An event that has led to a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// Its id.
    pub id: String,
    /// Whom the event names as the one who has caused it: an ARN, or the name of an AWS service; none where it names nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}
