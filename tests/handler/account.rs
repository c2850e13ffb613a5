//! An account of documents that counts what it is asked, handlers on it, and the events that tell of it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use rectify::cloud::{CallError, Cloud, Listing, OneAccount, Sandbox};
use rectify::engine::Bundle;
use rectify::event::handler::Handler;
use rectify::event::mode::{EventOptions, Mode};
use rectify::event::notice::{Notice, Notices, Sink};
use rectify::event::outcome::{Handled, Unhandled};
use rectify::journal::{Ledger, Sqlite, Store};
use rectify::model::{Call, Parts, Place, Resource, ResourceKey, Sent, Snapshot};
use serde_json::{Value, json};

use super::{bundle, demo, settings, types};

/// Who rectify is in the account.
pub const CALLER: &str = "arn:aws:sts::111122223333:assumed-role/Remediation/rectify";
/// Somebody else.
pub const SOMEBODY: &str = "arn:aws:sts::111122223333:assumed-role/ci-deploy/deploy-42";

/// A sandbox that counts.
pub struct Account {
    pub sandbox: Sandbox,
    pub reads: AtomicUsize,
    pub sends: Mutex<BTreeMap<String, usize>>,
    /// Set to have reads fail.
    pub down: AtomicBool,
    /// Set at the first call, which then takes a while.
    pub stop: Mutex<Option<Arc<AtomicBool>>>,
}

impl Account {
    pub fn new(world: Snapshot) -> Arc<Self> {
        let sandbox = Sandbox::memory(world, types());
        Arc::new(Self {
            sandbox,
            reads: AtomicUsize::new(0),
            sends: Mutex::default(),
            down: false.into(),
            stop: Mutex::default(),
        })
    }

    /// How many calls were sent.
    pub fn sent(&self) -> usize {
        self.sends.lock().unwrap().values().sum()
    }

    /// Somebody changes a property.
    pub fn change(&self, key: &ResourceKey, pointer: &str, value: Value) {
        let mut world = self.sandbox.world();
        let mut resource = Resource::clone(world.get(key).unwrap());
        *resource.properties.pointer_mut(pointer).unwrap() = value;
        world.insert(resource);
    }

    /// A property as it is.
    pub fn property(&self, key: &ResourceKey, pointer: &str) -> Value {
        self.sandbox.world().get(key).unwrap().properties.pointer(pointer).cloned().unwrap_or_default()
    }
}

#[async_trait]
impl Cloud for Account {
    fn place(&self) -> &Place {
        self.sandbox.place()
    }

    fn caller(&self) -> &str {
        CALLER
    }

    fn regions(&self) -> &[String] {
        self.sandbox.regions()
    }

    async fn list(&self, type_name: &str, region: &str, within: Option<&str>, parts: &Parts) -> Listing {
        self.reads.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        self.sandbox.list(type_name, region, within, parts).await
    }

    async fn read(&self, key: &ResourceKey, parts: &Parts) -> Result<Option<Resource>, CallError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        if self.down.load(Ordering::SeqCst) {
            return Err(CallError {
                kind: rectify::cloud::CallErrorKind::Throttled,
                service: "kms".into(),
                operation: "DescribeKey".into(),
                message: "ThrottlingException: Rate exceeded".into(),
                request_id: None,
            });
        }
        self.sandbox.read(key, parts).await
    }

    async fn send(&self, type_name: &str, region: &str, call: &Call) -> Result<Sent, CallError> {
        tokio::task::yield_now().await;
        let what = format!("{} {}", call.operation, call.input);
        let sent = self.sandbox.send(type_name, region, call).await;
        *self.sends.lock().unwrap().entry(what).or_default() += 1;
        let stop = self.stop.lock().unwrap().take();
        if let Some(stop) = stop {
            stop.store(true, Ordering::SeqCst);
            tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        }
        // The answer takes its time.
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        sent
    }
}

/// Takes every notice.
#[derive(Clone, Default)]
pub struct Told(pub Arc<Mutex<Vec<Notice>>>);

impl Told {
    /// The subjects, in order.
    pub fn subjects(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().iter().map(|notice| notice.subject.name()).collect()
    }
}

#[async_trait]
impl Sink for Told {
    fn name(&self) -> String {
        "test".to_owned()
    }

    async fn send(&self, notice: &Notice) -> Result<(), String> {
        self.0.lock().unwrap().push(notice.clone());
        Ok(())
    }
}

/// A handler on the demo's account, with what it keeps and what it tells.
pub struct Test {
    pub account: Arc<Account>,
    pub store: Arc<dyn Store>,
    pub told: Told,
    pub handler: Handler,
    pub stop: Arc<AtomicBool>,
}

impl Test {
    /// It enforces these policies.
    pub fn of(policies: &[&str]) -> Self {
        let (account, told) = (Account::new(demo()), Told::default());
        let store: Arc<dyn Store> = Arc::new(Sqlite::memory().unwrap());
        let mut bundle = bundle();
        bundle.policies.retain(|policy| policies.contains(&policy.id().as_str()));
        let handler = handler(&account, &bundle, &store, &told);
        Self { account, store, told, handler, stop: Arc::default() }
    }

    pub async fn handle(&self, event: &Value) -> Result<Handled, Unhandled> {
        self.handler.handle(event, &self.stop).await
    }
}

/// A handler of the account that enforces, with what it shares with others.
pub fn handler(account: &Arc<Account>, bundle: &Bundle, store: &Arc<dyn Store>, told: &Told) -> Handler {
    Handler {
        types: types(),
        bundle: bundle.clone(),
        settings: settings(),
        clouds: Arc::new(OneAccount(account.clone())),
        journal: store.clone(),
        ledger: Ledger::new(store.clone()),
        options: EventOptions::default(),
        mode: Mode::Enforce,
        queue: None,
        notices: Notices::new([Box::new(told.clone()) as Box<dyn Sink>]),
        hold: SignedDuration::from_secs(30),
        clock: Timestamp::now,
    }
}

/// The record of a call about a KMS key.
pub fn key_event(id: &str, key: &str, at: Timestamp, by: &str) -> Value {
    let parameters = json!({"keyId": key});
    event(id, ["aws.kms", "kms.amazonaws.com", "DisableKeyRotation"], parameters, at, by)
}

/// The record of a call about a stage.
pub fn stage_event(id: &str, api: &str, stage: &str, at: Timestamp, by: &str) -> Value {
    let parameters = json!({"restApiId": api, "stageName": stage});
    event(id, ["aws.apigateway", "apigateway.amazonaws.com", "UpdateStage"], parameters, at, by)
}

/// The record of a call about a function.
pub fn function_event(id: &str, name: &str, at: Timestamp, by: &str) -> Value {
    let parameters = json!({"functionName": name});
    let what = ["aws.lambda", "lambda.amazonaws.com", "UpdateFunctionConfiguration20150331v2"];
    event(id, what, parameters, at, by)
}

fn event(id: &str, [source, service, name]: [&str; 3], parameters: Value, at: Timestamp, by: &str) -> Value {
    let at = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    json!({
        "version": "0", "id": id, "detail-type": "AWS API Call via CloudTrail", "source": source,
        "account": "111122223333", "time": at, "region": "eu-west-1", "resources": [],
        "detail": {
            "eventVersion": "1.11", "eventTime": at, "eventSource": service, "eventName": name,
            "awsRegion": "eu-west-1", "sourceIPAddress": "192.0.2.7", "userAgent": "rectify",
            "userIdentity": {"type": "AssumedRole", "arn": by, "accountId": "111122223333"},
            "requestParameters": parameters, "responseElements": null, "readOnly": false,
            "eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": "111122223333",
        },
    })
}
