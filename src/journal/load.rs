//! Runs as their records tell them.

use super::chain::{Broken, Chain};
use super::run::{Journal, JournalError};
use crate::model::{Run, RunId, RunState};

/// A run with its records, however much of it is as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Its name.
    pub id: RunId,
    /// What its records come to, up to the first that is not as it was written; none where that is the first.
    pub run: Option<Run>,
    /// The records.
    pub chain: Chain,
}

impl Told {
    /// The run, if all of it is as it was written.
    pub fn whole(self) -> Result<Run, JournalError> {
        match (self.chain.broken, self.run) {
            (Some(broken), _) => Err(JournalError::Broken { run: self.id, broken }),
            (None, Some(run)) => Ok(run),
            (None, None) => Err(JournalError::Nothing(self.id)),
        }
    }
}

/// A run that is as it was written. A name may be shortened as long as it is one run's; a whole one is read without a look at the
/// others.
pub async fn load(journal: &dyn Journal, name: &str) -> Result<Run, JournalError> {
    examine(journal, name).await?.whole()
}

/// A run, whatever has become of it.
pub async fn examine(journal: &dyn Journal, name: &str) -> Result<Told, JournalError> {
    // Every name begins with nothing: a variable that is not set is no name.
    if name.is_empty() {
        return Err(JournalError::EmptyRun);
    }
    let whole = RunId::from(name);
    let chain = journal.chain(&whole).await?;
    if !is_none(&chain) {
        return Ok(tell(whole, chain));
    }
    let mut runs = journal.runs().await?;
    runs.retain(|run| run.as_str().starts_with(name));
    match runs.as_slice() {
        [run] => Ok(tell(run.clone(), journal.chain(run).await?)),
        [] => Err(JournalError::NoRun(name.to_owned())),
        [..] => Err(JournalError::ManyRuns(name.to_owned(), runs.len())),
    }
}

/// Whether nothing at all stands of a run, not even what is wrong with it.
fn is_none(chain: &Chain) -> bool {
    chain.head.next == 0 && chain.broken.is_none()
}

fn tell(id: RunId, mut chain: Chain) -> Told {
    let mut records = chain.records.iter();
    // Of what follows a first record that is torn nothing can be told.
    let begin = records.next().filter(|first| first.number == 0);
    let Some(first) = begin else {
        if let Some(other) = chain.records.first() {
            let broken = Broken { record: other.number, what: "follows a first record that is torn".to_owned() };
            chain.broken = chain.broken.or(Some(broken));
        }
        return Told { id, run: None, chain };
    };
    let illegal = |record: u64, message: String| Some(Broken { record, what: format!("cannot follow: {message}") });
    let mut state = match RunState::begin(&id, first.event.clone()) {
        Ok(state) => state,
        Err(told) => {
            let broken = illegal(0, told.message);
            return Told { id, run: None, chain: Chain { broken, ..chain } };
        }
    };
    let (started_at, mut updated_at, mut broken) = (first.at.clone(), first.at.clone(), None);
    for record in records {
        if let Err(told) = state.apply(&id, record.event.clone()) {
            broken = illegal(record.number, told.message);
            break;
        }
        updated_at.clone_from(&record.at);
    }
    chain.broken = broken.or(chain.broken);
    let run = Run { id: id.clone(), started_at, updated_at, state, head: chain.head.clone() };
    Told { id, run: Some(run), chain }
}
