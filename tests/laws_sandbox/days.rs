//! A day on every world, lived once: planned, applied, assessed, planned again, undone. The laws look at what came of it.

use std::num::NonZero;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rectify::model::{Change, Finding, Plan, Run, Snapshot};

use super::account::Account;
use super::support::WireCall;
use super::worlds::World;

/// What came of a day.
pub struct Day {
    pub world: &'static World,
    pub plan: Plan,
    /// The same snapshot planned once more.
    pub replanned: Plan,
    /// What planning sent.
    pub sent_by_planning: Vec<WireCall>,
    pub run: Run,
    pub sent: Vec<WireCall>,
    /// The findings of a new reading after the run.
    pub found: Vec<Finding>,
    /// The documents after the run.
    pub after: Snapshot,
    /// The plan after the run, and what applying that sent.
    pub second: Plan,
    pub sent_by_second: Vec<WireCall>,
    /// The run that took the first one back, what it sent, and what could not be taken back.
    pub undone: Run,
    pub sent_by_undo: Vec<WireCall>,
    pub stays: Vec<(Change, String)>,
    /// The documents after the undo.
    pub restored: Snapshot,
}

impl Day {
    /// One for each world.
    pub fn all() -> &'static [Self] {
        static ALL: OnceLock<Vec<Day>> = OnceLock::new();
        ALL.get_or_init(Self::live)
    }

    /// Each thread takes the next world. Not rayon's: one that waits for policies would begin another day inside of a run.
    fn live() -> Vec<Self> {
        let (worlds, next) = (World::all(), AtomicUsize::new(0));
        let take = || worlds.get(next.fetch_add(1, Ordering::Relaxed));
        let work = || std::iter::from_fn(take).map(Self::on).collect::<Vec<_>>();
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let mut days: Vec<Self> = thread::scope(|scope| {
            let working: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            working.into_iter().flat_map(|thread| thread.join().expect("a day ends")).collect()
        });
        days.sort_by_key(|day| worlds.iter().position(|world| std::ptr::eq(world, day.world)));
        days
    }

    /// The one on the demo's account.
    pub fn demo() -> &'static Self {
        &Self::all()[0]
    }

    fn on(world: &'static World) -> Self {
        let account = Account::of(world);
        let (plan, replanned) = (account.plan(), account.plan());
        let sent_by_planning = account.sent();
        let run = account.apply(&plan);
        let sent = account.sent();
        let found = account.assess().findings;
        let after = account.documents();
        let second = account.plan();
        let (undone, stays) = account.undo(&run);
        let (sent_by_undo, restored) = (account.sent(), account.documents());
        let sent_by_second = if second.changes.is_empty() { vec![] } else { Self::applied_after(&account, &second) };
        Self {
            world,
            plan,
            replanned,
            sent_by_planning,
            run,
            sent,
            found,
            after,
            second,
            sent_by_second,
            undone,
            sent_by_undo,
            stays,
            restored,
        }
    }

    fn applied_after(account: &Account<'_>, plan: &Plan) -> Vec<WireCall> {
        account.apply(plan);
        account.sent()
    }
}
