//! Commands that have to come to an end soon, and stay small.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::runner::Told;

/// MiB that the process may take at its peak. What is loaded anyway, the built-in bundle, takes some fifty.
const MOST: u64 = 768;

/// Seconds of a processor that it may take; an unoptimised build takes some for what is done in a moment otherwise. What others
/// do on the machine meanwhile does not count.
const LONGEST: f64 = 30.0;

/// Of `/proc/PID/stat`'s clock, a second (<https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>): what every Linux has.
const TICKS: f64 = 100.0;

/// Runs a command to its end, and looks at its time and memory.
#[track_caller]
pub fn run(command: &mut Command) -> Told {
    let (told, peak, took) = measured(command);
    assert!(took < LONGEST, "{took} s\n{told}");
    assert!(peak < MOST, "{peak} MiB\n{told}");
    told
}

/// The same, with the MiB that it took at its peak, and the seconds of a processor.
#[track_caller]
pub fn measured(command: &mut Command) -> (Told, u64, f64) {
    let started = Instant::now();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (status, ended) = (format!("/proc/{}/status", child.id()), AtomicBool::new(false));
    let stat = format!("/proc/{}/stat", child.id());
    let (output, (peak, took)) = thread::scope(|scope| {
        let peak = scope.spawn(|| {
            let (mut peak, mut took) = (0, 0.0_f64);
            while !ended.load(Ordering::Relaxed) {
                let text = fs::read_to_string(&status).unwrap_or_default();
                let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
                let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
                peak = peak.max(kib.unwrap_or(0) >> 10);
                took = took.max(processor(&fs::read_to_string(&stat).unwrap_or_default()));
                thread::sleep(Duration::from_millis(2));
            }
            (peak, took)
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
    println!("{peak} MiB, {took:.1} s: {}", told.err.lines().next().unwrap_or_default());
    // Nothing is known of it only where there is no /proc, or where it was gone before anybody could look.
    let unseen = started.elapsed() < Duration::from_millis(100) || !fs::exists("/proc/self/status").unwrap();
    assert!(peak > 0 || unseen, "{told}");
    (told, peak, took)
}

/// The seconds of a processor that `/proc/PID/stat` tells, in the program and in the kernel.
fn processor(stat: &str) -> f64 {
    // The name between brackets may have spaces.
    let Some((_, fields)) = stat.rsplit_once(')') else { return 0.0 };
    let ticks = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS
}
