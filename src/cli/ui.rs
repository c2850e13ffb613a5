//! The only owner of the terminal: what is printed, asked and drawn.

use std::io::{self, BufRead, IsTerminal, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

pub use indicatif::ProgressBar as Bar;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use super::error::Kind;
use super::screen::safe;
use super::{CliError, Exit, Format, files};
use crate::text::json::pretty;
use crate::text::{Source, shown};

/// The terminal, or what stands in its place.
pub struct Ui {
    /// How results are printed.
    pub format: Format,
}

/// Sends the log to standard error, as much of it as `-v` or else `RUST_LOG` asks for. Only rectify's own events are told in detail,
/// whatever the level: the SDK's and the HTTP client's would hold bodies of requests and answers, and with them secrets.
pub fn log(verbose: u8) {
    #[expect(clippy::disallowed_methods, reason = "the log is the terminal's")]
    let asked = std::env::var("RUST_LOG").ok().filter(|asked| verbose == 0 && !asked.is_empty());
    let targets = targets(verbose, asked.as_deref());
    let lines = tracing_subscriber::fmt::layer().with_writer(|| Log).with_ansi(false);
    // A second call in one process keeps the first one's settings.
    let _ = tracing_subscriber::registry().with(lines.with_filter(targets)).try_init();
}

/// Where the log goes: an event is written at once, and is one line without any style, so that nothing in it can pass for one.
struct Log;

impl Write for Log {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = shown(text.strip_suffix('\n').unwrap_or(&text));
        io::stderr().write_all(format!("{line}\n").as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// What is told of each target.
fn targets(verbose: u8, asked: Option<&str>) -> Targets {
    const OWN: &str = env!("CARGO_PKG_NAME");
    let level = match verbose {
        0 => LevelFilter::ERROR,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    // What is not understood says nothing.
    let Some(asked) = asked.and_then(|asked| asked.parse::<Targets>().ok()) else {
        return Targets::new().with_default(level.min(OTHERS)).with_target(OWN, level);
    };
    let default = asked.default_level().unwrap_or(LevelFilter::ERROR);
    let own = |target: &str| target == OWN || target.starts_with(&format!("{OWN}::"));
    let least =
        |(target, level): (&str, LevelFilter)| (target.to_owned(), if own(target) { level } else { level.min(OTHERS) });
    Targets::new().with_target(OWN, default).with_targets(asked.iter().map(least)).with_default(default.min(OTHERS))
}

/// The most that is told of anything but rectify's own events.
const OTHERS: LevelFilter = LevelFilter::WARN;

/// Prints help, the version, or what is wrong with the command line.
pub fn usage(error: &clap::Error) {
    let text = error.render().ansi().to_string();
    // A reader that went away has seen enough.
    let _ = match error.use_stderr() {
        true => write!(anstream::stderr(), "{}", safe(&text)),
        false => write!(anstream::stdout(), "{}", safe(&text)),
    };
}

impl Ui {
    /// A terminal.
    pub fn new(format: Format) -> Self {
        Self { format }
    }

    /// Prints the result: as text, through a pager where it is longer than the screen, or as the JSON document.
    pub fn result(&self, text: impl FnOnce() -> String, json: impl FnOnce() -> Value) -> Result<(), CliError> {
        match self.format {
            Format::Text => self.paged(&text()),
            Format::Json => {
                let text = pretty(&json()).map_err(|error| CliError::internal(error.to_string()))?;
                self.bytes(format!("{text}\n").as_bytes())
            }
        }
    }

    /// Prints to standard output. A reader that went away has seen enough.
    pub fn out(&self, text: &str) -> Result<(), CliError> {
        self.bytes(safe(text).as_bytes())
    }

    fn bytes(&self, text: &[u8]) -> Result<(), CliError> {
        let mut out = anstream::stdout().lock();
        match out.write_all(text).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(CliError::internal(format!("standard output: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// Says something that is no result: on standard output for people, on standard error beside a JSON document.
    pub fn say(&self, text: &str) {
        let _ = match self.format {
            Format::Text => writeln!(anstream::stdout(), "{}", safe(text)),
            Format::Json => writeln!(anstream::stderr(), "{}", safe(text)),
        };
    }

    /// Shows a text that comes before the result: paged for people, on standard error beside a JSON document.
    pub fn show(&self, text: &str) -> Result<(), CliError> {
        match self.format {
            Format::Text => self.paged(text),
            Format::Json => {
                self.note(text.trim_end());
                Ok(())
            }
        }
    }

    /// Says something on standard error.
    pub fn note(&self, text: &str) {
        Self::warn(text);
    }

    /// Says something on standard error from where there is no terminal at hand.
    pub fn warn(text: &str) {
        let _ = writeln!(anstream::stderr(), "{}", safe(text));
    }

    /// Tells what went wrong.
    pub fn fail(&self, error: &CliError) -> Exit {
        for message in &error.messages {
            self.note(&format!("{}: {message}", crate::report::bad("error")));
        }
        if let Some(help) = &error.help {
            self.note(&format!("help: {help}"));
        }
        if error.kind == Kind::Begun { Exit::Stuck } else { Exit::Usage }
    }

    /// Asks for a yes; only that exact word is one. Without a terminal there is nobody to ask.
    pub fn confirm(&self, question: &str) -> Result<bool, CliError> {
        if !io::stdin().is_terminal() {
            return Err(CliError::user("there is nobody to ask: standard input is no terminal")
                .help("look at the plan and use --yes"));
        }
        let _ = write!(anstream::stderr(), "{} Only `yes` is taken for yes: ", safe(question));
        let _ = io::stderr().flush();
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).map_err(|error| CliError::internal(error.to_string()))?;
        Ok(answer.trim() == "yes")
    }

    /// All of standard input, under a name.
    pub fn read_all(&self, name: &str, kind: files::Kind) -> Result<Source, CliError> {
        files::read(name, io::stdin(), kind)
    }

    /// A bar of known length, or one that only spins; drawn on standard error where that is a terminal.
    pub fn progress(&self, length: Option<u64>, what: &'static str) -> ProgressBar {
        if !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let (bar, template) = match length {
            Some(length) => (ProgressBar::new(length), "{msg:12} [{bar:30}] {pos}/{len} {prefix}"),
            None => (ProgressBar::new_spinner(), "{spinner} {msg:12} {pos} {prefix}"),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    }

    fn paged(&self, text: &str) -> Result<(), CliError> {
        let screen = usize::from(console_height());
        if !io::stdout().is_terminal() || text.lines().count() < screen {
            return self.out(text);
        }
        #[expect(clippy::disallowed_methods, reason = "the pager is the terminal's")]
        let pager = std::env::var("PAGER").unwrap_or_else(|_| "less -FRX".into());
        let mut words = pager.split_whitespace();
        let child =
            words.next().and_then(|program| Command::new(program).args(words).stdin(Stdio::piped()).spawn().ok());
        match child {
            Some(mut child) => {
                if let Some(mut input) = child.stdin.take() {
                    // A pager that is left early has shown enough.
                    let _ = input.write_all(safe(text).as_bytes());
                }
                let _ = child.wait();
                Ok(())
            }
            None => self.out(text),
        }
    }
}

fn console_height() -> u16 {
    console::Term::stdout().size_checked().map_or(u16::MAX, |(height, _)| height)
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn only_the_own_log_is_told_in_detail_whatever_is_asked_for() {
        let detailed = |verbose, asked: Option<&str>| {
            let targets = targets(verbose, asked);
            ["rectify::apply", "aws_smithy_runtime::client", "hyper::proto", "h2", "rustls"]
                .map(|target| targets.would_enable(target, &Level::DEBUG))
        };
        let own = [true, false, false, false, false];
        assert_eq!(detailed(3, None), own);
        for asked in ["trace", "debug,aws_smithy_runtime=trace", "rectify=trace,hyper=debug,h2=trace,rustls=trace"] {
            assert_eq!(detailed(0, Some(asked)), own, "{asked}");
        }
        assert_eq!(detailed(0, Some("rectify=info,trace")), [false; 5]);
        assert_eq!(detailed(0, Some("???=???")), [false; 5]);
        assert!(targets(0, Some("warn")).would_enable("aws_config", &Level::WARN));
    }
}
