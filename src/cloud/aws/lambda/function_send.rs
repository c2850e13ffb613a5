//! Sends the calls of functions through the SDK.

use serde_json::Value;

use super::configuration;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::sent::sent;
use crate::cloud::{CallError, CallErrorKind};
use crate::model::{Call, Sent};

/// Sends a call of a function. The caller holds the slot.
pub async fn send(aws: &Clients, call: &Call) -> Result<Sent, CallError> {
    let input = Input(call);
    let operation = call.operation.as_str();
    let name = input.text("FunctionName");
    let invalid = |message: String| CallError {
        kind: CallErrorKind::Invalid,
        service: "lambda".into(),
        operation: operation.into(),
        message,
        request_id: None,
    };
    match operation {
        "UpdateFunctionConfiguration" => {
            let request = configuration::update(aws.lambda.update_function_configuration(), &input)
                .map_err(|error| invalid(error.to_string()))?;
            sent("lambda", operation, request.send().await)
        }
        "PutFunctionConcurrency" => {
            let limit = input.integer("ReservedConcurrentExecutions");
            let request = aws.lambda.put_function_concurrency().set_function_name(name);
            sent("lambda", operation, request.set_reserved_concurrent_executions(limit).send().await)
        }
        "DeleteFunctionConcurrency" => {
            let request = aws.lambda.delete_function_concurrency().set_function_name(name);
            sent("lambda", operation, request.send().await)
        }
        "PutFunctionRecursionConfig" => {
            let mode = input.text("RecursiveLoop").map(|mode| mode.as_str().into());
            let request = aws.lambda.put_function_recursion_config().set_function_name(name);
            sent("lambda", operation, request.set_recursive_loop(mode).send().await)
        }
        "PutRuntimeManagementConfig" => {
            let when = input.text("UpdateRuntimeOn").map(|when| when.as_str().into());
            let request = aws.lambda.put_runtime_management_config().set_function_name(name);
            let request = request.set_update_runtime_on(when).set_runtime_version_arn(input.text("RuntimeVersionArn"));
            sent("lambda", operation, request.send().await)
        }
        "PutFunctionCodeSigningConfig" => {
            let request = aws.lambda.put_function_code_signing_config().set_function_name(name);
            let arn = input.text("CodeSigningConfigArn");
            sent("lambda", operation, request.set_code_signing_config_arn(arn).send().await)
        }
        "DeleteFunctionCodeSigningConfig" => {
            let request = aws.lambda.delete_function_code_signing_config().set_function_name(name);
            sent("lambda", operation, request.send().await)
        }
        "TagResource" => {
            let mut request = aws.lambda.tag_resource().set_resource(input.text("Resource"));
            for (key, value) in input.value("Tags").and_then(Value::as_object).into_iter().flatten() {
                request = request.tags(key, value.as_str().unwrap_or_default());
            }
            sent("lambda", operation, request.send().await)
        }
        "UntagResource" => {
            let request = aws.lambda.untag_resource().set_resource(input.text("Resource"));
            sent("lambda", operation, request.set_tag_keys(input.texts("TagKeys")).send().await)
        }
        _ => Err(input.unknown()),
    }
}
