//! See `rectify_fuzz::iam`.
#![cfg_attr(fuzzing, no_main)]

rectify_fuzz::target!(rectify_fuzz::iam::run);
