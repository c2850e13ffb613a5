//! Commands that have to come to an end soon, and stay small.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::runner::Told;

/// MiB that the process may take at its peak. What is loaded anyway, the built-in bundle, takes some fifty.
const MOST: u64 = 768;

/// How long it may take; an unoptimised build on a busy machine takes seconds for what is done in a moment otherwise.
const LONGEST: Duration = Duration::from_secs(60);

/// Runs a command to its end, and looks at its time and memory.
#[track_caller]
pub fn run(command: &mut Command) -> Told {
    let started = Instant::now();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (status, ended) = (format!("/proc/{}/status", child.id()), AtomicBool::new(false));
    let (output, peak) = thread::scope(|scope| {
        let peak = scope.spawn(|| {
            let mut peak = 0;
            while !ended.load(Ordering::Relaxed) {
                let text = fs::read_to_string(&status).unwrap_or_default();
                let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
                let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
                peak = peak.max(kib.unwrap_or(0) >> 10);
                thread::sleep(Duration::from_millis(2));
            }
            peak
        });
        let output = child.wait_with_output().unwrap();
        ended.store(true, Ordering::Relaxed);
        (output, peak.join().unwrap())
    });
    let told = Told {
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code(),
    };
    println!("{peak} MiB in {:.1?}: {}", started.elapsed(), told.err.lines().next().unwrap_or_default());
    assert!(started.elapsed() < LONGEST, "{:?}\n{told}", started.elapsed());
    assert!(peak < MOST, "{peak} MiB\n{told}");
    // Only where there is no /proc nothing is known of it.
    assert!(peak > 0 || !fs::exists("/proc/self/status").unwrap());
    told
}
