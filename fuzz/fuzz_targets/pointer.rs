//! See `rectify_fuzz::pointer`.
#![cfg_attr(fuzzing, no_main)]

rectify_fuzz::target!(rectify_fuzz::pointer::run);
