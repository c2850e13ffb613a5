//! See `rectify_fuzz::waivers`.
#![cfg_attr(fuzzing, no_main)]

rectify_fuzz::target!(rectify_fuzz::waivers::run);
