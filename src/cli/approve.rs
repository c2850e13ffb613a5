//! `rectify approve`.
#![expect(clippy::disallowed_methods, reason = "the command line reads the clock")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::json;

use super::apply::kept;
use super::approvals::select;
use super::config::Config;
use super::session::{SessionArgs, open_journal};
use super::ui::Ui;
use super::{CliError, Exit};
use crate::cloud::aws::{KeyOfSignatures, caller};
use crate::cloud::snapshot_file;
use crate::engine::{approval_content, seal_approval, to_review, verify_seal};
use crate::model::{APPROVAL_FORMAT, Approval, Approver, ChangeId, Hash, PLAN_FORMAT, Plan};
use crate::report::text;
use crate::text::json::pretty;

/// Approve changes of a plan that need a review, as a file for whoever applies it
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A plan that `rectify plan --out` kept, or `waiting:DIGEST`, one that an event has led to (`rectify plans`).
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// Approve this change (repeatable), or `all` that need a review, as without this option.
    #[arg(long, value_name = "CHANGE")]
    change: Vec<String>,
    /// Why, for the journal.
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    reason: Option<String>,
    /// Until when it counts: a time (RFC 3339), or how long from now on (`8h`). The plan's own end, where it is not named, and
    /// never later.
    #[arg(long, value_name = "TIME", value_parser = parse_end)]
    expires: Option<Timestamp>,
    /// Where the approval is kept.
    #[arg(long, value_name = "FILE", default_value = "approval.json")]
    out: PathBuf,
    /// Sign it with an asymmetric KMS key, by its ARN.
    #[arg(long, value_name = "KEY_ARN")]
    sign: Option<String>,
    /// Who approves, where there is no AWS to ask: with --cloud sandbox:FILE or --snapshot.
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    by: Option<String>,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

pub async fn run(args: &Args, session: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    let config = Config::load(session.config.as_deref())?;
    let plan = kept(&args.plan, async || open_journal(session).await).await?;
    let now = Timestamp::now();
    let ends = sound(&plan, session, now)?;
    let ends = args.expires.map_or(ends, |asked| asked.min(ends));
    if ends <= now {
        return Err(CliError::user(format!("the approval would have ended at {ends} already")));
    }
    let changes = chosen(&plan, &args.change)?;
    if changes.is_empty() {
        ui.result(|| "No change of the plan needs a review.\n".to_owned(), || json!(null))?;
        return Ok(Exit::Done);
    }
    // Who cannot say who they are is not asked for their word.
    let by = who(args, session, &config).await?;
    ui.show(&text::changes(&Plan {
        changes: plan.changes.iter().filter(|change| changes.contains(&change.id)).cloned().collect(),
        ..plan.clone()
    }))?;
    let question = format!("Approve {} changes in account {} as {by}?", changes.len(), plan.account);
    if !args.yes && !ui.confirm(&question)? {
        ui.say("Nothing was approved.");
        return Ok(Exit::Pending);
    }
    let approval = seal_approval(Approval {
        format_version: APPROVAL_FORMAT,
        digest: Hash(String::new()),
        plan: plan.digest.clone(),
        account: plan.account.clone(),
        partition: plan.partition.clone(),
        changes: plan.changes.iter().map(|change| change.id.clone()).filter(|id| changes.contains(id)).collect(),
        by,
        approved_at: now.to_string(),
        expires_at: ends.to_string(),
        reason: args.reason.clone(),
        signature: None,
    });
    let signature = match &args.sign {
        Some(key) => Some(KeyOfSignatures::new(key).await?.sign(&approval_content(&approval)).await?),
        None => None,
    };
    let approval = Approval { signature, ..approval };
    let text = pretty(&approval).map_err(|error| CliError::internal(error.to_string()))?;
    snapshot_file::replace(&args.out, (text + "\n").as_bytes())
        .map_err(|error| CliError::config(format!("{}: {error}", args.out.display())))?;
    let told = || {
        let (plan, out) = (args.plan.display(), args.out.display());
        format!("The approval is kept in {out}: rectify apply {plan} --approval {out}\n")
    };
    ui.result(told, || json!(approval))?;
    Ok(Exit::Done)
}

/// When a plan ends that is as it was made, and can still be applied.
fn sound(plan: &Plan, session: &SessionArgs, now: Timestamp) -> Result<Timestamp, CliError> {
    if plan.format_version != PLAN_FORMAT {
        let told =
            format!("the plan has format {}, and this version of rectify reads {PLAN_FORMAT}", plan.format_version);
        return Err(CliError::user(told).help("make a new one with `rectify plan --out`"));
    }
    if !verify_seal(plan) {
        return Err(CliError::user("the plan was edited: its digest is not that of its content")
            .help("make a new one with `rectify plan --out`"));
    }
    if let Some(account) = session.account.as_ref().filter(|account| **account != plan.account) {
        return Err(CliError::user(format!("the plan is for account {}, not {account}", plan.account)));
    }
    match plan.expires_at.parse() {
        Ok(ends) if now <= ends => Ok(ends),
        _ => Err(CliError::user(format!("the plan expired at {}", plan.expires_at))
            .help("make a new one with `rectify plan --out`")),
    }
}

/// The changes that are approved: those that need a review, or those of them that are named.
fn chosen(plan: &Plan, named: &[String]) -> Result<BTreeSet<ChangeId>, CliError> {
    let review = to_review(plan);
    if named.is_empty() || named.iter().any(|id| id == "all") {
        return Ok(review);
    }
    Ok(select(plan, named)?.intersection(&review).cloned().collect())
}

/// Who approves.
async fn who(args: &Args, session: &SessionArgs, config: &Config) -> Result<Approver, CliError> {
    let on_aws = session.snapshot.is_none() && matches!(session.cloud.as_deref(), None | Some("aws"));
    match (&args.by, on_aws) {
        (None, true) => {
            let region = session.region.first().or(config.regions.first());
            Ok(Approver::Caller(caller(region).await?))
        }
        (Some(name), false) => Ok(Approver::Named(name.clone())),
        (Some(_), true) => Err(CliError::user("on AWS it is the credentials that say who approves")
            .help("leave --by out, or name the --cloud sandbox:FILE or --snapshot that the plan was made from")),
        (None, false) => Err(CliError::user("there is no AWS to ask who approves").help("say who you are: --by NAME")),
    }
}

fn parse_end(text: &str) -> Result<Timestamp, String> {
    let wrong = || format!("`{text}` is neither a time such as `2026-12-24T18:00:00Z` nor a duration such as `8h`");
    if let Ok(end) = text.parse::<Timestamp>() {
        return Ok(end);
    }
    let span: jiff::Span = text.parse().map_err(|_| wrong())?;
    if span.compare((0.seconds(), jiff::SpanRelativeTo::days_are_24_hours())).map_err(|_| wrong())?
        != std::cmp::Ordering::Greater
    {
        return Err(wrong());
    }
    Timestamp::now().to_zoned(TimeZone::UTC).checked_add(span).map(|end| end.timestamp()).map_err(|_| wrong())
}
