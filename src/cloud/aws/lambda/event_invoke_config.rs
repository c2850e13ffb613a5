//! `AWS::Lambda::EventInvokeConfig`: what becomes of a function's asynchronous events. Its id is `FUNCTION|QUALIFIER`.

use async_trait::async_trait;
use aws_sdk_lambda::types::{DestinationConfig, OnFailure, OnSuccess};
use serde_json::{Map, Value, json};

use super::effect::missing;
use super::{Function, names, rights, trails};
use crate::cloud::aws::AwsType;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::only;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::{children, items};
use crate::cloud::aws::object::Object;
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Locate, Part, Parts, Place, Relation, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write,
};

/// `AWS::Lambda::EventInvokeConfig`.
pub struct EventInvokeConfig;

/// The qualifier of the unpublished version.
const LATEST: &str = "$LATEST";

const WRITTEN: &[&str] = &["DestinationConfig", "MaximumEventAgeInSeconds", "MaximumRetryAttempts"];

const DELETE: &[Right] = &[rights::function("lambda:DeleteFunctionEventInvokeConfig")];
const PUT: &[Right] = &[rights::function("lambda:PutFunctionEventInvokeConfig")];

impl ResourceType for EventInvokeConfig {
    fn name(&self) -> &'static str {
        "AWS::Lambda::EventInvokeConfig"
    }

    fn identified_by(&self) -> &'static [&'static str] {
        &["FunctionName", "Qualifier"]
    }

    fn reads(&self) -> &'static [Right] {
        const {
            &[
                rights::LIST,
                rights::function("lambda:ListFunctionEventInvokeConfigs"),
                rights::function("lambda:GetFunctionEventInvokeConfig"),
            ]
        }
    }

    fn writes(&self) -> &'static [Write] {
        const { &[Write::create(PUT), Write::update(WRITTEN, PUT), Write::delete(DELETE)] }
    }

    fn parts(&self) -> &'static [Part] {
        &[Part { name: "configuration", permissions: &[], properties: WRITTEN, facts: &[] }]
    }

    fn relations(&self) -> &'static [Relation] {
        &[Relation {
            name: "function",
            of: "AWS::Lambda::Function",
            many: false,
            locate: |config| Locate::Ids(vec![split(&config.id).0.to_owned()]),
            needs: &[],
        }]
    }

    fn parent(&self, id: &str) -> Option<String> {
        Some(split(id).0.to_owned())
    }

    fn belongs_to(&self) -> Option<&'static str> {
        Some("function")
    }

    fn trails(&self) -> &'static [Trail] {
        trails::EVENT_INVOKE_CONFIG
    }

    /// It has no ARN: its function's names the function.
    fn named(&self, _arn: &str) -> Option<String> {
        None
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        match (before, after) {
            (None, Some(after)) => Ok(vec![put(after)]),
            (Some(before), None) => {
                Ok(vec![Call::new("lambda", "DeleteFunctionEventInvokeConfig", Value::Object(named(before)))])
            }
            (Some(before), Some(after)) => {
                only(WRITTEN, before, after)?;
                let same = |name: &&str| {
                    let pointer = format!("/{name}");
                    before.property(&pointer) == after.property(&pointer)
                };
                if WRITTEN.iter().all(same) { Ok(Vec::new()) } else { Ok(vec![put(after)]) }
            }
            (None, None) => Ok(Vec::new()),
        }
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        let function = input.text("FunctionName").ok_or("FunctionName is missing")?;
        let qualifier = input.text("Qualifier").unwrap_or_else(|| LATEST.to_owned());
        let known = world.of_type(Function.name()).any(|other| other.region == place.region);
        if known && world.get(&Function.key(place, &function)).is_none() {
            return Err(missing(place, &function));
        }
        let key = self.key(place, &join(&function, &qualifier));
        match call.operation.as_str() {
            // What the call does not say is unset: https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
            "PutFunctionEventInvokeConfig" => {
                let written = WRITTEN.iter().filter_map(|name| Some(((*name).to_owned(), input.value(name)?.clone())));
                world.insert(document(place, &function, &qualifier, written.collect()));
                Ok(Sent { id: Some(key.id), ..Sent::default() })
            }
            "DeleteFunctionEventInvokeConfig" if world.get(&key).is_none() => {
                let arn = names::arn(place, &function);
                Err(format!(
                    "ResourceNotFoundException: The function {arn}:{qualifier} doesn't have an EventInvokeConfig"
                ))
            }
            "DeleteFunctionEventInvokeConfig" => {
                world.remove(&key);
                Ok(Sent::default())
            }
            operation => Err(format!("UnknownOperationException: {operation}")),
        }
    }
}

/// The function and the qualifier.
fn split(id: &str) -> (&str, &str) {
    id.split_once('|').unwrap_or((id, LATEST))
}

fn join(function: &str, qualifier: &str) -> String {
    format!("{function}|{qualifier}")
}

/// The members that name a configuration; that of the unpublished version goes without a qualifier.
fn named(config: &Resource) -> Map<String, Value> {
    let (function, qualifier) = match (config.text("/FunctionName"), config.text("/Qualifier")) {
        (Some(function), Some(qualifier)) => (function, qualifier),
        _ => split(&config.id),
    };
    let mut input = Map::from_iter([("FunctionName".to_owned(), function.into())]);
    if qualifier != LATEST {
        input.insert("Qualifier".into(), qualifier.into());
    }
    input
}

fn put(config: &Resource) -> Call {
    let mut input = named(config);
    for name in WRITTEN {
        if let Some(value) = config.property(&format!("/{name}")) {
            input.insert((*name).to_owned(), value.clone());
        }
    }
    Call::new("lambda", "PutFunctionEventInvokeConfig", Value::Object(input))
}

fn document(place: &Place, function: &str, qualifier: &str, mut properties: Map<String, Value>) -> Resource {
    properties.insert("FunctionName".into(), function.into());
    properties.insert("Qualifier".into(), qualifier.into());
    let key = EventInvokeConfig.key(place, &join(function, qualifier));
    Resource::new(key, names::arn(place, function), properties, Map::new())
}

/// What Lambda tells of one.
fn told(
    place: &Place,
    function: &str,
    qualifier: &str,
    destinations: Option<&DestinationConfig>,
    age: Option<i32>,
    attempts: Option<i32>,
) -> Resource {
    let success = destinations.and_then(|it| it.on_success()).and_then(|it| it.destination());
    let failure = destinations.and_then(|it| it.on_failure()).and_then(|it| it.destination());
    let destination = |arn: &str| json!({"Destination": arn});
    let mut config = Object::default();
    config
        .set("OnSuccess", success.filter(|arn| !arn.is_empty()).map(destination))
        .set("OnFailure", failure.filter(|arn| !arn.is_empty()).map(destination));
    let mut properties = Object::default();
    properties
        .set("DestinationConfig", config.non_empty())
        .set("MaximumEventAgeInSeconds", age)
        .set("MaximumRetryAttempts", attempts);
    document(place, function, qualifier, properties.0)
}

/// The qualifier at the end of a function's ARN.
fn qualifier(arn: Option<&str>) -> String {
    arn.and_then(|arn| names::split(arn).1).unwrap_or(LATEST).to_owned()
}

impl EventInvokeConfig {
    /// The configurations of a function, of its aliases and versions too.
    async fn of_function(&self, aws: &Clients, function: String) -> Listing {
        let _slot = aws.slot("lambda").await;
        let pages = aws
            .lambda
            .list_function_event_invoke_configs()
            .function_name(&function)
            .into_paginator()
            .stop_on_duplicate_token(false);
        let (found, error) = items("lambda", "ListFunctionEventInvokeConfigs", pages.items().send()).await;
        let one = |config: aws_sdk_lambda::types::FunctionEventInvokeConfig| {
            let (age, attempts) = (config.maximum_event_age_in_seconds, config.maximum_retry_attempts);
            let qualifier = qualifier(config.function_arn.as_deref());
            told(&aws.place, &function, &qualifier, config.destination_config.as_ref(), age, attempts)
        };
        Listing::of_parent(aws, self, &function, found.into_iter().map(one).collect(), error)
    }
}

#[async_trait]
impl AwsType for EventInvokeConfig {
    async fn list(&self, aws: &Clients, within: Option<&str>, _parts: &Parts) -> Listing {
        let functions = names::functions(aws, within).await;
        children(aws, self, functions, |function| self.of_function(aws, function)).await
    }

    async fn read(&self, aws: &Clients, id: &str, _parts: &Parts) -> Result<Option<Resource>, CallError> {
        let _slot = aws.slot("lambda").await;
        let (function, qualifier) = split(id);
        let request = aws.lambda.get_function_event_invoke_config().function_name(function);
        let asked = Some(qualifier).filter(|qualifier| *qualifier != LATEST).map(str::to_owned);
        let answer = request
            .set_qualifier(asked)
            .send()
            .await
            .map_err(|error| call_error("lambda", "GetFunctionEventInvokeConfig", error));
        Ok(found(answer)?.map(|config| {
            let (age, attempts) = (config.maximum_event_age_in_seconds, config.maximum_retry_attempts);
            told(&aws.place, function, qualifier, config.destination_config.as_ref(), age, attempts)
        }))
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let _slot = aws.slot("lambda").await;
        let input = Input(call);
        let (function, qualifier) = (input.text("FunctionName"), input.text("Qualifier"));
        match call.operation.as_str() {
            "PutFunctionEventInvokeConfig" => {
                let destination = |name: &str| input.text(&format!("/DestinationConfig/{name}/Destination"));
                let config = DestinationConfig::builder();
                let success = destination("OnSuccess").map(|arn| OnSuccess::builder().destination(arn).build());
                let failure = destination("OnFailure").map(|arn| OnFailure::builder().destination(arn).build());
                let config = config.set_on_success(success).set_on_failure(failure).build();
                let config = input.value("DestinationConfig").map(|_| config);
                let id = join(function.as_deref().unwrap_or_default(), qualifier.as_deref().unwrap_or(LATEST));
                let request = aws.lambda.put_function_event_invoke_config().set_function_name(function);
                let request = request.set_qualifier(qualifier).set_destination_config(config);
                let request = request.set_maximum_event_age_in_seconds(input.integer("MaximumEventAgeInSeconds"));
                let request = request.set_maximum_retry_attempts(input.integer("MaximumRetryAttempts"));
                Ok(Sent { id: Some(id), ..sent(call, request.send().await)? })
            }
            "DeleteFunctionEventInvokeConfig" => {
                let request = aws.lambda.delete_function_event_invoke_config().set_function_name(function);
                sent(call, request.set_qualifier(qualifier).send().await)
            }
            _ => Err(input.unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{document as resource, leads, place, run, shown, world};

    fn config(properties: Value) -> Resource {
        let Value::Object(properties) = properties else { panic!("an object") };
        document(&place(), "pay", LATEST, properties)
    }

    #[test]
    fn a_configuration_is_made_changed_and_deleted() {
        let queue = "arn:aws:sqs:eu-west-1:111122223333:dead";
        let before = config(json!({"MaximumRetryAttempts": 1}));
        let after = config(json!({"DestinationConfig": {"OnFailure": {"Destination": queue}}}));
        let calls = leads(&EventInvokeConfig, &before, &after).unwrap();
        let put = json!({"FunctionName": "pay",
            "DestinationConfig": {"OnFailure": {"Destination": queue}}});
        assert_eq!(shown(&calls), json!([["PutFunctionEventInvokeConfig", put]]));
        leads(&EventInvokeConfig, &after, &before).unwrap();

        let mut world = world([]);
        let create = EventInvokeConfig.calls(None, Some(&after)).unwrap();
        assert_eq!(run(&EventInvokeConfig, &create, None, &mut world), Ok(Some(after.clone())));
        let delete = EventInvokeConfig.calls(Some(&after), None).unwrap();
        assert_eq!(run(&EventInvokeConfig, &delete, Some(&after.key()), &mut world), Ok(None));
        let refused = run(&EventInvokeConfig, &delete, Some(&after.key()), &mut world).unwrap_err();
        assert!(refused.starts_with("ResourceNotFoundException"), "{refused}");
    }

    #[test]
    fn a_function_that_is_not_there_has_none() {
        let mut world = world([resource(&Function, "other", "", json!({}), json!({}))]);
        let create = EventInvokeConfig.calls(None, Some(&config(json!({})))).unwrap();
        assert_eq!(run(&EventInvokeConfig, &create, None, &mut world), Err(missing(&place(), "pay")));
    }

    #[test]
    fn the_qualifier_stands_in_the_arn() {
        assert_eq!(qualifier(Some("arn:aws:lambda:eu-west-1:111122223333:function:pay:live")), "live");
        assert_eq!(qualifier(Some("arn:aws:lambda:eu-west-1:111122223333:function:pay")), LATEST);
        assert_eq!(EventInvokeConfig.parent("pay|live").as_deref(), Some("pay"));
    }
}
