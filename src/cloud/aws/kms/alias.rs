//! `AWS::KMS::Alias`: a name of a key. Its id is the alias's name.

use async_trait::async_trait;
use serde_json::json;

use super::Key;
use super::key_effect::{key_id, missing};
use super::rights;
use super::trails;
use crate::cloud::aws::AwsType;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::only;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::items;
use crate::cloud::aws::object::Object;
use crate::cloud::aws::world::is_missing;
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Locate, Part, Parts, Place, Relation, Resource, ResourceKey, ResourceType, Right, Sent, Snapshot,
    Trail, Write,
};

/// `AWS::KMS::Alias`.
pub struct Alias;

const LISTING: &str = "listing";

/// Names that AWS keeps for the keys that it manages.
pub const OF_AWS: &str = "alias/aws/";

const WRITES: &[Write] = &[
    Write::create(&[rights::alias("kms:CreateAlias"), rights::key("kms:CreateAlias")]),
    Write::update(&["TargetKeyId"], &[rights::alias("kms:UpdateAlias"), rights::key("kms:UpdateAlias")]),
    Write::delete(&[rights::alias("kms:DeleteAlias"), rights::key("kms:DeleteAlias")]),
];

impl ResourceType for Alias {
    fn name(&self) -> &'static str {
        "AWS::KMS::Alias"
    }

    fn identified_by(&self) -> &'static [&'static str] {
        &["AliasName"]
    }

    fn reads(&self) -> &'static [Right] {
        const { &[rights::LIST_ALIASES, rights::key("kms:DescribeKey")] }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        &[Part { name: LISTING, permissions: &[], properties: &["TargetKeyId"], facts: &[] }]
    }

    fn belongs_to(&self) -> Option<&'static str> {
        Some("key")
    }

    fn relations(&self) -> &'static [Relation] {
        &[Relation {
            name: "key",
            of: "AWS::KMS::Key",
            many: false,
            locate: |alias| Locate::Ids(target(alias).map(str::to_owned).into_iter().collect()),
            needs: &["TargetKeyId"],
        }]
    }

    fn trails(&self) -> &'static [Trail] {
        trails::ALIAS
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named_alias(arn)
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let written = |alias: &Resource| {
            alias.property("/TargetKeyId").cloned().ok_or(Impossible("an alias always names a key".into()))
        };
        Ok(match (before, after) {
            (None, Some(after)) => {
                let name = after.text("/AliasName").unwrap_or(&after.id);
                vec![Call::new("kms", "CreateAlias", json!({"AliasName": name, "TargetKeyId": written(after)?}))]
            }
            (Some(before), None) => vec![Call::new("kms", "DeleteAlias", json!({"AliasName": before.id}))],
            (Some(before), Some(after)) => {
                only(&["TargetKeyId"], before, after)?;
                if target(before) == target(after) {
                    vec![]
                } else {
                    let input = json!({"AliasName": before.id, "TargetKeyId": written(after)?});
                    vec![Call::new("kms", "UpdateAlias", input)]
                }
            }
            (None, None) => vec![],
        })
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        let name = input.text("AliasName").ok_or("AliasName is missing")?;
        let key = self.key(place, &name);
        let arn = arn(place, &name);
        let old = world.get(&key).and_then(|old| target(old).map(str::to_owned));
        match (call.operation.as_str(), world.get(&key).is_some()) {
            ("CreateAlias", true) => {
                return Err(format!("AlreadyExistsException: An alias with the name {arn} already exists"));
            }
            ("UpdateAlias" | "DeleteAlias", false) => {
                return Err(format!("NotFoundException: Alias {arn} is not found."));
            }
            ("CreateAlias" | "UpdateAlias" | "DeleteAlias", _) => {}
            (operation, _) => return Err(format!("UnsupportedOperationException: {operation}")),
        }
        let new = match call.operation.as_str() {
            "DeleteAlias" => None,
            _ => Some(input.text("TargetKeyId").ok_or("TargetKeyId is missing")?),
        };
        if let Some(new) = &new
            && is_missing(world, &Key.key(place, key_id(new)))
        {
            return Err(missing(place, new));
        }
        if let Some(old) = old {
            rename(world, &Key.key(place, &old), |aliases| aliases.retain(|alias| *alias != name));
        }
        let Some(new) = new else {
            world.remove(&key);
            return Ok(Sent::default());
        };
        rename(world, &Key.key(place, key_id(&new)), |aliases| aliases.push(name.clone()));
        let alias = document(place, &name, key_id(&new));
        world.insert(alias);
        Ok(Sent { id: Some(name), arn: Some(arn), request_id: None })
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        match (before, after) {
            (Some(_), None) => vec!["Whoever names the key by this alias no longer finds it.".into()],
            (Some(before), Some(after)) if target(before) != target(after) => {
                vec!["What was encrypted by this alias still needs the old key.".into()]
            }
            _ => Vec::new(),
        }
    }
}

#[async_trait]
impl AwsType for Alias {
    async fn list(&self, aws: &Clients, _within: Option<&str>, _parts: &Parts) -> Listing {
        let _slot = aws.slot("kms").await;
        let mut listing = Listing::default();
        let pages = aws.kms.list_aliases().into_paginator().stop_on_duplicate_token(false).items().send();
        let (aliases, error) = items("kms", "ListAliases", pages).await;
        listing.incomplete(aws, self, error);
        // Aliases that AWS made for its own keys may point to none yet.
        listing.resources.extend(aliases.iter().filter_map(|alias| {
            let name = alias.alias_name().filter(|name| !name.starts_with(OF_AWS))?;
            Some(document(&aws.place, name, alias.target_key_id()?))
        }));
        listing
    }

    async fn read(&self, aws: &Clients, id: &str, _parts: &Parts) -> Result<Option<Resource>, CallError> {
        if id.starts_with(OF_AWS) {
            return Ok(None);
        }
        let _slot = aws.slot("kms").await;
        // KMS has no call that reads one alias by its name: DescribeKey answers for the key behind it.
        let described = aws.kms.describe_key().key_id(id).send().await;
        let output = found(described.map_err(|error| call_error("kms", "DescribeKey", error)))?;
        let key = output.and_then(|output| output.key_metadata);
        Ok(key.map(|key| document(&aws.place, id, key.key_id())))
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let _slot = aws.slot("kms").await;
        let input = Input(call);
        let (name, target) = (input.text("AliasName"), input.text("TargetKeyId"));
        match call.operation.as_str() {
            "CreateAlias" => {
                let arn = name.as_ref().map(|name| arn(&aws.place, name));
                let request = aws.kms.create_alias().set_alias_name(name.clone()).set_target_key_id(target);
                Ok(Sent { id: name, arn, ..sent(call, request.send().await)? })
            }
            "UpdateAlias" => {
                let request = aws.kms.update_alias().set_alias_name(name).set_target_key_id(target);
                sent(call, request.send().await)
            }
            "DeleteAlias" => sent(call, aws.kms.delete_alias().set_alias_name(name).send().await),
            _ => Err(input.unknown()),
        }
    }
}

fn target(alias: &Resource) -> Option<&str> {
    alias.text("/TargetKeyId").map(key_id)
}

fn arn(place: &Place, name: &str) -> String {
    format!("arn:{}:kms:{}:{}:{name}", place.partition, place.region, place.account)
}

fn document(place: &Place, name: &str, target: &str) -> Resource {
    let mut properties = Object::default();
    properties.set("AliasName", Some(name)).set("TargetKeyId", Some(target));
    Resource::new(Alias.key(place, name), arn(place, name), properties.0, serde_json::Map::new())
}

/// Changes the aliases that a key's document names.
fn rename(world: &mut Snapshot, key: &ResourceKey, change: impl FnOnce(&mut Vec<String>)) {
    let Some(found) = world.get(key) else { return };
    let mut document = Resource::clone(found);
    let names = document.facts.get("Aliases").and_then(|aliases| aliases.as_array());
    let mut names: Vec<String> =
        names.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect();
    change(&mut names);
    names.sort();
    if let Some(facts) = document.facts.as_object_mut() {
        facts.insert("Aliases".to_owned(), names.into());
    }
    world.insert(document);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cloud::aws::testing::{document as resource, place, run, world};

    fn keys() -> Vec<Resource> {
        let key = |id: &str| resource(&Key, id, "", json!({"Enabled": true}), json!({"Aliases": []}));
        vec![key("k1"), key("k2")]
    }

    fn aliases(world: &Snapshot, id: &str) -> Option<serde_json::Value> {
        world.get(&Key.key(&place(), id)).and_then(|key| key.facts.get("Aliases").cloned())
    }

    #[test]
    fn an_alias_is_made_moved_moved_back_and_deleted() {
        let arn = "arn:aws:kms:eu-west-1:111122223333:key/k1";
        let new = document(&place(), "alias/pay", arn);
        let mut world = world(keys());
        let made = run(&Alias, &Alias.calls(None, Some(&new)).unwrap(), None, &mut world).unwrap().unwrap();
        assert_eq!(made.properties, json!({"AliasName": "alias/pay", "TargetKeyId": "k1"}));
        assert_eq!(Alias.calls(Some(&made), Some(&new)), Ok(vec![]));
        assert_eq!(aliases(&world, "k1"), Some(json!(["alias/pay"])));

        let moved = document(&place(), "alias/pay", "k2");
        let calls = Alias.calls(Some(&made), Some(&moved)).unwrap();
        assert_eq!(
            calls,
            vec![Call::new("kms", "UpdateAlias", json!({"AliasName": "alias/pay", "TargetKeyId": "k2"}))]
        );
        assert_eq!(run(&Alias, &calls, Some(&made.key()), &mut world), Ok(Some(moved.clone())));
        assert_eq!((aliases(&world, "k1"), aliases(&world, "k2")), (Some(json!([])), Some(json!(["alias/pay"]))));
        let back = Alias.calls(Some(&moved), Some(&made)).unwrap();
        assert_eq!(run(&Alias, &back, Some(&made.key()), &mut world), Ok(Some(made.clone())));

        let delete = Alias.calls(Some(&made), None).unwrap();
        assert_eq!(run(&Alias, &delete, Some(&made.key()), &mut world), Ok(None));
        assert_eq!(aliases(&world, "k1"), Some(json!([])));
    }

    #[test]
    fn kms_refuses_what_it_would_refuse() {
        let alias = document(&place(), "alias/pay", "k1");
        let create = Alias.calls(None, Some(&alias)).unwrap();
        let delete = Alias.calls(Some(&alias), None).unwrap();
        let elsewhere = Alias.calls(None, Some(&document(&place(), "alias/pay", "k9"))).unwrap();
        let error = |calls: &[Call], world: &mut Snapshot| run(&Alias, calls, None, world).unwrap_err();
        let mut world = world(keys());
        assert!(error(&delete, &mut world).starts_with("NotFoundException"));
        assert!(error(&elsewhere, &mut world).starts_with("NotFoundException"));
        run(&Alias, &create, None, &mut world).unwrap();
        assert!(error(&create, &mut world).starts_with("AlreadyExistsException"));
    }
}
