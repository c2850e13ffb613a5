//! See `rectify_fuzz::approval`.
#![cfg_attr(fuzzing, no_main)]

rectify_fuzz::target!(rectify_fuzz::approval::run);
