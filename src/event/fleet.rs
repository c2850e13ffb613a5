//! A scan of many accounts as pieces of work that any number of handlers take from one queue.

use serde_json::{Value, json};

use crate::engine::Reading;
use crate::model::{ResourceTypes, Scope};

/// One piece for each account, Region and type of a reading; a global type is one piece an account. `batch` names them: the same
/// piece delivered twice is done once.
pub fn pieces(
    batch: &str,
    accounts: &[String],
    regions: &[String],
    reading: &Reading,
    types: &ResourceTypes,
    policies: &[String],
) -> Vec<Value> {
    let mut pieces = Vec::new();
    for account in accounts {
        for kind in reading.0.keys().filter_map(|name| types.find(name)) {
            let regions = match kind.scope() {
                Scope::Global => regions.get(..1).unwrap_or_default(),
                Scope::Regional => regions,
            };
            for region in regions {
                let id = format!("{batch}:{account}:{region}:{}", kind.name());
                let mut piece = json!({"rectify": "scan", "id": id, "account": account, "regions": [region], "types": [kind.name()]});
                if let Some(members) = piece.as_object_mut().filter(|_| !policies.is_empty()) {
                    members.insert("policies".to_owned(), json!(policies));
                }
                pieces.push(piece);
            }
        }
    }
    pieces
}
