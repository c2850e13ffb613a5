//! An event of EventBridge, and what it tells of: records of CloudTrail, items of AWS Config, findings of Security Hub.

use rectify::event::{self, Touched, Trigger};
use rectify::model::Scope;
use serde_json::Value;

use crate::world::TYPES;

/// It is read the same each time, and leads to resources of known types alone, each in an account and a Region.
pub fn run(data: &[u8]) {
    let Ok(body) = serde_json::from_slice::<Value>(data) else { return };
    let read = event::read(&body, &TYPES);
    assert_eq!(read, event::read(&body, &TYPES));
    let Ok(Trigger::Changed(changed)) = read else { return };
    assert!(changed.touched.is_sorted() && !changed.touched.is_empty(), "{changed:?}");
    for touched in &changed.touched {
        let type_name = match touched {
            Touched::One(key) => &key.type_name,
            Touched::Within { type_name, .. } => type_name,
        };
        let kind = TYPES.find(type_name).unwrap_or_else(|| panic!("{touched:?}"));
        assert_eq!(kind.scope() == Scope::Global, touched.region().is_empty(), "{touched:?}");
        // Who collects the findings of others tells of their accounts.
        let account = touched.account();
        assert!(account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()), "{touched:?}");
    }
}
