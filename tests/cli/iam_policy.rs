//! `rectify iam-policy`: what it prints without an account.

use serde_json::json;

use super::runner::World;
