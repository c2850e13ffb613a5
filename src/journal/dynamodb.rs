//! The store of a fleet: one table in DynamoDB.
//!
//! | attribute | type | what it holds |
//! |---|---|---|
//! | `pk`, `sk` | S | the key: partition and sort |
//! | `body` | S, or B | the body; compressed by zlib where it is long |
//! | `chunks` | N | instead of `body`: in how many items of the partition `chunk#WRITE` it stands, compressed |
//! | `version` | N | what compare-and-swap compares |
//! | `write` | S | a name of the write that made this version |
//! | `expires` | N | seconds since 1970: the table's time to live |
//!
//! Every read is strongly consistent, every write conditional. Throttling is left to the SDK's retries.

use std::collections::HashMap;
use std::error::Error;
use std::io::{Read, Write};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ReturnValue,
    ReturnValuesOnConditionCheckFailure, ScalarAttributeType, TableStatus, TimeToLiveSpecification,
};
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Item, Key, Store, StoreError};

/// From how many bytes on a body is compressed: a write is charged for each kilobyte.
const LONG: usize = 4 << 10;
/// Bytes of a body in one item. An item holds 400 KB with its keys and names
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>).
const CHUNK: usize = 350 << 10;
/// How long the chunks of a body that is being written stay when its writer ends.
const DRAFT: SignedDuration = SignedDuration::from_hours(24);
/// Chunks on their way at once.
const AT_ONCE: usize = 4;

type Attributes = HashMap<String, AttributeValue>;

/// A store in one table: `pk` and `sk` are its keys, `expires` its time to live.
#[derive(Clone, Debug)]
pub struct DynamoDb {
    client: Client,
    table: String,
}

/// An item as it stands in the table.
struct Stored {
    version: u64,
    write: String,
    body: Body,
}

enum Body {
    Here(String),
    Chunks(usize),
}

/// What a stored item is with its body.
enum Whole {
    Item(Item),
    /// Its chunks are not all there: it went while it was read, or has lost one.
    Parted,
    /// Its chunks are not what was written.
    Damaged(String),
}

/// An item, none where there is none, or what is wrong with the one that is there.
type Gotten = Result<Option<Item>, String>;

impl DynamoDb {
    /// A table that is there already; nothing is asked of it yet.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// Makes the table where it is not there, with its time to live, and waits until it can be used.
    pub async fn create_table(&self) -> Result<(), StoreError> {
        let mut create = self.client.create_table().table_name(&self.table).billing_mode(BillingMode::PayPerRequest);
        for (name, kind) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
            let element = KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
            let attribute =
                AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build();
            create = create
                .key_schema(element.map_err(|error| self.error(error.to_string()))?)
                .attribute_definitions(attribute.map_err(|error| self.error(error.to_string()))?);
        }
        if let Err(error) = create.send().await
            && !error.as_service_error().is_some_and(|error| error.is_resource_in_use_exception())
        {
            return Err(self.failed("CreateTable", &error));
        }
        for _ in 0..120 {
            let described = self.client.describe_table().table_name(&self.table).send().await;
            let described = described.map_err(|error| self.failed("DescribeTable", &error))?;
            if described.table().and_then(|table| table.table_status()) == Some(&TableStatus::Active) {
                return self.expire().await;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        Err(self.error("the table was not ready after a minute".into()))
    }

    async fn expire(&self) -> Result<(), StoreError> {
        let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name("expires").build();
        let ttl = ttl.map_err(|error| self.error(error.to_string()))?;
        let set = self.client.update_time_to_live().table_name(&self.table).time_to_live_specification(ttl);
        match set.send().await {
            Err(error) if !error.message().is_some_and(|message| message.contains("already enabled")) => {
                Err(self.failed("UpdateTimeToLive", &error))
            }
            _ => Ok(()),
        }
    }

    /// Writes a version where the condition holds.
    ///
    /// The SDK sends a write again whose answer was lost, and the second one finds the condition broken by the first: an
    /// item that has the name of this write is its own.
    async fn put(
        &self,
        key: &Key,
        version: u64,
        body: &str,
        expires: Option<Timestamp>,
        condition: impl FnOnce(PutItemFluentBuilder) -> PutItemFluentBuilder + Send,
    ) -> Result<bool, StoreError> {
        let write = Uuid::now_v7().simple().to_string();
        let mut put = self.client.put_item().table_name(&self.table);
        put = put.item("pk", text(&key.partition)).item("sk", text(&key.sort));
        put = put.item("version", number(version)).item("write", text(&write));
        if let Some(expires) = expires {
            put = put.item("expires", number(expires.as_second()));
        }
        let mut chunks = 0;
        put = if body.len() < LONG {
            put.item("body", text(body))
        } else {
            let packed = pack(body).map_err(|error| self.error(error.to_string()))?;
            if packed.len() <= CHUNK {
                put.item("body", AttributeValue::B(Blob::new(packed)))
            } else {
                chunks = self.write_chunks(&write, &packed, expires).await?;
                put.item("chunks", number(chunks))
            }
        };
        let sent = condition(put)
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let error = match sent {
            Ok(answer) => {
                self.forget(answer.attributes()).await;
                return Ok(true);
            }
            Err(error) => error,
        };
        let Some(PutItemError::ConditionalCheckFailedException(broken)) = error.as_service_error() else {
            // Nobody knows whether it was written: its chunks stay.
            return Err(self.failed("PutItem", &error));
        };
        let stands = match broken.item() {
            Some(stands) => Some(stands.clone()),
            None => self.attributes(key).await?,
        };
        if stands.is_some_and(|stands| stands.get("write") == Some(&text(&write))) {
            return Ok(true);
        }
        self.remove_chunks(&write, chunks).await;
        Ok(false)
    }

    /// Writes the chunks of a body before the item that leads to them. Until all of them stand there they expire within a
    /// day, then with their item: it can be lost by no crash, and only a writer that ends just before its item leaves
    /// chunks behind.
    async fn write_chunks(&self, write: &str, packed: &[u8], expires: Option<Timestamp>) -> Result<usize, StoreError> {
        let draft = now() + DRAFT;
        let partition = format!("chunk#{write}");
        let count = packed.chunks(CHUNK).len();
        let puts = packed.chunks(CHUNK).enumerate().map(|(index, chunk)| {
            let put = self.client.put_item().table_name(&self.table);
            let put = put.item("pk", text(&partition)).item("sk", text(&sort_of(index)));
            let put = put.item("body", AttributeValue::B(Blob::new(chunk))).item("expires", number(draft.as_second()));
            async move { put.send().await.map(drop).map_err(|error| self.failed("PutItem", &error)) }
        });
        let puts: Vec<_> = puts.collect();
        stream::iter(puts).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
        let keeps = (0..count).map(|index| {
            let update = self.client.update_item().table_name(&self.table);
            let update = update.key("pk", text(&partition)).key("sk", text(&sort_of(index)));
            let update =
                update.condition_expression("attribute_exists(pk)").expression_attribute_names("#e", "expires");
            let update = match expires {
                None => update.update_expression("REMOVE #e"),
                Some(expires) => update
                    .update_expression("SET #e = :e")
                    .expression_attribute_values(":e", number(expires.as_second())),
            };
            async move { update.send().await.map(drop).map_err(|error| self.failed("UpdateItem", &error)) }
        });
        let keeps: Vec<_> = keeps.collect();
        stream::iter(keeps).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
        Ok(count)
    }

    /// Removes the chunks of an item that is gone. What fails costs storage and nothing else.
    async fn forget(&self, gone: Option<&Attributes>) {
        if let Some(Ok(Stored { write, body: Body::Chunks(count), .. })) = gone.map(stored) {
            self.remove_chunks(&write, count).await;
        }
    }

    async fn remove_chunks(&self, write: &str, count: usize) {
        for index in 0..count {
            let delete = self.client.delete_item().table_name(&self.table);
            let delete = delete.key("pk", text(&format!("chunk#{write}"))).key("sk", text(&sort_of(index)));
            if let Err(error) = delete.send().await {
                let error = self.failed("DeleteItem", &error);
                tracing::warn!(write, index, %error, "chunk left behind");
            }
        }
    }

    async fn attributes(&self, key: &Key) -> Result<Option<Attributes>, StoreError> {
        let get = self.client.get_item().table_name(&self.table).consistent_read(true);
        let got = get.key("pk", text(&key.partition)).key("sk", text(&key.sort)).send().await;
        Ok(got.map_err(|error| self.failed("GetItem", &error))?.item)
    }

    /// All of a partition, every page.
    async fn query(&self, partition: &str) -> Result<Vec<Attributes>, StoreError> {
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query.key_condition_expression("pk = :pk").expression_attribute_values(":pk", text(partition));
        let items = query.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        items.map_err(|error| self.failed("Query", &error))
    }

    /// An item with its body, or what is wrong with it.
    async fn get_whole(&self, key: &Key) -> Result<Gotten, StoreError> {
        let mut before = None;
        loop {
            let Some(attributes) = self.attributes(key).await? else { return Ok(Ok(None)) };
            let stored = match stored(&attributes) {
                Ok(stored) => stored,
                Err(why) => return Ok(Err(why)),
            };
            let write = stored.write.clone();
            match self.whole(stored).await? {
                Whole::Item(item) => return Ok(Ok(Some(item))),
                Whole::Damaged(why) => return Ok(Err(why)),
                Whole::Parted if before.as_ref() == Some(&write) => {
                    // Time to live takes items away in any order: of one that has expired a part may be gone before it.
                    let expires = attributes.get("expires").and_then(seconds);
                    let expired = expires.is_some_and(|expires| expires <= now().as_second());
                    return Ok(if expired { Ok(None) } else { Err("has lost a part of its body".to_owned()) });
                }
                Whole::Parted => before = Some(write),
            }
        }
    }

    fn named(&self, key: &Key, why: &str) -> StoreError {
        self.error(format!("item {} {} {why}", key.partition, key.sort))
    }

    /// An item with its body.
    async fn whole(&self, stored: Stored) -> Result<Whole, StoreError> {
        let body = match stored.body {
            Body::Here(body) => body,
            Body::Chunks(count) => {
                let chunks = self.query(&format!("chunk#{}", stored.write)).await?;
                let bytes: Vec<&[u8]> = chunks
                    .iter()
                    .filter_map(|chunk| chunk.get("body").and_then(|body| body.as_b().ok()))
                    .map(AsRef::as_ref)
                    .collect();
                if bytes.len() != count {
                    return Ok(Whole::Parted);
                }
                match unpack(&bytes.concat()) {
                    Ok(body) => body,
                    Err(error) => return Ok(Whole::Damaged(format!("cannot be unpacked: {error}"))),
                }
            }
        };
        Ok(Whole::Item(Item { body, version: stored.version }))
    }

    fn error(&self, message: String) -> StoreError {
        StoreError { place: self.place(), message }
    }

    fn failed<E, R>(&self, operation: &str, error: &SdkError<E, R>) -> StoreError
    where
        E: ProvideErrorMetadata + Error + 'static,
        R: std::fmt::Debug,
    {
        self.error(match (error.code(), error.message()) {
            (Some(code), Some(message)) => format!("{operation}: {code}: {message}"),
            (Some(code), None) => format!("{operation}: {code}"),
            (None, _) => format!("{operation}: {}", DisplayErrorContext(error)),
        })
    }
}

#[async_trait]
impl Store for DynamoDb {
    fn place(&self) -> String {
        format!("DynamoDB table {}", self.table)
    }

    async fn get(&self, key: &Key) -> Result<Option<Item>, StoreError> {
        self.get_whole(key).await?.map_err(|why| self.named(key, &why))
    }

    async fn create(&self, key: &Key, body: &str, expires: Option<Timestamp>) -> Result<bool, StoreError> {
        self.put(key, 1, body, expires, |put| put.condition_expression("attribute_not_exists(pk)")).await
    }

    async fn replace(
        &self,
        key: &Key,
        version: u64,
        body: &str,
        expires: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let condition = |put: PutItemFluentBuilder| {
            put.condition_expression("#v = :v")
                .expression_attribute_names("#v", "version")
                .expression_attribute_values(":v", number(version))
        };
        self.put(key, version.saturating_add(1), body, expires, condition).await
    }

    async fn remove(&self, key: &Key, version: u64) -> Result<bool, StoreError> {
        let delete = self.client.delete_item().table_name(&self.table).return_values(ReturnValue::AllOld);
        let delete = delete.key("pk", text(&key.partition)).key("sk", text(&key.sort));
        let delete = delete.condition_expression("#v = :v").expression_attribute_names("#v", "version");
        match delete.expression_attribute_values(":v", number(version)).send().await {
            Ok(answer) => {
                self.forget(answer.attributes()).await;
                Ok(true)
            }
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(self.failed("DeleteItem", &error)),
        }
    }

    async fn list(&self, partition: &str) -> Result<Vec<(String, Item)>, StoreError> {
        let each = self.list_each(partition).await?.into_iter();
        let named = |(sort, item): (String, Result<Item, String>)| match item {
            Ok(item) => Ok((sort, item)),
            Err(why) => Err(self.named(&Key::new(partition, sort), &why)),
        };
        each.map(named).collect()
    }

    async fn list_each(&self, partition: &str) -> Result<Vec<(String, Result<Item, String>)>, StoreError> {
        let mut items = Vec::new();
        for attributes in self.query(partition).await? {
            let sort = attributes.get("sk").and_then(|sort| sort.as_s().ok()).cloned().unwrap_or_default();
            let whole = match stored(&attributes) {
                Ok(stored) => self.whole(stored).await?,
                Err(why) => Whole::Damaged(why),
            };
            let item = match whole {
                Whole::Item(item) => Ok(Some(item)),
                Whole::Damaged(why) => Err(why),
                Whole::Parted => self.get_whole(&Key::new(partition, &sort)).await?,
            };
            items.extend(item.transpose().map(|item| (sort, item)));
        }
        Ok(items)
    }
}

fn stored(attributes: &Attributes) -> Result<Stored, String> {
    let number = |name| attributes.get(name).and_then(|value| value.as_n().ok()).and_then(|n| n.parse::<u64>().ok());
    let write = attributes.get("write").and_then(|value| value.as_s().ok());
    let body = match (attributes.get("body"), number("chunks")) {
        (Some(AttributeValue::S(body)), None) => Some(Body::Here(body.clone())),
        (Some(AttributeValue::B(packed)), None) => {
            Some(Body::Here(unpack(packed.as_ref()).map_err(|error| format!("cannot be unpacked: {error}"))?))
        }
        (None, Some(count)) => usize::try_from(count).ok().map(Body::Chunks),
        _ => None,
    };
    match (number("version"), write, body) {
        (Some(version), Some(write), Some(body)) => Ok(Stored { version, write: write.clone(), body }),
        _ => Err("is none that rectify writes".to_owned()),
    }
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn number(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn seconds(number: &AttributeValue) -> Option<i64> {
    number.as_n().ok()?.parse().ok()
}

#[expect(clippy::disallowed_methods, reason = "the table's time to live goes by the time of the world")]
fn now() -> Timestamp {
    Timestamp::now()
}

fn sort_of(chunk: usize) -> String {
    format!("{chunk:06}")
}

fn pack(body: &str) -> std::io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body.as_bytes())?;
    encoder.finish()
}

fn unpack(packed: &[u8]) -> std::io::Result<String> {
    let mut body = String::new();
    ZlibDecoder::new(packed).read_to_string(&mut body)?;
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_comes_back_out_of_its_package() {
        let body = "{\"Action\": \"lambda:InvokeFunction\"} ü ".repeat(10_000);
        let packed = pack(&body).unwrap();
        assert!(packed.len() < body.len() / 50, "{}", packed.len());
        assert_eq!(unpack(&packed).unwrap(), body);
        assert!(unpack(&packed[..100]).is_err());
    }
}
