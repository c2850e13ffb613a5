//! rectify
pub mod cloud;
pub mod model;
