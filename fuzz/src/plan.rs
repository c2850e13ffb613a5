//! A kept plan.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rectify::engine::{gate, seal, verify_seal};
use rectify::model::{Arn, ChangeId, Place, Plan};
use rectify::report::text;
use rectify::text::{Source, json};
use serde_json::Value;

use crate::world::{PLAN, WORLD};
use crate::{is_shown, without_styles};

/// A plan, or lines that edit a good one: a JSON Pointer, a space, and what stands there from now on.
///
/// A plan is written so that it is read again as the same. One that somebody sealed anew goes through the gate only with the
/// calls of its own documents, and those are of its own account.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let text = if text.starts_with('/') { edited(text) } else { text.to_owned() };
    let plan = match json::parse::<Plan>(&Source::new("fuzz.json", text)) {
        Err(told) => return is_shown(&told.to_string()),
        Ok(plan) => plan,
    };
    let written = serde_json::to_string(&plan).unwrap_or_else(|error| panic!("{error}"));
    let again = json::parse::<Plan>(&Source::new("again.json", &written));
    assert_eq!(again.as_ref(), Ok(&plan), "{written}");
    is_shown(&without_styles(&text::plan(&plan)));
    let selected: BTreeSet<ChangeId> = plan.changes.iter().map(|change| change.id.clone()).collect();
    let place = Place { account: "111122223333".into(), partition: "aws".into(), region: String::new() };
    // As whoever forges one would do it.
    let forged = seal(Plan { bundle_digest: WORLD.bundle.digest.clone(), ..plan });
    assert!(verify_seal(&forged));
    let told = gate(&forged, &selected, &WORLD.assessor(), Timestamp::UNIX_EPOCH, &place);
    told.iter().for_each(|refusal| {
        let _ = refusal.to_string();
    });
    if !told.is_empty() {
        return;
    }
    assert_eq!((&forged.account, &forged.partition), (&place.account, &place.partition));
    for change in &forged.changes {
        assert_eq!(change.resource.account, place.account);
        for document in [&change.before, &change.after].into_iter().flatten() {
            assert_eq!(document.key(), change.resource);
            let foreign = |arn: Arn<'_>| !arn.account.is_empty() && arn.account != place.account;
            assert!(!Arn::parse(&document.arn).is_some_and(foreign), "{}", document.arn);
        }
        let kind = WORLD.types.find(&change.resource.type_name).unwrap_or_else(|| panic!("{:?}", change.resource));
        assert_eq!(kind.calls(change.before.as_ref(), change.after.as_ref()).as_ref(), Ok(&change.calls));
    }
}

fn edited(lines: &str) -> String {
    let mut plan = serde_json::to_value(&*PLAN).unwrap_or_else(|error| panic!("{error}"));
    for line in lines.lines() {
        let Some((pointer, value)) = line.split_once(' ') else { continue };
        if let (Some(place), Ok(value)) = (plan.pointer_mut(pointer), serde_json::from_str::<Value>(value)) {
            *place = value;
        }
    }
    plan.to_string()
}
