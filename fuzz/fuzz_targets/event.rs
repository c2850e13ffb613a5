//! See `rectify_fuzz::event`.
#![cfg_attr(fuzzing, no_main)]

rectify_fuzz::target!(rectify_fuzz::event::run);
