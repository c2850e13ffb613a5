//! A small account on ministack behind the proxy, and the real binary that works on it: what a test needs of an account is
//! made by a few calls, and nothing else is there.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use rectify::cloud::aws::TYPES;
use rectify::cloud::snapshot_file;
use rectify::journal::{self, DynamoDb, Sqlite};
use rectify::model::{Event, ResourceType, ResourceTypes, Run, Snapshot};
use rectify::text::Source;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::emulator::{ACCOUNT, REGION, connect};
use super::http::Message;
use super::open::Told;
use super::venv::Venv;
use super::{Emulator, Kind, Proxy};

/// Which journal the binary writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// A file of its own.
    Sqlite,
    /// A table on the same emulator.
    DynamoDb,
}

/// The table of the journal.
pub const TABLE: &str = "rectify-journal";

/// The account, and a home for the binary.
pub struct Field {
    pub proxy: Proxy,
    pub emulator: Emulator,
    folder: TempDir,
    kept: Kept,
}

impl Field {
    /// An empty account, and an empty home with that journal.
    pub fn new(kept: Kept) -> Self {
        let emulator = Emulator::start(Kind::Ministack);
        let proxy = Proxy::before(&emulator);
        let field = Self { proxy, emulator, folder: TempDir::new().expect("there is room"), kept };
        field.make_table();
        field
    }

    /// Begins again: an empty account, and an empty home.
    pub fn begin_again(&mut self) {
        self.emulator.reset();
        self.proxy.calm();
        self.folder = TempDir::new().expect("there is room");
        self.make_table();
    }

    fn make_table(&self) {
        if self.kept == Kept::DynamoDb {
            let attribute = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
            let key = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
            let table = json!({
                "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [attribute("pk"), attribute("sk")],
                "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
            });
            self.ask("dynamodb", "DynamoDB_20120810.CreateTable", &table);
        }
    }

    /// What a service of the JSON protocol answers, past the proxy: `TrentService.CreateKey` of `kms`.
    pub fn ask(&self, service: &str, target: &str, input: &Value) -> Value {
        let scope = format!("{ACCOUNT}/20261122/{REGION}/{service}/aws4_request");
        let signed = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
        let headers = [
            ("Host", "127.0.0.1"),
            ("Content-Type", "application/x-amz-json-1.1"),
            ("X-Amz-Target", target),
            ("Authorization", signed.as_str()),
        ];
        let asked = Message::new("POST / HTTP/1.1", &headers, input.to_string());
        let answer = asked.send(self.emulator.address()).expect("the emulator answers");
        assert_eq!(answer.status(), Some(200), "{target}: {}", String::from_utf8_lossy(&answer.body));
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }

    /// Makes a table that is encrypted with DynamoDB's own key.
    pub fn make_orders(&self) {
        let table = json!({
            "TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        });
        self.ask("dynamodb", "DynamoDB_20120810.CreateTable", &table);
    }

    /// The key that encrypts it; none where that is DynamoDB's own.
    pub fn key_of_orders(&self) -> Option<String> {
        let told = self.ask("dynamodb", "DynamoDB_20120810.DescribeTable", &json!({"TableName": "orders"}));
        let sse = &told["Table"]["SSEDescription"];
        let on = sse["Status"].as_str().is_some_and(|status| status.starts_with("ENABL"));
        sse["KMSMasterKeyArn"].as_str().filter(|_| on).map(str::to_owned)
    }

    /// The keys' ids.
    pub fn keys(&self) -> Vec<String> {
        let told = self.ask("kms", "TrentService.ListKeys", &json!({}));
        let ids = told["Keys"].as_array().into_iter().flatten().filter_map(|key| key["KeyId"].as_str());
        ids.map(str::to_owned).collect()
    }

    /// What a script prints that talks to the emulator.
    pub fn python(&self, script: &str) -> String {
        Venv::shared().run(script, &[], Some(&self.emulator.endpoint()))
    }

    /// A command that is not run yet, behind the proxy.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.at(&self.proxy.endpoint(), arguments)
    }

    fn at(&self, endpoint: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rectify"));
        connect(&mut command, endpoint).args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("RECTIFY_HOME", self.folder.path().join("home")).env("NO_COLOR", "1").env_remove("RUST_LOG");
        command.env("RECTIFY_FINGERPRINT_KEY", "0".repeat(64));
        match self.kept {
            Kept::Sqlite => command.env_remove("RECTIFY_JOURNAL"),
            Kept::DynamoDb => command.env("RECTIFY_JOURNAL", format!("dynamodb:{TABLE}")),
        };
        command
    }

    /// Runs the binary to its end.
    pub fn rectify(&self, arguments: &[&str]) -> Told {
        Told::of(&mut self.command(arguments))
    }

    /// Starts the binary, to be killed.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts")
    }

    /// A file in the binary's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What stands in the account, read by the binary, past the proxy.
    pub fn snapshot(&self, types: &str) -> Snapshot {
        let arguments = ["snapshot", "snapshot.jsonl", "--types", types];
        Told::of(&mut self.at(&self.emulator.endpoint(), &arguments)).ended(0);
        let text = fs::read_to_string(self.path("snapshot.jsonl")).expect("the snapshot was written");
        let types = ResourceTypes::new(TYPES.iter().map(|kind| *kind as &dyn ResourceType));
        snapshot_file::parse(&Source::new("snapshot.jsonl", text), &types).unwrap_or_else(|told| panic!("{told:?}"))
    }

    /// The properties of documents, by type and id; what a service makes up anew each time stands as such.
    pub fn documents(&self, types: &str) -> BTreeMap<String, Value> {
        let told = |document: &std::sync::Arc<rectify::model::Resource>| {
            (format!("{} {}", document.type_name, document.id), document.properties.clone())
        };
        self.snapshot(types).resources().map(told).collect()
    }

    /// A run as the journal has it.
    pub fn run(&self, id: &str) -> Run {
        self.with_journal(async |journal| journal::load(journal, id).await.unwrap())
    }

    /// Every run of the journal, the oldest first.
    pub fn runs(&self) -> Vec<Run> {
        self.with_journal(async |journal| {
            let mut runs = Vec::new();
            for id in journal.runs().await.unwrap().into_iter().rev() {
                runs.push(journal::load(journal, id.as_str()).await.unwrap());
            }
            runs
        })
    }

    /// The events of a run.
    pub fn events(&self, id: &str) -> Vec<Event> {
        let id = rectify::model::RunId::from(id);
        let stamped = self.with_journal(async |journal| journal.events(&id).await.unwrap());
        stamped.into_iter().map(|(_, event)| event).collect()
    }

    fn with_journal<T>(&self, work: impl AsyncFnOnce(&dyn journal::Journal) -> T) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            match self.kept {
                Kept::Sqlite => work(&Sqlite::open(&self.path("home/journal.db")).unwrap()).await,
                Kept::DynamoDb => {
                    let config = Config::builder()
                        .behavior_version(BehaviorVersion::latest())
                        .region(Region::new(REGION))
                        .credentials_provider(Credentials::new(ACCOUNT, "not-a-secret", None, None, "test"))
                        .http_client(aws_smithy_http_client::Builder::new().build_http())
                        .endpoint_url(self.emulator.endpoint());
                    work(&DynamoDb::new(Client::from_conf(config.build()), TABLE)).await
                }
            }
        })
    }
}
