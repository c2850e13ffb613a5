//! What is installed stays what it is, whatever else is selected.

use std::collections::BTreeMap;

use rectify::event::deploy::Deployment;

use crate::fixture;

/// Types by logical id.
fn named(deployment: &Deployment) -> BTreeMap<&str, &str> {
    let named: BTreeMap<&str, &str> =
        deployment.documents.iter().map(|document| (document.id.as_str(), document.type_name)).collect();
    assert_eq!(named.len(), deployment.documents.len(), "a logical id is there twice");
    named
}

/// Of what can be built with a policy less, nothing is new: an update replaces nothing, and takes away what nobody needs.
#[test]
fn without_a_policy_nothing_is_called_otherwise() {
    let all = fixture::policies();
    let whole = fixture::deployment(&all);
    let whole = named(&whole);
    for removed in &all {
        let rest: Vec<String> = all.iter().filter(|id| *id != removed).cloned().collect();
        let rest = fixture::deployment(&rest);
        let rest = named(&rest);
        assert!(rest.iter().all(|(id, kind)| whole.get(id) == Some(kind)), "without {removed}");
    }
    // Rules come and go with what they ask for; all else is there whatever is selected.
    let none = fixture::deployment(&[]);
    let none = named(&none);
    let gone: Vec<&&str> = whole.iter().filter(|(id, _)| !none.contains_key(*id)).map(|(_, kind)| kind).collect();
    assert!(gone.iter().all(|kind| **kind == "AWS::Events::Rule"), "{gone:?}");
}

#[test]
fn the_same_selection_is_the_same_template() {
    let all = fixture::policies();
    assert_eq!(fixture::deployment(&all), fixture::deployment(&all));
}
