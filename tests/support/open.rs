//! A seeded shop on an emulator, behind the recording proxy, and the real binary that works on it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rectify::cloud::aws::TYPES;
use rectify::cloud::snapshot_file;
use rectify::engine::Bundle;
use rectify::journal::{self, Sqlite};
use rectify::model::{Plan, ResourceType, ResourceTypes, Run, Snapshot};
use rectify::text::Source;
use serde_json::Value;
use tempfile::TempDir;

use super::emulator::connect;
use super::{Emulator, Kind, Proxy, Shop};

/// The secrets of the shop. Nothing else contains them.
pub const CANARIES: [&str; 2] = ["CANARY-7f3a91c2e5", "CANARY-b60d48aa17"];

/// Has everything be applied in one run: nothing waits for a review, and no limit is met.
pub const ALL: [&str; 8] = [
    "--yes",
    "--approve=all",
    "--limit=max_changes=1000",
    "--limit=max_share=100",
    "--limit=max_review=1000",
    "--limit=max_irreversible=1000",
    "--limit=max_per_minute=1000",
    "--limit=max_failures=1000",
];

/// A shop that is open, with a home for the binary.
pub struct Open {
    pub shop: Shop,
    pub proxy: Proxy,
    folder: TempDir,
    printed: RefCell<String>,
    emulator: Emulator,
}

/// What the binary has printed, and how it ended.
pub struct Told {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Open {
    /// Opens a shop.
    pub fn on(kind: Kind) -> Self {
        let emulator = Emulator::start(kind);
        let shop = Shop::open(&emulator, &CANARIES);
        let proxy = Proxy::before(&emulator);
        let folder = TempDir::new().expect("there is room for temporary files");
        let off = off(&shop);
        if !off.is_empty() {
            let text = format!("enabled_policies: [{}]\n", off.join(", "));
            fs::write(folder.path().join("rectify.yaml"), text).expect("there is room for a file");
        }
        Self { shop, proxy, folder, printed: RefCell::default(), emulator }
    }

    /// The emulator's own URL: calls that go there are not recorded.
    pub fn emulator_endpoint(&self) -> String {
        self.emulator.endpoint()
    }

    /// Runs the binary with the parameters that playbooks have to be told.
    pub fn with_parameters(&self, arguments: &[&str]) -> Told {
        let parameters = super::parameters::arguments(&self.shop);
        self.rectify(&arguments.iter().copied().chain(parameters.iter().map(String::as_str)).collect::<Vec<_>>())
    }

    /// Runs the binary with everything that it can log.
    pub fn rectify(&self, arguments: &[&str]) -> Told {
        self.rectify_in(arguments, &[])
    }

    /// The same with more in its environment.
    pub fn rectify_in(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Told {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rectify"));
        connect(&mut command, &self.proxy.endpoint());
        command.args(arguments).arg("-vvv").current_dir(self.folder.path());
        command.env("RECTIFY_HOME", self.folder.path().join("home")).env_remove("RUST_LOG");
        let told = Told::of(command.envs(environment.iter().copied()).stdin(Stdio::null()));
        self.printed.borrow_mut().extend([told.out.as_str(), told.err.as_str()]);
        told
    }

    /// A file in the binary's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What stands there, read by the binary.
    pub fn snapshot(&self, name: &str) -> Snapshot {
        self.rectify(&["snapshot", name]).ended(0);
        let text = fs::read_to_string(self.path(name)).expect("the snapshot was written");
        let types = ResourceTypes::new(TYPES.iter().map(|kind| *kind as &dyn ResourceType));
        snapshot_file::parse(&Source::new(name, text), &types).unwrap_or_else(|told| panic!("{told:?}"))
    }

    /// The plan in a file.
    pub fn plan(&self, name: &str) -> Plan {
        serde_json::from_slice(&fs::read(self.path(name)).expect("the plan was written")).expect("a plan is JSON")
    }

    /// A run as the journal has it.
    pub fn run(&self, id: &str) -> Run {
        let journal = Sqlite::open(&self.path("home/journal.db")).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(journal::load(&journal, id)).unwrap()
    }

    /// Where a text was found of everything that the binary has printed and of every file that it has written.
    pub fn leaks(&self, text: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        if self.printed.borrow().contains(text) {
            found.insert("what was printed".to_owned());
        }
        search(self.folder.path(), text.as_bytes(), &mut found);
        found
    }
}

impl Told {
    /// Runs a command to its end.
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().expect("the binary starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Fails unless the binary ended so.
    #[track_caller]
    pub fn ended(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.messages());
        self
    }

    /// The JSON document on standard output.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.out, self.messages()))
    }

    /// Standard error without the log.
    fn messages(&self) -> String {
        self.err.lines().filter(|line| !line.contains("DEBUG") && !line.contains("INFO")).collect::<Vec<_>>().join("\n")
    }
}

/// The policies that are off by themselves, and that the shop has something of.
fn off(shop: &Shop) -> Vec<String> {
    let types = ResourceTypes::new(TYPES.iter().map(|kind| *kind as &dyn ResourceType));
    let bundle = Bundle::embedded(&types).unwrap_or_else(|told| panic!("{told:?}"));
    let off = bundle.policies.all().filter(|policy| !policy.metadata.custom.enabled);
    off.map(|policy| policy.id().to_string()).filter(|id| !shop.skips(id)).collect()
}

fn search(folder: &Path, text: &[u8], found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            search(&path, text, found);
        } else if fs::read(&path).is_ok_and(|bytes| bytes.windows(text.len()).any(|window| window == text)) {
            found.insert(path.display().to_string());
        }
    }
}
