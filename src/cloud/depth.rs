//! How deep a document is nested. A plan and the journal hold documents some levels further in, and have to be read again:
//! what would be too deep there is not taken in.

use serde_json::Value;

use crate::model::Resource;

/// Levels of a document's properties, and of its facts. The parser reads 127, and of them a plan and a run take a dozen.
pub const DEEPEST: usize = 64;

/// Why a document is not taken in.
pub const TOO_DEEP: &str = "the document is nested deeper than 64 levels";

/// Whether a document is nested too deeply.
pub fn is_too_deep(resource: &Resource) -> bool {
    !(fits(&resource.properties, DEEPEST) && fits(&resource.facts, DEEPEST))
}

fn fits(value: &Value, levels: usize) -> bool {
    let Some(within) = levels.checked_sub(1) else { return !(value.is_array() || value.is_object()) };
    match value {
        Value::Array(items) => items.iter().all(|item| fits(item, within)),
        Value::Object(members) => members.values().all(|member| fits(member, within)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn levels_are_counted() {
        let nested = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
        assert!(fits(&nested(DEEPEST), DEEPEST) && !fits(&nested(DEEPEST + 1), DEEPEST));
        assert!(fits(&json!({"a": [{}]}), 3) && !fits(&json!({"a": [{}]}), 2));
        assert!(TOO_DEEP.contains(&DEEPEST.to_string()));
    }
}
