//! See `rectify_fuzz::metadata`.
#![cfg_attr(fuzzing, no_main)]

rectify_fuzz::target!(rectify_fuzz::metadata::run);
