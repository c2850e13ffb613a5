//! The handler of events that commands use: `event`, `listen` and the Lambda function.
#![expect(clippy::disallowed_methods, reason = "the command line reads the environment and the clock")]

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tracing::warn;

use super::CliError;
use super::config::{NoticeOptions, WebhookOptions};
use super::session::Session;
use crate::cloud::aws::Messages;
use crate::engine::expiring;
use crate::event::handler::Handler;
use crate::event::mode::Mode;
use crate::event::notice::{Bus, Notices, Sink, Topic, Webhook};
use crate::event::outcome::{Handled, Looked};
use crate::journal::Ledger;
use crate::report::json as json_report;

/// How long a handler that has died holds what it was at.
const HOLD: SignedDuration = SignedDuration::from_secs(120);

/// The mode that is asked for.
#[derive(Debug, Clone, clap::Args)]
pub struct ModeArg {
    /// `observe` writes nothing; `enforce` applies what is safe, as far as `events` in rectify.yaml lets it. RECTIFY_MODE, or
    /// observe, where it is not named.
    #[arg(long, value_name = "MODE", value_parser = parse_mode)]
    mode: Option<Mode>,
}

fn parse_mode(text: &str) -> Result<Mode, String> {
    let modes = [Mode::Observe, Mode::Enforce];
    modes.into_iter().find(|mode| mode.as_str() == text).ok_or_else(|| "it is observe or enforce".to_owned())
}

impl ModeArg {
    fn mode(&self) -> Result<Mode, CliError> {
        match (self.mode, std::env::var("RECTIFY_MODE")) {
            (Some(mode), _) => Ok(mode),
            (None, Ok(text)) if !text.is_empty() => {
                parse_mode(&text).map_err(|told| CliError::config(format!("RECTIFY_MODE is `{text}`: {told}")))
            }
            _ => Ok(Mode::Observe),
        }
    }
}

/// A handler of what a session has opened.
pub async fn handler(session: &Session, mode: &ModeArg) -> Result<Handler, CliError> {
    let options = session.config.events.clone();
    for policy in options.rules.iter().flat_map(|rule| &rule.policies) {
        if session.bundle.policies.find(policy.as_str()).is_none() {
            let known = session.bundle.policies.all().map(|policy| policy.id().as_str());
            return Err(session.config.unknown("policy", policy.as_str(), known));
        }
    }
    for note in expiring(&session.settings) {
        warn!(waiver = note.waiver, owner = note.owner, expires = note.expires, "a waiver ends soon");
    }
    let store = session.journal().await?;
    Ok(Handler {
        types: session.types.clone(),
        bundle: session.bundle.clone(),
        settings: session.settings.clone(),
        clouds: session.clouds(),
        ledger: Ledger::new(store.clone()),
        journal: store,
        options,
        mode: mode.mode()?,
        notices: notices(session).await?,
        queue: None,
        hold: HOLD,
        clock: Timestamp::now,
    })
}

async fn notices(session: &Session) -> Result<Notices, CliError> {
    let mut sinks: Vec<Box<dyn Sink>> = Vec::new();
    let mut messages: Option<Messages> = None;
    for (index, options) in session.config.notices.iter().enumerate() {
        let complain = |at: &str, what: &str| session.config.complain(at, format!("notice {}: {what}", index + 1));
        let aws = options.sns.is_some() || options.event_bus.is_some();
        if aws && messages.is_none() {
            messages = Some(Messages::connect().await?);
        }
        match (options, &messages) {
            (NoticeOptions { webhook: Some(webhook), sns: None, event_bus: None }, _) => {
                let url = url(webhook).map_err(|(at, what)| complain(at, &what))?;
                sinks.push(Box::new(Webhook::new(url, webhook.format)));
            }
            (NoticeOptions { webhook: None, sns: Some(topic), event_bus: None }, Some(messages)) => {
                sinks.push(Box::new(Topic(messages.clone(), topic.clone())));
            }
            (NoticeOptions { webhook: None, sns: None, event_bus: Some(bus) }, Some(messages)) => {
                sinks.push(Box::new(Bus(messages.clone(), bus.clone())));
            }
            _ => return Err(complain("notices:", "it is one of `webhook`, `sns` and `event_bus`")),
        }
    }
    Ok(Notices::new(sinks))
}

/// The URL of a webhook; the error is where the configuration is wrong, and what.
fn url(options: &WebhookOptions) -> Result<String, (&str, String)> {
    match (&options.url, &options.url_env) {
        (Some(url), None) => Ok(url.clone()),
        (None, Some(name)) => {
            let unset = || format!("the environment variable {name}, which names its URL, is not set");
            std::env::var(name).map_err(|_| (name.as_str(), unset()))
        }
        _ => Err(("webhook:", "it has either `url` or `url_env`".to_owned())),
    }
}

/// What became of an event, as JSON.
pub fn shown(handled: &Handled) -> Value {
    let looked = |looked: &Looked| {
        json!({
            "place": looked.place,
            "outcome": looked.fate.as_str(),
            "told": looked.told,
            "plan": looked.plan.as_deref().map(json_report::plan),
            "run": looked.run.as_deref().map(json_report::run),
        })
    };
    json!({
        "event": handled.event,
        "what": handled.what,
        "ignored": handled.ignored,
        "looked": handled.looked.iter().map(looked).collect::<Vec<_>>(),
    })
}
