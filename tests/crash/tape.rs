//! An account and a journal that remember how they stood at every moment at which a process can die: after each event, and in
//! each call after the service has acted and before its answer is written down.

use std::hash::{DefaultHasher, Hash as _, Hasher};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use rectify::cloud::{CallError, CallErrorKind, Cloud, Sandbox};
use rectify::journal::{Chain, Journal, JournalError, Record};
use rectify::model::{Call, Event, Hash, Head, Run, RunId, Sent, Snapshot};

use super::support::WireCall;
use super::support::over_sandbox::{cloud_over_sandbox, failed};
use super::worlds::{World, wait};

/// How everything stands at one moment.
#[derive(Clone)]
pub struct Moment {
    /// What the journal has.
    pub events: Vec<Arc<Event>>,
    /// What the account has.
    pub documents: Snapshot,
    /// The calls that the service has done so far.
    pub done: Vec<WireCall>,
}

/// What becomes of a call that is sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// It is refused.
    Refused,
    /// It is done, and its answer is lost.
    Lost,
    /// It is not done, and there is no answer; the next time it is.
    Vanished,
    /// It is never done, and there is never an answer.
    Gone,
    /// Once it is refused, since something else is under way.
    Conflict,
}

/// What happened, moment by moment.
#[derive(Default)]
struct Tape {
    events: Vec<Arc<Event>>,
    done: Vec<WireCall>,
    moments: Vec<Moment>,
    fate: Option<(WireCall, Fate)>,
}

/// The account and the journal of one process.
struct Machine {
    sandbox: Sandbox,
    tape: Mutex<Tape>,
}

/// What a process came to.
pub struct Lived {
    /// How its run ended.
    pub run: Run,
    /// Each moment at which it might have died.
    pub moments: Vec<Moment>,
    /// How everything stands at the end.
    pub end: Moment,
}

/// Lives from a moment on to the end: the run begins, or is gone on with. One call meets a fate.
pub fn live(world: &World, from: &Moment, fate: Option<(WireCall, Fate)>) -> Lived {
    wait(async {
        let sandbox = Sandbox::memory(from.documents.clone(), world.types.clone());
        let tape = Tape { events: from.events.clone(), done: from.done.clone(), moments: Vec::new(), fate };
        let machine = Machine { sandbox, tape: Mutex::new(tape) };
        let id = RunId::from("01a2010f09aa73b798a5840bc87c7856");
        let executor = world.executor(&machine, &machine);
        let run = rectify::journal::load(&machine, id.as_str()).await.unwrap();
        let run = executor.resume(run).await.unwrap();
        let mut tape = machine.tape.lock().unwrap();
        let moments = std::mem::take(&mut tape.moments);
        let end =
            Moment { events: tape.events.clone(), documents: machine.sandbox.world().clone(), done: tape.done.clone() };
        Lived { run, moments, end }
    })
}

impl Moment {
    /// What two moments have in common that have the same future, besides the calls done: how the documents are that are not as
    /// they began, and what was written down; who went on, and that a call was announced which was announced again, is not of it.
    pub fn key(&self, began: &Snapshot) -> u64 {
        let mut hasher = DefaultHasher::new();
        let events = || self.events.iter().filter(|event| !matches!(***event, Event::RunResumed { .. }));
        let next = events().skip(1).map(Some).chain([None]);
        for (event, next) in events().zip(next) {
            let again = matches!((&**event, next.map(|next| &**next)),
                (Event::BackSent { change, .. }, Some(Event::BackSent { change: next, .. })) if change == next);
            if !again {
                format!("{event:?}").hash(&mut hasher);
            }
        }
        for document in self.documents.resources() {
            let key = document.key();
            if began.get(&key).is_none_or(|before| !Arc::ptr_eq(before, document)) {
                format!("{key} {}", document.properties).hash(&mut hasher);
            }
        }
        for document in began.resources().filter(|before| self.documents.get(&before.key()).is_none()) {
            format!("no {}", document.key()).hash(&mut hasher);
        }
        hasher.finish()
    }
}

cloud_over_sandbox!(Machine);

impl Machine {
    /// One more moment at which the process can die.
    fn pass(&self) {
        let documents = self.sandbox.world().clone();
        let mut tape = self.tape.lock().unwrap();
        let moment = Moment { events: tape.events.clone(), documents, done: tape.done.clone() };
        tape.moments.push(moment);
    }

    async fn answer(&self, type_name: &str, region: &str, call: &Call) -> Result<Sent, CallError> {
        let wire = WireCall::from(call);
        let fate = {
            let mut tape = self.tape.lock().unwrap();
            let fate = tape.fate.clone().filter(|(of, _)| *of == wire).map(|(_, fate)| fate);
            if matches!(fate, Some(Fate::Vanished | Fate::Conflict | Fate::Lost)) {
                tape.fate = None;
            }
            fate
        };
        match fate {
            Some(Fate::Refused) => return Err(failed(call, CallErrorKind::Denied, "AccessDenied")),
            Some(Fate::Conflict) => return Err(failed(call, CallErrorKind::Conflict, "ResourceConflictException")),
            Some(Fate::Vanished | Fate::Gone) => return Err(failed(call, CallErrorKind::Unknown, "no answer")),
            Some(Fate::Lost) | None => {}
        }
        let sent = self.sandbox.send(type_name, region, call).await?;
        self.tape.lock().unwrap().done.push(wire);
        self.pass();
        if fate == Some(Fate::Lost) {
            return Err(failed(call, CallErrorKind::Unknown, "no answer"));
        }
        Ok(sent)
    }
}

#[async_trait]
impl Journal for Machine {
    async fn append(&self, _run: &RunId, head: &mut Head, _at: &str, event: &Event) -> Result<(), JournalError> {
        head.next += 1;
        self.tape.lock().unwrap().events.push(Arc::new(event.clone()));
        self.pass();
        Ok(())
    }

    async fn take_up(&self, _run: &RunId, _head: &mut Head) -> Result<(), JournalError> {
        Ok(())
    }

    /// Its records are as they were written: what happens to them elsewhere is tested elsewhere.
    async fn chain(&self, _run: &RunId) -> Result<Chain, JournalError> {
        let events = self.tape.lock().unwrap().events.clone();
        let next = events.len() as u64;
        let record = |(number, event): (usize, Arc<Event>)| Record {
            number: number as u64,
            at: "2026-11-22T00:00:00Z".into(),
            event: Event::clone(&event),
            hash: Hash(String::new()),
        };
        let records = events.into_iter().enumerate().map(record).collect();
        Ok(Chain { records, torn: Vec::new(), broken: None, head: Head { next, ..Head::default() } })
    }

    async fn runs(&self) -> Result<Vec<RunId>, JournalError> {
        Ok(Vec::new())
    }
}
