//! Amazon API Gateway, HTTP and WebSocket APIs.

mod api;
mod request;
mod route;
mod stage;
mod trails;

pub use api::Api;
pub use route::Route;
pub use stage::Stage;
