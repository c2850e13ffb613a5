//! Puts changes into an order in which each comes after those that it depends on.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::ResourceKey;

/// An order of the keys that keeps `after` (each key after all of its set) and is the same whenever the input is; the
/// keys of a circle are the error.
pub(super) fn order(
    keys: &BTreeSet<ResourceKey>,
    after: &BTreeMap<ResourceKey, BTreeSet<ResourceKey>>,
) -> Result<Vec<ResourceKey>, BTreeSet<ResourceKey>> {
    let (mut ordered, mut left) = (Vec::new(), keys.clone());
    while !left.is_empty() {
        let free = |key: &&ResourceKey| after.get(*key).is_none_or(|first| first.iter().all(|key| !left.contains(key)));
        let Some(next) = left.iter().find(free).cloned() else { return Err(left) };
        left.remove(&next);
        ordered.push(next);
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str) -> ResourceKey {
        ResourceKey { type_name: "T".into(), account: String::new(), region: String::new(), id: id.into() }
    }

    #[test]
    fn what_is_depended_on_comes_first_and_a_circle_is_told() {
        let keys = BTreeSet::from([key("a"), key("b"), key("c")]);
        let after = BTreeMap::from([(key("a"), BTreeSet::from([key("c")]))]);
        assert_eq!(order(&keys, &after), Ok(vec![key("b"), key("c"), key("a")]));
        let circle = BTreeMap::from([(key("a"), BTreeSet::from([key("c")])), (key("c"), BTreeSet::from([key("a")]))]);
        assert_eq!(order(&keys, &circle), Err(BTreeSet::from([key("a"), key("c")])));
    }
}
