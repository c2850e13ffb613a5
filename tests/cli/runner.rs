//! What the stories stand on: a folder, a binary, and what it told.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The demo account's documents.
pub const DEMO: &str = include_str!("../../src/cloud/demo.jsonl");

/// A folder of its own with the demo account's snapshot as `shop.jsonl`, and a `RECTIFY_HOME` in it.
pub struct World {
    folder: TempDir,
    // Run ids, times and the folder are different each time.
    _filters: insta::internals::SettingsBindDropGuard,
}

/// What a process told.
pub struct Told {
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// The exit code; none where a signal ended it.
    pub code: Option<i32>,
}

impl World {
    /// A folder with the demo account.
    pub fn new() -> Self {
        let world = Self::empty();
        world.write("shop.jsonl", DEMO);
        world
    }

    /// A folder with nothing in it.
    pub fn empty() -> Self {
        let folder = TempDir::new().unwrap();
        let mut settings = insta::Settings::clone_current();
        settings.add_filter(r"\b[0-9a-f]{32}\b", "RUN");
        settings.add_filter(r"\b20\d\d-\d\d-\d\dT[0-9:.]+Z", "TIME");
        settings.add_filter(r"\bsha256:[0-9a-f]{64}\b", "sha256:DIGEST");
        let _filters = settings.bind_to_scope();
        Self { folder, _filters }
    }

    /// Where a file of this folder is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, with its folders.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// A file's text.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Changes a file's text; what is replaced has to be there.
    pub fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{name} has no {from}");
        self.write(name, text.replacen(from, to, 1));
    }

    /// Edits one document of a snapshot.
    pub fn edit_document(&self, name: &str, id: &str, edit: impl Fn(&mut Value)) {
        let mut found = false;
        let before = self.read(name);
        let lines = before.lines().map(|line| {
            let mut document: Value = serde_json::from_str(line).unwrap();
            if document["id"] == id {
                found = true;
                edit(&mut document);
            }
            document.to_string() + "\n"
        });
        let text: String = lines.collect();
        assert!(found, "{name} has no {id}");
        self.write(name, text);
    }

    /// The properties of a snapshot's documents, by type and id.
    pub fn documents(&self, name: &str) -> BTreeMap<(String, String), Value> {
        documents(&self.read(name))
    }

    /// A command that is not run yet: rectify in this folder, with nothing of this machine's environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rectify"));
        command.args(arguments);
        self.clean(&mut command);
        command
    }

    /// Takes the machine's environment from a command.
    pub fn clean(&self, command: &mut Command) {
        command.env_clear().current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.path("home")).env("RECTIFY_HOME", self.path("state")).env("NO_COLOR", "1");
    }

    /// Runs rectify to its end.
    pub fn run(&self, arguments: &[&str]) -> Told {
        Told::of(&mut self.command(arguments))
    }

    /// Runs rectify over `shop.jsonl` as the cloud.
    pub fn shop(&self, arguments: &[&str]) -> Told {
        self.run(&[&["--cloud", "sandbox:shop.jsonl"], arguments].concat())
    }

    /// Runs rectify on a terminal, where somebody types the answer.
    pub fn terminal(&self, arguments: &[&str], answer: &str) -> Told {
        self.terminal_meanwhile(arguments, answer, "")
    }

    /// The same; before the answer is typed, the shell does something else.
    pub fn terminal_meanwhile(&self, arguments: &[&str], answer: &str, meanwhile: &str) -> Told {
        let mut command = Command::new("python3");
        command.args(["-c", include_str!("terminal.py"), answer, env!("CARGO_BIN_EXE_rectify")]).args(arguments);
        self.clean(&mut command);
        command.env("TERM", "xterm").env("MEANWHILE", meanwhile).env_remove("NO_COLOR");
        Told::of(&mut command)
    }

    /// The newest run's name.
    pub fn last_run(&self) -> String {
        let runs = self.run(&["runs", "--format", "json"]).json();
        runs[0]["run"].as_str().unwrap().to_owned()
    }

    /// Names and bytes of all files, for "nothing was changed".
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        fn add(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    add(&path, files);
                } else {
                    files.insert(path.clone(), fs::read(&path).unwrap());
                }
            }
        }
        let mut files = BTreeMap::new();
        add(self.folder.path(), &mut files);
        files
    }
}

impl Told {
    /// Runs a command to its end.
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code(),
        }
    }

    /// The same, if it ended with that code.
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n{self}");
        self
    }

    /// The JSON document that standard output is.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }

    /// The last lines of standard output.
    pub fn tail(&self, lines: usize) -> String {
        let all: Vec<&str> = self.out.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.out)?;
        if !self.err.is_empty() {
            write!(f, "--- standard error\n{}", self.err)?;
        }
        match self.code {
            Some(code) => write!(f, "--- exit code {code}"),
            None => write!(f, "--- ended by a signal"),
        }
    }
}

/// The properties of a snapshot's documents, by type and id; lists that are sets are sorted.
pub fn documents(text: &str) -> BTreeMap<(String, String), Value> {
    let document = |line: &str| {
        let mut document: Value = serde_json::from_str(line).unwrap();
        if let Some(arns) = document.pointer_mut("/properties/ManagedPolicyArns").and_then(Value::as_array_mut) {
            arns.sort_by_key(Value::to_string);
        }
        let text = |name: &str| document[name].as_str().unwrap().to_owned();
        ((text("type"), text("id")), document["properties"].clone())
    };
    text.lines().skip(1).map(document).collect()
}
