//! Leases, and the run that is noted, against a model that is simple enough to be seen to be right: whatever is done in whatever order, by
//! holders that come, go, and are late.

use std::sync::Arc;

use proptest::prelude::*;
use rectify::journal::{Lease, Ledger, Sqlite};
use rectify::model::RunId;

use crate::stores::{function, minute, minutes};

const PATIENCE: i64 = 5;
const HOLDERS: [&str; 3] = ["a", "b", "c"];
const RUNS: [&str; 3] = ["01a", "01b", "01c"];

#[derive(Clone, Copy, Debug)]
enum Step {
    Acquire(usize),
    Extend(usize),
    Release(usize),
    Note(usize),
    Forget(usize),
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let holder = 0..HOLDERS.len();
    prop_oneof![
        4 => holder.clone().prop_map(Step::Acquire),
        2 => holder.clone().prop_map(Step::Extend),
        4 => holder.prop_map(Step::Release),
        2 => (0..RUNS.len()).prop_map(Step::Note),
        2 => (0..RUNS.len()).prop_map(Step::Forget),
        2 => (1..PATIENCE + 2).prop_map(Step::Wait),
    ]
}

/// What has to be true of a resource.
#[derive(Default)]
struct Model {
    now: i64,
    generation: u64,
    /// The holder, its generation, and the minute when its time is over.
    held: Option<(usize, u64, i64)>,
    run: Option<usize>,
}

impl Model {
    fn acquire(&mut self, holder: usize) -> Option<(u64, i64)> {
        if self.held.is_some_and(|(other, _, until)| other != holder && until > self.now) {
            return None;
        }
        self.generation += 1;
        let until = self.now + PATIENCE;
        self.held = Some((holder, self.generation, until));
        Some((self.generation, until))
    }

    fn holds(&self, generation: u64) -> bool {
        self.held.is_some_and(|(_, held, _)| held == generation)
    }

    fn release(&mut self, generation: u64) -> bool {
        let holds = self.holds(generation);
        if holds {
            self.held = None;
        }
        holds
    }

    fn forget(&mut self, run: usize) {
        self.run = self.run.filter(|noted| *noted != run);
    }
}

async fn follow(steps: &[Step]) {
    let ledger = Ledger::new(Arc::new(Sqlite::memory().unwrap()));
    let key = function("f");
    let mut model = Model::default();
    let mut leases: [Option<Lease>; 3] = [None, None, None];
    for step in steps {
        let now = minute(model.now);
        match *step {
            Step::Wait(minutes) => model.now += minutes,
            Step::Acquire(holder) => {
                let lease = ledger.acquire(&key, HOLDERS[holder], now, minutes(PATIENCE)).await.unwrap();
                let got = lease.as_ref().map(|lease| (lease.generation, lease.until));
                let expected = model.acquire(holder).map(|(generation, until)| (generation, minute(until)));
                assert_eq!(got, expected, "{step:?}");
                if lease.is_some() {
                    leases[holder] = lease;
                }
            }
            Step::Extend(holder) => {
                let Some(lease) = leases[holder].as_mut() else { continue };
                let extended = ledger.extend(lease, now, minutes(PATIENCE)).await.unwrap();
                assert_eq!(extended, model.holds(lease.generation), "{step:?}");
                if extended {
                    let until = (model.now + PATIENCE).max(model.held.unwrap().2);
                    model.held = Some((holder, lease.generation, until));
                    assert_eq!(lease.until, minute(until));
                }
            }
            Step::Release(holder) => {
                // It is kept: whoever is late extends or releases what it has released.
                let Some(lease) = leases[holder].clone() else { continue };
                let expected = model.release(lease.generation);
                assert_eq!(ledger.release(lease, now).await.unwrap(), expected, "{step:?}");
            }
            Step::Note(run) => {
                model.run = Some(run);
                ledger.note_change(&key, &RunId::from(RUNS[run]), now).await.unwrap();
            }
            Step::Forget(run) => {
                model.forget(run);
                ledger.forget_change(&key, &RunId::from(RUNS[run]), now).await.unwrap();
            }
        }
        let noted = model.run.map(|run| RunId::from(RUNS[run]));
        assert_eq!(ledger.changing(&key).await.unwrap(), noted, "{step:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_does_what_the_model_does(steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(follow(&steps));
    }
}
