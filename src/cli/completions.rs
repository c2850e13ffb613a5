//! `rectify completions`.

use clap::CommandFactory;
use clap_complete::Shell;

use super::ui::Ui;
use super::{CliError, Exit};

/// Print the completions for a shell
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell.
    shell: Shell,
}

pub fn run<C: CommandFactory>(args: &Args, ui: &Ui) -> Result<Exit, CliError> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut C::command(), "rectify", &mut text);
    ui.out(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Done)
}
