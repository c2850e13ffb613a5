//! A process that tells nothing by accident: not where it panics, and not by what is left when it is killed.

use std::panic::PanicHookInfo;

/// Takes care that neither a panic nor a core file shows what the process holds.
pub fn keep() {
    std::panic::set_hook(Box::new(|info| super::ui::Ui::warn(&told(info))));
    no_core();
}

/// Where it happened, and what the code says of it. A text that was put together may have been put together from values, so that only
/// one that stands in the code is told; a backtrace, where `RUST_BACKTRACE` asks for it, names functions and lines only.
fn told(info: &PanicHookInfo<'_>) -> String {
    let place = info.location().map(|place| format!(" at {}:{}", place.file(), place.line())).unwrap_or_default();
    let said = info.payload().downcast_ref::<&'static str>();
    let said = said.map(|said| format!(": {said}")).unwrap_or_default();
    let trace = std::backtrace::Backtrace::capture();
    let trace = match trace.status() {
        std::backtrace::BacktraceStatus::Captured => format!("\n{trace}"),
        _ => String::new(),
    };
    format!("internal error{place}{said}; please report it{trace}")
}

/// No core file is written, and no handler of them gets the memory.
#[cfg(target_os = "linux")]
fn no_core() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    // Where the system forbids to forbid it, there is nothing to do about it.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

#[cfg(not(target_os = "linux"))]
fn no_core() {}

#[cfg(test)]
mod tests {
    use std::panic::{catch_unwind, set_hook, take_hook};
    use std::sync::{Arc, Mutex};

    use super::*;

    // One test, since there is one hook for the process.
    #[test]
    #[expect(clippy::unnecessary_literal_unwrap, reason = "it has to panic")]
    fn a_panic_tells_where_it_happened_and_no_value() {
        let said = Arc::new(Mutex::new(Vec::new()));
        let (saying, before) = (said.clone(), take_hook());
        set_hook(Box::new(move |info| {
            let here = info.location().is_some_and(|place| place.file().ends_with("cli/quiet.rs"));
            if here {
                saying.lock().unwrap().push(told(info));
            }
        }));
        let secret = "hunter2".to_owned();
        let value: Result<(), String> = Err(secret.clone());
        let _ = catch_unwind(|| value.unwrap());
        let _ = catch_unwind(|| panic!("the code says so"));
        let _ = catch_unwind(|| assert_eq!(secret, "else", "with {secret}"));
        set_hook(before);
        let said = said.lock().unwrap().clone();
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(
            said.iter().all(|said| said.starts_with("internal error at ") && !said.contains("hunter2")),
            "{said:?}"
        );
        assert!(said[1].contains(": the code says so; please report it"), "{}", said[1]);
    }
}
