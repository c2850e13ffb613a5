//! Reads a request off the wire as the API call that it is, by AWS's own service models: which service, which operation, and
//! its input under the API reference's member names.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use percent_encoding::percent_decode_str;
use rectify::model;
use roxmltree::Node;
use serde_json::{Map, Value};

use super::cbor;
use super::http::Message;
use super::venv::Venv;

/// The services that are understood, as botocore names their models. A request to any other fails the test.
const SERVICES: [&str; 17] = [
    "apigateway",
    "apigatewayv2",
    "cloudcontrol",
    "cloudtrail",
    "cloudwatch",
    "dynamodb",
    "events",
    "iam",
    "inspector2",
    "kms",
    "lambda",
    "logs",
    "s3",
    "sns",
    "sqs",
    "sts",
    "wafv2",
];
/// How the names of operations begin that change nothing.
const READS: [&str; 7] = ["Get", "BatchGet", "List", "Query", "Describe", "Simulate", "AssumeRole"];

/// A call as it went over the wire, to be compared with a plan's.
#[derive(Clone, Debug, PartialEq)]
pub struct WireCall {
    /// The service, by the name of its API: `apigateway`, `apigatewayv2`.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// The input.
    pub input: Value,
}

impl From<&model::Call> for WireCall {
    fn from(call: &model::Call) -> Self {
        Self { service: call.service.clone(), operation: call.operation.clone(), input: plain(call.input.clone()) }
    }
}

/// A value with 50.0 as 50: on the wire a rate limit is a floating point number, in a plan it may be a whole one.
fn plain(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, plain(value))).collect(),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 => Value::from(float as i64),
            _ => Value::Number(number),
        },
        value => value,
    }
}

/// Reads a request; the second value says whether it is a write.
pub fn read(request: &Message) -> Result<(WireCall, bool), String> {
    let authorization = request.header("authorization").ok_or("it is not signed")?;
    let scope = authorization.split("Credential=").nth(1).and_then(|scope| scope.split(',').next());
    let service = scope.and_then(|scope| scope.split('/').nth(3)).ok_or("its signature has no credential scope")?;
    let mut reason = format!("no model of the service {service}: add it to SERVICES in tests/support/wire.rs");
    for (name, model) in models().iter().filter(|(_, model)| model.signing_name() == service) {
        match model.read(request) {
            Ok((operation, input)) => {
                let harmless = request.word(0) == "GET"
                    || model.0["operations"][&operation]["readonly"] == true
                    || READS.iter().any(|prefix| operation.starts_with(prefix));
                return Ok((WireCall { service: name.clone(), operation, input: plain(input) }, !harmless));
            }
            Err(error) => reason = error,
        }
    }
    Err(reason)
}

/// The members that an operation takes, by the API reference; none where there is no such operation.
pub fn members(service: &str, operation: &str) -> Option<Vec<String>> {
    let (_, model) = models().iter().find(|(name, _)| name == service)?;
    let known = model.0["operations"].get(operation)?;
    Some(model.members(model.shape(&known["input"]["shape"])).into_iter().map(|(name, _)| name).collect())
}

/// A service model: `metadata`, `operations` and `shapes` as botocore has them.
struct Model(Value);

/// The models by the names of the APIs.
fn models() -> &'static [(String, Model)] {
    static MODELS: OnceLock<Vec<(String, Model)>> = OnceLock::new();
    MODELS.get_or_init(|| {
        let text = Venv::shared().run(include_str!("models.py"), &SERVICES, None);
        let models: BTreeMap<String, Value> = serde_json::from_str(&text).expect("models.py prints JSON");
        models.into_iter().map(|(name, model)| (name, Model(model))).collect()
    })
}

impl Model {
    fn signing_name(&self) -> &str {
        let metadata = &self.0["metadata"];
        metadata["signingName"].as_str().or(metadata["endpointPrefix"].as_str()).unwrap_or_default()
    }

    fn read(&self, request: &Message) -> Result<(String, Value), String> {
        match self.0["metadata"]["protocol"].as_str() {
            // A service that speaks CBOR speaks JSON too, which clients of other languages choose.
            Some("smithy-rpc-v2-cbor") if cbor::is_spoken(request.header("content-type")) => self.read_cbor(request),
            Some("json" | "smithy-rpc-v2-cbor") => self.read_json(request),
            Some("query") => self.read_query(request),
            Some("rest-json" | "rest-xml") => self.read_rest(request),
            protocol => Err(format!("the protocol {protocol:?} is not understood")),
        }
    }

    fn shape(&self, name: &Value) -> &Value {
        &self.0["shapes"][name.as_str().unwrap_or_default()]
    }

    fn members(&self, shape: &Value) -> Map<String, Value> {
        shape["members"].as_object().cloned().unwrap_or_default()
    }

    /// AWS JSON: the operation is a header, the body is the input.
    fn read_json(&self, request: &Message) -> Result<(String, Value), String> {
        let target = request.header("x-amz-target").ok_or("it has no X-Amz-Target")?;
        let operation = target.rsplit('.').next().unwrap_or_default();
        let known = &self.0["operations"][operation];
        let body = json_of(&request.body)?;
        let input = self.named(&known["input"]["shape"], &body).map_err(|name| unknown(target, &name))?;
        if known.is_null() { Err(format!("no operation {target}")) } else { Ok((operation.to_owned(), input)) }
    }

    /// Smithy RPC v2 CBOR: the operation is the end of the path, the body is the input.
    fn read_cbor(&self, request: &Message) -> Result<(String, Value), String> {
        let operation = request.word(1).rsplit('/').next().unwrap_or_default();
        let known = &self.0["operations"][operation];
        let body = cbor::read(&request.body)?;
        let input = self.named(&known["input"]["shape"], &body).map_err(|name| unknown(operation, &name))?;
        if known.is_null() { Err(format!("no operation {operation}")) } else { Ok((operation.to_owned(), input)) }
    }

    /// Query: the body is a form, structures and lists are flattened into its names.
    fn read_query(&self, request: &Message) -> Result<(String, Value), String> {
        let body = std::str::from_utf8(&request.body).map_err(|_| "its body is not UTF-8")?;
        let mut form = pairs(body);
        form.remove("Version");
        let operation = form.remove("Action").ok_or("it has no Action")?;
        let known = &self.0["operations"][&operation];
        if known.is_null() {
            return Err(format!("no operation {operation}"));
        }
        let input = self.unflatten(&known["input"]["shape"], "", &mut form).unwrap_or(Value::Object(Map::new()));
        match form.keys().next() {
            Some(left) => Err(unknown(&operation, left)),
            None => Ok((operation, input)),
        }
    }

    /// Takes what belongs to a shape out of a form.
    fn unflatten(&self, shape: &Value, prefix: &str, form: &mut BTreeMap<String, String>) -> Option<Value> {
        let shape = self.shape(shape);
        let inner = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        match shape["type"].as_str() {
            Some("structure") => {
                let members = self.members(shape);
                let taken = members.iter().filter_map(|(name, member)| {
                    let key = inner(member["locationName"].as_str().unwrap_or(name));
                    Some((name.clone(), self.unflatten(&member["shape"], &key, form)?))
                });
                let taken = Map::from_iter(taken.collect::<Vec<_>>());
                (!taken.is_empty()).then_some(Value::Object(taken))
            }
            Some("list") => {
                let empty = form.remove(prefix).map(|_| Value::Array(vec![]));
                let word = shape["member"]["locationName"].as_str().unwrap_or("member");
                let item = |n: usize| {
                    if shape["flattened"] == true { inner(&n.to_string()) } else { inner(&format!("{word}.{n}")) }
                };
                let items: Vec<Value> =
                    (1..).map_while(|n| self.unflatten(&shape["member"]["shape"], &item(n), form)).collect();
                if items.is_empty() { empty } else { Some(Value::Array(items)) }
            }
            _ => form.remove(prefix).map(|text| typed(shape, text)),
        }
    }

    /// REST: the operation is the method and the path; the input is spread over path, query, headers and body.
    fn read_rest(&self, request: &Message) -> Result<(String, Value), String> {
        let (path, query) = request.word(1).split_once('?').unwrap_or((request.word(1), ""));
        let query = pairs(query);
        let operations = self.0["operations"].as_object().into_iter().flatten();
        let fitting = operations.filter(|(_, operation)| operation["http"]["method"] == *request.word(0));
        // Some of S3's operations are told apart by their name alone.
        let fitting = fitting.filter(|(name, _)| query.get("x-id").is_none_or(|id| id == *name));
        let fitting = fitting.filter_map(|(name, operation)| {
            let template = Template::of(operation["http"]["requestUri"].as_str()?);
            Some((name, operation, template.labels(path, &query)?, template))
        });
        let (name, operation, labels, template) = fitting
            .max_by_key(|(_, operation, _, template)| (template.exactness(), self.known(operation, &query)))
            .ok_or_else(|| format!("no operation {} {path}", request.word(0)))?;

        let shape = self.shape(&operation["input"]["shape"]);
        let mut input = Map::new();
        let mut used: Vec<&str> = template.query.keys().map(String::as_str).collect();
        let mut members = self.members(shape);
        let xml = self.0["metadata"]["protocol"] == "rest-xml";
        if xml {
            // What the SDK makes of the body by itself is no input.
            used.push("x-id");
            members.retain(|name, _| !name.starts_with("Checksum") && name != "ContentMD5");
        }
        for (member, target) in &members {
            let place = target["locationName"].as_str().unwrap_or(member);
            let text = match target["location"].as_str() {
                Some("uri") => labels.get(place).cloned(),
                Some("querystring") => {
                    used.push(place);
                    query.get(place).cloned()
                }
                Some("header") => request.header(place).map(str::to_owned),
                _ => continue,
            };
            let shape = self.shape(&target["shape"]);
            let value = text.map(|text| match shape["type"].as_str() {
                Some("list") => text
                    .split(SEPARATOR)
                    .map(|item| typed(self.shape(&shape["member"]["shape"]), item.to_owned()))
                    .collect(),
                _ => typed(shape, text),
            });
            input.extend(value.map(|value| (member.clone(), value)));
        }
        if let Some(left) = query.keys().find(|key| !used.contains(&key.as_str())) {
            return Err(unknown(name, left));
        }
        if let Some(payload) = shape["payload"].as_str() {
            if xml && !request.body.is_empty() {
                let text = String::from_utf8_lossy(&request.body);
                let body = match self.shape(&members[payload]["shape"])["type"].as_str() {
                    Some("structure") => {
                        let document = roxmltree::Document::parse(&text)
                            .map_err(|error| format!("its body is no XML: {error}: {text}"))?;
                        self.element(&members[payload]["shape"], document.root_element())
                    }
                    _ => text.into(),
                };
                input.insert(payload.to_owned(), body);
            } else if !request.body.is_empty() {
                let body = json_of(&request.body).unwrap_or_else(|_| String::from_utf8_lossy(&request.body).into());
                input.insert(payload.to_owned(), body);
            }
        } else {
            let body = self.named(&operation["input"]["shape"], &json_of(&request.body)?);
            input.extend(body.map_err(|left| unknown(name, &left))?.as_object().cloned().unwrap_or_default());
        }
        Ok((name.clone(), Value::Object(input)))
    }

    /// An XML element as its shape says.
    fn element(&self, shape: &Value, element: Node<'_, '_>) -> Value {
        let named =
            |name: &str| element.children().filter(move |child| child.tag_name().name() == name).collect::<Vec<_>>();
        let shape = self.shape(shape);
        match shape["type"].as_str() {
            Some("structure") => {
                let member = |(name, member): (String, Value)| {
                    let within = self.shape(&member["shape"]);
                    let key = member["locationName"].as_str().unwrap_or(&name);
                    let value = if within["type"] == "list" && within["flattened"] == true {
                        let item = &within["member"]["shape"];
                        let items: Vec<Value> = named(key).into_iter().map(|child| self.element(item, child)).collect();
                        (!items.is_empty()).then_some(Value::Array(items))
                    } else {
                        named(key).first().map(|child| self.element(&member["shape"], *child))
                    };
                    value.map(|value| (name.clone(), value))
                };
                self.members(shape).into_iter().filter_map(member).collect()
            }
            Some("list") => {
                let word = shape["member"]["locationName"].as_str().unwrap_or("member");
                named(word).into_iter().map(|child| self.element(&shape["member"]["shape"], child)).collect()
            }
            _ => typed(shape, element.children().filter(Node::is_text).filter_map(|child| child.text()).collect()),
        }
    }

    /// How many names of a query an operation knows: of two that have the same path the one that knows more is meant.
    fn known(&self, operation: &Value, query: &BTreeMap<String, String>) -> usize {
        let members = self.members(self.shape(&operation["input"]["shape"]));
        let names = members.values().filter(|member| member["location"] == "querystring");
        names.filter(|member| member["locationName"].as_str().is_some_and(|name| query.contains_key(name))).count()
    }

    /// A JSON body with its members under the shape's names; the error is a member that the shape lacks.
    fn named(&self, shape: &Value, body: &Value) -> Result<Value, String> {
        let shape = self.shape(shape);
        match (shape["type"].as_str(), body) {
            (Some("structure"), Value::Object(object)) => {
                let members = self.members(shape);
                let entry = |(key, value): (&String, &Value)| {
                    let of_name = |(name, member): &(&String, &Value)| {
                        member["location"].is_null() && member["locationName"].as_str().unwrap_or(name) == key
                    };
                    let (name, member) = members.iter().find(of_name).ok_or_else(|| key.clone())?;
                    Ok((name.clone(), self.named(&member["shape"], value)?))
                };
                // What an SDK makes up so that a request that is repeated is done once stands in no plan.
                let made_up = |key: &str| members.get(key).is_some_and(|member| member["idempotencyToken"] == true);
                let said = object.iter().filter(|(key, _)| !made_up(key));
                said.map(entry).collect::<Result<Map<_, _>, _>>().map(Value::Object)
            }
            (Some("list"), Value::Array(items)) => {
                items.iter().map(|item| self.named(&shape["member"]["shape"], item)).collect()
            }
            (Some("map"), Value::Object(object)) => {
                let entry =
                    |(key, value): (&String, &Value)| Ok((key.clone(), self.named(&shape["value"]["shape"], value)?));
                object.iter().map(entry).collect::<Result<Map<_, _>, String>>().map(Value::Object)
            }
            _ => Ok(body.clone()),
        }
    }
}

/// A `requestUri`: segments, of which `{name}` is a label and `{name+}` takes the rest, and parts of the query that are fixed.
struct Template<'a> {
    path: Vec<&'a str>,
    query: BTreeMap<String, String>,
}

impl<'a> Template<'a> {
    fn of(uri: &'a str) -> Self {
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        Self { path: path.trim_matches('/').split('/').collect(), query: pairs(query) }
    }

    /// The labels' values where a request fits.
    fn labels(&self, path: &str, query: &BTreeMap<String, String>) -> Option<BTreeMap<&'a str, String>> {
        let mut labels = BTreeMap::new();
        let mut rest = path.trim_matches('/');
        for (index, segment) in self.path.iter().enumerate() {
            let name = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
            if let Some(name) = name.and_then(|name| name.strip_suffix('+')) {
                if rest.is_empty() {
                    return None;
                }
                labels.insert(name, decoded(rest));
                rest = "";
                break;
            }
            let (first, after) = rest.split_once('/').unwrap_or((rest, ""));
            match name {
                _ if first.is_empty() && index > 0 => return None,
                Some(name) => drop(labels.insert(name, decoded(first))),
                None if *segment == first => {}
                None => return None,
            }
            rest = after;
        }
        let fixed = self.query.iter().all(|(key, value)| query.get(key) == Some(value));
        (rest.is_empty() && fixed).then_some(labels)
    }

    /// Of two templates that fit, the one with more fixed parts is meant.
    fn exactness(&self) -> usize {
        self.query.len() + self.path.iter().filter(|segment| !segment.starts_with('{')).count()
    }
}

/// Between the values of a name that stands several times in a query: a character that no value has.
const SEPARATOR: char = '\u{1f}';

/// A query or a form; the values of a name that is there several times are joined by [`SEPARATOR`].
fn pairs(text: &str) -> BTreeMap<String, String> {
    let mut pairs: BTreeMap<String, String> = BTreeMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decoded(&name.replace('+', " ")), decoded(&value.replace('+', " ")));
        pairs.entry(name).and_modify(|values| values.extend([SEPARATOR.to_string(), value.clone()])).or_insert(value);
    }
    pairs
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// A text as the JSON that its shape says it is.
fn typed(shape: &Value, text: String) -> Value {
    match shape["type"].as_str() {
        Some("boolean" | "integer" | "long" | "float" | "double") => serde_json::from_str(&text).unwrap_or(text.into()),
        _ => text.into(),
    }
}

fn json_of(body: &[u8]) -> Result<Value, String> {
    if body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    serde_json::from_slice(body).map_err(|error| format!("its body is not JSON: {error}"))
}

fn unknown(operation: &str, member: &str) -> String {
    format!("{operation} takes no {member}")
}
