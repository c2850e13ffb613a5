//! `AWS::KMS::Key`. Its id is the key's id. Lists have customer managed keys only: AWS manages its own.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_kms::types::{KeyManagerType, KeyMetadata, KeyState, MultiRegionKeyType, Tag};
use serde_json::Value;

use super::key_calls::{DEFAULT_PERIOD, create, update};
use super::{key_effect, rights, trails};
use crate::cloud::aws::AwsType;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent, unreadable};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::{all, each, items};
use crate::cloud::aws::object::{Object, time};
use crate::cloud::aws::{document, tags};
use crate::cloud::{CallError, Listing};
use crate::model::{Call, Impossible, Part, Parts, Place, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write};

/// `AWS::KMS::Key`.
pub struct Key;

const DESCRIPTION: &str = "description";
const ALIASES: &str = "aliases";
const ROTATION: &str = "rotation";
const POLICY: &str = "policy";
const TAGS: &str = "tags";

/// A key policy that is given to a new key has to let the caller write it again, and the policy that hands the key to IAM
/// leaves that to the caller's own permissions. Tags of a new key take the permission for all keys.
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html>,
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_kms.html>
const WRITES: &[Write] = &[
    Write::create(&[Right::anywhere("kms:CreateKey")]),
    Write::create_with(&["KeyPolicy"], &[rights::key("kms:PutKeyPolicy")]),
    Write::create_with(&["Tags"], &[rights::key("kms:TagResource")]),
    Write::create_with(&["EnableKeyRotation"], &[rights::key("kms:EnableKeyRotation")])
        .with(|on| *on == Value::Bool(true)),
    Write::create_with(&["Enabled"], &[rights::key("kms:DisableKey")]).with(|on| *on == Value::Bool(false)),
    Write::update(&["Description"], &[rights::key("kms:UpdateKeyDescription")]),
    Write::update(&["KeyPolicy"], &[rights::key("kms:PutKeyPolicy")]),
    Write::update(&["Tags"], &[rights::key("kms:TagResource"), rights::key("kms:UntagResource")]),
    Write::update(&["EnableKeyRotation", "RotationPeriodInDays"], &[rights::key("kms:EnableKeyRotation")]),
    Write::update(&["EnableKeyRotation"], &[rights::key("kms:DisableKeyRotation")]),
    Write::update(
        &["Enabled"],
        &[rights::key("kms:CancelKeyDeletion"), rights::key("kms:EnableKey"), rights::key("kms:DisableKey")],
    ),
];

impl ResourceType for Key {
    fn name(&self) -> &'static str {
        "AWS::KMS::Key"
    }

    fn reads(&self) -> &'static [Right] {
        const { &[Right::anywhere("kms:ListKeys"), rights::key("kms:DescribeKey")] }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        const {
            &[
                Part {
                    name: DESCRIPTION,
                    permissions: &[],
                    properties: &["Description", "Enabled", "KeySpec", "KeyUsage", "MultiRegion", "Origin"],
                    facts: &["KeyState", "KeyManager", "DeletionDate", "MultiRegionKeyType"],
                },
                Part { name: ALIASES, permissions: &[rights::LIST_ALIASES], properties: &[], facts: &["Aliases"] },
                Part {
                    name: ROTATION,
                    permissions: &[rights::key("kms:GetKeyRotationStatus")],
                    properties: &["EnableKeyRotation", "RotationPeriodInDays"],
                    facts: &[],
                },
                Part {
                    name: POLICY,
                    permissions: &[rights::key("kms:GetKeyPolicy")],
                    properties: &["KeyPolicy"],
                    facts: &[],
                },
                Part {
                    name: TAGS,
                    permissions: &[rights::key("kms:ListResourceTags")],
                    properties: &["Tags"],
                    facts: &[],
                },
            ]
        }
    }

    fn trails(&self) -> &'static [Trail] {
        trails::KEY
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named_key(arn)
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        match (before, after) {
            (None, Some(after)) => create(after),
            (Some(before), Some(after)) => update(before, after),
            (Some(_), None) => Err(Impossible("a key that may have encrypted data is not deleted by rectify".into())),
            (None, None) => Ok(Vec::new()),
        }
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        key_effect::on_key(place, call, world)
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        let differs = |pointer: &str| {
            before.is_some_and(|before| before.property(pointer) != after.and_then(|after| after.property(pointer)))
        };
        let on = |pointer: &str| after.is_some_and(|after| after.property(pointer) == Some(&Value::Bool(true)));
        let rotates = on("/EnableKeyRotation") && (before.is_none() || differs("/EnableKeyRotation"));
        let statements = |key: Option<&Resource>| -> Vec<Value> {
            let list = key.and_then(|key| key.properties.pointer("/KeyPolicy/Statement")).and_then(Value::as_array);
            list.cloned().unwrap_or_default()
        };
        let kept = statements(after);
        let left_out = differs("/KeyPolicy") && !statements(before).iter().all(|statement| kept.contains(statement));
        let texts = [
            // https://aws.amazon.com/kms/pricing/
            (before.is_none(), "A customer managed key costs 1 USD a month, and an undo leaves it in place."),
            (
                left_out,
                "A principal that the new policy leaves out, in this account or another, can no longer use the key or what it has encrypted.",
            ),
            (
                differs("/Enabled") && !on("/Enabled"),
                "Nothing that the key has encrypted can be read while it is disabled.",
            ),
            // https://aws.amazon.com/kms/pricing/
            (rotates, "AWS KMS bills the key material of a key's first two rotations."),
            (rotates && on("/MultiRegion"), "The replicas of the key take its rotation over."),
        ];
        texts.into_iter().filter(|(applies, _)| *applies).map(|(_, text)| text.to_owned()).collect()
    }
}

#[async_trait]
impl AwsType for Key {
    async fn list(&self, aws: &Clients, _within: Option<&str>, parts: &Parts) -> Listing {
        let (keys, error) = items(
            "kms",
            "ListKeys",
            aws.kms.list_keys().into_paginator().stop_on_duplicate_token(false).items().send(),
        )
        .await;
        let ids = (keys.into_iter().filter_map(|key| key.key_id).collect(), error);
        // One listing brings the aliases of all keys.
        let aliases = &match parts.wants(ALIASES) {
            true => aliases(aws, None).await.map(Some),
            false => Ok(None),
        };
        each(aws, self, "kms", &ids, |id| async move {
            let key = self.metadata(aws, id).await?;
            let Some(key) = key.filter(|key| key.key_manager() != Some(&KeyManagerType::Aws)) else { return Ok(None) };
            let aliases = aliases.clone()?.map(|mut all| all.remove(id).unwrap_or_default());
            self.document(aws, &key, aliases, parts).await.map(Some)
        })
        .await
    }

    async fn read(&self, aws: &Clients, id: &str, parts: &Parts) -> Result<Option<Resource>, CallError> {
        let _slot = aws.slot("kms").await;
        let Some(key) = self.metadata(aws, id).await? else { return Ok(None) };
        let aliases = match parts.wants(ALIASES) {
            true => Some(aliases(aws, Some(key.key_id())).await?.remove(key.key_id()).unwrap_or_default()),
            false => None,
        };
        self.document(aws, &key, aliases, parts).await.map(Some)
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let _slot = aws.slot("kms").await;
        let input = Input(call);
        let id = input.text("KeyId");
        let kms = &aws.kms;
        match call.operation.as_str() {
            "CreateKey" => self.create(aws, &input).await,
            "EnableKey" => sent(call, kms.enable_key().set_key_id(id).send().await),
            "DisableKey" => sent(call, kms.disable_key().set_key_id(id).send().await),
            "CancelKeyDeletion" => sent(call, kms.cancel_key_deletion().set_key_id(id).send().await),
            "EnableKeyRotation" => {
                let days = input.integer("RotationPeriodInDays");
                let request = kms.enable_key_rotation().set_key_id(id).set_rotation_period_in_days(days);
                sent(call, request.send().await)
            }
            "DisableKeyRotation" => sent(call, kms.disable_key_rotation().set_key_id(id).send().await),
            "UpdateKeyDescription" => {
                let request = kms.update_key_description().set_key_id(id).set_description(input.text("Description"));
                sent(call, request.send().await)
            }
            "PutKeyPolicy" => {
                let request = kms.put_key_policy().set_key_id(id).set_policy(input.text("Policy"));
                sent(call, request.set_policy_name(input.text("PolicyName")).send().await)
            }
            "TagResource" => {
                let request = kms.tag_resource().set_key_id(id).set_tags(written_tags(&input)?);
                sent(call, request.send().await)
            }
            "UntagResource" => {
                let request = kms.untag_resource().set_key_id(id).set_tag_keys(input.texts("TagKeys"));
                sent(call, request.send().await)
            }
            _ => Err(input.unknown()),
        }
    }
}

impl Key {
    async fn metadata(&self, aws: &Clients, id: &str) -> Result<Option<KeyMetadata>, CallError> {
        let answer = aws.kms.describe_key().key_id(id).send().await;
        let output = found(answer.map_err(|error| call_error("kms", "DescribeKey", error)))?;
        Ok(output.and_then(|output| output.key_metadata))
    }

    async fn create(&self, aws: &Clients, input: &Input<'_>) -> Result<Sent, CallError> {
        let kind = |name| input.text(name);
        let request = aws
            .kms
            .create_key()
            .set_description(kind("Description"))
            .set_policy(kind("Policy"))
            .set_key_spec(kind("KeySpec").map(|name| name.as_str().into()))
            .set_key_usage(kind("KeyUsage").map(|name| name.as_str().into()))
            .set_origin(kind("Origin").map(|name| name.as_str().into()))
            .set_multi_region(input.flag("MultiRegion"))
            .set_tags(written_tags(input)?);
        let answer = request.send().await;
        let key = answer.as_ref().ok().and_then(|output| output.key_metadata().cloned());
        let (id, arn) = (key.as_ref().map(|key| key.key_id.clone()), key.and_then(|key| key.arn));
        Ok(Sent { id, arn, ..sent(input.0, answer)? })
    }

    /// The document of a key whose description is known. The caller holds the slot.
    async fn document(
        &self,
        aws: &Clients,
        key: &KeyMetadata,
        aliases: Option<Vec<String>>,
        parts: &Parts,
    ) -> Result<Resource, CallError> {
        let id = key.key_id();
        let mut properties = Object::default();
        properties
            .set("Description", key.description())
            .set("Enabled", Some(key.enabled()))
            .set("KeySpec", key.key_spec().map(|name| name.as_str()))
            .set("KeyUsage", key.key_usage().map(|name| name.as_str()))
            .set("MultiRegion", key.multi_region())
            .set("Origin", key.origin().map(|name| name.as_str()));
        let mut facts = Object::default();
        let region_type =
            key.multi_region_configuration().and_then(|configuration| configuration.multi_region_key_type());
        facts
            .set("KeyState", key.key_state().map(|name| name.as_str()))
            .set("KeyManager", key.key_manager().map(|name| name.as_str()))
            .set("DeletionDate", time(key.deletion_date()))
            .set("MultiRegionKeyType", region_type.map(|name| name.as_str()))
            .set("Aliases", aliases);
        if parts.wants(ROTATION) && rotates(key) {
            let answer = aws.kms.get_key_rotation_status().key_id(id).send().await;
            let output = answer.map_err(|error| call_error("kms", "GetKeyRotationStatus", error))?;
            let on = output.key_rotation_enabled();
            let period = output.rotation_period_in_days().map(i64::from);
            properties
                .set("EnableKeyRotation", Some(on))
                .set("RotationPeriodInDays", period.filter(|days| on && *days != DEFAULT_PERIOD));
        }
        if parts.wants(POLICY) {
            let answer = aws.kms.get_key_policy().key_id(id).policy_name("default").send().await;
            let output = answer.map_err(|error| call_error("kms", "GetKeyPolicy", error))?;
            let policy = document::parse(output.policy().unwrap_or_default());
            let wrong =
                |error| unreadable("kms", "GetKeyPolicy", format!("the key policy is no policy document: {error}"));
            properties.set("KeyPolicy", Some(policy.map_err(wrong)?));
        }
        if parts.wants(TAGS) {
            let pages =
                aws.kms.list_resource_tags().key_id(id).into_paginator().stop_on_duplicate_token(false).items().send();
            let tags = all("kms", "ListResourceTags", pages).await?;
            let tags = tags.into_iter().map(|tag| (tag.tag_key, tag.tag_value));
            properties.set("Tags", tags::property(tags, tags::Shape::Pairs));
        }
        Ok(Resource::new(aws.key(self, id), key.arn().unwrap_or_default(), properties.0, facts.0))
    }
}

/// Whether KMS can rotate the key now. For a disabled key nothing can be changed, for one that waits for its deletion
/// KMS answers no whatever it was, and a replica's rotation is its primary's.
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html>
fn rotates(key: &KeyMetadata) -> bool {
    let replica = key
        .multi_region_configuration()
        .is_some_and(|configuration| configuration.multi_region_key_type() == Some(&MultiRegionKeyType::Replica));
    key.key_spec().is_some_and(|spec| spec.as_str() == "SYMMETRIC_DEFAULT")
        && key.origin().is_some_and(|origin| origin.as_str() == "AWS_KMS")
        && key.key_state() == Some(&KeyState::Enabled)
        && !replica
}

/// The names of aliases by the id of their key; of one key where it is named.
async fn aliases(aws: &Clients, key: Option<&str>) -> Result<BTreeMap<String, Vec<String>>, CallError> {
    let mut by_key: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let request = aws.kms.list_aliases().set_key_id(key.map(str::to_owned));
    for entry in
        all("kms", "ListAliases", request.into_paginator().stop_on_duplicate_token(false).items().send()).await?
    {
        if let (Some(name), Some(target)) = (entry.alias_name, entry.target_key_id) {
            by_key.entry(target).or_default().push(name);
        }
    }
    by_key.values_mut().for_each(|names| names.sort());
    Ok(by_key)
}

fn written_tags(input: &Input<'_>) -> Result<Option<Vec<Tag>>, CallError> {
    if input.value("Tags").is_none() {
        return Ok(None);
    }
    let tags = tags::map(input.value("Tags")).into_iter();
    let tags = tags.map(|(key, value)| Tag::builder().tag_key(key).tag_value(value).build());
    tags.collect::<Result<Vec<_>, _>>().map(Some).map_err(|error| input.invalid(error.to_string()))
}
