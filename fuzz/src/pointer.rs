//! A place in a document, as a playbook's patch names it.

use rectify::playbook::{Bindings, Missing, Pointer};
use serde_json::{Value, json};

use crate::is_shown;

/// A line with a pointer, and a document. What a pointer does not lead to is as it was: whatever is put there, and put back,
/// nothing else has changed.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some((pointer, document)) = text.split_once('\n') else { return };
    let pointer = match Pointer::parse(pointer) {
        Err(told) => return assert!(told.len() <= 8 * pointer.len() + 200, "{told}"),
        Ok(pointer) => pointer,
    };
    assert_eq!(Pointer::parse(&pointer.text), Ok(pointer.clone()));
    let Ok(document) = serde_json::from_str::<Value>(document) else { return };
    let place = match pointer.bind(&Bindings::default()) {
        Err(told) => return is_shown(&told.replace(|c: char| c.is_control(), "")),
        Ok(place) => place,
    };
    // An element that is picked by its fields may not be found any more when these are others.
    if !pointer.text.contains('=') {
        let mut visited = Vec::new();
        let mut changed = document.clone();
        place.update(&mut changed, Missing::Skip, &mut |old| {
            visited.push(old);
            Some(json!("here"))
        });
        let mut back = visited.into_iter();
        place.update(&mut changed, Missing::Skip, &mut |now| {
            assert_eq!(now, Some(json!("here")));
            back.next().flatten()
        });
        assert_eq!(changed, document, "{}", pointer.text);
        assert_eq!(back.next(), None);
    }
    // Where something is made on the way, nothing of what was there is lost but what stood at the places themselves.
    let mut replaced = Vec::new();
    let mut made = document.clone();
    place.update(&mut made, Missing::Create, &mut |old| {
        scalars(&old.unwrap_or_default(), &mut replaced);
        Some(json!({}))
    });
    let (mut before, mut after) = (Vec::new(), Vec::new());
    scalars(&document, &mut before);
    scalars(&made, &mut after);
    after.extend(replaced);
    for value in &before {
        let place = after.iter().position(|other| other == value);
        after.swap_remove(place.unwrap_or_else(|| panic!("{} takes away {value} of {document}", pointer.text)));
    }
}

/// What is in a value and is no object, array or null.
fn scalars(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Object(members) => members.values().for_each(|value| scalars(value, found)),
        Value::Array(items) => items.iter().for_each(|value| scalars(value, found)),
        Value::Null => {}
        scalar => found.push(scalar.clone()),
    }
}
