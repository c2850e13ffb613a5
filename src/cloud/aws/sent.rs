//! What a service answered to a call, in our words.

use aws_sdk_lambda::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::error::call_error;
use crate::cloud::CallError;
use crate::model::Sent;

/// A call that gave back nothing but the id of its request.
pub fn sent<O, E>(
    service: &str,
    operation: &str,
    answer: Result<O, SdkError<E, HttpResponse>>,
) -> Result<Sent, CallError>
where
    O: RequestId,
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let output = answer.map_err(|error| call_error(service, operation, error))?;
    Ok(Sent { request_id: output.request_id().map(str::to_owned), ..Sent::default() })
}
