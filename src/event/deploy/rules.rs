//! Which events are asked for: patterns for EventBridge's rules.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::model::Trail;

/// The longest pattern that EventBridge takes, in characters
/// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html>, "Event pattern size").
pub const LONGEST: usize = 2048;

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its logical id: the same for the same service, whatever else is asked for.
    pub id: String,
    /// What it is for.
    pub description: String,
    /// What an event has to look like.
    pub pattern: Value,
}

/// Rules for the CloudTrail events of these calls: those that succeeded, one rule a service, and as many more as the
/// length of patterns makes necessary.
///
/// An event's `source` is `aws.` and the first word of CloudTrail's `eventSource`: `aws.iam` for `iam.amazonaws.com`,
/// `aws.apigateway`, `aws.kms`, `aws.lambda`
/// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html>). A call that failed has
/// an `errorCode`, and has changed nothing.
pub fn rules<'a>(trails: impl IntoIterator<Item = &'a Trail>) -> Vec<Rule> {
    let mut names: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for trail in trails {
        names.entry(trail.source).or_default().insert(trail.name.to_owned());
    }
    let of_service = |(source, names): (&str, BTreeSet<String>)| {
        let service = source.split('.').next().unwrap_or(source);
        let pattern = |names: &[String]| {
            json!({
                "source": [format!("aws.{service}")],
                "detail-type": ["AWS API Call via CloudTrail"],
                "detail": {"eventSource": [source], "eventName": names, "errorCode": [{"exists": false}]},
            })
        };
        let description = format!("The changes that CloudTrail records for {source}.");
        numbered(&format!("{}Rule", capitalized(service)), &description, names, pattern)
    };
    names.into_iter().flat_map(of_service).collect()
}

/// Rules for what AWS Config tells of these types, an item that is too large by its summary. Config calls managed policies `AWS::IAM::Policy`
/// (<https://docs.aws.amazon.com/config/latest/developerguide/resource-config-reference.html>).
pub fn config_items<'a>(types: impl IntoIterator<Item = &'a str>) -> Vec<Rule> {
    let names = types.into_iter().map(|name| name.replace("IAM::ManagedPolicy", "IAM::Policy")).collect();
    let pattern = |names: &[String]| {
        json!({
            "source": ["aws.config"],
            "detail-type": ["Config Configuration Item Change"],
            "detail": {
                "messageType": ["ConfigurationItemChangeNotification", "OversizedConfigurationItemChangeNotification"],
                "$or": [
                    {"configurationItem": {"resourceType": names}},
                    {"configurationItemSummary": {"resourceType": names}},
                ],
            },
        })
    };
    numbered("ConfigItemRule", "The changes that AWS Config records.", names, pattern)
}

/// Rules for active findings that others report to Security Hub on resources of these types, which it spells
/// `AwsIamRole` (<https://docs.aws.amazon.com/securityhub/latest/userguide/asff-resources-attributes.html>).
pub fn security_hub<'a>(types: impl IntoIterator<Item = &'a str>) -> Vec<Rule> {
    let spelled = |name: &str| {
        let name = name.replace("IAM::ManagedPolicy", "IAM::Policy");
        let word = |word: &str| if acronym(word) { capitalized(&word.to_lowercase()) } else { word.to_owned() };
        name.split("::").map(word).collect::<String>()
    };
    let names = types.into_iter().map(spelled).collect();
    let pattern = |names: &[String]| {
        json!({
            "source": ["aws.securityhub"],
            "detail-type": ["Security Hub Findings - Imported"],
            "detail": {"findings": {"RecordState": ["ACTIVE"], "Resources": {"Type": names}}},
        })
    };
    numbered("SecurityHubRule", "The findings that Security Hub imports.", names, pattern)
}

/// As many rules as it takes for each pattern to be short enough; the first has the id alone, the others a number.
fn numbered(id: &str, description: &str, names: BTreeSet<String>, pattern: impl Fn(&[String]) -> Value) -> Vec<Rule> {
    let mut parts: Vec<Vec<String>> = Vec::new();
    for name in names {
        match parts.last_mut() {
            Some(part) => {
                part.push(name);
                if length(&pattern(part)) > LONGEST
                    && let Some(name) = part.pop()
                {
                    parts.push(vec![name]);
                }
            }
            None => parts.push(vec![name]),
        }
    }
    let rule = |(index, part): (usize, Vec<String>)| Rule {
        id: super::numbered(id, index),
        description: description.to_owned(),
        pattern: pattern(&part),
    };
    parts.into_iter().enumerate().map(rule).collect()
}

/// The length of a pattern as it is sent: JSON without spaces.
fn length(pattern: &Value) -> usize {
    pattern.to_string().chars().count()
}

fn acronym(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_uppercase())
}

fn capitalized(word: &str) -> String {
    let mut characters = word.chars().filter(char::is_ascii_alphanumeric);
    characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trail(source: &'static str, name: &'static str) -> Trail {
        Trail { source, name, tells: |_| Vec::new() }
    }

    #[test]
    fn a_service_has_one_rule_and_an_event_one_place() {
        let trails = [
            trail("iam.amazonaws.com", "PutRolePolicy"),
            trail("lambda.amazonaws.com", "AddPermission20150331v2"),
            trail("iam.amazonaws.com", "AttachRolePolicy"),
            trail("iam.amazonaws.com", "PutRolePolicy"),
        ];
        let rules = rules(&trails);
        assert_eq!(rules.iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>(), ["IamRule", "LambdaRule"]);
        assert_eq!(
            rules[0].pattern,
            json!({
                "source": ["aws.iam"],
                "detail-type": ["AWS API Call via CloudTrail"],
                "detail": {
                    "eventSource": ["iam.amazonaws.com"],
                    "eventName": ["AttachRolePolicy", "PutRolePolicy"],
                    "errorCode": [{"exists": false}],
                },
            })
        );
    }

    #[test]
    fn a_long_list_is_split_and_loses_nothing() {
        let names: Vec<&'static str> = (0..200)
            .map(|index| &*Box::leak(format!("UpdateSomethingWithALongName{index:03}").into_boxed_str()))
            .collect();
        let trails: Vec<Trail> = names.iter().map(|name| trail("apigateway.amazonaws.com", name)).collect();
        let rules = rules(&trails);
        assert!(rules.len() > 3 && rules.iter().all(|rule| length(&rule.pattern) <= LONGEST));
        assert_eq!((rules[0].id.as_str(), rules[1].id.as_str()), ("ApigatewayRule", "ApigatewayRule2"));
        let told = rules.iter().flat_map(|rule| rule.pattern["detail"]["eventName"].as_array().unwrap());
        assert!(told.map(|name| name.as_str().unwrap()).eq(names));
    }

    #[test]
    fn other_services_spell_types_their_own_way() {
        let types = ["AWS::IAM::ManagedPolicy", "AWS::Lambda::Function", "AWS::ApiGatewayV2::Stage", "AWS::KMS::Key"];
        assert_eq!(
            security_hub(types)[0].pattern["detail"]["findings"]["Resources"]["Type"],
            json!(["AwsApiGatewayV2Stage", "AwsIamPolicy", "AwsKmsKey", "AwsLambdaFunction"])
        );
        assert_eq!(
            config_items(types)[0].pattern["detail"]["$or"][0]["configurationItem"]["resourceType"],
            json!(["AWS::ApiGatewayV2::Stage", "AWS::IAM::Policy", "AWS::KMS::Key", "AWS::Lambda::Function"])
        );
    }
}
