//! A folder, the binary in it, and what goes on in a process of it that listens.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{fs, thread};

use serde_json::Value;
use tempfile::TempDir;

use super::support::emulator::connect;
use super::support::http::Message;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(90);

/// A folder with a journal, a configuration and the binary.
pub struct World {
    folder: TempDir,
    endpoint: String,
    variables: Vec<(String, String)>,
}

/// What a process told.
pub struct Told {
    pub out: String,
    pub err: String,
    pub code: Option<i32>,
}

impl World {
    /// A folder from which rectify talks to an endpoint.
    pub fn at(endpoint: &str) -> Self {
        Self { folder: TempDir::new().unwrap(), endpoint: endpoint.to_owned(), variables: Vec::new() }
    }

    /// With a variable in the environment of every process.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Writes a file.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Where a file is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rectify"));
        connect(command.env_clear(), &self.endpoint).args(arguments).current_dir(self.folder.path());
        command.env("RECTIFY_HOME", self.path("home")).envs(self.variables.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs rectify to its end.
    pub fn run(&self, arguments: &[&str]) -> Told {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Told { out: text(output.stdout), err: text(output.stderr), code: output.status.code() }
    }

    /// The runs of the journal, the newest first.
    pub fn runs(&self) -> Vec<Value> {
        self.run(&["runs", "list", "--format", "json"]).ends(0).json().as_array().unwrap().clone()
    }

    /// Starts a process that enforces what the events of a queue lead to.
    pub fn listen(&self, queue: &str, more: &[&str]) -> Listening {
        let first = ["listen", "--queue", queue, "--mode", "enforce", "--serve", "127.0.0.1:0", "-vvv"];
        let mut process = self.command(&[&first, more].concat()).spawn().unwrap();
        let told = Arc::new(Mutex::new(String::new()));
        let (hearing, stderr) = (told.clone(), process.stderr.take().unwrap());
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                *hearing.lock().unwrap() += &(line + "\n");
            }
        });
        let mut listening = Listening { process, told, address: None };
        eventually("it listens", || listening.told().contains("listening to"));
        let told = listening.told();
        let address = told.lines().find_map(|line| line.split_once("/healthz and /metrics are at http://"));
        listening.address = Some(address.unwrap().1.parse().unwrap());
        listening
    }
}

impl Told {
    /// The same, if it ended with that code.
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n{}{}", self.out, self.err);
        self
    }

    /// The JSON document on standard output.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}\n{}{}", self.out, self.err))
    }
}

/// A process that listens; it ends with its handle.
pub struct Listening {
    process: Child,
    told: Arc<Mutex<String>>,
    address: Option<SocketAddr>,
}

impl Listening {
    /// What it has told on standard error.
    pub fn told(&self) -> String {
        self.told.lock().unwrap().clone()
    }

    /// What it answers at a path: the status and the text.
    pub fn get(&self, path: &str) -> (u16, String) {
        let request = Message::new(&format!("GET {path} HTTP/1.1"), &[("Host", "127.0.0.1")], "");
        let answer = request.send(self.address.unwrap()).unwrap();
        (answer.status().unwrap(), String::from_utf8(answer.body).unwrap())
    }

    /// What it counts, by name and labels.
    pub fn metrics(&self) -> BTreeMap<String, f64> {
        let (status, text) = self.get("/metrics");
        assert_eq!(status, 200);
        assert!(text.ends_with("# EOF\n"), "{text}");
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        let sample = |line: &str| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        };
        samples.map(sample).collect()
    }

    /// How many events came to an outcome.
    pub fn events(&self, outcome: &str) -> f64 {
        self.metrics()[&format!("rectify_events_total{{outcome=\"{outcome}\"}}")]
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.process.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// The exit code that it ends with; none where a signal ended it.
    pub fn ended(&mut self) -> Option<i32> {
        let mut status = None;
        eventually("it ends", || {
            status = self.process.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap().code()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if thread::panicking() {
            let told = self.told();
            let lines: Vec<&str> = told.lines().collect();
            eprintln!("--- the end of what it told:\n{}", lines[lines.len().saturating_sub(60)..].join("\n"));
        }
    }
}

/// Waits until something is so.
#[track_caller]
pub fn eventually(what: &str, mut is: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is() {
        assert!(began.elapsed() < PATIENCE, "not so: {what}");
        thread::sleep(Duration::from_millis(100));
    }
}
