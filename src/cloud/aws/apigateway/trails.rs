//! What CloudTrail tells of REST APIs (<https://docs.aws.amazon.com/apigateway/latest/developerguide/cloudtrail.html>). The
//! newer API has the same source and partly the same names: what it is about is told by the members, `restApiId` here and
//! `apiId` there, and by the ARNs of tags.
//!
//! Not here: integrations, models, authorizers and responses, which no document has.

use serde_json::Value;

use crate::cloud::aws::trail::{TAGGING, all_of, answer, one, request, request_arn, tagged, trail};
use crate::model::{Arn, Told, Trail};

/// The source of both APIs' records.
pub const API_GATEWAY: &str = "apigateway.amazonaws.com";

/// A stage's document has its web ACL (<https://docs.aws.amazon.com/waf/latest/APIReference/API_AssociateWebACL.html>).
const WAF: &str = "wafv2.amazonaws.com";
const WAF_CLASSIC: &str = "waf-regional.amazonaws.com";

/// Of APIs.
pub const REST_API: &[Trail] = &[
    trail(API_GATEWAY, "CreateRestApi", new_api),
    trail(API_GATEWAY, "DeleteRestApi", api),
    trail(API_GATEWAY, "ImportRestApi", new_api),
    trail(API_GATEWAY, "PutRestApi", api),
    trail(API_GATEWAY, "TagResource", |record| tagged_one(record, named_api)),
    trail(API_GATEWAY, "UntagResource", |record| tagged_one(record, named_api)),
    trail(API_GATEWAY, "UpdateRestApi", api),
    trail(TAGGING, "TagResources", |record| tagged(record, named_api)),
    trail(TAGGING, "UntagResources", |record| tagged(record, named_api)),
];

/// Of deployments.
pub const DEPLOYMENT: &[Trail] = &[
    trail(API_GATEWAY, "CreateDeployment", new_deployment),
    trail(API_GATEWAY, "DeleteDeployment", deployment),
    trail(API_GATEWAY, "DeleteRestApi", of_api),
    trail(API_GATEWAY, "UpdateDeployment", deployment),
];

/// Of stages. A deployment makes or moves the stage that it names.
pub const STAGE: &[Trail] = &[
    trail(API_GATEWAY, "CreateDeployment", stage),
    trail(API_GATEWAY, "CreateStage", stage),
    trail(API_GATEWAY, "DeleteRestApi", of_api),
    trail(API_GATEWAY, "DeleteStage", stage),
    trail(API_GATEWAY, "TagResource", |record| tagged_one(record, named_stage)),
    trail(API_GATEWAY, "UntagResource", |record| tagged_one(record, named_stage)),
    trail(API_GATEWAY, "UpdateStage", stage),
    trail(TAGGING, "TagResources", |record| tagged(record, named_stage)),
    trail(TAGGING, "UntagResources", |record| tagged(record, named_stage)),
    trail(WAF, "AssociateWebACL", |record| tagged_one(record, named_stage)),
    trail(WAF, "DisassociateWebACL", |record| tagged_one(record, named_stage)),
    trail(WAF_CLASSIC, "AssociateWebACL", |record| tagged_one(record, named_stage)),
    trail(WAF_CLASSIC, "DisassociateWebACL", |record| tagged_one(record, named_stage)),
];

/// Of methods. An import writes all of an API's, and a resource that is moved or deleted takes its own along.
pub const METHOD: &[Trail] = &[
    trail(API_GATEWAY, "CreateRestApi", of_new_api),
    trail(API_GATEWAY, "DeleteMethod", method),
    trail(API_GATEWAY, "DeleteResource", of_api),
    trail(API_GATEWAY, "DeleteRestApi", of_api),
    trail(API_GATEWAY, "ImportRestApi", of_new_api),
    trail(API_GATEWAY, "PutMethod", method),
    trail(API_GATEWAY, "PutRestApi", of_api),
    trail(API_GATEWAY, "UpdateMethod", method),
    trail(API_GATEWAY, "UpdateResource", of_api),
];

/// Of what is set for the account. What a record of it says is that it was changed.
pub const ACCOUNT: &[Trail] = &[trail(API_GATEWAY, "UpdateAccount", |_| one(Some(super::account::ID)))];

/// Of custom domain names. Their mappings may be changed by the newer API too, which has a name of its own for them.
pub const DOMAIN_NAME: &[Trail] = &[
    trail(API_GATEWAY, "CreateApiMapping", domain_name),
    trail(API_GATEWAY, "CreateBasePathMapping", domain_name),
    trail(API_GATEWAY, "CreateDomainName", domain_name),
    trail(API_GATEWAY, "DeleteApiMapping", domain_name),
    trail(API_GATEWAY, "DeleteBasePathMapping", domain_name),
    trail(API_GATEWAY, "DeleteDomainName", domain_name),
    trail(API_GATEWAY, "TagResource", |record| tagged_one(record, named_domain)),
    trail(API_GATEWAY, "UntagResource", |record| tagged_one(record, named_domain)),
    trail(API_GATEWAY, "UpdateApiMapping", domain_name),
    trail(API_GATEWAY, "UpdateBasePathMapping", domain_name),
    trail(API_GATEWAY, "UpdateDomainName", domain_name),
    trail(TAGGING, "TagResources", |record| tagged(record, named_domain)),
    trail(TAGGING, "UntagResources", |record| tagged(record, named_domain)),
];

/// Of client certificates.
pub const CLIENT_CERTIFICATE: &[Trail] = &[
    trail(API_GATEWAY, "DeleteClientCertificate", client_certificate),
    trail(API_GATEWAY, "GenerateClientCertificate", |record| one(answer(record, &["clientCertificateId"]))),
    trail(API_GATEWAY, "TagResource", |record| tagged_one(record, named_certificate)),
    trail(API_GATEWAY, "UntagResource", |record| tagged_one(record, named_certificate)),
    trail(API_GATEWAY, "UpdateClientCertificate", client_certificate),
    trail(TAGGING, "TagResources", |record| tagged(record, named_certificate)),
    trail(TAGGING, "UntagResources", |record| tagged(record, named_certificate)),
];

/// Of usage plans.
pub const USAGE_PLAN: &[Trail] = &[
    trail(API_GATEWAY, "CreateUsagePlan", |record| one(answer(record, &["id"]))),
    trail(API_GATEWAY, "DeleteUsagePlan", usage_plan),
    trail(API_GATEWAY, "TagResource", |record| tagged_one(record, named_plan)),
    trail(API_GATEWAY, "UntagResource", |record| tagged_one(record, named_plan)),
    trail(API_GATEWAY, "UpdateUsagePlan", usage_plan),
    trail(TAGGING, "TagResources", |record| tagged(record, named_plan)),
    trail(TAGGING, "UntagResources", |record| tagged(record, named_plan)),
];

/// The segments of the path in an ARN of API Gateway, without empty ones
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html>).
pub fn path(arn: &str) -> Vec<&str> {
    let arn = Arn::parse(arn).filter(|arn| arn.service == "apigateway");
    let segments = arn.map(|arn| arn.resource.split('/')).into_iter().flatten();
    segments.filter(|segment| !segment.is_empty()).collect()
}

/// The id of the API that an ARN names.
pub fn named_api(arn: &str) -> Option<String> {
    match path(arn).as_slice() {
        ["restapis", api] => Some((*api).to_owned()),
        _ => None,
    }
}

/// The id of the deployment that an ARN names.
pub fn named_deployment(arn: &str) -> Option<String> {
    match path(arn).as_slice() {
        ["restapis", api, "deployments", deployment] => Some(format!("{deployment}|{api}")),
        _ => None,
    }
}

/// The id of the stage that an ARN names.
pub fn named_stage(arn: &str) -> Option<String> {
    match path(arn).as_slice() {
        ["restapis", api, "stages", stage] => Some(format!("{api}|{stage}")),
        _ => None,
    }
}

/// The id of the method that an ARN names.
pub fn named_method(arn: &str) -> Option<String> {
    match path(arn).as_slice() {
        ["restapis", api, "resources", resource, "methods", verb] => Some(format!("{api}|{resource}|{verb}")),
        _ => None,
    }
}

/// The custom domain name that an ARN names.
pub fn named_domain(arn: &str) -> Option<String> {
    match path(arn).as_slice() {
        ["domainnames", name] => Some((*name).to_owned()),
        _ => None,
    }
}

/// The id of the client certificate that an ARN names.
pub fn named_certificate(arn: &str) -> Option<String> {
    match path(arn).as_slice() {
        ["clientcertificates", id] => Some((*id).to_owned()),
        _ => None,
    }
}

/// The id of the usage plan that an ARN names.
pub fn named_plan(arn: &str) -> Option<String> {
    match path(arn).as_slice() {
        ["usageplans", id] => Some((*id).to_owned()),
        _ => None,
    }
}

/// What a call is about that takes an ARN.
pub fn tagged_one(record: &Value, named: fn(&str) -> Option<String>) -> Vec<Told> {
    one(request_arn(record, "resourceArn").and_then(|arn| named(&arn)))
}

/// The API that a call is about. A request that is too large is left out of its record
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>): then the
/// answer may say it.
fn rest_api(record: &Value) -> Option<&str> {
    request(record, "restApiId").or_else(|| answer(record, &["self", "restApiId"]))
}

fn api(record: &Value) -> Vec<Told> {
    one(rest_api(record))
}

fn new_api(record: &Value) -> Vec<Told> {
    one(answer(record, &["id"]))
}

fn of_api(record: &Value) -> Vec<Told> {
    all_of(rest_api(record))
}

fn of_new_api(record: &Value) -> Vec<Told> {
    all_of(answer(record, &["id"]))
}

fn domain_name(record: &Value) -> Vec<Told> {
    one(request(record, "domainName"))
}

fn client_certificate(record: &Value) -> Vec<Told> {
    one(request(record, "clientCertificateId"))
}

fn usage_plan(record: &Value) -> Vec<Told> {
    one(request(record, "usagePlanId"))
}

fn stage(record: &Value) -> Vec<Told> {
    let names = request(record, "restApiId").zip(request(record, "stageName"));
    one(names.map(|(api, stage)| format!("{api}|{stage}")))
}

fn deployment(record: &Value) -> Vec<Told> {
    let names = request(record, "deploymentId").zip(request(record, "restApiId"));
    one(names.map(|(deployment, api)| format!("{deployment}|{api}")))
}

fn new_deployment(record: &Value) -> Vec<Told> {
    let names = answer(record, &["id"]).zip(request(record, "restApiId"));
    one(names.map(|(deployment, api)| format!("{deployment}|{api}")))
}

fn method(record: &Value) -> Vec<Told> {
    let names = request(record, "restApiId").zip(request(record, "resourceId")).zip(request(record, "httpMethod"));
    one(names.map(|((api, resource), verb)| format!("{api}|{resource}|{verb}")))
}
