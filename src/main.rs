//! The process: parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    rectify::cli::main(std::env::args_os()).into()
}
