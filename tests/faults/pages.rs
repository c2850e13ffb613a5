//! Lists whose pages are broken: what could not be read is told, and no list goes on for ever.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::keys::make;
use super::support::http::Message;
use super::support::{Fault, Field, Kept, On};

/// An answer with another body.
fn with(answer: &Message, body: &Value) -> Message {
    Message { body: body.to_string().into_bytes(), ..answer.clone() }
}

fn body(answer: &Message) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

/// What a scan says that could not be read.
fn unread(field: &Field) -> Vec<String> {
    let started = Instant::now();
    let told = field.rectify(&["scan", "--policies", "kms-rotation", "--format", "json"]);
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    let scan = told.json();
    scan["unread"].as_array().unwrap().iter().map(|unread| unread["reason"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_list_that_begins_again_is_noticed() {
    let field = Field::new(Kept::Sqlite);
    make(&field, 3);
    let round = "kms:ListKeys: the list begins again and again: a page names one that was there before as the next";
    // The same page again and again, under the same token.
    let same: Arc<dyn Fn(Message) -> Message + Send + Sync> = Arc::new(|answer| {
        let keys = body(&answer)["Keys"].clone();
        with(&answer, &json!({"Keys": keys, "Truncated": true, "NextMarker": "again"}))
    });
    // A circle of several pages, each with a token of its own.
    let count = std::sync::atomic::AtomicUsize::new(0);
    let circle: Arc<dyn Fn(Message) -> Message + Send + Sync> = Arc::new(move |answer| {
        let n = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) % 3;
        let key = body(&answer)["Keys"][n].clone();
        with(&answer, &json!({"Keys": [key], "Truncated": true, "NextMarker": format!("page {n}")}))
    });
    for amend in [same, circle] {
        let rule = field.proxy.fail(On::call("kms", "ListKeys"), Fault::Amended(amend), usize::MAX);
        assert_eq!(unread(&field), [round]);
        field.proxy.heal(rule);
    }
    assert_eq!(unread(&field), [""; 0]);
}

#[test]
fn a_page_that_is_cut_off_is_read_again_or_told() {
    let field = Field::new(Kept::Sqlite);
    make(&field, 3);
    // The connection breaks: the SDK asks again.
    field.proxy.fail(On::call("kms", "ListKeys"), Fault::Cut, 1);
    assert_eq!(unread(&field), [""; 0]);
    let rule = field.proxy.fail(On::call("kms", "ListKeys"), Fault::Cut, usize::MAX);
    let told = unread(&field);
    assert!(told.len() == 1 && told[0].starts_with("kms:ListKeys: "), "{told:?}");
    field.proxy.heal(rule);
    // Half a document, whole as far as HTTP knows.
    let half = |answer: Message| Message { body: answer.body[..answer.body.len() / 2].to_vec(), ..answer };
    field.proxy.fail(On::call("kms", "ListKeys"), Fault::Amended(Arc::new(half)), usize::MAX);
    let told = unread(&field);
    assert!(told.len() == 1 && told[0].starts_with("kms:ListKeys: the answer cannot be understood"), "{told:?}");
}
