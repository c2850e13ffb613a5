//! See `rectify_fuzz::yaml`.
#![cfg_attr(fuzzing, no_main)]

rectify_fuzz::target!(rectify_fuzz::yaml::run);
