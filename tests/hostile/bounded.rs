//! Commands that have to come to an end soon, and stay small.

use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;

use wait4::Wait4;

use super::runner::Told;

/// MiB that the process may take at its peak. What is loaded anyway, the built-in bundle, takes some fifty.
const MOST: u64 = 768;

/// Seconds of a processor that it may take; an unoptimised build takes some for what is done in a moment otherwise. What others
/// do on the machine meanwhile does not count.
const LONGEST: f64 = 30.0;

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
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let (out, err) = thread::scope(|scope| {
        let err = scope.spawn(|| text(stderr));
        (text(stdout), err.join().unwrap())
    });
    // What the system has counted of it, when it has ended.
    let ended = child.wait4().unwrap();
    let told = Told { out, err, code: ended.status.code() };
    let (peak, took) = (ended.rusage.maxrss >> 20, (ended.rusage.utime + ended.rusage.stime).as_secs_f64());
    println!("{peak} MiB, {took:.1} s: {}", told.err.lines().next().unwrap_or_default());
    assert!(peak > 0 && took > 0.0, "nothing is known of it: {told}");
    (told, peak, took)
}

fn text(mut from: impl Read) -> String {
    let mut text = String::new();
    from.read_to_string(&mut text).unwrap();
    text
}
