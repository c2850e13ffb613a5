//! `AWS::Account`: what there is once in an account. Its id is the account's.
//!
//! The type is rectify's own: CloudFormation has none that holds the password policy of the account's users or what its
//! root user has. Its ARN is the one that IAM knows the account by
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsaccountmanagement.html>).

use async_trait::async_trait;
use aws_sdk_iam::types::SummaryKeyType;

use super::password_policy::{self, FIELDS};
use super::principal::call;
use super::trails;
use crate::cloud::aws::AwsType;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::{both, only};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::object::Object;
use crate::cloud::aws::world::edit;
use crate::cloud::{CallError, Listing};
use crate::model::{
    Arn, Call, Impossible, Locate, Part, Parts, Place, Relation, Resource, ResourceType, Right, Scope, Sent, Snapshot,
    Trail, Write,
};
use serde_json::{Map, Value};

/// `AWS::Account`.
pub struct Account;

const PASSWORD_POLICY: &str = "password_policy";

const WRITES: &[Write] = &[Write::update(
    &["PasswordPolicy"],
    &[Right::anywhere("iam:UpdateAccountPasswordPolicy"), Right::anywhere("iam:DeleteAccountPasswordPolicy")],
)];

impl ResourceType for Account {
    fn name(&self) -> &'static str {
        "AWS::Account"
    }

    fn scope(&self) -> Scope {
        Scope::Global
    }

    fn reads(&self) -> &'static [Right] {
        const { &[Right::anywhere("iam:GetAccountSummary")] }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        const {
            &[
                Part {
                    name: PASSWORD_POLICY,
                    permissions: &[Right::anywhere("iam:GetAccountPasswordPolicy")],
                    properties: &["PasswordPolicy"],
                    // Whether there is one: a document that was read without this part has no policy either.
                    facts: &["HasPasswordPolicy"],
                },
                // Always read.
                Part { name: "summary", permissions: &[], properties: &[], facts: &["Summary"] },
            ]
        }
    }

    /// What of all Regions says of the account whether it is watched: each names the account.
    fn relations(&self) -> &'static [Relation] {
        &[
            Relation {
                name: "trails",
                of: "AWS::CloudTrail::Trail",
                many: true,
                locate: |account| Locate::Referring(vec![account.id.clone()]),
                needs: &[],
            },
            Relation {
                name: "metric_filters",
                of: "AWS::Logs::MetricFilter",
                many: true,
                locate: |account| Locate::Referring(vec![account.id.clone()]),
                needs: &[],
            },
            Relation {
                name: "alarms",
                of: "AWS::CloudWatch::Alarm",
                many: true,
                locate: |account| Locate::Referring(vec![account.id.clone()]),
                needs: &[],
            },
        ]
    }

    fn trails(&self) -> &'static [Trail] {
        trails::ACCOUNT
    }

    fn named(&self, arn: &str) -> Option<String> {
        let arn = Arn::parse(arn).filter(|arn| arn.service == "account" && arn.resource == "account")?;
        Some(arn.account.to_owned())
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let Some((before, after)) = both(before, after)? else { return Ok(vec![]) };
        only(&["PasswordPolicy"], before, after)?;
        let policy = |account: &Resource| account.property("/PasswordPolicy").map(password_policy::whole);
        let (old, new) = (policy(before), policy(after));
        Ok(match new {
            new if old == new => vec![],
            Some(new) => vec![call("UpdateAccountPasswordPolicy", password_policy::input(&new)?)],
            None => vec![call("DeleteAccountPasswordPolicy", Value::Object(Map::new()))],
        })
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let missing = "ServiceFailure: there is no account";
        edit(world, &self.key(place, &place.account), missing, |properties, facts| {
            match call.operation.as_str() {
                "UpdateAccountPasswordPolicy" => {
                    let policy = password_policy::accepted(&call.input)?;
                    properties.insert("PasswordPolicy".to_owned(), policy);
                }
                "DeleteAccountPasswordPolicy" => {
                    let gone = properties.remove("PasswordPolicy");
                    gone.ok_or_else(|| {
                        format!("NoSuchEntity: The Password Policy with domain name {} cannot be found.", place.account)
                    })?;
                }
                _ => return Err(Input(call).unknown().to_string()),
            }
            facts.insert("HasPasswordPolicy".to_owned(), properties.contains_key("PasswordPolicy").into());
            Ok(())
        })
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        let age = |account: Option<&Resource>| {
            account?.property("/PasswordPolicy/MaxPasswordAge").and_then(Value::as_i64).filter(|days| *days > 0)
        };
        match (age(before), age(after)) {
            // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
            (old, Some(days)) if old.is_none_or(|old| days < old) => vec![format!(
                "It counts at once: who has a password of more than {days} days has to change it with the next sign-in."
            )],
            _ => vec![],
        }
    }
}

#[async_trait]
impl AwsType for Account {
    async fn list(&self, aws: &Clients, _within: Option<&str>, parts: &Parts) -> Listing {
        let mut listing = Listing::default();
        let id = aws.place.account.clone();
        listing.add(aws, self, &id, self.read(aws, &id, parts).await);
        listing
    }

    async fn read(&self, aws: &Clients, id: &str, parts: &Parts) -> Result<Option<Resource>, CallError> {
        if id != aws.place.account {
            return Ok(None);
        }
        let (mut properties, mut facts) = (Object::default(), Object::default());
        let _slot = aws.slot("iam").await;
        if parts.wants(PASSWORD_POLICY) {
            let policy = aws.iam.get_account_password_policy().send().await;
            let policy = found(policy.map_err(|error| call_error("iam", "GetAccountPasswordPolicy", error)))?;
            let policy = policy.and_then(|output| output.password_policy);
            facts.set("HasPasswordPolicy", Some(policy.is_some()));
            properties.set("PasswordPolicy", policy.as_ref().map(password_policy::document));
        }
        let summary = aws.iam.get_account_summary().send().await;
        let summary = summary.map_err(|error| call_error("iam", "GetAccountSummary", error))?;
        let summary = summary.summary_map.unwrap_or_default();
        let mut fact = Object::default();
        for name in [SummaryKeyType::AccountAccessKeysPresent, SummaryKeyType::AccountMfaEnabled] {
            fact.set(name.as_str(), summary.get(&name).copied());
        }
        facts.set("Summary", Some(Value::Object(fact.0)));
        let arn = format!("arn:{}:account::{id}:account", aws.place.partition);
        Ok(Some(Resource::new(aws.key(self, id), arn, properties.0, facts.0)))
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let _slot = aws.slot("iam").await;
        let input = Input(call);
        match call.operation.as_str() {
            "UpdateAccountPasswordPolicy" => {
                let [length, symbols, numbers, upper, lower, change, age, reuse, hard] = FIELDS;
                let request = aws
                    .iam
                    .update_account_password_policy()
                    .set_minimum_password_length(input.integer(length.name))
                    .set_require_symbols(input.flag(symbols.name))
                    .set_require_numbers(input.flag(numbers.name))
                    .set_require_uppercase_characters(input.flag(upper.name))
                    .set_require_lowercase_characters(input.flag(lower.name))
                    .set_allow_users_to_change_password(input.flag(change.name))
                    .set_max_password_age(input.integer(age.name))
                    .set_password_reuse_prevention(input.integer(reuse.name))
                    .set_hard_expiry(input.flag(hard.name));
                sent(call, request.send().await)
            }
            "DeleteAccountPasswordPolicy" => sent(call, aws.iam.delete_account_password_policy().send().await),
            _ => Err(input.unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cloud::aws::testing::{carried, leads, place, resource, round_trip, shown, world};

    fn account(properties: Value) -> Resource {
        let has = properties.get("PasswordPolicy").is_some();
        resource(&Account, "111122223333", properties, json!({"HasPasswordPolicy": has}))
    }

    fn policy() -> Value {
        json!({"PasswordPolicy": {
            "MinimumPasswordLength": 8, "RequireSymbols": false, "RequireNumbers": true, "RequireUppercaseCharacters": false,
            "RequireLowercaseCharacters": true, "AllowUsersToChangePassword": true, "MaxPasswordAge": 30, "HardExpiry": true,
        }})
    }

    #[test]
    fn a_change_of_one_field_sends_them_all() {
        let mut after = policy();
        after["PasswordPolicy"]["RequireSymbols"] = true.into();
        let before = account(policy());
        let calls = leads(&Account, &before, &before.with_properties(after.clone())).unwrap();
        assert_eq!(shown(&calls), json!([["UpdateAccountPasswordPolicy", after["PasswordPolicy"]]]));
        round_trip(&Account, &before, after);
    }

    #[test]
    fn a_policy_is_made_and_deleted_again() {
        let before = account(json!({}));
        let after = carried(&Account, &before, &before.with_properties(policy()));
        assert_eq!(after.facts, json!({"HasPasswordPolicy": true}));
        let calls = leads(&Account, &after, &before).unwrap();
        assert_eq!(shown(&calls), json!([["DeleteAccountPasswordPolicy", {}]]));
    }

    #[test]
    fn what_is_not_said_is_the_default() {
        let short = account(json!({"PasswordPolicy": {"MinimumPasswordLength": 14}}));
        let long = json!({"PasswordPolicy": {
            "MinimumPasswordLength": 14, "RequireSymbols": false, "RequireNumbers": false, "RequireUppercaseCharacters": false,
            "RequireLowercaseCharacters": false, "AllowUsersToChangePassword": false, "HardExpiry": false, "MaxPasswordAge": 0,
        }});
        assert_eq!(Account.calls(Some(&short), Some(&short.with_properties(long))), Ok(vec![]));
    }

    #[test]
    fn the_errors_are_iams() {
        let mut world = world([account(json!({}))]);
        let mut refused = |operation: &str, input: Value| Account.effect(&place(), &call(operation, input), &mut world);
        let error = refused("DeleteAccountPasswordPolicy", json!({})).unwrap_err();
        assert!(error.starts_with("NoSuchEntity: "), "{error}");
        for (name, value) in [("MinimumPasswordLength", 5), ("MaxPasswordAge", 1096), ("PasswordReusePrevention", 25)] {
            let error = refused("UpdateAccountPasswordPolicy", json!({ name: value })).unwrap_err();
            assert!(error.starts_with("ValidationError: "), "{error}");
        }
    }

    #[test]
    fn no_number_is_refused_before_iam_refuses_it() {
        let before = account(policy());
        let mut properties = policy();
        properties["PasswordPolicy"]["MinimumPasswordLength"] = "long".into();
        assert!(Account.calls(Some(&before), Some(&before.with_properties(properties))).is_err());
        assert!(Account.calls(Some(&before), None).is_err());
        assert!(Account.calls(None, Some(&before)).is_err());
    }

    #[test]
    fn an_expiry_that_is_new_is_told() {
        let before = account(json!({"PasswordPolicy": {"MinimumPasswordLength": 14}}));
        let after =
            before.with_properties(json!({"PasswordPolicy": {"MinimumPasswordLength": 14, "MaxPasswordAge": 90}}));
        assert_eq!(Account.warnings(Some(&before), Some(&after)).len(), 1);
        assert!(Account.warnings(Some(&after), Some(&before)).is_empty());
    }

    #[test]
    fn its_arn_names_it() {
        assert_eq!(Account.named("arn:aws:account::111122223333:account").as_deref(), Some("111122223333"));
        assert_eq!(Account.named("arn:aws:account::111122223333:account/o-1/444455556666"), None);
    }
}
