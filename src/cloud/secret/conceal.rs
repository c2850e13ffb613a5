//! Documents without secrets.

use serde_json::Value;

use super::find::secrets;
use super::key::FingerprintKey;
use crate::model::{Resource, fingerprints};

/// Members whose values are all taken for secrets, whatever they look like: variables of environments and stages.
const VARIABLES: &[(&str, &str)] = &[
    ("AWS::Lambda::Function", "/Environment/Variables"),
    ("AWS::ApiGateway::Stage", "/Variables"),
    ("AWS::ApiGatewayV2::Stage", "/StageVariables"),
];

/// Whether a document has something that [`FingerprintKey::conceal_document`] would replace.
pub fn holds_secret(resource: &Resource) -> bool {
    let mut held = false;
    let mut look = |name: &str, text: &mut String| held |= !secrets(name, text).is_empty();
    let mut resource = resource.clone();
    visit("", &mut resource.properties, &mut look);
    visit("", &mut resource.facts, &mut look);
    held || plain_variables(&mut resource).next().is_some()
}

impl FingerprintKey {
    /// The document as it may be shown and kept: fingerprints stand in place of the values of its variables, and of everything in
    /// it that has a known format of secret. Names of resources stay.
    pub fn conceal_document(&self, mut resource: Resource) -> Resource {
        let mut found = false;
        plain_variables(&mut resource).for_each(|value| {
            *value = self.replace(value);
            found = true;
        });
        let mut hide = |name: &str, text: &mut String| {
            if let Some(concealed) = self.conceal_text(name, text) {
                *text = concealed;
                found = true;
            }
        };
        visit("", &mut resource.properties, &mut hide);
        visit("", &mut resource.facts, &mut hide);
        if !found {
            return resource;
        }
        // Tags stand in the document twice.
        let properties = std::mem::take(&mut resource.properties);
        resource.with_properties(properties)
    }
}

/// The values of variables that are no fingerprints.
fn plain_variables(resource: &mut Resource) -> impl Iterator<Item = &mut String> {
    let place = VARIABLES.iter().find(|(type_name, _)| resource.type_name.as_str() == *type_name);
    let variables = place.and_then(|(_, place)| resource.properties.pointer_mut(place)?.as_object_mut());
    let values = variables.into_iter().flat_map(|variables| variables.values_mut());
    values.filter_map(|value| match value {
        Value::String(text) if !is_fingerprint(text) => Some(text),
        _ => None,
    })
}

fn is_fingerprint(text: &str) -> bool {
    matches!(fingerprints(text).as_slice(), [range] if *range == (0..text.len()))
}

/// Every text with the name that it goes by: of its member, of its list's member, or of its tag.
fn visit(name: &str, value: &mut Value, to: &mut impl FnMut(&str, &mut String)) {
    match value {
        Value::String(text) => to(name, text),
        Value::Array(items) => items.iter_mut().for_each(|item| visit(name, item, to)),
        Value::Object(members) => {
            let key = members.get("Key").and_then(Value::as_str).map(str::to_owned);
            for (member, value) in members {
                let name = key.as_deref().filter(|_| member == "Value").unwrap_or(member);
                visit(name, value, to);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cloud::secret::format::samples::{RANDOM, made};
    use crate::model::ResourceKey;

    fn document(type_name: &str, properties: Value, facts: Value) -> Resource {
        let key = ResourceKey { type_name: type_name.into(), account: "1".into(), region: "r".into(), id: "i".into() };
        let members = |value: Value| value.as_object().cloned().unwrap_or_default();
        Resource::new(key, "arn:i", members(properties), members(facts))
    }

    #[test]
    fn a_document_keeps_what_is_no_secret_and_comes_back_whole() {
        let key = FingerprintKey::new([3; 32]);
        let token = made(&["ghp_", RANDOM]);
        let properties = json!({
            "Description": format!("see {token}"),
            "Environment": {"Variables": {"LOG_LEVEL": "info", "OLD": "hmac-sha256:0123456789abcdef"}},
            "Tags": [{"Key": "api-token", "Value": RANDOM}, {"Key": "team", "Value": "pay"}],
            "Policy": {"Statement": [{"Condition": {"StringEquals": {"aws:PrincipalTag/secret": [RANDOM]}}}]},
        });
        let plain = document("AWS::Lambda::Function", properties.clone(), json!({"StateReason": token}));
        assert!(holds_secret(&plain));
        let concealed = key.conceal_document(plain.clone());
        let (token_is, random_is) = (key.fingerprint(&token), key.fingerprint(RANDOM));
        let hidden = json!({
            "Description": format!("see {token_is}"),
            "Environment": {"Variables": {"LOG_LEVEL": key.fingerprint("info"), "OLD": "hmac-sha256:0123456789abcdef"}},
            "Tags": [{"Key": "api-token", "Value": random_is}, {"Key": "team", "Value": "pay"}],
            "Policy": {"Statement": [{"Condition": {"StringEquals": {"aws:PrincipalTag/secret": [random_is]}}}]},
        });
        assert_eq!(concealed, document("AWS::Lambda::Function", hidden, json!({"StateReason": token_is})));
        assert_eq!(concealed.tags["api-token"], random_is);
        assert_eq!(key.conceal_document(concealed.clone()), concealed);
        assert!(!holds_secret(&concealed));

        let mut known = concealed.properties;
        known["Environment"]["Variables"].as_object_mut().unwrap().remove("OLD");
        let mut expected = properties;
        expected["Environment"]["Variables"].as_object_mut().unwrap().remove("OLD");
        assert_eq!(key.reveal(&known), Ok(expected));
    }

    #[test]
    fn variables_of_other_types_are_ordinary_members() {
        let queue = document("AWS::SQS::Queue", json!({"Environment": {"Variables": {"A": "b"}}}), json!({}));
        assert!(!holds_secret(&queue));
        for (type_name, properties) in [
            ("AWS::ApiGateway::Stage", json!({"Variables": {"url": "https://example.org"}})),
            ("AWS::ApiGatewayV2::Stage", json!({"StageVariables": {"url": "https://example.org"}})),
        ] {
            assert!(holds_secret(&document(type_name, properties, json!({}))), "{type_name}");
        }
    }

    #[test]
    fn the_demo_has_nothing_to_conceal() {
        let demo = crate::cloud::DEMO.lines().skip(1).map(|line| serde_json::from_str::<Resource>(line).unwrap());
        let held: Vec<String> = demo.filter(holds_secret).map(|resource| resource.key().to_string()).collect();
        assert_eq!(held, [""; 0]);
    }
}
