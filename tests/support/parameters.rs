//! The parameters that playbooks have to be told, for the shop of the seed.

use std::collections::BTreeMap;

use serde_json::Value;

/// The playbook or policy, the parameter, and its value as JSON.
const VALUES: &[(&str, &str, &str)] =
    &[("iam-pass-role", "roles", r#"["arn:aws:iam::111122223333:role/shop-orders"]"#)];

/// The arguments of the command line that set all of them.
pub fn arguments() -> Vec<String> {
    let set = |(id, name, value): &(&str, &str, &str)| ["--set".to_owned(), format!("{id}.{name}={value}")];
    VALUES.iter().flat_map(set).collect()
}

/// Them as the settings have them.
pub fn settings() -> BTreeMap<String, BTreeMap<String, Value>> {
    let mut all: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    for (id, name, value) in VALUES {
        let value = serde_json::from_str(value).expect("it is JSON");
        all.entry((*id).to_owned()).or_default().insert((*name).to_owned(), value);
    }
    all
}
