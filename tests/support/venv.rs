//! The Python virtual environment with the pinned emulators, made once.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use super::emulator::connect;

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// A virtual environment that holds everything in `requirements.txt`.
pub struct Venv {
    root: PathBuf,
}

impl Venv {
    /// The environment of this target folder; the first caller on a machine makes it, which takes a minute.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Venv> = OnceLock::new();
        SHARED.get_or_init(|| {
            let digest = Sha256::digest(REQUIREMENTS.as_bytes());
            let key: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
            fs::create_dir_all(folder).expect("the target folder can be written");
            let venv = Self { root: folder.join(format!("venv-{key}")) };
            // Test binaries that run at the same time wait here for the one that makes it.
            let lock = File::create(folder.join(format!("venv-{key}.lock"))).expect("the target folder can be written");
            lock.lock().expect("the file system has locks");
            if !venv.complete().exists() {
                venv.make();
            }
            venv
        })
    }

    /// A command that runs this environment's Python, free of the caller's Python settings.
    pub fn python(&self) -> Command {
        let mut command = Command::new(self.root.join("bin/python"));
        command.env_remove("PYTHONPATH").env_remove("PYTHONHOME").env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    /// Runs a script, with boto3 connected to an endpoint where one is given, and gives back what it prints; panics with what
    /// it complains of where it fails.
    pub fn run(&self, script: &str, arguments: &[&str], endpoint: Option<&str>) -> String {
        let mut command = self.python();
        command.arg("-c").arg(script).args(arguments);
        if let Some(endpoint) = endpoint {
            connect(&mut command, endpoint);
        }
        let output = command.stdin(Stdio::null()).output().expect("the virtual environment's Python starts");
        assert!(output.status.success(), "the script fails:\n{}", text_of(&output));
        String::from_utf8(output.stdout).expect("a script prints UTF-8")
    }

    fn make(&self) {
        // What an interrupted run has left is of no use.
        let _ = fs::remove_dir_all(&self.root);
        let made = Command::new("python3").args(["-m", "venv"]).arg(&self.root).stdin(Stdio::null()).output();
        let made = made.unwrap_or_else(|error| panic!("the tests need Python 3.11 or newer as `python3`: {error}"));
        assert!(
            made.status.success(),
            "`python3 -m venv` fails; on Debian and Ubuntu the package python3-venv has what it needs:\n{}",
            text_of(&made)
        );
        let file = self.root.join("requirements.txt");
        fs::write(&file, REQUIREMENTS).expect("the virtual environment can be written");
        let mut pip = self.python();
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(&file);
        let installed = pip.stdin(Stdio::null()).output().expect("the virtual environment's Python starts");
        assert!(
            installed.status.success(),
            "pip cannot install tests/support/requirements.txt (it needs Python 3.11 or newer, and the network once):\n{}",
            text_of(&installed)
        );
        File::create(self.complete()).expect("the virtual environment can be written");
    }

    /// Stands there once everything is installed.
    fn complete(&self) -> PathBuf {
        self.root.join("complete")
    }
}

fn text_of(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
