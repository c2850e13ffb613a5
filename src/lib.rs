//! rectify
pub mod apply;
pub mod cli;
pub mod cloud;
pub mod engine;
pub mod journal;
pub mod model;
pub mod playbook;
pub mod policy;
pub mod report;
pub mod text;
