//! What a service answered, in our words.

use aws_sdk_sts::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::error::call_error;
use crate::cloud::{CallError, CallErrorKind};
use crate::model::{Call, Sent};

/// A call that gave back nothing but the id of its request.
pub fn sent<O, E>(call: &Call, answer: Result<O, SdkError<E, HttpResponse>>) -> Result<Sent, CallError>
where
    O: RequestId,
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let output = answer.map_err(|error| call_error(&call.service, &call.operation, error))?;
    Ok(Sent { request_id: output.request_id().map(str::to_owned), ..Sent::default() })
}

/// What was read, or nothing where there is no such thing.
pub fn found<T>(answer: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind == CallErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// An answer that came and cannot be understood.
pub fn unreadable(service: &str, operation: &str, message: String) -> CallError {
    CallError {
        kind: CallErrorKind::Unknown,
        service: service.into(),
        operation: operation.into(),
        message,
        request_id: None,
    }
}
