//! `rectify test`.

use std::fmt::Write;

use serde_json::json;

use super::config::Config;
use super::session::{SessionArgs, load_bundle, resource_types};
use super::ui::Ui;
use super::{CliError, Exit};
use crate::engine::run_cases;
use crate::policy::TestOutcome;
use crate::report::{bad, good};

/// Run the unit tests of policies on both evaluators and the cases of playbooks, with coverage
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show every test, not only those that fail.
    #[arg(long)]
    all: bool,
}

/// One line of the result.
struct Line {
    file: String,
    name: String,
    problem: Option<String>,
}

pub fn run(args: &Args, session: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    let config = Config::load(session.config.as_deref())?;
    let types = resource_types();
    let bundle = load_bundle(session, &config, &types)?;
    bundle.policies.compile()?;
    let files = &bundle.files;
    let (tests, coverage) = bundle.policies.test(&files.policies, &files.tests, &files.parsed_tables()?)?;
    let mut lines: Vec<Line> = tests
        .into_iter()
        .map(|test| Line {
            file: test.file,
            name: test.name,
            problem: match test.outcome {
                TestOutcome::Passed => None,
                TestOutcome::Failed(why) => Some(why),
            },
        })
        .collect();
    lines.extend(run_cases(&bundle, &types).into_iter().map(|case| Line {
        file: case.file,
        name: case.name,
        problem: (!case.problems.is_empty()).then(|| case.problems.join("; ")),
    }));
    // A policy without a unit test is a failure of its own.
    for policy in bundle.policies.all() {
        let tested = format!("{}_test.rego", policy.source.name.trim_end_matches(".rego"));
        if !files.tests.iter().any(|test| test.name.as_ref() == tested) {
            lines.push(Line {
                file: policy.source.name.to_string(),
                name: "unit tests".into(),
                problem: Some(format!("there is no {tested}")),
            });
        }
    }
    let failed = lines.iter().filter(|line| line.problem.is_some()).count();
    let passed = lines.len() - failed;
    let (covered, missed) =
        coverage.iter().fold((0, 0), |(covered, missed), file| (covered + file.covered, missed + file.missed.len()));
    let percent = (covered * 100).checked_div(covered + missed).unwrap_or(100);
    ui.result(
        || {
            let mut text = String::new();
            for line in lines.iter().filter(|line| args.all || line.problem.is_some()) {
                let status = if line.problem.is_some() { bad("failed") } else { good("passed") };
                let _ = writeln!(text, "{status} {}: {}", line.file, line.name);
                if let Some(problem) = &line.problem {
                    let _ = writeln!(text, "       {problem}");
                }
            }
            let _ =
                writeln!(text, "{passed} passed, {failed} failed; the tests run {percent} % of the policies' lines");
            text
        },
        || {
            let results =
                lines.iter().map(|line| json!({"file": line.file, "name": line.name, "problem": line.problem}));
            let files =
                coverage.iter().map(|file| json!({"file": file.file, "covered": file.covered, "missed": file.missed}));
            json!({
                "passed": passed,
                "failed": failed,
                "results": results.collect::<Vec<_>>(),
                "coverage": {"percent": percent, "files": files.collect::<Vec<_>>()},
            })
        },
    )?;
    Ok(if failed == 0 { Exit::Done } else { Exit::Pending })
}
