//! Amazon API Gateway, HTTP and WebSocket APIs.

mod api;
mod integration;
mod request;
mod rights;
mod route;
mod stage;
mod trails;

pub use api::Api;
pub use integration::Integration;
pub use route::Route;
pub use stage::Stage;
