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

/// What was read, or nothing where there is no such thing, or no such operation: a Region gets new ones later than others, and
/// what only plays AWS may never get them.
pub fn offered<T, E>(
    service: &str,
    operation: &str,
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> Result<Option<T>, CallError>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    if let Err(error) = &answer {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let code = error.as_service_error().and_then(|error| error.meta().code());
        if is_unknown_operation(code, status) {
            return Ok(None);
        }
    }
    found(answer.map_err(|error| call_error(service, operation, error)))
}

/// A service says that it does not know an operation; what has no such path at all answers with a page.
fn is_unknown_operation(code: Option<&str>, status: Option<u16>) -> bool {
    match code {
        Some(code) => code.rsplit('#').next() == Some("UnknownOperationException"),
        None => matches!(status, Some(404 | 501)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_operation_that_is_not_there_is_not_offered() {
        for (code, status, unknown) in [
            (None, Some(404), true),
            (None, Some(501), true),
            (Some("UnknownOperationException"), Some(404), true),
            (Some("com.amazon.coral.service#UnknownOperationException"), Some(404), true),
            (Some("AccessDeniedException"), Some(403), false),
            (Some("ServiceException"), Some(501), false),
            (None, Some(403), false),
            (None, Some(500), false),
            (None, None, false),
        ] {
            assert_eq!(is_unknown_operation(code, status), unknown, "{code:?} {status:?}");
        }
    }
}
