//! A playbook, and steps that playbooks share.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rectify::engine::run_cases;
use rectify::playbook::{Playbook, Shared};
use rectify::text::Source;

use crate::is_shown;
use crate::world::WORLD;

/// What the built-in playbooks may include.
static SHARED: LazyLock<BTreeMap<String, Shared>> = LazyLock::new(|| {
    let sources = WORLD.bundle.files.playbooks.iter().filter(|source| Shared::is_in(source));
    sources.filter_map(|source| Shared::load(source).ok()).map(|shared| (shared.name.clone(), shared)).collect()
});

/// One that is refused is told; one that is not can be followed through all of its cases, and ends the same each time.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Err(told) = Shared::load(&Source::new("shared/fuzz.yaml", text)) {
        is_shown(&told.to_string());
    }
    let playbook = match Playbook::load(&Source::new("fuzz.yaml", text), &SHARED) {
        Err(told) => return is_shown(&told.to_string()),
        Ok(playbook) => playbook,
    };
    let mut bundle = WORLD.bundle.clone();
    bundle.policies.retain(|policy| playbook.fixes.contains(policy.id()));
    bundle.playbooks = BTreeMap::from([(playbook.id.clone(), playbook)]);
    assert_eq!(run_cases(&bundle, &WORLD.types), run_cases(&bundle, &WORLD.types));
}
