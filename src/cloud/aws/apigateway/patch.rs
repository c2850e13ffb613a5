//! API Gateway changes its REST resources by lists of patch operations, whose values are texts
//! (<https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html>), and its permissions are HTTP verbs
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html>).

use aws_sdk_apigateway::types::{Op, PatchOperation, RestApi};
use serde_json::{Map, Value, json};

use crate::cloud::CallError;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::sent;
use crate::cloud::aws::fields::{self, Field};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::{Partial, items};
use crate::cloud::aws::object::number;
use crate::cloud::aws::tags;
use crate::cloud::aws::world::edit;
use crate::model::{Call, Impossible, Locate, Place, Relation, Resource, ResourceType, Sent, Snapshot};

/// The relation of a stage or a method to its API.
pub const API: Relation = Relation {
    name: "api",
    of: "AWS::ApiGateway::RestApi",
    many: false,
    locate: |resource| Locate::Ids(resource.text("/RestApiId").map(str::to_owned).into_iter().collect()),
    needs: &["RestApiId"],
};

/// The relation of a stage to its web ACL, of which it has one at the most.
pub const WEB_ACLS: Relation = Relation {
    name: "web_acls",
    of: "AWS::WAFv2::WebACLAssociation",
    many: true,
    locate: |stage| Locate::ChildrenOf(stage.id.clone()),
    needs: &[],
};

/// The relation of a stage to what API Gateway is set to for the account.
pub const ACCOUNT: Relation = Relation {
    name: "account",
    of: "AWS::ApiGateway::Account",
    many: false,
    locate: |_| Locate::Ids(vec![super::account::ID.to_owned()]),
    needs: &[],
};

/// The relation of a stage to the methods of its API, deployed or not.
pub const METHODS: Relation = Relation {
    name: "methods",
    of: "AWS::ApiGateway::Method",
    many: true,
    locate: |stage| Locate::children_of(stage.text("/RestApiId")),
    needs: &["RestApiId"],
};

/// The relation of a stage to the usage plans whose keys are for it.
pub const USAGE_PLANS: Relation = Relation {
    name: "usage_plans",
    of: "AWS::ApiGateway::UsagePlan",
    many: true,
    locate: |stage| Locate::Referring(vec![stage.id.clone()]),
    needs: &[],
};

/// A list of operations that is being made.
#[derive(Default)]
pub struct Patch(Vec<Value>);

/// One operation of a call.
pub struct Operation<'a> {
    /// `add`, `replace` or `remove`.
    pub op: &'a str,
    /// A JSON Pointer into API Gateway's representation.
    pub path: &'a str,
    /// The value's text.
    pub value: Option<&'a str>,
}

impl Patch {
    /// Writes the members for the properties that differ between two documents.
    pub fn of(fields: &[Field], before: &Resource, after: &Resource) -> Result<Self, Impossible> {
        let mut patch = Self::default();
        for (path, value) in fields::changed(fields, before, after)? {
            patch.replace(&path, &value);
        }
        Ok(patch)
    }

    /// Writes a value; `null` is none, which unsets what cannot be empty.
    pub fn replace(&mut self, path: &str, value: &Value) {
        self.push("replace", path, value);
    }

    /// Adds to a set.
    pub fn add(&mut self, path: &str, value: &Value) {
        self.push("add", path, value);
    }

    /// Removes a thing, or with a value from a set.
    pub fn remove(&mut self, path: &str, value: &Value) {
        self.push("remove", path, value);
    }

    fn push(&mut self, op: &str, path: &str, value: &Value) {
        let mut operation = json!({"op": op, "path": path});
        if let (Some(operation), Some(text)) = (operation.as_object_mut(), text(value)) {
            operation.insert("value".to_owned(), text.into());
        }
        self.0.push(operation);
    }

    /// The call, where there is anything to change; `input` names the resource.
    pub fn call(self, operation: &str, input: Value) -> Option<Call> {
        let Self(operations) = self;
        if operations.is_empty() {
            return None;
        }
        let mut input = input;
        if let Some(input) = input.as_object_mut() {
            input.insert("patchOperations".to_owned(), operations.into());
        }
        Some(Call::with_permission("apigateway", operation, input, "apigateway:PATCH"))
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(it) => Some(it.as_f64().map_or(it.to_string(), |it| number(it).to_string())),
        other => Some(other.to_string()),
    }
}

/// The operations of an input.
pub fn operations<'a>(input: &'a Input<'_>) -> impl Iterator<Item = Operation<'a>> {
    let list = input.value("patchOperations").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|operation| {
        let text = |name| operation.get(name).and_then(Value::as_str);
        Some(Operation { op: text("op")?, path: text("path")?, value: text("value") })
    })
}

/// The operations of an input, for the SDK.
pub fn sdk(input: &Input<'_>) -> Option<Vec<PatchOperation>> {
    let operation = |it: Operation<'_>| {
        let operation = PatchOperation::builder().op(Op::from(it.op)).path(it.path);
        operation.set_value(it.value.map(str::to_owned)).build()
    };
    Some(operations(input).map(operation).collect())
}

/// The value of an operation, typed as the property is.
pub fn typed(operation: &Operation<'_>, booleans: &[&str]) -> Value {
    match operation.value {
        Some("true") if booleans.contains(&operation.path) => true.into(),
        Some("false") if booleans.contains(&operation.path) => false.into(),
        Some(text) => text.into(),
        None => Value::Null,
    }
}

/// Does the operations of an input, which only replace texts of a table's members.
pub fn write(fields: &[Field], input: &Input<'_>, properties: &mut Map<String, Value>) -> Result<(), String> {
    for operation in operations(input) {
        let known = fields.iter().any(|field| field.member == operation.path);
        if operation.op != "replace" || !known {
            return Err(invalid(&operation));
        }
        fields::write(fields, &json!({ operation.path: typed(&operation, &[]) }), properties);
    }
    Ok(())
}

/// The message for a path that cannot be patched.
pub fn invalid(operation: &Operation<'_>) -> String {
    format!("BadRequestException: Invalid patch path {}", operation.path)
}

/// The ARN of a resource: `path` is the one that its URL has.
pub fn arn(place: &Place, path: &str) -> String {
    format!("arn:{}:apigateway:{}::{path}", place.partition, place.region)
}

/// The calls for tags, which stand in `Tags` in one of two shapes and are always written as a map.
pub fn tag_calls(before: &Resource, after: &Resource) -> Result<Vec<Call>, Impossible> {
    let call = |operation, verb: &str, name: &str, value: Value| {
        let input = Map::from_iter([("resourceArn".to_owned(), before.arn.as_str().into()), (name.to_owned(), value)]);
        Call::with_permission("apigateway", operation, Value::Object(input), &format!("apigateway:{verb}"))
    };
    Ok(tags::difference(before, after)?.calls(
        |tags| call("TagResource", "PUT", "tags", json!(tags)).and_permissions(["apigateway:PATCH"]),
        |keys| call("UntagResource", "DELETE", "tagKeys", json!(keys)),
    ))
}

/// What a tagging call does to the document with that ARN. The newer API writes the names of its members with a capital.
pub fn tag_effect(
    kind: &dyn ResourceType,
    shape: tags::Shape,
    call: &Call,
    world: &mut Snapshot,
) -> Result<Sent, String> {
    let input = Input(call);
    let arn = input.text("resourceArn").or_else(|| input.text("ResourceArn")).unwrap_or_default();
    let key = world.of_type(kind.name()).find(|resource| resource.arn == arn).map(|resource| resource.key());
    let missing = "NotFoundException: Invalid resource identifier specified";
    edit(world, &key.ok_or(missing)?, missing, |properties, _| {
        tags::effect(&input, shape, properties);
        Ok(())
    })
}

/// Sends a tagging call.
pub async fn send_tags(aws: &Clients, call: &Call) -> Result<Sent, CallError> {
    let input = Input(call);
    let arn = input.text("resourceArn");
    match call.operation.as_str() {
        "TagResource" => {
            let tags = tags::map(input.value("tags")).into_iter().collect();
            sent(call, aws.apigateway.tag_resource().set_resource_arn(arn).set_tags(Some(tags)).send().await)
        }
        "UntagResource" => {
            let request = aws.apigateway.untag_resource().set_resource_arn(arn);
            sent(call, request.set_tag_keys(input.texts("tagKeys")).send().await)
        }
        _ => Err(input.unknown()),
    }
}

/// The ids of the REST APIs, or the one that is asked for.
pub async fn api_ids(aws: &Clients, within: Option<&str>) -> Partial<String> {
    match within {
        Some(id) => (vec![id.to_owned()], None),
        None => {
            let (apis, error) = apis(aws).await;
            (apis.into_iter().filter_map(|api| api.id).collect(), error)
        }
    }
}

/// The REST APIs of the Region.
pub async fn apis(aws: &Clients) -> Partial<RestApi> {
    let _slot = aws.slot("apigateway").await;
    items(
        "apigateway",
        "GetRestApis",
        aws.apigateway.get_rest_apis().into_paginator().stop_on_duplicate_token(false).items().send(),
    )
    .await
}

/// What callers have to do from now on, where a method or a route begins to ask who they are.
pub fn asks(before: &Resource, after: &Resource) -> impl Iterator<Item = &'static str> {
    let kind = |of: &Resource| of.text("/AuthorizationType").map(str::to_owned);
    let asks = match kind(after) {
        now if now == kind(before) => None,
        Some(kind) if kind == "AWS_IAM" => {
            Some("Callers have to sign their requests (SigV4) and be allowed execute-api:Invoke; others get 403.")
        }
        Some(kind) if kind != "NONE" => {
            Some("Callers have to carry what the authorizer asks for; others get 401 or 403.")
        }
        _ => None,
    };
    asks.into_iter()
}

/// The API of an id whose parts are joined by `|`.
pub fn parent(id: &str) -> Option<String> {
    id.split_once('|').map(|(api, _)| api.to_owned())
}
