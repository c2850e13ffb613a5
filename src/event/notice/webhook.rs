//! Notices over HTTP.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;

use super::{Notice, Sink, told};
use crate::engine::sha256;

/// What a webhook gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WebhookFormat {
    /// The notice.
    #[default]
    Json,
    /// `{"text": …}`, which Slack and those that are like it take
    /// (<https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>).
    Slack,
}

/// A URL that notices are posted to. The URL may be a secret: it is in no message.
pub struct Webhook {
    url: String,
    format: WebhookFormat,
    agent: ureq::Agent,
}

/// How long it may take to be answered.
const PATIENCE: Duration = Duration::from_secs(10);

impl Webhook {
    /// A webhook. It follows no redirection: what it posts is for the one that was named.
    pub fn new(url: String, format: WebhookFormat) -> Self {
        let config = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).max_redirects(0);
        Self { url, format, agent: config.build().into() }
    }
}

#[async_trait]
impl Sink for Webhook {
    fn name(&self) -> String {
        let digest = sha256(self.url.as_bytes()).0;
        format!("webhook {}", digest.get(..15).unwrap_or(&digest))
    }

    async fn send(&self, notice: &Notice) -> Result<(), String> {
        let body = match self.format {
            WebhookFormat::Json => told(notice),
            // Names are no formatting, and what looks like an address in one is not fetched for a preview.
            WebhookFormat::Slack => json!({
                "text": escaped(&notice.text()),
                "mrkdwn": false,
                "unfurl_links": false,
                "unfurl_media": false,
            }),
        };
        let (agent, url, body) = (self.agent.clone(), self.url.clone(), body.to_string());
        let post = move || agent.post(&url).header("Content-Type", "application/json").send(body);
        match tokio::task::spawn_blocking(post).await {
            Ok(Ok(answer)) if answer.status().is_success() => Ok(()),
            Ok(Ok(answer)) => Err(format!("it answers with {}", answer.status())),
            Ok(Err(ureq::Error::StatusCode(status))) => Err(format!("it answers with {status}")),
            // Other errors may hold the URL.
            Ok(Err(ureq::Error::Timeout(_))) => Err(format!("no answer within {} seconds", PATIENCE.as_secs())),
            Ok(Err(ureq::Error::BadUri(_))) => Err("the URL is not one".to_owned()),
            Ok(Err(_)) => Err("it cannot be reached".to_owned()),
            Err(_) => Err("sending it came to no end".to_owned()),
        }
    }
}

/// The three characters that Slack takes for its own: without them there is no link, and nobody is called by name
/// (<https://docs.slack.dev/messaging/formatting-message-text>).
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
