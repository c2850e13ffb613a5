//! `AWS::Lambda::Url`: a function's own HTTPS endpoint, or that of one of its aliases. Its id is the function's ARN,
//! with the alias where it has one.

use async_trait::async_trait;
use aws_sdk_lambda::types::{Cors, FunctionUrlConfig};
use serde_json::{Map, Value};

use super::effect::missing;
use super::{Function, names, rights, trails};
use crate::cloud::aws::AwsType;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent, unreadable};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::{Field, Unset, changed, field, only, write};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::{children, items};
use crate::cloud::aws::object::{Object, list};
use crate::cloud::aws::world::{is_missing, made_hex};
use crate::cloud::{CallError, CallErrorKind, Listing};
use crate::model::{
    Call, Impossible, Locate, Part, Parts, Place, Relation, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write,
};

/// `AWS::Lambda::Url`.
pub struct Url;

const CONFIGURATION: &str = "configuration";

/// <https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>
const SIGNED: &str = "Callers have to sign their requests (SigV4) and be allowed lambda:InvokeFunctionUrl and lambda:InvokeFunction; others get 403.";

/// An update leaves absent members as they are; `Cors` is written as a whole, and an empty one takes it away.
/// <https://github.com/go-to-k/cdkd/pull/1261> (measured), <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionUrlConfig.html>
const UPDATE: &[Field] = &[
    field("AuthType", "AuthType", Unset::Impossible),
    field("InvokeMode", "InvokeMode", Unset::Impossible),
    field("Cors", "Cors", Unset::Json("{}")),
];

const WRITES: &[Write] = &[
    Write::create(&[rights::function("lambda:CreateFunctionUrlConfig")]),
    Write::update(&["AuthType", "InvokeMode", "Cors"], &[rights::function("lambda:UpdateFunctionUrlConfig")]),
    Write::delete(&[rights::function("lambda:DeleteFunctionUrlConfig")]),
];

impl ResourceType for Url {
    fn name(&self) -> &'static str {
        "AWS::Lambda::Url"
    }

    fn reads(&self) -> &'static [Right] {
        const {
            &[
                rights::LIST,
                rights::function("lambda:ListFunctionUrlConfigs"),
                rights::function("lambda:GetFunctionUrlConfig"),
            ]
        }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        &[Part {
            name: CONFIGURATION,
            permissions: &[],
            properties: &["AuthType", "InvokeMode", "Cors"],
            facts: &["FunctionUrl"],
        }]
    }

    fn belongs_to(&self) -> Option<&'static str> {
        Some("function")
    }

    fn relations(&self) -> &'static [Relation] {
        &[Relation {
            name: "function",
            of: "AWS::Lambda::Function",
            many: false,
            locate: |url| {
                let function = url.text("/TargetFunctionArn").map(|arn| names::split(arn).0.to_owned());
                Locate::Ids(function.into_iter().collect())
            },
            needs: &["TargetFunctionArn"],
        }]
    }

    fn parent(&self, id: &str) -> Option<String> {
        Some(names::split(id).0.to_owned())
    }

    fn trails(&self) -> &'static [Trail] {
        trails::URL
    }

    /// Its id is an ARN, and the same ARN names the function.
    fn named(&self, _arn: &str) -> Option<String> {
        None
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        Ok(match (before, after) {
            (None, Some(after)) => {
                if after.fact("/FunctionUrl").is_some() {
                    return Err(Impossible("a function URL that is deleted comes back under another address".into()));
                }
                let mut input = named(after);
                for name in ["AuthType", "InvokeMode", "Cors"] {
                    if let Some(value) = after.property(&format!("/{name}")) {
                        input.insert(name.into(), value.clone());
                    }
                }
                vec![Call::new("lambda", "CreateFunctionUrlConfig", Value::Object(input))]
            }
            (Some(before), None) => {
                vec![Call::new("lambda", "DeleteFunctionUrlConfig", Value::Object(named(before)))]
            }
            (Some(before), Some(after)) => {
                only(&["AuthType", "InvokeMode", "Cors"], before, after)?;
                let mut input = changed(UPDATE, before, after)?;
                if input.is_empty() {
                    return Ok(Vec::new());
                }
                input.extend(named(before));
                vec![Call::new("lambda", "UpdateFunctionUrlConfig", Value::Object(input))]
            }
            (None, None) => Vec::new(),
        })
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        let text = input.text("FunctionName").ok_or("FunctionName is missing")?;
        let (name, _) = names::split(&text);
        let qualifier = input.text("Qualifier");
        let target = names::arn(place, name);
        let id = names::qualified(&target, qualifier.as_deref());
        let key = self.key(place, &id);
        let mut properties = Object::default();
        properties.set("TargetFunctionArn", Some(target)).set("Qualifier", qualifier);
        let mut facts = Map::new();
        let found = world.get(&key).cloned();
        match (call.operation.as_str(), found) {
            ("CreateFunctionUrlConfig", Some(_)) => Err(format!(
                "ResourceConflictException: Failed to create function url config for [functionArn = {id}]. \
                 Error message: FunctionUrlConfig exists for this Lambda function"
            )),
            ("CreateFunctionUrlConfig", None) => {
                if is_missing(world, &Function.key(place, name)) {
                    return Err(missing(place, name));
                }
                let host = made_hex(&["url", &id]);
                facts
                    .insert("FunctionUrl".into(), format!("https://{host}.lambda-url.{}.on.aws/", place.region).into());
                write(UPDATE, &call.input, &mut properties.0);
                properties.0.entry("InvokeMode").or_insert_with(|| "BUFFERED".into());
                world.insert(Resource::new(key, id.clone(), properties.0, facts));
                Ok(Sent { id: Some(id), ..Sent::default() })
            }
            ("UpdateFunctionUrlConfig", Some(found)) => {
                let mut properties = found.properties.as_object().cloned().unwrap_or_default();
                write(UPDATE, &call.input, &mut properties);
                world.insert(found.with_properties(Value::Object(properties)));
                Ok(Sent::default())
            }
            ("DeleteFunctionUrlConfig", Some(_)) => {
                world.remove(&key);
                Ok(Sent::default())
            }
            ("UpdateFunctionUrlConfig" | "DeleteFunctionUrlConfig", None) => {
                Err("ResourceNotFoundException: The resource you requested does not exist.".into())
            }
            (operation, _) => Err(format!("UnknownOperationException: {operation}")),
        }
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        let auth = |url: Option<&Resource>| url.and_then(|url| url.text("/AuthType")).map(str::to_owned);
        match (before, after) {
            (Some(_), None) => vec!["Whoever calls the URL loses it; a new one has another address.".into()],
            (Some(_), Some(_)) if auth(before) != auth(after) && auth(after).as_deref() == Some("AWS_IAM") => {
                vec![SIGNED.into()]
            }
            _ => Vec::new(),
        }
    }
}

/// The members that name a URL.
fn named(url: &Resource) -> Map<String, Value> {
    let target = url.text("/TargetFunctionArn").unwrap_or(&url.id);
    let (function, of_target) = names::split(target);
    let mut input = Map::new();
    input.insert("FunctionName".into(), function.into());
    if let Some(qualifier) = url.text("/Qualifier").or(of_target) {
        input.insert("Qualifier".into(), qualifier.into());
    }
    input
}

fn document(url: &Url, aws: &Clients, found: &FunctionUrlConfig) -> Resource {
    // The ARN of an alias's URL ends in the alias; some services say $LATEST where there is none.
    let (name, qualifier) = names::split(found.function_arn());
    let qualifier = qualifier.filter(|qualifier| *qualifier != "$LATEST");
    let target = names::arn(&aws.place, name);
    let id = names::qualified(&target, qualifier);
    let mut properties = Object::default();
    properties
        .set("TargetFunctionArn", Some(target))
        .set("Qualifier", qualifier)
        .set("AuthType", Some(found.auth_type().as_str()))
        .set("InvokeMode", found.invoke_mode().map(|mode| mode.as_str().to_ascii_uppercase()))
        .set("Cors", found.cors().and_then(cors));
    let mut facts = Object::default();
    facts.set("FunctionUrl", Some(found.function_url()));
    Resource::new(aws.key(url, &id), id, properties.0, facts.0)
}

fn cors(cors: &Cors) -> Option<Value> {
    let mut object = Object::default();
    object
        .set("AllowCredentials", cors.allow_credentials())
        .set("AllowHeaders", list(cors.allow_headers()))
        .set("AllowMethods", list(cors.allow_methods()))
        .set("AllowOrigins", list(cors.allow_origins()))
        .set("ExposeHeaders", list(cors.expose_headers()))
        .set("MaxAge", cors.max_age());
    object.non_empty()
}

fn written_cors(input: &Input<'_>) -> Option<Cors> {
    input.value("Cors").map(|_| {
        Cors::builder()
            .set_allow_credentials(input.flag("/Cors/AllowCredentials"))
            .set_allow_headers(input.texts("/Cors/AllowHeaders"))
            .set_allow_methods(input.texts("/Cors/AllowMethods"))
            .set_allow_origins(input.texts("/Cors/AllowOrigins"))
            .set_expose_headers(input.texts("/Cors/ExposeHeaders"))
            .set_max_age(input.integer("/Cors/MaxAge"))
            .build()
    })
}

/// The URL of a function or of an alias; none where it has none.
async fn one(aws: &Clients, name: &str, qualifier: Option<&str>) -> Result<Option<FunctionUrlConfig>, CallError> {
    let request = aws.lambda.get_function_url_config().function_name(name);
    let answer = request.set_qualifier(qualifier.map(str::to_owned)).send().await;
    let output = found(answer.map_err(|error| call_error("lambda", "GetFunctionUrlConfig", error)))?;
    let config = output.map(|output| {
        FunctionUrlConfig::builder()
            .function_url(output.function_url)
            .function_arn(output.function_arn)
            .auth_type(output.auth_type)
            .creation_time(output.creation_time)
            .last_modified_time(output.last_modified_time)
            .set_cors(output.cors)
            .set_invoke_mode(output.invoke_mode)
            .build()
    });
    config.transpose().map_err(|error| unreadable("lambda", "GetFunctionUrlConfig", error.to_string()))
}

/// The URLs of a function and of its aliases.
async fn of_function(aws: &Clients, name: &str) -> Result<Vec<FunctionUrlConfig>, CallError> {
    let _slot = aws.slot("lambda").await;
    let pages = aws
        .lambda
        .list_function_url_configs()
        .function_name(name)
        .into_paginator()
        .stop_on_duplicate_token(false)
        .items()
        .send();
    match items("lambda", "ListFunctionUrlConfigs", pages).await {
        (found, None) => Ok(found),
        (_, Some(error)) if error.kind == CallErrorKind::NotFound => Ok(Vec::new()),
        // Not every service that speaks Lambda's API has the list. AWS has, and no permission is asked for this.
        (_, Some(error)) if error.kind == CallErrorKind::Unknown => one_by_one(aws, name).await,
        (_, Some(error)) => Err(error),
    }
}

async fn one_by_one(aws: &Clients, name: &str) -> Result<Vec<FunctionUrlConfig>, CallError> {
    let mut found: Vec<FunctionUrlConfig> = one(aws, name, None).await?.into_iter().collect();
    for alias in names::aliases(aws, name).await? {
        // A service that ignores the qualifier gives the function's own again.
        let of_alias = one(aws, name, Some(&alias)).await?;
        found.extend(of_alias.filter(|url| names::split(url.function_arn()).1 == Some(&alias)));
    }
    Ok(found)
}

#[async_trait]
impl AwsType for Url {
    async fn list(&self, aws: &Clients, within: Option<&str>, _parts: &Parts) -> Listing {
        let functions = names::functions(aws, within).await;
        children(aws, self, functions, |function| async move {
            let mut listing = Listing::default();
            let urls = of_function(aws, &function).await;
            let documents = urls.map(|urls| urls.into_iter().map(|url| document(self, aws, &url)).collect::<Vec<_>>());
            listing.add(aws, self, &names::arn(&aws.place, &function), documents);
            listing
        })
        .await
    }

    async fn read(&self, aws: &Clients, id: &str, _parts: &Parts) -> Result<Option<Resource>, CallError> {
        let _slot = aws.slot("lambda").await;
        let (name, qualifier) = names::split(id);
        let found = one(aws, name, qualifier).await?.map(|found| document(self, aws, &found));
        Ok(found.filter(|found| found.id == id))
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let _slot = aws.slot("lambda").await;
        let input = Input(call);
        let (name, qualifier) = (input.text("FunctionName"), input.text("Qualifier"));
        let auth = input.text("AuthType").map(|kind| kind.as_str().into());
        let mode = input.text("InvokeMode").map(|mode| mode.as_str().into());
        match call.operation.as_str() {
            "CreateFunctionUrlConfig" => {
                let arn = names::arn(&aws.place, name.as_deref().unwrap_or_default());
                let id = names::qualified(&arn, qualifier.as_deref());
                let request = aws.lambda.create_function_url_config().set_function_name(name).set_qualifier(qualifier);
                let request = request.set_auth_type(auth).set_invoke_mode(mode).set_cors(written_cors(&input));
                let sent = sent(call, request.send().await)?;
                Ok(Sent { id: Some(id.clone()), arn: Some(id), ..sent })
            }
            "UpdateFunctionUrlConfig" => {
                let request = aws.lambda.update_function_url_config().set_function_name(name).set_qualifier(qualifier);
                let request = request.set_auth_type(auth).set_invoke_mode(mode).set_cors(written_cors(&input));
                sent(call, request.send().await)
            }
            "DeleteFunctionUrlConfig" => {
                let request = aws.lambda.delete_function_url_config().set_function_name(name).set_qualifier(qualifier);
                sent(call, request.send().await)
            }
            _ => Err(input.unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cloud::aws::testing::{document as resource, leads, run, world};

    const ARN: &str = "arn:aws:lambda:eu-west-1:111122223333:function:pay";

    fn url(qualifier: Option<&str>, facts: Value) -> Resource {
        let mut properties = json!({"TargetFunctionArn": ARN, "AuthType": "NONE", "InvokeMode": "BUFFERED",
            "Cors": {"AllowOrigins": ["*"], "MaxAge": 60}});
        if let Some(qualifier) = qualifier {
            properties["Qualifier"] = qualifier.into();
        }
        let id = names::qualified(ARN, qualifier);
        resource(&Url, &id, &id, properties, facts)
    }

    #[test]
    fn every_difference_is_one_update_there_and_back() {
        let before = url(Some("live"), json!({"FunctionUrl": "https://x.lambda-url.eu-west-1.on.aws/"}));
        let mut properties = before.properties.clone();
        properties["AuthType"] = "AWS_IAM".into();
        properties["InvokeMode"] = "RESPONSE_STREAM".into();
        properties.as_object_mut().unwrap().remove("Cors");
        let after = before.with_properties(properties);
        assert_eq!(
            leads(&Url, &before, &after).unwrap(),
            vec![Call::new(
                "lambda",
                "UpdateFunctionUrlConfig",
                json!({"FunctionName": "pay", "Qualifier": "live", "AuthType": "AWS_IAM",
                    "InvokeMode": "RESPONSE_STREAM", "Cors": {}}),
            )]
        );
        leads(&Url, &after, &before).unwrap();
        assert_eq!(Url.warnings(Some(&before), Some(&after)), vec![SIGNED.to_owned()]);
    }

    #[test]
    fn a_deleted_url_does_not_come_back() {
        let new = url(None, json!({}));
        let mut world = world([]);
        let create = Url.calls(None, Some(&new)).unwrap();
        let made = run(&Url, &create, None, &mut world).unwrap().unwrap();
        assert_eq!((&made.id, &made.properties), (&new.id, &new.properties));
        let again = run(&Url, &create, None, &mut world).unwrap_err();
        assert!(again.starts_with("ResourceConflictException"), "{again}");
        let delete = Url.calls(Some(&made), None).unwrap();
        assert_eq!(run(&Url, &delete, Some(&made.key()), &mut world), Ok(None));
        assert_eq!(
            Url.calls(None, Some(&made)),
            Err(Impossible("a function URL that is deleted comes back under another address".into()))
        );
    }
}
