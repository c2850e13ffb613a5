//! Undo: the same changes with before and after swapped.

use std::collections::BTreeSet;

use super::hash::{document_hash, short};
use super::plan::{kind_of, patch};
use super::together::still_needed;
use crate::model::{Change, ChangeId, Resource, ResourceTypes, secret_that_goes};

/// The same changes the other way: `before` and `after` swapped, the last first, each after the reverse of those that
/// depended on it. A change that cannot be taken back is told instead.
pub fn reversed(
    changes: impl IntoIterator<Item = (Change, Option<Resource>, Option<Resource>)>,
    types: &ResourceTypes,
) -> (Vec<Change>, Vec<(Change, String)>) {
    let mut back: Vec<(Change, Change)> = Vec::new();
    let mut left: Vec<(Change, String)> = Vec::new();
    for (change, before, after) in changes {
        match reverse(&change, before, after, types) {
            Ok(reversed) => back.push((change, reversed)),
            Err(why) => left.push((change, why)),
        }
    }
    // What stays still needs what was done before it. A change stands after all that it depends on, so that the last of those
    // that stay is looked at first.
    let mut needed: Vec<(ChangeId, String)> = Vec::new();
    let stays = |needed: &mut Vec<(ChangeId, String)>, change: &Change| {
        needed.extend(change.depends_on.iter().map(|id| (id.clone(), still_needed(&change.resource))));
    };
    left.iter().for_each(|(change, _)| stays(&mut needed, change));
    for index in (0..back.len()).rev() {
        let why = back.get(index).and_then(|(was, _)| needed.iter().find(|(id, _)| *id == was.id)).cloned();
        if let Some((_, why)) = why {
            let (was, _) = back.remove(index);
            stays(&mut needed, &was);
            left.push((was, why));
        }
    }
    let names: Vec<(ChangeId, Vec<ChangeId>, ChangeId)> =
        back.iter().map(|(was, now)| (was.id.clone(), was.depends_on.clone(), now.id.clone())).collect();
    let mut ordered: Vec<Change> = Vec::new();
    for (was, mut now) in back.into_iter().rev() {
        let first = names.iter().filter(|(_, depends_on, _)| depends_on.contains(&was.id));
        now.depends_on = first.map(|(_, _, id)| id.clone()).collect();
        ordered.push(now);
    }
    (ordered, left)
}

fn reverse(
    change: &Change,
    before: Option<Resource>,
    after: Option<Resource>,
    types: &ResourceTypes,
) -> Result<Change, String> {
    let type_name = &change.resource.type_name;
    let kind = types.find(type_name).ok_or_else(|| format!("no resource type {type_name}"))?;
    let calls = kind.calls(after.as_ref(), before.as_ref()).map_err(|error| error.to_string())?;
    if let Some(why) = secret_that_goes(&calls, after.as_ref()) {
        return Err(why);
    }
    let patch = patch(after.as_ref(), before.as_ref());
    Ok(Change {
        id: ChangeId::from(short(&("undo", &change.id, &patch))),
        kind: kind_of(after.as_ref(), before.as_ref()),
        // What was created has its real place now.
        resource: after.as_ref().or(before.as_ref()).map_or_else(|| change.resource.clone(), Resource::key),
        find: None,
        before_hash: after.as_ref().map(document_hash),
        patch,
        fixes: Vec::new(),
        playbooks: change.playbooks.clone(),
        safety: change.safety,
        on_failure: BTreeSet::new(),
        reversible: true,
        irreversible_because: None,
        depends_on: Vec::new(),
        warnings: kind.warnings(after.as_ref(), before.as_ref()),
        parts: change.parts.clone(),
        calls,
        before: after,
        after: before,
    })
}
