//! `AWS::IAM::AccessKey`. Its id is `USER|KEY`: IAM finds a key by its user, and CloudFormation by the key's id alone.
//!
//! The secret is never read: AWS gives it once, to whoever makes the key.

use async_trait::async_trait;
use aws_sdk_iam::types::{AccessKeyMetadata, EntityType};
use futures::future::join_all;
use serde_json::{Value, json};

use super::principal::call;
use super::{reading, rights, trails};
use crate::cloud::aws::AwsType;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::{both, only};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::all;
use crate::cloud::aws::object::{Object, time};
use crate::cloud::aws::world::edit;
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Locate, Part, Parts, Place, Relation, Resource, ResourceType, Right, Scope, Sent, Snapshot,
    Trail, Write,
};

/// `AWS::IAM::AccessKey`.
pub struct AccessKey;

const LAST_USED: &str = "last_used";

const WRITES: &[Write] = &[Write::update(&["Status"], &[rights::user("iam:UpdateAccessKey")])];

impl ResourceType for AccessKey {
    fn name(&self) -> &'static str {
        "AWS::IAM::AccessKey"
    }

    fn scope(&self) -> Scope {
        Scope::Global
    }

    fn reads(&self) -> &'static [Right] {
        const { &[rights::SWEEP, rights::user("iam:GetUser"), rights::user("iam:ListAccessKeys")] }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        const {
            &[
                // Always read.
                Part {
                    name: "key",
                    permissions: &[],
                    properties: &["UserName", "Status"],
                    facts: &["AccessKeyId", "CreateDate"],
                },
                // One call for each key.
                Part {
                    name: LAST_USED,
                    permissions: &[rights::user("iam:GetAccessKeyLastUsed")],
                    properties: &[],
                    facts: &["AccessKeyLastUsed"],
                },
            ]
        }
    }

    fn parent(&self, id: &str) -> Option<String> {
        id.split_once('|').map(|(user, _)| user.to_owned())
    }

    fn belongs_to(&self) -> Option<&'static str> {
        Some("user")
    }

    fn relations(&self) -> &'static [Relation] {
        &[Relation {
            name: "user",
            of: "AWS::IAM::User",
            many: false,
            locate: |key| Locate::Ids(key.text("/UserName").map(str::to_owned).into_iter().collect()),
            needs: &["UserName"],
        }]
    }

    fn trails(&self) -> &'static [Trail] {
        trails::ACCESS_KEY
    }

    /// It has no ARN of its own.
    fn named(&self, _arn: &str) -> Option<String> {
        None
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let Some((before, after)) = both(before, after)? else { return Ok(vec![]) };
        only(&["Status"], before, after)?;
        let (old, new) = (before.text("/Status"), after.text("/Status"));
        match (before.id.split_once('|'), new) {
            _ if old == new => Ok(vec![]),
            (Some((user, key)), Some(status @ ("Active" | "Inactive"))) => {
                let input = json!({"UserName": user, "AccessKeyId": key, "Status": status});
                Ok(vec![call("UpdateAccessKey", input)])
            }
            _ => Err(Impossible("an access key is Active or Inactive".to_owned())),
        }
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        let text = |name: &str| input.text(name).ok_or_else(|| format!("ValidationError: {name} is missing"));
        let (user, id) = (text("UserName")?, text("AccessKeyId")?);
        let missing = format!("NoSuchEntity: The Access Key with id {id} cannot be found.");
        edit(world, &self.key(place, &format!("{user}|{id}")), &missing, |properties, _| {
            match call.operation.as_str() {
                "UpdateAccessKey" => {
                    properties.insert("Status".to_owned(), text("Status")?.into());
                    Ok(())
                }
                _ => Err(input.unknown().to_string()),
            }
        })
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        let active = |key: Option<&Resource>| key.and_then(|key| key.text("/Status")) == Some("Active");
        match before {
            Some(key) if active(before) && after.is_some() && !active(after) => {
                vec![format!("Whatever signs with access key {} is denied at once.", key.id.replace('|', " / "))]
            }
            _ => vec![],
        }
    }
}

#[async_trait]
impl AwsType for AccessKey {
    async fn list(&self, aws: &Clients, within: Option<&str>, parts: &Parts) -> Listing {
        let mut listing = Listing::default();
        let users = match within {
            Some(user) => match arn_of(aws, user).await {
                Ok(arn) => arn.map(|arn| (user.to_owned(), arn)).into_iter().collect(),
                Err(error) => {
                    listing.miss(aws, self, &format!("{user}|"), Some(error));
                    vec![]
                }
            },
            None => {
                let _slot = aws.slot("iam").await;
                let (users, error) = reading::sweep(aws, EntityType::User, |page| page.user_detail_list).await;
                listing.incomplete(aws, self, error);
                users.into_iter().filter_map(|user| Some((user.user_name?, user.arn?))).collect()
            }
        };
        let keys = users.iter().map(|(user, arn)| async {
            let _slot = aws.slot("iam").await;
            of_user(aws, user, arn, |_| true, parts).await
        });
        for ((user, _), found) in users.iter().zip(join_all(keys).await) {
            listing.add(aws, self, &format!("{user}|"), found);
        }
        listing
    }

    async fn read(&self, aws: &Clients, id: &str, parts: &Parts) -> Result<Option<Resource>, CallError> {
        let Some((user, key)) = id.split_once('|') else { return Ok(None) };
        let Some(arn) = arn_of(aws, user).await? else { return Ok(None) };
        let _slot = aws.slot("iam").await;
        Ok(of_user(aws, user, &arn, |id| id == key, parts).await?.pop())
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let _slot = aws.slot("iam").await;
        let input = Input(call);
        match call.operation.as_str() {
            "UpdateAccessKey" => {
                let request = aws.iam.update_access_key().set_user_name(input.text("UserName"));
                let request = request.set_access_key_id(input.text("AccessKeyId"));
                sent(call, request.set_status(input.text("Status").map(|text| text.as_str().into())).send().await)
            }
            _ => Err(input.unknown()),
        }
    }
}

/// A user's ARN, which says the path too; none where there is no such user.
async fn arn_of(aws: &Clients, user: &str) -> Result<Option<String>, CallError> {
    let _slot = aws.slot("iam").await;
    let user = aws.iam.get_user().user_name(user).send().await;
    let user = found(user.map_err(|error| call_error("iam", "GetUser", error)))?;
    Ok(user.and_then(|output| output.user).map(|user| user.arn))
}

/// The keys of a user; none where there is no such user any more.
async fn of_user(
    aws: &Clients,
    user: &str,
    arn: &str,
    wanted: impl Fn(&str) -> bool,
    parts: &Parts,
) -> Result<Vec<Resource>, CallError> {
    let pages =
        aws.iam.list_access_keys().user_name(user).into_paginator().stop_on_duplicate_token(false).items().send();
    let keys = found(all("iam", "ListAccessKeys", pages).await)?.unwrap_or_default();
    let mut documents = vec![];
    for key in keys {
        let Some(id) = key.access_key_id().filter(|id| wanted(id)) else { continue };
        let last_used = match parts.wants(LAST_USED) {
            true => {
                let used = aws.iam.get_access_key_last_used().access_key_id(id).send().await;
                let used = used.map_err(|error| call_error("iam", "GetAccessKeyLastUsed", error))?;
                used.access_key_last_used.map(|used| time(used.last_used_date()))
            }
            false => None,
        };
        documents.push(document(aws, user, arn, id, &key, last_used));
    }
    Ok(documents)
}

/// Of the last use there may be nothing to tell, a date, or that there was none.
fn document(
    aws: &Clients,
    user: &str,
    arn: &str,
    id: &str,
    key: &AccessKeyMetadata,
    last_used: Option<Option<String>>,
) -> Resource {
    let mut properties = Object::default();
    properties.set("UserName", Some(user)).set("Status", key.status().map(|status| status.as_str()));
    let mut facts = Object::default();
    facts.set("AccessKeyId", Some(id)).set("CreateDate", time(key.create_date()));
    // Empty where the key was never used: that is known, and not the same as absent.
    facts.set(
        "AccessKeyLastUsed",
        last_used.map(|date| {
            let mut used = Object::default();
            used.set("LastUsedDate", date);
            Value::Object(used.0)
        }),
    );
    Resource::new(aws.key(&AccessKey, &format!("{user}|{id}")), arn, properties.0, facts.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{leads, place, resource, round_trip, shown, world};

    const ID: &str = "ann|AKIAIOSFODNN7EXAMPLE";

    fn key(status: &str) -> Resource {
        resource(&AccessKey, ID, json!({"UserName": "ann", "Status": status}), json!({}))
    }

    #[test]
    fn a_key_is_turned_off_and_on_again() {
        let before = key("Active");
        let calls = leads(&AccessKey, &before, &key("Inactive")).unwrap();
        let input = json!({"UserName": "ann", "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Inactive"});
        assert_eq!(shown(&calls), json!([["UpdateAccessKey", input]]));
        round_trip(&AccessKey, &before, key("Inactive").properties);
        assert_eq!(
            AccessKey.warnings(Some(&before), Some(&key("Inactive"))),
            ["Whatever signs with access key ann / AKIAIOSFODNN7EXAMPLE is denied at once."]
        );
        assert!(AccessKey.warnings(Some(&key("Inactive")), Some(&before)).is_empty());
    }

    #[test]
    fn what_cannot_be_changed_is_said() {
        assert!(AccessKey.calls(Some(&key("Active")), Some(&key("Gone"))).is_err());
        assert!(AccessKey.calls(Some(&key("Active")), None).is_err());
        assert!(AccessKey.calls(None, Some(&key("Active"))).is_err());
        let other = key("Active").with_properties(json!({"UserName": "bob", "Status": "Active"}));
        assert!(AccessKey.calls(Some(&key("Active")), Some(&other)).is_err());
        let calls = AccessKey.calls(Some(&key("Active")), Some(&key("Inactive"))).unwrap();
        let refused = AccessKey.effect(&place(), calls.first().unwrap(), &mut world([])).unwrap_err();
        assert!(refused.starts_with("NoSuchEntity: "), "{refused}");
    }

    #[test]
    fn it_belongs_to_its_user() {
        assert_eq!(AccessKey.parent(ID).as_deref(), Some("ann"));
        let locate = AccessKey.relations().first().unwrap().locate;
        assert_eq!(locate(&key("Active")), Locate::Ids(vec!["ann".to_owned()]));
    }
}
