//! Amazon API Gateway, REST APIs.

mod method;
mod method_settings;
mod patch;
mod rest_api;
mod stage;
mod trails;

/// What the REST APIs and the HTTP and WebSocket APIs have in common.
pub use patch::{arn, asks, parent, tag_effect};
pub use trails::{API_GATEWAY, path, tagged_one};

pub use method::Method;
pub use rest_api::RestApi;
pub use stage::Stage;
