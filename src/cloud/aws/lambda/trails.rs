//! What CloudTrail tells of Lambda's resources. Its names carry the version of the API that was called
//! (<https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html>). Who calls an old version is to be seen
//! too, so those that AWS has documented stand beside today's.
//!
//! Not here: publishing a version, aliases and event sources, which change nothing that a document has, and what Lambda
//! does by itself.

use serde_json::Value;

use super::layers;
use super::names::{qualified, split};
use crate::cloud::aws::trail::{TAGGING, account, all_of, answer, here, one, partition, region, request, request_arn};
use crate::cloud::aws::trail::{tagged, trail};
use crate::model::{Arn, Told, Trail};

const LAMBDA: &str = "lambda.amazonaws.com";

/// Of functions.
pub const FUNCTION: &[Trail] = &[
    trail(LAMBDA, "CreateFunction20150331", function),
    trail(LAMBDA, "DeleteFunction", function),
    trail(LAMBDA, "DeleteFunction20150331", function),
    trail(LAMBDA, "DeleteFunctionCodeSigningConfig", function),
    trail(LAMBDA, "DeleteFunctionConcurrency20171031", function),
    trail(LAMBDA, "PutFunctionCodeSigningConfig", function),
    trail(LAMBDA, "PutFunctionConcurrency20171031", function),
    trail(LAMBDA, "PutFunctionRecursionConfig", function),
    trail(LAMBDA, "PutRuntimeManagementConfig", function),
    trail(LAMBDA, "TagResource20170331", tagged_function),
    trail(LAMBDA, "TagResource20170331v2", tagged_function),
    trail(LAMBDA, "UntagResource20170331", tagged_function),
    trail(LAMBDA, "UntagResource20170331v2", tagged_function),
    trail(LAMBDA, "UpdateFunctionCode", function),
    trail(LAMBDA, "UpdateFunctionCode20150331", function),
    trail(LAMBDA, "UpdateFunctionCode20150331v2", function),
    trail(LAMBDA, "UpdateFunctionConfiguration", function),
    trail(LAMBDA, "UpdateFunctionConfiguration20150331", function),
    trail(LAMBDA, "UpdateFunctionConfiguration20150331v2", function),
    trail(TAGGING, "TagResources", |record| tagged(record, named)),
    trail(TAGGING, "UntagResources", |record| tagged(record, named)),
];

/// Of the statements of functions' policies. Whoever deletes a function or an alias deletes its policy, and the newest
/// calls replace a policy as a whole (<https://docs.aws.amazon.com/lambda/latest/api/API_PutResourcePolicy.html>).
pub const PERMISSION: &[Trail] = &[
    trail(LAMBDA, "AddPermission20150331", permission),
    trail(LAMBDA, "AddPermission20150331v2", permission),
    trail(LAMBDA, "DeleteAlias20150331", of_function),
    trail(LAMBDA, "DeleteFunction", of_function),
    trail(LAMBDA, "DeleteFunction20150331", of_function),
    trail(LAMBDA, "DeleteResourcePolicy", of_resource),
    trail(LAMBDA, "PutResourcePolicy", of_resource),
    trail(LAMBDA, "RemovePermission20150331", permission),
    trail(LAMBDA, "RemovePermission20150331v2", permission),
];

/// Of what becomes of functions' asynchronous events.
pub const EVENT_INVOKE_CONFIG: &[Trail] = &[
    trail(LAMBDA, "DeleteAlias20150331", event_invoke_config_of_alias),
    trail(LAMBDA, "DeleteFunction", of_function),
    trail(LAMBDA, "DeleteFunction20150331", of_function),
    trail(LAMBDA, "DeleteFunctionEventInvokeConfig", event_invoke_config),
    trail(LAMBDA, "PutFunctionEventInvokeConfig", event_invoke_config),
    trail(LAMBDA, "UpdateFunctionEventInvokeConfig", event_invoke_config),
];

/// Of layers' versions.
pub const LAYER_VERSION: &[Trail] = &[
    trail(LAMBDA, "DeleteLayerVersion", layer_version),
    trail(LAMBDA, "DeleteLayerVersion20181031", layer_version),
    trail(LAMBDA, "PublishLayerVersion", layer_version),
    trail(LAMBDA, "PublishLayerVersion20181031", layer_version),
];

/// Of the statements of their policies.
pub const LAYER_VERSION_PERMISSION: &[Trail] = &[
    trail(LAMBDA, "AddLayerVersionPermission", layer_permission),
    trail(LAMBDA, "AddLayerVersionPermission20181031", layer_permission),
    trail(LAMBDA, "DeleteLayerVersion", of_layer_version),
    trail(LAMBDA, "DeleteLayerVersion20181031", of_layer_version),
    trail(LAMBDA, "RemoveLayerVersionPermission", layer_permission),
    trail(LAMBDA, "RemoveLayerVersionPermission20181031", layer_permission),
];

/// Of function URLs.
pub const URL: &[Trail] = &[
    trail(LAMBDA, "CreateFunctionUrlConfig", url),
    trail(LAMBDA, "DeleteAlias20150331", url_of_alias),
    trail(LAMBDA, "DeleteFunction", of_function),
    trail(LAMBDA, "DeleteFunction20150331", of_function),
    trail(LAMBDA, "DeleteFunctionUrlConfig", url),
    trail(LAMBDA, "UpdateFunctionUrlConfig", url),
];

/// The name of the function that an ARN names, by any of its versions and aliases.
pub fn named(arn: &str) -> Option<String> {
    let arn = Arn::parse(arn).filter(|arn| arn.service == "lambda")?;
    let function = arn.resource.strip_prefix("function:")?;
    let name = function.split(':').next().filter(|name| !name.is_empty())?;
    Some(name.to_owned())
}

/// The function that a record is about, and its qualifier. It may be named, or given as a whole or partial ARN
/// (<https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html#API_UpdateFunctionConfiguration_RequestParameters>).
fn called(record: &Value) -> Option<(&str, Option<&str>)> {
    let text = request(record, "functionName").or_else(|| answer(record, &["functionName"]))?;
    if let Some((owner, _)) = text.split_once(":function:") {
        let owner = owner.rsplit(':').next().unwrap_or_default();
        let foreign = account(record).is_some_and(|account| account != owner);
        if foreign || (text.starts_with("arn:") && !here(record, text)) {
            return None;
        }
    }
    let (name, qualifier) = split(text);
    let qualifier = request(record, "qualifier").or(qualifier).filter(|qualifier| !qualifier.starts_with("$LATEST"));
    (!name.is_empty()).then_some((name, qualifier))
}

/// Published versions are neither read nor changed: their qualifier is a number.
fn is_version(qualifier: Option<&str>) -> bool {
    qualifier.is_some_and(|qualifier| qualifier.bytes().all(|byte| byte.is_ascii_digit()))
}

fn function(record: &Value) -> Vec<Told> {
    one(called(record).filter(|(_, qualifier)| !is_version(*qualifier)).map(|(name, _)| name))
}

fn tagged_function(record: &Value) -> Vec<Told> {
    one(request_arn(record, "resource").and_then(|arn| named(&arn)))
}

fn of_function(record: &Value) -> Vec<Told> {
    all_of(called(record).filter(|(_, qualifier)| !is_version(*qualifier)).map(|(name, _)| name))
}

fn of_resource(record: &Value) -> Vec<Told> {
    all_of(request_arn(record, "resourceArn").and_then(|arn| named(&arn)))
}

fn permission(record: &Value) -> Vec<Told> {
    let Some((name, qualifier)) = called(record).filter(|(_, qualifier)| !is_version(*qualifier)) else {
        return Vec::new();
    };
    match request(record, "statementId") {
        Some(sid) => one(Some(format!("{}|{sid}", qualified(name, qualifier)))),
        None => all_of(Some(name)),
    }
}

fn event_invoke_config(record: &Value) -> Vec<Told> {
    one(called(record).map(|(name, qualifier)| format!("{name}|{}", qualifier.unwrap_or("$LATEST"))))
}

fn event_invoke_config_of_alias(record: &Value) -> Vec<Told> {
    let Some((name, _)) = called(record) else { return Vec::new() };
    match request(record, "name") {
        Some(alias) => one(Some(format!("{name}|{alias}"))),
        None => all_of(Some(name)),
    }
}

/// The ARN of the version that a record is about: what was published is in the answer, the others are named by the layer's
/// name or ARN and the number.
fn layer_arn(record: &Value) -> Option<String> {
    if let Some(arn) = answer(record, &["layerVersionArn"]) {
        return here(record, arn).then(|| arn.to_owned());
    }
    let (layer, number) = (request(record, "layerName")?, version_number(record)?);
    let arn = match layer.starts_with("arn:") {
        true => format!("{layer}:{number}"),
        false => {
            let (region, account) = (region(record)?, account(record)?);
            format!("arn:{}:lambda:{region}:{account}:layer:{layer}:{number}", partition(record))
        }
    };
    (here(record, &arn) && layers::split(&arn).is_some()).then_some(arn)
}

/// The number, which some records have as a text.
fn version_number(record: &Value) -> Option<String> {
    let number = record.pointer("/requestParameters/versionNumber")?;
    number.as_str().map(str::to_owned).or_else(|| Some(number.as_u64()?.to_string()))
}

fn layer_version(record: &Value) -> Vec<Told> {
    one(layer_arn(record))
}

fn of_layer_version(record: &Value) -> Vec<Told> {
    all_of(layer_arn(record))
}

fn layer_permission(record: &Value) -> Vec<Told> {
    match (layer_arn(record), request(record, "statementId")) {
        (Some(arn), Some(sid)) => one(Some(format!("{arn}#{sid}"))),
        (arn, _) => all_of(arn),
    }
}

fn url(record: &Value) -> Vec<Told> {
    let Some((name, qualifier)) = called(record) else { return Vec::new() };
    url_of(record, name, qualifier)
}

fn url_of_alias(record: &Value) -> Vec<Told> {
    let Some((name, _)) = called(record) else { return Vec::new() };
    match request(record, "name") {
        Some(alias) => url_of(record, name, Some(alias)),
        None => all_of(Some(name)),
    }
}

/// A URL's id is an ARN, which the record seldom has.
fn url_of(record: &Value, name: &str, qualifier: Option<&str>) -> Vec<Told> {
    match (region(record), account(record)) {
        (Some(region), Some(account)) => {
            let arn = format!("arn:{}:lambda:{region}:{account}:function:{name}", partition(record));
            one(Some(qualified(&arn, qualifier)))
        }
        _ => all_of(Some(name)),
    }
}
