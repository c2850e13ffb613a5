//! Amazon API Gateway, REST APIs.

mod method;
mod method_settings;
mod patch;
mod rest_api;
mod stage;

pub use method::Method;
pub use rest_api::RestApi;
pub use stage::Stage;
