//! The SDK's errors as ours.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::cloud::{CallError, CallErrorKind};
use crate::model::{ResourceKey, Unread};

/// What failed, as one of our kinds, with the service's code, message and request id.
pub fn call_error<E>(service: &str, operation: &str, error: SdkError<E, HttpResponse>) -> CallError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let response = error.raw_response();
    let status = response.map(|response| response.status().as_u16());
    let header = |name| response.and_then(|response| response.headers().get(name)).map(str::to_owned);
    let request_id = header("x-amzn-requestid").or_else(|| header("x-amz-request-id"));
    let metadata = error.as_service_error().map(ProvideErrorMetadata::meta);
    let code = metadata.and_then(|metadata| metadata.code()).unwrap_or_default().to_owned();
    let message = match metadata.and_then(|metadata| metadata.message()) {
        Some(message) if code.is_empty() => message.to_owned(),
        Some(message) => format!("{code}: {message}"),
        None if !code.is_empty() => code.clone(),
        None => without_answer(&error, status),
    };
    CallError { kind: kind(&code, status), service: service.into(), operation: operation.into(), message, request_id }
}

/// An error that has no code and no message: what it says and what caused it. The answer itself is left out, which the SDK's
/// own words would show whole: it may hold what nobody else may see.
fn without_answer(error: &dyn std::error::Error, status: Option<u16>) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    let told: Vec<String> = std::iter::once(error).chain(causes).map(ToString::to_string).collect();
    let status = status.map(|status| format!(" (HTTP {status})")).unwrap_or_default();
    format!("{}{status}", told.join(": "))
}

fn kind(code: &str, status: Option<u16>) -> CallErrorKind {
    // The name that a service puts before or after the exception's own (`com.amazonaws…#`) does not count.
    let code = code.rsplit('#').next().unwrap_or(code);
    let has = |names: &[&str]| names.iter().any(|name| code.contains(name));
    if has(&["AccessDenied", "NotAuthorized", "UnauthorizedOperation", "KMSAccessDenied"]) {
        CallErrorKind::Denied
    } else if has(&["NotFound", "NoSuchEntity"]) {
        CallErrorKind::NotFound
    } else if has(&["Throttl", "TooManyRequests", "RequestLimitExceeded"]) {
        CallErrorKind::Throttled
    } else if has(&[
        "Conflict",
        "PreconditionFailed",
        "ConcurrentModification",
        "TemporarilyUnmodifiable",
        "AlreadyExists",
    ]) {
        CallErrorKind::Conflict
    } else {
        match status {
            Some(401 | 403) => CallErrorKind::Denied,
            Some(400..=499) => CallErrorKind::Invalid,
            _ => CallErrorKind::Unknown,
        }
    }
}

/// A resource, or with an empty id a whole type, that could not be read.
pub fn unread(resource: ResourceKey, error: &CallError) -> Unread {
    Unread { resource, reason: error.to_string() }
}
