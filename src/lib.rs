//! rectify
pub mod model;
pub mod text;
pub mod policy;
pub mod playbook;
pub mod engine;
pub mod cloud;
pub mod journal;
pub mod apply;
pub mod report;
pub mod cli;
