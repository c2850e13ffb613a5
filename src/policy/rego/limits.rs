//! What one evaluation may take, of time and of memory.
//!
//! The virtual machine counts for itself: its instructions, and the bytes of its own thread. The interpreter looks at the
//! clock and, at each statement and after each call, at the bytes of the whole process. So it runs alone: while it does,
//! nothing else in the process evaluates, and what the process grows by is what it took.
//!
//! Both look between steps, and one step may take more. On the interpreter, what it may make out of little is bounded where it is
//! called ([`guarded`](super::guarded)); on the virtual machine only where it is loaded ([`refused`](super::refused)), so that there
//! one `replace` may make 33 times what it is given, and one `concat` or `json.marshal` of a value that holds the same part many
//! times as much as that is large, written out.
//!
//! Such a value (`b := [a, a]`, `c := [b, b]`, …) is small in memory, and nothing bounds the steps that are no calls: on both, one
//! comparison of two of them takes as long as they are large; on the interpreter, one arithmetic on it or one other builtin that
//! wants a number or a text writes it out for an error that nobody reads.

use std::num::{NonZeroU32, NonZeroU64};
use std::sync::{Once, PoisonError, RwLock};
use std::time::Duration;

use regorus::utils::limits::{ExecutionTimerConfig, set_fallback_execution_timer_config};
use regorus::{LimitError, MemoryBudgetConfig, check_global_memory_limit, set_global_memory_limit};

/// Instructions that one evaluation may take on the virtual machine; the bundle's policies take a few thousand.
pub const MOST_INSTRUCTIONS: usize = 500_000;

/// What one evaluation may take on the clock: the interpreter counts no instructions.
pub const LONGEST: ExecutionTimerConfig =
    ExecutionTimerConfig { limit: Duration::from_secs(3), check_interval: NonZeroU32::MIN };

/// Bytes that one evaluation may take; the bundle's policies take a few hundred thousand.
pub const MOST_BYTES: MemoryBudgetConfig = MemoryBudgetConfig {
    limit: match NonZeroU64::new(64 << 20) {
        Some(bytes) => bytes,
        None => NonZeroU64::MIN,
    },
};

/// Bytes of the whole process from which on no policy is evaluated.
const MOST_BYTES_OF_ALL: u64 = 4 << 30;

/// Held together by whatever looks at the limits of the process, and alone by the interpreter, which sets them.
static TURN: RwLock<()> = RwLock::new(());

/// The limits that are the process's are set once.
static PROCESS: Once = Once::new();

/// Does what looks at the process's memory beside others of its kind. One may not be inside another.
pub fn together<T>(work: impl FnOnce() -> T) -> T {
    let _turn = TURN.read().unwrap_or_else(PoisonError::into_inner);
    PROCESS.call_once(set);
    work()
}

/// Does what is stopped when the process has grown by [`MOST_BYTES`]; nothing else evaluates in the meantime.
pub fn alone<T>(work: impl FnOnce() -> T) -> T {
    /// Gives the process its own limit back, whatever happens.
    struct Lifted;
    impl Drop for Lifted {
        fn drop(&mut self) {
            set_global_memory_limit(Some(MOST_BYTES_OF_ALL));
        }
    }
    let _turn = TURN.write().unwrap_or_else(PoisonError::into_inner);
    PROCESS.call_once(set);
    let _lifted = Lifted;
    set_global_memory_limit(Some((used() + MOST_BYTES.limit.get()).min(MOST_BYTES_OF_ALL)));
    work()
}

/// What a compiled policy evaluates knows its engine's settings no more, but these.
fn set() {
    set_fallback_execution_timer_config(Some(LONGEST));
    set_global_memory_limit(Some(MOST_BYTES_OF_ALL));
}

/// Bytes that the process holds. regorus tells them only to whom has too many.
fn used() -> u64 {
    set_global_memory_limit(Some(0));
    match check_global_memory_limit() {
        Err(LimitError::MemoryLimitExceeded { usage, .. }) => usage,
        _ => 0,
    }
}

/// What a limit's text says without what is different each time; none where it is of no limit.
pub fn told(message: &str) -> Option<String> {
    if message.contains("exceeded time limit") {
        Some(format!("the evaluation exceeded time limit: {} seconds", LONGEST.limit.as_secs()))
    } else if message.contains("exceeded memory limit") {
        Some(format!("the evaluation exceeded memory limit: {} MiB", MOST_BYTES.limit.get() >> 20))
    } else {
        None
    }
}
