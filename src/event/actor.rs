//! Who made a call.

use serde::Serialize;
use serde_json::Value;

use super::trigger::text;
use crate::model::Arn;

/// Who made a call, as CloudTrail saw it
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Actor {
    /// The caller's ARN, or the name of the AWS service that acts by itself.
    pub arn: String,
    /// `IAMUser`, `AssumedRole`, `Root`, `AWSService`, …; empty where the record does not say.
    pub kind: String,
    /// The ARN of the role whose session it is.
    pub session_issuer: Option<String>,
    /// The name of the session of that role.
    pub session: Option<String>,
    /// The AWS service that made the call on behalf of the caller, such as CloudFormation.
    pub invoked_by: Option<String>,
    /// What the caller says of its program. Anyone can say anything: for people to read, and never to decide by.
    pub user_agent: Option<String>,
}

impl Actor {
    /// The caller of a record; none where it names nobody.
    pub(super) fn of(record: &Value) -> Option<Self> {
        let member = |pointer: &str| text(record, pointer);
        let invoked_by = member("/userIdentity/invokedBy");
        let arn = member("/userIdentity/arn").or_else(|| invoked_by.clone())?;
        // arn:aws:sts::111122223333:assumed-role/ROLE/SESSION
        let session = Arn::parse(&arn).filter(|arn| arn.service == "sts");
        let session = session.and_then(|arn| arn.resource.strip_prefix("assumed-role/")?.split_once('/'));
        Some(Self {
            session: session.map(|(_, session)| session.to_owned()),
            kind: member("/userIdentity/type").unwrap_or_default(),
            session_issuer: member("/userIdentity/sessionContext/sessionIssuer/arn"),
            user_agent: member("/userAgent"),
            invoked_by,
            arn,
        })
    }
}
