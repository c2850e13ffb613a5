//! Amazon API Gateway, HTTP and WebSocket APIs.

mod api;
mod authorizer;
mod integration;
mod request;
mod rights;
mod route;
mod stage;
mod trails;

pub use api::Api;
pub use authorizer::Authorizer;
pub use integration::Integration;
pub use route::Route;
pub use stage::Stage;
