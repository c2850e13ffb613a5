//! See `rectify_fuzz::playbook`.
#![cfg_attr(fuzzing, no_main)]

rectify_fuzz::target!(rectify_fuzz::playbook::run);
