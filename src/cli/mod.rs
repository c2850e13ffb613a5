//! Floor 7: the command line.

mod apply;
mod approvals;
mod approve;
mod care;
mod completions;
mod config;
mod demo;
mod deploy;
mod error;
mod event;
mod exit;
mod files;
mod fleet;
mod freeze;
mod handler;
mod hold;
mod home;
mod iam_policy;
mod lambda;
mod limits;
mod listen;
mod new;
mod plan;
mod plans;
mod playbooks;
mod policies;
mod quarantine;
mod quiet;
mod resume;
mod runs;
mod scan;
mod screen;
mod selection;
mod session;
mod signal;
mod snapshot;
mod switch;
mod test;
mod ui;
mod undo;
mod verify;
mod waivers;

use std::ffi::OsString;

use clap::{Parser, Subcommand, ValueEnum};

pub use error::CliError;
pub use exit::Exit;
use session::SessionArgs;
use ui::Ui;

/// Auto-remediation policy-as-code for serverless applications on AWS: it shows exactly what it will do, does exactly
/// that, proves that it worked, and can take it back.
#[derive(Debug, Parser)]
#[command(name = "rectify", version, max_term_width = 100, after_help = exit::HELP)]
struct Cli {
    /// How to print the result. With json, one document goes to standard output and everything else to standard error.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Show more of what goes on, on standard error; twice and three times, still more.
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(flatten)]
    session: SessionArgs,
    #[command(subcommand)]
    command: Command,
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    Scan(scan::Args),
    Plan(plan::Args),
    Approve(approve::Args),
    Apply(apply::Args),
    Undo(undo::Args),
    Runs(runs::Args),
    Snapshot(snapshot::Args),
    Test(test::Args),
    Policies(policies::Args),
    Playbooks(playbooks::Args),
    IamPolicy(iam_policy::Args),
    Event(event::Args),
    Listen(listen::Args),
    #[command(hide = true)]
    Lambda(lambda::Args),
    Plans(plans::Args),
    Switch(switch::Args),
    Quarantine(quarantine::Args),
    Fleet(fleet::Args),
    Deploy(deploy::Args),
    Demo(demo::Args),
    Completions(completions::Args),
}

/// Parses the command line, does what it says, and returns the process's exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    quiet::keep();
    let cli = match Cli::try_parse_from(lambda::arguments(arguments)) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and the version are what was asked for; they come as errors too.
            let asked = !error.use_stderr();
            ui::usage(&error);
            return if asked { Exit::Done } else { Exit::Usage };
        }
    };
    let ui = Ui::new(cli.format);
    ui::log(cli.verbose);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return ui.fail(&CliError::internal(format!("the runtime did not start: {error}"))),
    };
    runtime.block_on(async {
        match run(&cli, &ui).await {
            Ok(exit) => exit,
            Err(error) => ui.fail(&error),
        }
    })
}

async fn run(cli: &Cli, ui: &Ui) -> Result<Exit, CliError> {
    let session = &cli.session;
    match &cli.command {
        Command::Scan(args) => scan::run(args, session, ui).await,
        Command::Plan(args) => plan::run(args, session, ui).await,
        Command::Approve(args) => approve::run(args, session, ui).await,
        Command::Apply(args) => apply::run(args, session, ui).await,
        Command::Undo(args) => undo::run(args, session, ui).await,
        Command::Runs(args) => runs::run(args, session, ui).await,
        Command::Snapshot(args) => snapshot::run(args, session, ui).await,
        Command::Test(args) => test::run(args, session, ui),
        Command::Policies(args) => policies::run(args, session, ui),
        Command::Playbooks(args) => playbooks::run(args, session, ui),
        Command::IamPolicy(args) => iam_policy::run(args, session, ui),
        Command::Event(args) => event::run(args, session, ui).await,
        Command::Listen(args) => listen::run(args, session, ui).await,
        Command::Lambda(args) => lambda::run(args, session, ui).await,
        Command::Plans(args) => plans::run(args, session, ui).await,
        Command::Switch(args) => switch::run(args, session, ui).await,
        Command::Quarantine(args) => quarantine::run(args, session, ui).await,
        Command::Fleet(args) => fleet::run(args, session, ui).await,
        Command::Deploy(args) => deploy::run(args, session, ui),
        Command::Demo(args) => demo::run(args, ui).await,
        Command::Completions(args) => completions::run::<Cli>(args, ui),
    }
}
