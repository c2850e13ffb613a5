//! A kept plan.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rectify::engine::{gate, seal, verify_seal};
use rectify::model::{ChangeId, Place, Plan};
use rectify::report::text;
use rectify::text::{Source, json};

use crate::world::WORLD;
use crate::{is_shown, without_styles};

/// A plan is written so that it is read again as the same. One that somebody sealed anew goes through the gate only with
/// the calls of its own documents, and those are of its own account.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
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
    let refusals = |plan: &Plan| gate(plan, &selected, &WORLD.assessor(), Timestamp::UNIX_EPOCH, &place);
    // As whoever forges one would do it.
    let forged = seal(Plan { bundle_digest: WORLD.bundle.digest.clone(), fingerprint_key: String::new(), ..plan });
    assert!(verify_seal(&forged));
    let told = refusals(&forged);
    told.iter().for_each(|refusal| is_shown(&refusal.to_string()));
    if !told.is_empty() {
        return;
    }
    for change in &forged.changes {
        assert_eq!(change.resource.account, place.account);
        for document in [&change.before, &change.after].into_iter().flatten() {
            assert_eq!(document.key(), change.resource);
        }
        let kind = WORLD.types.find(&change.resource.type_name).unwrap_or_else(|| panic!("{:?}", change.resource));
        assert_eq!(kind.calls(change.before.as_ref(), change.after.as_ref()).as_ref(), Ok(&change.calls));
    }
}
