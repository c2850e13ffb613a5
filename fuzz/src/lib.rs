//! Fuzz targets: one module each, with what must hold of whatever it is given.
//!
//! A target is a function of bytes that panics where something does not hold. `fuzz_targets/` has a binary for each,
//! `corpus/` the inputs that each begins with.

pub mod approval;
pub mod event;
pub mod iam;
pub mod metadata;
pub mod plan;
pub mod playbook;
pub mod pointer;
pub mod snapshot;
pub mod waivers;
pub mod world;

/// The process of a target.
#[macro_export]
macro_rules! target {
    ($run:path) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(|data: &[u8]| $run(data));

        #[cfg(not(fuzzing))]
        fn main() -> std::process::ExitCode {
            $crate::fuzz($run)
        }
    };
}

#[cfg(not(fuzzing))]
mod driver {
    use std::ffi::{CString, c_char, c_int};
    use std::panic::catch_unwind;
    use std::process::ExitCode;
    use std::sync::OnceLock;

    // It is only linked.
    use bolero_libfuzzer as _;

    // https://llvm.org/docs/LibFuzzer.html#using-libfuzzer-as-a-library
    unsafe extern "C" {
        fn LLVMFuzzerRunDriver(
            argc: *mut c_int,
            argv: *mut *mut *mut c_char,
            one: extern "C" fn(*const u8, usize) -> c_int,
        ) -> c_int;
    }

    static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();

    /// Runs a target with the process's arguments, which are libFuzzer's.
    pub fn fuzz(target: fn(&[u8])) -> ExitCode {
        let _ = TARGET.set(target);
        let arguments: Vec<CString> = std::env::args().filter_map(|argument| CString::new(argument).ok()).collect();
        let mut pointers: Vec<*mut c_char> = arguments.iter().map(|argument| argument.as_ptr().cast_mut()).collect();
        let mut count = c_int::try_from(pointers.len()).unwrap_or(c_int::MAX);
        pointers.push(std::ptr::null_mut());
        let mut first = pointers.as_mut_ptr();
        // SAFETY: as C's main has them: as many texts as are told, and a null behind; all of them live until it returns.
        let ended = unsafe { LLVMFuzzerRunDriver(&raw mut count, &raw mut first, one) };
        ExitCode::from(u8::try_from(ended).unwrap_or(u8::MAX))
    }

    /// A panic that nobody contains is what is looked for: libFuzzer keeps the input when the process aborts.
    extern "C" fn one(data: *const u8, size: usize) -> c_int {
        let data = if size == 0 {
            &[]
        } else {
            // SAFETY: libFuzzer gives the place of `size` bytes, and leaves them alone until this returns.
            unsafe { std::slice::from_raw_parts(data, size) }
        };
        if let Some(target) = TARGET.get()
            && catch_unwind(|| target(data)).is_err()
        {
            std::process::abort();
        }
        0
    }
}

#[cfg(not(fuzzing))]
pub use driver::fuzz;

/// What people get to see steers no terminal and hides nothing, whatever stands in it.
#[track_caller]
pub fn is_shown(text: &str) {
    let steers = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    assert!(!text.chars().any(steers), "{text:?}");
}

/// A text of our own is without the styles that we gave it.
pub fn without_styles(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        let style = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        // Anything but a style stays, to be seen.
        rest = match style.strip_prefix('m') {
            Some(rest) => rest,
            None => {
                plain.push('\u{1b}');
                after
            }
        };
    }
    plain + rest
}
