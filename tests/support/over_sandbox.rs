//! Accounts that are a sandbox but for what becomes of the calls that are sent to them.

use rectify::cloud::{CallError, CallErrorKind};
use rectify::model::Call;

/// Makes a [`Cloud`](rectify::cloud::Cloud) of a type with a `sandbox`: all goes on to that, but each call that is sent gets
/// what the type's own `answer` says. It is a macro since only the trait's own crate can implement it for a type parameter.
macro_rules! cloud_over_sandbox {
    ($account:ty) => {
        #[async_trait::async_trait]
        impl rectify::cloud::Cloud for $account {
            fn place(&self) -> &rectify::model::Place {
                self.sandbox.place()
            }

            fn regions(&self) -> &[String] {
                self.sandbox.regions()
            }

            async fn list(
                &self,
                type_name: &str,
                region: &str,
                within: Option<&str>,
                parts: &rectify::model::Parts,
            ) -> rectify::cloud::Listing {
                self.sandbox.list(type_name, region, within, parts).await
            }

            async fn read(
                &self,
                key: &rectify::model::ResourceKey,
                parts: &rectify::model::Parts,
            ) -> Result<Option<rectify::model::Resource>, rectify::cloud::CallError> {
                self.sandbox.read(key, parts).await
            }

            async fn send(
                &self,
                type_name: &str,
                region: &str,
                call: &rectify::model::Call,
            ) -> Result<rectify::model::Sent, rectify::cloud::CallError> {
                self.answer(type_name, region, call).await
            }
        }
    };
}
pub(crate) use cloud_over_sandbox;

/// How a call fails.
pub fn failed(call: &Call, kind: CallErrorKind, message: &str) -> CallError {
    CallError {
        kind,
        service: call.service.clone(),
        operation: call.operation.clone(),
        message: message.into(),
        request_id: None,
    }
}
