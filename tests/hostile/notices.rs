//! What people are told in a chat or a mail, and programs as JSON.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread;

use rectify::event::notice::{Notice, Sink, Webhook, WebhookFormat};
use serde_json::{Value, json};

use super::texts::{TEXTS, is_plain};

/// A notice that has a text wherever one may be.
fn notice(hostile: &str) -> Notice {
    let resource = json!({"type": hostile, "account": hostile, "region": hostile, "id": hostile});
    serde_json::from_value(json!({
        "id": hostile, "subject": "run_finished", "at": hostile, "account": hostile, "summary": hostile, "event": hostile,
        "who": hostile, "found": 2, "left": 1, "plan": hostile,
        "findings": [{"policy": hostile, "severity": hostile, "resource": resource, "message": hostile, "status": "waived", "reason": hostile}],
        "run": {"run": hostile, "outcome": hostile, "changes": [{"id": hostile, "resource": resource, "playbooks": [hostile], "status": hostile}]},
    }))
    .unwrap()
}

/// What a webhook gets of a notice.
async fn posted(notice: &Notice, format: WebhookFormat) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        String::from_utf8(body).unwrap()
    });
    Webhook::new(url, format).send(notice).await.unwrap();
    server.join().unwrap()
}

#[tokio::test]
async fn a_chat_gets_text_and_no_markup() {
    for hostile in TEXTS {
        let body: Value = serde_json::from_str(&posted(&notice(hostile), WebhookFormat::Slack).await).unwrap();
        let text = body["text"].as_str().unwrap().to_owned();
        assert_eq!(body, json!({"text": text, "mrkdwn": false, "unfurl_links": false, "unfurl_media": false}));
        is_plain(&text);
        assert!(!text.contains(['<', '>']), "{text}");
        // Every `&` is the beginning of one of the three that Slack knows.
        let escapes = ["&amp;", "&lt;", "&gt;"].map(|escape| text.matches(escape).count());
        assert_eq!(text.matches('&').count(), escapes.iter().sum::<usize>(), "{text}");
        // As many lines as rectify writes.
        assert_eq!(text.lines().count(), notice("x").text().lines().count(), "{text}");
    }
}

#[tokio::test]
async fn a_program_gets_the_texts_as_they_are() {
    for hostile in TEXTS {
        let body: Value = serde_json::from_str(&posted(&notice(hostile), WebhookFormat::Json).await).unwrap();
        assert_eq!(body["findings"][0]["message"], *hostile);
        assert_eq!((&body["who"], &body["summary"]), (&json!(hostile), &json!(hostile)));
        assert_eq!(body["subject"], "rectify.run.finished");
    }
}
