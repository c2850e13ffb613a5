//! An emulator that plays AWS on loopback, for as long as its handle lives and never longer than the test.

use std::env;
use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::http::Message;
use super::venv::Venv;

/// The account that both emulators play.
pub const ACCOUNT: &str = "111122223333";
/// The account of the credentials where moto plays a fleet.
pub const FLEET_HOME: &str = "123456789012";
/// The Region that the tests work in.
pub const REGION: &str = "eu-west-1";

const PATIENCE: Duration = Duration::from_secs(60);
const TETHER: &str = include_str!("tether.py");
const MOTO_CBOR: &str = include_str!("moto_cbor.py");

/// Which emulator. What each really does is measured; neither does everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The main one: keeps what the fixes write.
    Ministack,
    /// The second opinion, stronger in IAM. It accepts and drops some of Lambda's fields.
    Moto,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Ministack, Self::Moto];

    /// As the seed and messages name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ministack => "ministack",
            Self::Moto => "moto",
        }
    }

    fn health(self) -> &'static str {
        match self {
            Self::Ministack => "/_ministack/health",
            Self::Moto => "/moto-api/data.json",
        }
    }

    fn reset(self) -> &'static str {
        match self {
            Self::Ministack => "/_ministack/reset",
            Self::Moto => "/moto-api/reset",
        }
    }
}

/// A running emulator with an empty account of its own.
///
/// It ends with its handle. Where that is never dropped (a `static`, a killed test) it ends with the test's process: its
/// standard input is a pipe from there, and `tether.py` watches it.
pub struct Emulator {
    kind: Kind,
    address: SocketAddr,
    process: Child,
    folder: TempDir,
}

impl Emulator {
    /// Starts one on a free port and waits until it answers.
    pub fn start(kind: Kind) -> Self {
        Self::start_in(kind, Some(ACCOUNT))
    }

    /// Starts a moto where every account that a role is assumed in has a state of its own.
    pub fn fleet() -> Self {
        Self::start_in(Kind::Moto, None)
    }

    fn start_in(kind: Kind, account: Option<&str>) -> Self {
        // Somebody else may take the free port before the emulator does.
        for _ in 0..2 {
            if let Ok(emulator) = Self::try_start(kind, account) {
                return emulator;
            }
        }
        Self::try_start(kind, account).unwrap_or_else(|message| panic!("{} does not start: {message}", kind.name()))
    }

    fn try_start(kind: Kind, account: Option<&str>) -> Result<Self, String> {
        let folder = TempDir::new().expect("there is room for temporary files");
        let log = File::create(log_path(folder.path())).expect("the temporary folder can be written");
        let address = free_address().expect("loopback has free ports");
        let port = address.port().to_string();
        let mut command = Venv::shared().python();
        let program = match kind {
            Kind::Ministack => TETHER.to_owned(),
            Kind::Moto => [MOTO_CBOR, TETHER].concat(),
        };
        command.args(["-c", &program]).arg(folder.path());
        match kind {
            Kind::Ministack => {
                // It binds every address and opens more ports unless told otherwise.
                command.arg("ministack").env("BIND_HOST", "127.0.0.1").env("GATEWAY_PORT", &port);
                command.env("IOT_MTLS_ENABLED", "0").env("SFTP_ENABLED", "0");
                command.env("MINISTACK_ACCOUNT_ID", ACCOUNT).env("MINISTACK_REGION", REGION);
            }
            Kind::Moto => {
                command.args(["moto.server", "-H", "127.0.0.1", "-p", &port]);
                // AWS's own policies can be attached only where they are loaded.
                command.env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true").env_remove("MOTO_ACCOUNT_ID");
                // An account that is named is the only one.
                command.envs(account.map(|account| ("MOTO_ACCOUNT_ID", account)));
            }
        }
        // Its own process group, so that the tether can end whatever the emulator starts.
        command.process_group(0).env("TMPDIR", folder.path()).env("S3_DATA_DIR", folder.path().join("s3"));
        command.stdin(Stdio::piped()).stderr(log.try_clone().expect("a file can be shared")).stdout(log);
        let process = command.spawn().expect("the virtual environment's Python starts");
        let mut emulator = Self { kind, address, process, folder };
        emulator.wait_until_ready()?;
        Ok(emulator)
    }

    fn wait_until_ready(&mut self) -> Result<(), String> {
        let health = Message::new(&format!("GET {} HTTP/1.1", self.kind.health()), &[("Host", "127.0.0.1")], "");
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Ok(Some(status)) = self.process.try_wait() {
                return Err(format!("it ends with {status}\n{}", self.log_tail()));
            }
            if health.send(self.address).is_ok_and(|response| response.status() == Some(200)) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Err(format!("it does not answer\n{}", self.log_tail()))
    }

    /// Which emulator this is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL that clients call.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its process, which is a process group too.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Forgets everything that was made on it.
    pub fn reset(&self) {
        let reset = Message::new(&format!("POST {} HTTP/1.1", self.kind.reset()), &[("Host", "127.0.0.1")], "");
        let response = reset.send(self.address).expect("the emulator answers");
        assert_eq!(response.status(), Some(200), "{}", self.log_tail());
    }

    /// The last lines of what it has logged.
    pub fn log_tail(&self) -> String {
        let log = fs::read(log_path(self.folder.path())).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("--- the end of {}'s log:\n{}", self.kind.name(), self.log_tail());
        }
        drop(self.process.stdin.take());
        let closed = Instant::now();
        while closed.elapsed() < Duration::from_secs(5) {
            if matches!(self.process.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Lets a command that uses an AWS SDK, of any language, talk to an endpoint and to nothing else, whatever the machine's own
/// settings are.
pub fn connect<'a>(command: &'a mut Command, endpoint: &str) -> &'a mut Command {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy().to_ascii_uppercase();
        if text.starts_with("AWS_") || text.ends_with("_PROXY") {
            command.env_remove(name);
        }
    }
    command.envs([
        ("AWS_ENDPOINT_URL", endpoint),
        // ministack takes twelve digits for the account.
        ("AWS_ACCESS_KEY_ID", ACCOUNT),
        ("AWS_SECRET_ACCESS_KEY", "not-a-secret"),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        // An operation that an emulator lacks is answered with 500, which SDKs retry.
        ("AWS_MAX_ATTEMPTS", "2"),
        ("AWS_RETRY_MODE", "standard"),
    ])
}

fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn log_path(folder: &Path) -> PathBuf {
    folder.join("log")
}
