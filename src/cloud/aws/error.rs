//! The SDK's errors as ours.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::cloud::{CallError, CallErrorKind};
use crate::model::{ResourceKey, Unread};

/// What failed, as one of our kinds, with the service's code, message and request id.
pub fn call_error<E>(service: &str, operation: &str, error: SdkError<E, HttpResponse>) -> CallError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let response = error.raw_response();
    let status = response.map(|response| response.status().as_u16());
    let header = |name| response.and_then(|response| response.headers().get(name)).map(str::to_owned);
    let request_id = header("x-amzn-requestid").or_else(|| header("x-amz-request-id"));
    let metadata = error.as_service_error().map(ProvideErrorMetadata::meta);
    // The name that a service puts before the exception's own (`com.amazonaws…#`) does not count.
    let code = metadata.and_then(|metadata| metadata.code()).unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or(code).to_owned();
    let message = match (metadata.and_then(|metadata| metadata.message()), response) {
        (Some(message), _) if code.is_empty() => message.to_owned(),
        (Some(message), _) => format!("{code}: {message}"),
        (None, _) if !code.is_empty() => code.clone(),
        (None, Some(response)) => strange(response, &error),
        (None, None) => causes(&error),
    };
    CallError { kind: kind(&code, status), service: service.into(), operation: operation.into(), message, request_id }
}

fn kind(code: &str, status: Option<u16>) -> CallErrorKind {
    let has = |names: &[&str]| names.iter().any(|name| code.contains(name));
    // Only the service itself knows that there is no such thing: a page that is not found is no answer of it. What other
    // than the resource is missing (`KMSNotFoundException`) has a longer name.
    let missing = [
        "NotFoundException",
        "ResourceNotFoundException",
        "NoSuchEntity",
        "NoSuchEntityException",
        // SNS and SQS.
        "NotFound",
        "AWS.SimpleQueueService.NonExistentQueue",
        "QueueDoesNotExist",
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "TrailNotFoundException",
    ];
    // Of the session, and of the one that it was made from; nothing is done without either.
    // https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
    let expired = ["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"];
    // S3 slows down, and DynamoDB has no room, with 503 or 400 and without a word of throttling.
    let throttled = [
        "Throttl",
        "TooManyRequests",
        "RequestLimitExceeded",
        "SlowDown",
        "ProvisionedThroughputExceeded",
        "BandwidthLimitExceeded",
    ];
    if missing.contains(&code) {
        CallErrorKind::NotFound
    } else if expired.contains(&code) {
        CallErrorKind::Expired
    } else if has(&["AccessDenied", "NotAuthorized", "UnauthorizedOperation"]) {
        CallErrorKind::Denied
    } else if has(&throttled) {
        CallErrorKind::Throttled
    } else if has(&[
        "Conflict",
        "PreconditionFailed",
        "ConcurrentModification",
        "TemporarilyUnmodifiable",
        "AlreadyExists",
        "OperationAborted",
    ]) {
        CallErrorKind::Conflict
    } else {
        match status {
            Some(401 | 403) => CallErrorKind::Denied,
            Some(429) => CallErrorKind::Throttled,
            Some(400..=499) if !code.is_empty() => CallErrorKind::Invalid,
            _ => CallErrorKind::Unknown,
        }
    }
}

/// An answer without an error code: of a proxy, or of something that only plays AWS. The answer itself is left out: it may
/// hold what nobody else may see.
fn strange(response: &HttpResponse, error: &dyn Error) -> String {
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type").and_then(|kind| kind.split(';').next()).unwrap_or("no type");
    if response.status().is_success() && kind != "text/html" {
        return format!("the answer cannot be understood: {}", causes(error));
    }
    format!("the answer is not the service's: HTTP {status} ({kind}) without an error code")
}

/// An error and what caused it, each once.
pub fn causes(error: &dyn Error) -> String {
    let mut told = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !told.contains(&text) {
            told.push_str(": ");
            told.push_str(&text);
        }
        next = cause.source();
    }
    told
}

/// A resource, or with an empty id a whole type, that could not be read.
pub fn unread(resource: ResourceKey, error: &CallError) -> Unread {
    Unread { resource, reason: error.to_string(), passing: error.is_passing() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_service_knows_that_there_is_no_such_thing() {
        for (code, status, expected) in [
            ("ResourceNotFoundException", Some(404), CallErrorKind::NotFound),
            ("NoSuchEntity", Some(404), CallErrorKind::NotFound),
            ("NoSuchBucket", Some(404), CallErrorKind::NotFound),
            ("NoSuchBucketPolicy", Some(404), CallErrorKind::NotFound),
            ("NoSuchTagSet", Some(404), CallErrorKind::Invalid),
            ("NotFoundException", Some(400), CallErrorKind::NotFound),
            ("", Some(404), CallErrorKind::Unknown),
            ("", Some(501), CallErrorKind::Unknown),
            ("", None, CallErrorKind::Unknown),
            ("NotFound", Some(404), CallErrorKind::NotFound),
            ("AWS.SimpleQueueService.NonExistentQueue", Some(400), CallErrorKind::NotFound),
            ("KMSNotFoundException", Some(400), CallErrorKind::Invalid),
            ("InvalidParameterValueException", Some(400), CallErrorKind::Invalid),
            ("AccessDeniedException", Some(400), CallErrorKind::Denied),
            ("KMSAccessDeniedException", Some(502), CallErrorKind::Denied),
            ("", Some(403), CallErrorKind::Denied),
            ("Throttling", Some(400), CallErrorKind::Throttled),
            ("TooManyRequestsException", Some(429), CallErrorKind::Throttled),
            ("", Some(429), CallErrorKind::Throttled),
            ("SlowDown", Some(503), CallErrorKind::Throttled),
            ("ProvisionedThroughputExceededException", Some(400), CallErrorKind::Throttled),
            ("ExpiredTokenException", Some(403), CallErrorKind::Expired),
            ("ExpiredToken", Some(400), CallErrorKind::Expired),
            ("ResourceConflictException", Some(409), CallErrorKind::Conflict),
            ("PreconditionFailedException", Some(412), CallErrorKind::Conflict),
            ("OperationAborted", Some(409), CallErrorKind::Conflict),
            ("ServiceException", Some(500), CallErrorKind::Unknown),
        ] {
            assert_eq!(kind(code, status), expected, "{code} {status:?}");
        }
    }

    #[test]
    fn a_cause_that_is_told_already_is_told_once() {
        let refused = std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "connection refused");
        assert_eq!(causes(&std::io::Error::other(refused)), "connection refused");
    }
}
