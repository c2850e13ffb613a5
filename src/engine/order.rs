//! Puts changes into an order in which each comes after those that it depends on.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::ResourceKey;

/// An order of the keys that keeps `after` (each key after all of its set) and is the same whenever the input is; the
/// keys of a circle are the error. Where `after` leaves it open, a key that `rather` has comes after its own set there.
pub(super) fn order(
    keys: &BTreeSet<ResourceKey>,
    after: &BTreeMap<ResourceKey, BTreeSet<ResourceKey>>,
    rather: &BTreeMap<ResourceKey, BTreeSet<ResourceKey>>,
) -> Result<Vec<ResourceKey>, BTreeSet<ResourceKey>> {
    let (mut ordered, mut left) = (Vec::new(), keys.clone());
    while !left.is_empty() {
        let comes = |key: &ResourceKey, of: &BTreeMap<ResourceKey, BTreeSet<ResourceKey>>| {
            of.get(key).is_none_or(|first| first.iter().all(|key| !left.contains(key)))
        };
        let free: Vec<&ResourceKey> = left.iter().filter(|key| comes(key, after)).collect();
        let next = free.iter().find(|key| comes(key, rather)).or(free.first());
        let Some(next) = next.map(|key| (*key).clone()) else { return Err(left) };
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
        let none = BTreeMap::new();
        assert_eq!(order(&keys, &after, &none), Ok(vec![key("b"), key("c"), key("a")]));
        let circle = BTreeMap::from([(key("a"), BTreeSet::from([key("c")])), (key("c"), BTreeSet::from([key("a")]))]);
        assert_eq!(order(&keys, &circle, &none), Err(BTreeSet::from([key("a"), key("c")])));
    }

    #[test]
    fn a_wish_is_kept_where_nothing_stands_against_it() {
        let keys = BTreeSet::from([key("a"), key("b"), key("c")]);
        let before = |first: &str, then: &str| BTreeMap::from([(key(then), BTreeSet::from([key(first)]))]);
        assert_eq!(order(&keys, &BTreeMap::new(), &before("b", "a")), Ok(vec![key("b"), key("a"), key("c")]));
        assert_eq!(order(&keys, &before("a", "b"), &before("b", "a")), Ok(vec![key("c"), key("a"), key("b")]));
    }
}
