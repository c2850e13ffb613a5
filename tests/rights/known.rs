//! Every action and resource that the types name is one that AWS knows, by its reference as cfn-lint ships it.

use std::collections::BTreeSet;

use rectify::cloud::aws::TYPES;
use rectify::model::Right;
use serde_json::Value;

use super::support::venv::Venv;

const PRINT: &str = "
import cfnlint, pathlib
print((pathlib.Path(cfnlint.__path__[0]) / 'data/AdditionalSpecs/Policies.json').read_text())
";

/// What the reference does not say and AWS does, and where it is told.
const UNTOLD: &[(&str, &str, &str)] = &[(
    "apigateway:POST",
    "arn:${partition}:apigateway:${region}::/tags/*",
    "https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/997",
)];

#[test]
fn every_action_and_resource_is_one_of_aws() {
    let reference: Value = serde_json::from_str(&Venv::shared().run(PRINT, &[], None)).expect("it is JSON");
    let mut rights: BTreeSet<Right> = BTreeSet::new();
    for kind in TYPES {
        rights.extend(kind.reads());
        rights.extend(kind.parts().iter().flat_map(|part| part.permissions));
        rights.extend(kind.writes().iter().flat_map(|write| write.rights));
    }
    assert!(rights.len() > 80, "{}", rights.len());
    let wrong: Vec<String> = rights.iter().filter_map(|right| unlike(&reference, right)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn unlike(reference: &Value, right: &Right) -> Option<String> {
    let (service, name) = right.action.split_once(':').expect("an action has a service");
    let service = &reference[service];
    let action = &service["Actions"][name.to_ascii_lowercase()];
    if action.is_null() {
        return Some(format!("{}: there is no such action", right.action));
    }
    let resources: Vec<&str> = action["Resources"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let formats = resources.iter().flat_map(|name| {
        let formats = &service["Resources"][name.to_ascii_lowercase()]["ARNFormats"];
        formats.as_array().into_iter().flatten().filter_map(Value::as_str)
    });
    let formats: Vec<&str> = formats.collect();
    let untold = UNTOLD.iter().any(|(action, on, _)| *action == right.action && *on == right.on);
    let fits = match right.on {
        "*" => resources.is_empty(),
        on => untold || formats.iter().any(|format| is_of(on, format)),
    };
    (!fits).then(|| format!("{} on {}: AWS has {formats:?}", right.action, right.on))
}

/// Whether a pattern is of an ARN's format: the service, and how the resource begins.
fn is_of(pattern: &str, format: &str) -> bool {
    let parts = |arn: &str| -> Vec<String> { arn.splitn(6, ':').map(str::to_owned).collect() };
    let (ours, aws) = (parts(pattern), parts(format));
    ours.len() == 6 && aws.len() == 6 && ours[2] == aws[2] && ours[5].starts_with(aws[5].trim_end_matches(".*"))
}
