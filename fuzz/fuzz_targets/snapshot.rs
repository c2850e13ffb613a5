//! See `rectify_fuzz::snapshot`.
#![cfg_attr(fuzzing, no_main)]

rectify_fuzz::target!(rectify_fuzz::snapshot::run);
