//! Sends the calls of functions through the SDK.

use super::configuration;
use crate::cloud::CallError;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::sent;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::tags;
use crate::model::{Call, Sent};

/// Sends a call of a function. The caller holds the slot.
pub async fn send(aws: &Clients, call: &Call) -> Result<Sent, CallError> {
    let input = Input(call);
    let name = input.text("FunctionName");
    match call.operation.as_str() {
        "UpdateFunctionConfiguration" => {
            let request = configuration::update(aws.lambda.update_function_configuration(), &input)
                .map_err(|error| input.invalid(error.to_string()))?;
            sent(call, request.send().await)
        }
        "PutFunctionConcurrency" => {
            let limit = input.integer("ReservedConcurrentExecutions");
            let request = aws.lambda.put_function_concurrency().set_function_name(name);
            sent(call, request.set_reserved_concurrent_executions(limit).send().await)
        }
        "DeleteFunctionConcurrency" => {
            let request = aws.lambda.delete_function_concurrency().set_function_name(name);
            sent(call, request.send().await)
        }
        "PutFunctionRecursionConfig" => {
            let mode = input.text("RecursiveLoop").map(|mode| mode.as_str().into());
            let request = aws.lambda.put_function_recursion_config().set_function_name(name);
            sent(call, request.set_recursive_loop(mode).send().await)
        }
        "PutRuntimeManagementConfig" => {
            let when = input.text("UpdateRuntimeOn").map(|when| when.as_str().into());
            let request = aws.lambda.put_runtime_management_config().set_function_name(name);
            let request = request.set_update_runtime_on(when).set_runtime_version_arn(input.text("RuntimeVersionArn"));
            sent(call, request.send().await)
        }
        "PutFunctionCodeSigningConfig" => {
            let request = aws.lambda.put_function_code_signing_config().set_function_name(name);
            let arn = input.text("CodeSigningConfigArn");
            sent(call, request.set_code_signing_config_arn(arn).send().await)
        }
        "DeleteFunctionCodeSigningConfig" => {
            let request = aws.lambda.delete_function_code_signing_config().set_function_name(name);
            sent(call, request.send().await)
        }
        "TagResource" => {
            let tags = tags::map(input.value("Tags")).into_iter().collect();
            let request = aws.lambda.tag_resource().set_resource(input.text("Resource"));
            sent(call, request.set_tags(Some(tags)).send().await)
        }
        "UntagResource" => {
            let request = aws.lambda.untag_resource().set_resource(input.text("Resource"));
            sent(call, request.set_tag_keys(input.texts("TagKeys")).send().await)
        }
        _ => Err(input.unknown()),
    }
}
