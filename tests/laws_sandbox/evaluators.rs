//! Both evaluators of Rego say the same of every document.

use super::worlds::{World, all_hold};

#[test]
fn both_evaluators_agree_on_every_document() {
    let (mut compared, mut broken) = (0, Vec::new());
    for world in World::all().iter().filter(|world| world.whole_bundle) {
        for policy in world.bundle.policies.all() {
            let judged = &policy.metadata.custom.resource_types;
            for document in world.snapshot.resources().filter(|document| judged.contains(&document.type_name)) {
                let input = world.assessor().input(&world.snapshot, document, policy);
                compared += 1;
                if let Err(why) = world.bundle.policies.agree(policy.id().as_str(), &input) {
                    broken.push(format!("{}: {} on {}: {why}", world.name, policy.id(), document.key()));
                }
            }
        }
    }
    assert!(compared > 400, "{compared} documents were compared");
    all_hold(broken);
}
