//! See `rectify_fuzz::plan`.
#![cfg_attr(fuzzing, no_main)]

rectify_fuzz::target!(rectify_fuzz::plan::run);
