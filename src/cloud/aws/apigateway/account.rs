//! `AWS::ApiGateway::Account`: what API Gateway is set to for the whole account in a Region. There is exactly one in each.
//!
//! CloudFormation makes its id up; here it is [`ID`], as the path that it has in API Gateway.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;

use super::patch::{self, Patch};
use super::rights;
use super::trails;
use crate::cloud::aws::AwsType;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::sent;
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::{Field, Unset, both, field, only};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::object::Object;
use crate::cloud::aws::world::edit;
use crate::cloud::{CallError, CallErrorKind, Listing};
use crate::model::{Call, Impossible, Part, Parts, Place, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write};

/// `AWS::ApiGateway::Account`.
pub struct Account;

/// The id of the only one.
pub const ID: &str = "account";

/// The paths of UpdateAccount
/// (<https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateAccount-Patch>).
const FIELDS: &[Field] = &[field("CloudWatchRoleArn", "/cloudwatchRoleArn", Unset::EmptyText)];

const WRITES: &[Write] = &[Write::update(
    &["CloudWatchRoleArn"],
    &[Right::new("apigateway:PATCH", "arn:${partition}:apigateway:${region}::/account"), rights::PASS_ROLE],
)];

/// The pauses after which a role that was just made is offered again: half a minute in all. IAM tells the other services of
/// it only after some seconds (<https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>),
/// and until then API Gateway takes it for one that it may not assume.
const PAUSES: [Duration; 6] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(3),
    Duration::from_secs(6),
    Duration::from_secs(9),
    Duration::from_secs(9),
];

impl ResourceType for Account {
    fn name(&self) -> &'static str {
        "AWS::ApiGateway::Account"
    }

    fn reads(&self) -> &'static [Right] {
        const { &[Right::new("apigateway:GET", "arn:${partition}:apigateway:${region}::/account")] }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        &[Part { name: "account", permissions: &[], properties: &["CloudWatchRoleArn"], facts: &[] }]
    }

    fn trails(&self) -> &'static [Trail] {
        trails::ACCOUNT
    }

    fn named(&self, arn: &str) -> Option<String> {
        (trails::path(arn) == ["account"]).then(|| ID.to_owned())
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let Some((before, after)) = both(before, after)? else { return Ok(vec![]) };
        only(&["CloudWatchRoleArn"], before, after)?;
        let hands_over = after.property("/CloudWatchRoleArn").map(|_| rights::PASS_ROLE.action);
        let call = Patch::of(FIELDS, before, after)?.call("UpdateAccount", json!({}));
        Ok(call.map(|call| call.and_permissions(hands_over)).into_iter().collect())
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        if call.operation != "UpdateAccount" {
            return Err(format!("UnsupportedOperationException: {}", call.operation));
        }
        edit(world, &self.key(place, ID), "NotFoundException: Invalid account", |properties, _| {
            patch::write(FIELDS, &input, properties)
        })
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        let role = |account: Option<&Resource>| account.and_then(|it| it.property("/CloudWatchRoleArn")).cloned();
        match (role(before), role(after)) {
            (None, Some(_)) => vec!["The role is that of every API of the account in this Region.".to_owned()],
            (Some(old), new) if new != Some(old.clone()) => {
                vec!["Every API of the account in this Region logs with this role.".to_owned()]
            }
            _ => vec![],
        }
    }
}

#[async_trait]
impl AwsType for Account {
    async fn list(&self, aws: &Clients, _within: Option<&str>, parts: &Parts) -> Listing {
        let mut listing = Listing::default();
        listing.add(aws, self, ID, self.read(aws, ID, parts).await);
        listing
    }

    async fn read(&self, aws: &Clients, id: &str, _parts: &Parts) -> Result<Option<Resource>, CallError> {
        if id != ID {
            return Ok(None);
        }
        let _slot = aws.slot("apigateway").await;
        let account = aws.apigateway.get_account().send().await;
        let account = account.map_err(|error| call_error("apigateway", "GetAccount", error))?;
        let mut properties = Object::default();
        properties.set("CloudWatchRoleArn", account.cloudwatch_role_arn());
        let arn = patch::arn(&aws.place, "/account");
        Ok(Some(Resource::new(aws.key(self, ID), arn, properties.0, serde_json::Map::new())))
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let input = Input(call);
        if call.operation != "UpdateAccount" {
            return Err(input.unknown());
        }
        let mut pauses = PAUSES.into_iter();
        loop {
            let request = aws.apigateway.update_account().set_patch_operations(patch::sdk(&input));
            let answer = sent(call, request.send().await);
            match (answer, pauses.next()) {
                (Err(error), Some(pause)) if is_too_early(&error) => tokio::time::sleep(pause).await,
                (answer, _) => return answer,
            }
        }
    }
}

/// Whether API Gateway may only not know of the role yet: the messages that it refuses such a one with, and one that lacks
/// permissions for good.
fn is_too_early(error: &CallError) -> bool {
    let messages = ["role ARN does not have required permissions", "could not successfully write to CloudWatch Logs"];
    error.kind == CallErrorKind::Invalid && messages.iter().any(|message| error.message.contains(message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{resource, round_trip, shown};

    const ROLE: &str = "arn:aws:iam::111122223333:role/api-logs";

    #[test]
    fn the_calls_lead_from_one_document_to_the_other_and_back() {
        let bare = resource(&Account, ID, json!({}), json!({}));
        let after = json!({ "CloudWatchRoleArn": ROLE });
        round_trip(&Account, &bare, after.clone());
        let after = bare.with_properties(after);
        let calls = Account.calls(Some(&bare), Some(&after)).unwrap();
        let replace = |value: &str| json!({"op": "replace", "path": "/cloudwatchRoleArn", "value": value});
        assert_eq!(shown(&calls), json!([["UpdateAccount", {"patchOperations": [replace(ROLE)]}]]));
        assert_eq!(calls[0].permissions, ["apigateway:PATCH", "iam:PassRole"]);
        let back = Account.calls(Some(&after), Some(&bare)).unwrap();
        assert_eq!(shown(&back), json!([["UpdateAccount", {"patchOperations": [replace("")]}]]));
        assert_eq!(back[0].permissions, ["apigateway:PATCH"]);
        assert_eq!(Account.warnings(Some(&bare), Some(&after)).len(), 1);
        assert!(Account.calls(Some(&bare), None).is_err() && Account.calls(None, Some(&bare)).is_err());
    }

    #[test]
    fn a_role_that_nobody_knows_yet_is_offered_again() {
        let refused = |kind, message: &str| CallError {
            kind,
            service: "apigateway".into(),
            operation: "UpdateAccount".into(),
            message: message.into(),
            request_id: None,
        };
        let early = "BadRequestException: The role ARN does not have required permissions configured. Please grant trust permission for API Gateway and add the required role policy.";
        assert!(is_too_early(&refused(CallErrorKind::Invalid, early)));
        assert!(!is_too_early(&refused(CallErrorKind::Denied, early)));
        assert!(!is_too_early(&refused(CallErrorKind::Invalid, "BadRequestException: Invalid ARN")));
    }

    #[test]
    fn its_arn_has_no_account() {
        assert_eq!(Account.named("arn:aws:apigateway:eu-west-1::/account").as_deref(), Some(ID));
        assert_eq!(Account.named("arn:aws:apigateway:eu-west-1::/restapis/account"), None);
    }
}
