//! What neither emulator has, and the proxy plays itself: API Gateway's client certificates. Without them every plan of the whole
//! bundle would begin with a list that cannot be read, and no change of a stage could be tried that shows one.
//!
//! moto forgets which one a stage shows, too; ministack keeps it. And moto has authorizers and no list of them: those that were
//! made through the proxy are listed here. What is made here proves nothing of an emulator: [`made_up`] tells which calls are
//! answered so.

use std::collections::BTreeMap;
use std::sync::Mutex;

use regex::Regex;
use serde_json::{Value, json};

use super::emulator::Kind;
use super::http::Message;
use super::wire::WireCall;

/// The certificate that is there from the start.
pub const CERTIFICATE: &str = "shopc1";

/// The certificates, and on moto which stage shows which, and the authorizers by their APIs and ids.
pub struct StandIn {
    kind: Kind,
    certificates: Mutex<BTreeMap<String, Value>>,
    shown: Mutex<BTreeMap<(String, String), String>>,
    authorizers: Mutex<BTreeMap<(String, String), Value>>,
}

/// Whether the proxy answers the call itself.
pub fn made_up(call: &WireCall) -> bool {
    call.service == "apigateway" && call.operation.contains("ClientCertificate")
}

impl StandIn {
    /// For an emulator.
    pub fn before(kind: Kind) -> Self {
        let first = certificate(CERTIFICATE, "The shop's own.");
        let certificates = Mutex::new(BTreeMap::from([(CERTIFICATE.to_owned(), first)]));
        Self { kind, certificates, shown: Mutex::default(), authorizers: Mutex::default() }
    }

    /// The answer to a call that the emulator does not know.
    pub fn answer(&self, call: &WireCall) -> Option<Message> {
        if call.operation == "GetAuthorizers" && self.kind == Kind::Moto {
            let authorizers = self.authorizers.lock().unwrap();
            let own = authorizers.iter().filter(|((api, _), _)| call.input["ApiId"] == **api).map(|(_, made)| made);
            return Some(ok(&json!({"items": own.collect::<Vec<_>>()})));
        }
        if !made_up(call) {
            return None;
        }
        let mut certificates = self.certificates.lock().unwrap();
        let id = call.input["clientCertificateId"].as_str().unwrap_or_default();
        Some(match (call.operation.as_str(), certificates.contains_key(id)) {
            ("GetClientCertificates", _) => ok(&json!({"item": certificates.values().collect::<Vec<_>>()})),
            ("GenerateClientCertificate", _) => {
                let id = format!("made{}", certificates.len());
                let made = certificate(&id, call.input["description"].as_str().unwrap_or_default());
                certificates.insert(id, made.clone());
                ok(&made)
            }
            (_, false) => missing(),
            ("GetClientCertificate", _) => ok(&certificates[id]),
            ("DeleteClientCertificate", _) => {
                certificates.remove(id);
                Message::new("HTTP/1.1 202 Accepted", &[], "")
            }
            (operation, _) => panic!("{operation} of client certificates is not played"),
        })
    }

    /// The emulator's answer, with what moto has forgotten, and what either has put so that no SDK can read it.
    pub fn amend(&self, call: &WireCall, answer: Message) -> Message {
        if call.operation == "ListFunctionEventInvokeConfigs" && answer.status() == Some(200) {
            return without_times(answer);
        }
        if call.operation == "GetBucketVersioning" && self.kind == Kind::Moto {
            return as_versioning(answer);
        }
        if self.kind == Kind::Moto && call.service == "apigatewayv2" {
            self.note_authorizer(call, &answer);
        }
        if call.service != "apigateway" || answer.status() != Some(200) {
            return answer;
        }
        let answer = as_typed(answer);
        if self.kind == Kind::Ministack {
            return answer;
        }
        let mut shown = self.shown.lock().unwrap();
        let api = call.input["restApiId"].as_str().unwrap_or_default().to_owned();
        match call.operation.as_str() {
            "UpdateStage" => {
                let patches = call.input["patchOperations"].as_array().into_iter().flatten();
                let place = (api, call.input["stageName"].as_str().unwrap_or_default().to_owned());
                for patch in patches.filter(|patch| patch["path"] == "/clientCertificateId") {
                    shown.insert(place.clone(), patch["value"].as_str().unwrap_or_default().to_owned());
                }
                answer
            }
            "GetStages" => {
                let mut body: Value = serde_json::from_slice(&answer.body).expect("an answer is JSON");
                for stage in body["item"].as_array_mut().into_iter().flatten() {
                    let place = (api.clone(), stage["stageName"].as_str().unwrap_or_default().to_owned());
                    if let Some(id) = shown.get(&place) {
                        stage["clientCertificateId"] = id.as_str().into();
                    }
                }
                Message { body: body.to_string().into_bytes(), ..answer }
            }
            _ => answer,
        }
    }

    fn note_authorizer(&self, call: &WireCall, answer: &Message) {
        let mut authorizers = self.authorizers.lock().unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let api = text(&call.input["ApiId"]);
        match (call.operation.as_str(), answer.status()) {
            ("CreateAuthorizer", Some(200 | 201)) => {
                let made: Value = serde_json::from_slice(&answer.body).expect("an answer is JSON");
                authorizers.insert((api, text(&made["authorizerId"])), made);
            }
            ("DeleteAuthorizer", Some(200 | 204)) => {
                authorizers.remove(&(api, text(&call.input["AuthorizerId"])));
            }
            _ => {}
        }
    }
}

/// What a patch says of a usage plan's limits both emulators keep as a text, and ministack what one says of an API's default
/// endpoint; then no answer that has them can be read.
fn as_typed(answer: Message) -> Message {
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let booleans = Regex::new(r#""disableExecuteApiEndpoint":\s*"(true|false)""#).expect("it is an expression");
    let text = booleans.replace_all(&text, r#""disableExecuteApiEndpoint": $1"#);
    let numbers = Regex::new(r#""(limit|offset|burstLimit|rateLimit)":\s*"([0-9.]+)""#).expect("it is an expression");
    let text = numbers.replace_all(&text, r#""$1": $2"#).into_owned();
    Message { body: text.into_bytes(), ..answer }
}

/// moto writes as a text when the configurations of a function's events were changed, and then the list cannot be read.
fn without_times(answer: Message) -> Message {
    let mut body: Value = serde_json::from_slice(&answer.body).expect("an answer is JSON");
    for config in body["FunctionEventInvokeConfigs"].as_array_mut().into_iter().flatten() {
        config.as_object_mut().expect("it is an object").remove("LastModified");
    }
    Message { body: body.to_string().into_bytes(), ..answer }
}

/// moto gives the versioning of a bucket another name than S3 does, and then it cannot be read.
fn as_versioning(answer: Message) -> Message {
    let text = String::from_utf8_lossy(&answer.body).replace("GetBucketVersioningResponse", "VersioningConfiguration");
    Message { body: text.into_bytes(), ..answer }
}

fn certificate(id: &str, description: &str) -> Value {
    json!({"clientCertificateId": id, "description": description, "createdDate": 1_772_366_400, "expirationDate": 1_803_902_400})
}

fn ok(body: &Value) -> Message {
    Message::new("HTTP/1.1 200 OK", &[("Content-Type", "application/json")], body.to_string())
}

fn missing() -> Message {
    let headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", "NotFoundException")];
    Message::new("HTTP/1.1 404 Not Found", &headers, r#"{"message": "Invalid Client Certificate Id specified"}"#)
}
