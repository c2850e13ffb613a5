//! How fast a run goes: so many changes are begun within any minute, and its pauses end when it is to stop.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::executor::{Executor, Progress};

/// The window of the limit.
const MINUTE: SignedDuration = SignedDuration::from_secs(60);

/// How soon a pause hears that the run has to stop.
const PULSE: Duration = Duration::from_millis(100);

/// The changes that were begun within the last minute.
pub(super) struct Pace {
    limit: usize,
    begun: VecDeque<Timestamp>,
}

impl Pace {
    /// At most so many a minute, one at least; some have begun at these times.
    pub fn new(limit: u32, begun: Vec<Timestamp>) -> Self {
        Self { limit: usize::try_from(limit.max(1)).unwrap_or(usize::MAX), begun: begun.into() }
    }

    /// How long it takes until one more may begin.
    pub fn left(&mut self, now: Timestamp) -> Duration {
        // A clock that was set back does not stop the run for longer than a minute.
        self.begun.iter_mut().for_each(|at| *at = (*at).min(now));
        let over = |at: Timestamp| now.duration_since(at) >= MINUTE;
        while self.begun.front().is_some_and(|at| over(*at)) {
            self.begun.pop_front();
        }
        // The one that has to leave the window is so many before the last as may be in it.
        let leaves = self.begun.len().checked_sub(self.limit).and_then(|index| self.begun.get(index));
        let left = leaves.map(|at| MINUTE - now.duration_since(*at));
        left.and_then(|left| Duration::try_from(left).ok()).unwrap_or_default()
    }

    /// One has begun.
    pub fn begin(&mut self, now: Timestamp) {
        self.begun.push_back(now);
    }
}

/// Why a run waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// As many changes as may be were begun within the last minute.
    Pace,
    /// The changes that go first are left for a while.
    Canaries,
}

/// How a pause has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paused {
    /// It was as long as it had to be.
    Over,
    /// The run has to stop.
    Stopped,
}

impl Executor<'_> {
    /// Waits for as long as something is left to wait for, by the run's clock.
    pub(super) async fn pause(&self, why: Wait, mut left: impl FnMut(Timestamp) -> Duration + Send) -> Paused {
        let mut told = false;
        loop {
            if self.stop.load(Ordering::SeqCst) {
                return Paused::Stopped;
            }
            let left = left((self.clock)());
            if left.is_zero() {
                return Paused::Over;
            }
            if !std::mem::replace(&mut told, true) {
                (self.progress)(Progress::Waits(left, why));
            }
            tokio::time::sleep(left.min(PULSE)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn so_many_begin_at_once_and_the_next_when_the_first_is_a_minute_old() {
        let mut pace = Pace::new(2, Vec::new());
        for now in [0, 10_000] {
            assert_eq!(pace.left(at(now)), Duration::ZERO);
            pace.begin(at(now));
        }
        assert_eq!(pace.left(at(10_000)), millis(50_000));
        assert_eq!(pace.left(at(59_999)), millis(1));
        assert_eq!(pace.left(at(60_000)), Duration::ZERO);
        pace.begin(at(60_000));
        assert_eq!(pace.left(at(60_000)), millis(10_000));
    }

    #[test]
    fn what_a_run_had_begun_before_it_went_on_counts() {
        let mut pace = Pace::new(2, vec![at(0), at(1000), at(2000)]);
        assert_eq!(pace.left(at(3000)), millis(58_000), "two are in the window until the second leaves it");
        assert_eq!(pace.left(at(61_000)), Duration::ZERO);
    }

    #[test]
    fn a_clock_that_is_set_back_costs_a_minute_at_the_most() {
        let mut pace = Pace::new(1, vec![at(86_400_000)]);
        assert_eq!(pace.left(at(1000)), millis(60_000));
        assert_eq!(pace.left(at(61_000)), Duration::ZERO);
    }

    proptest! {
        /// Whoever waits for as long as is told never begins more than the limit within a minute, and never waits for nothing.
        #[test]
        fn no_minute_has_more_than_the_limit(limit in 1_u32..6, works in prop::collection::vec(0_i64..40_000, 1..40)) {
            let (mut pace, mut now, mut begun) = (Pace::new(limit, Vec::new()), 0_i64, Vec::<i64>::new());
            for work in works {
                let left = i64::try_from(pace.left(at(now)).as_millis()).unwrap();
                if left > 0 {
                    let recent = begun.iter().filter(|begun| now - **begun < 60_000).count();
                    prop_assert!(recent >= usize::try_from(limit).unwrap());
                }
                now += left;
                prop_assert_eq!(pace.left(at(now)), Duration::ZERO);
                pace.begin(at(now));
                begun.push(now);
                let window = begun.iter().filter(|begun| now - **begun < 60_000).count();
                prop_assert!(window <= usize::try_from(limit).unwrap());
                now += work;
            }
        }
    }
}
