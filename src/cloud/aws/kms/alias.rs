//! `AWS::KMS::Alias`: a name of a key. Its id is the alias's name.

use async_trait::async_trait;
use serde_json::json;

use crate::cloud::aws::AwsType;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::error::{call_error, unread};
use crate::cloud::aws::fields::only;
use crate::cloud::aws::input::{Input, Object};
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Locate, Part, Parts, Place, Relation, Resource, ResourceKey, ResourceType, Sent, Snapshot,
};

/// `AWS::KMS::Alias`.
pub struct Alias;

const LISTING: &str = "listing";

impl ResourceType for Alias {
    fn name(&self) -> &'static str {
        "AWS::KMS::Alias"
    }

    fn parts(&self) -> &'static [Part] {
        &[Part {
            name: LISTING,
            permissions: &["kms:ListAliases"],
            properties: &["AliasName", "TargetKeyId"],
            facts: &[],
        }]
    }

    fn relations(&self) -> &'static [Relation] {
        &[Relation {
            name: "key",
            of: "AWS::KMS::Key",
            many: false,
            locate: |alias| Locate::Ids(alias.text("/TargetKeyId").map(str::to_owned).into_iter().collect()),
            needs: &["TargetKeyId"],
        }]
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let target = |alias: &Resource| alias.property("/TargetKeyId").cloned();
        Ok(match (before, after) {
            (None, Some(after)) => vec![Call::new(
                "kms",
                "CreateAlias",
                json!({"AliasName": after.property("/AliasName"), "TargetKeyId": target(after)}),
            )],
            (Some(before), None) => vec![Call::new("kms", "DeleteAlias", json!({"AliasName": before.id}))],
            (Some(before), Some(after)) => {
                only(&["TargetKeyId"], before, after)?;
                if target(before) == target(after) {
                    vec![]
                } else {
                    vec![Call::new("kms", "UpdateAlias", json!({"AliasName": before.id, "TargetKeyId": target(after)}))]
                }
            }
            (None, None) => vec![],
        })
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        let name = input.text("AliasName").ok_or("AliasName is missing")?;
        let key = key(place, &name);
        let key_of = |id: &str| ResourceKey { type_name: "AWS::KMS::Key".into(), id: id.to_owned(), ..key.clone() };
        if let Some(old) = world.remove(&key)
            && let Some(target) = old.text("/TargetKeyId")
        {
            rename(world, &key_of(target), |aliases| aliases.retain(|alias| *alias != name));
        }
        let Some(target) = input.text("TargetKeyId") else { return Ok(Sent::default()) };
        rename(world, &key_of(&target), |aliases| aliases.push(name.clone()));
        let alias = document(place, &name, &target);
        let sent = Sent { id: Some(name), arn: Some(alias.arn.clone()), request_id: None };
        world.insert(alias);
        Ok(sent)
    }
}

#[async_trait]
impl AwsType for Alias {
    async fn list(&self, aws: &Clients, _within: Option<&str>, _parts: &Parts) -> Listing {
        let mut listing = Listing::default();
        let mut pages = aws.kms.list_aliases().into_paginator().items().send();
        while let Some(item) = pages.next().await {
            match item {
                Ok(alias) => {
                    // Aliases that AWS made for its own keys may point to none yet.
                    if let (Some(name), Some(target)) = (alias.alias_name(), alias.target_key_id())
                        && !name.starts_with("alias/aws/")
                    {
                        listing.resources.push(document(&aws.place, name, target));
                    }
                }
                Err(error) => {
                    listing.unread.push(unread(aws.key(self, ""), &call_error("kms", "ListAliases", error)));
                    break;
                }
            }
        }
        listing
    }

    async fn read(&self, aws: &Clients, id: &str, parts: &Parts) -> Result<Option<Resource>, CallError> {
        // KMS has no call that reads one alias by its name: DescribeKey answers for the key behind it.
        let _ = parts;
        let described = aws.kms.describe_key().key_id(id).send().await;
        match described.map_err(|error| call_error("kms", "DescribeKey", error)) {
            Ok(output) => Ok(output.key_metadata().map(|key| document(&aws.place, id, key.key_id()))),
            Err(error) if error.kind == crate::cloud::CallErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let input = Input(call);
        let (name, target) = (input.text("AliasName"), input.text("TargetKeyId"));
        match call.operation.as_str() {
            "CreateAlias" => {
                let sent = aws.kms.create_alias().set_alias_name(name.clone()).set_target_key_id(target).send().await;
                sent.map_err(|error| call_error("kms", "CreateAlias", error))?;
                let arn = name.as_ref().map(|name| arn(&aws.place, name));
                Ok(Sent { id: name, arn, request_id: None })
            }
            "UpdateAlias" => {
                let sent = aws.kms.update_alias().set_alias_name(name).set_target_key_id(target).send().await;
                sent.map(|_| Sent::default()).map_err(|error| call_error("kms", "UpdateAlias", error))
            }
            "DeleteAlias" => {
                let sent = aws.kms.delete_alias().set_alias_name(name).send().await;
                sent.map(|_| Sent::default()).map_err(|error| call_error("kms", "DeleteAlias", error))
            }
            _ => Err(input.unknown()),
        }
    }
}

fn key(place: &Place, name: &str) -> ResourceKey {
    ResourceKey {
        type_name: Alias.name().into(),
        account: place.account.clone(),
        region: place.region.clone(),
        id: name.to_owned(),
    }
}

fn arn(place: &Place, name: &str) -> String {
    format!("arn:{}:kms:{}:{}:{name}", place.partition, place.region, place.account)
}

fn document(place: &Place, name: &str, target: &str) -> Resource {
    let mut properties = Object::default();
    properties.set("AliasName", Some(name)).set("TargetKeyId", Some(target));
    Resource::new(key(place, name), arn(place, name), properties.0, serde_json::Map::new())
}

/// Changes the aliases that a key's document names.
fn rename(world: &mut Snapshot, key: &ResourceKey, change: impl FnOnce(&mut Vec<String>)) {
    let Some(found) = world.get(key) else { return };
    let mut document = Resource::clone(found);
    let names = document.facts.get("Aliases").and_then(|aliases| aliases.as_array());
    let mut names: Vec<String> =
        names.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect();
    change(&mut names);
    if let Some(facts) = document.facts.as_object_mut() {
        facts.insert("Aliases".to_owned(), names.into());
    }
    world.insert(document);
}
