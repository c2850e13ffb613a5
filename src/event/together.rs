//! Events that are delivered together.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use futures::{FutureExt, StreamExt, stream};
use serde_json::Value;
use uuid::Uuid;

use super::handler::Handler;
use super::outcome::{Handled, Unhandled};
use super::{Changed, Trigger, read};
use crate::journal::Claim;

/// Places that are worked on at a time by one handler.
const AT_ONCE: usize = 8;

impl Handler {
    /// Handles events that were delivered together, some at a time; those that tell of the same place are handled once, on
    /// the state that is read after all of them. The answers are in the order of the events.
    pub async fn handle_all(&self, bodies: &[Value], stop: &AtomicBool) -> Vec<Result<Handled, Unhandled>> {
        let mut alone: Vec<usize> = Vec::new();
        let mut together: BTreeMap<String, Vec<(usize, Changed)>> = BTreeMap::new();
        for (index, body) in bodies.iter().enumerate() {
            match read(body, &self.types) {
                Ok(Trigger::Changed(changed)) => {
                    let places = format!("{} {:?}", changed.account, changed.touched);
                    together.entry(places).or_default().push((index, changed));
                }
                _ => alone.push(index),
            }
        }
        let one = |index: usize| async move {
            let body = bodies.get(index).unwrap_or(&Value::Null);
            vec![(index, self.one(body, stop).await)]
        };
        let singles = alone.into_iter().map(|index| one(index).boxed());
        let groups = together.into_values().map(|events| self.of_one_place(events, stop).boxed());
        let work: Vec<_> = singles.chain(groups).collect();
        let answers: Vec<Vec<_>> = stream::iter(work).buffer_unordered(AT_ONCE).collect().await;
        self.deliver().await;
        let mut answers: Vec<(usize, _)> = answers.into_iter().flatten().collect();
        answers.sort_by_key(|(index, _)| *index);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    /// Handles the newest of some events that tell of the same place; the others are done with it.
    async fn of_one_place(
        &self,
        mut events: Vec<(usize, Changed)>,
        stop: &AtomicBool,
    ) -> Vec<(usize, Result<Handled, Unhandled>)> {
        events.sort_by_key(|(index, changed)| (changed.at, *index));
        let mut answers = Vec::new();
        while let Some((index, newest)) = events.pop() {
            let handled = self.changed(&newest, stop).await;
            let others = match &handled {
                // It was none to be handled: the next one is.
                Ok(handled) if handled.ignored.is_some() => None,
                Ok(_) => Some(Ok(format!("it was handled with event {}", newest.event))),
                Err(error) => Some(Err(format!("it waits for event {}: {error}", newest.event))),
            };
            answers.push((index, handled));
            let Some(others) = others else { continue };
            for (index, other) in events.drain(..) {
                let answer = match &others {
                    Ok(why) => self.done_with(&other, why, stop).await,
                    Err(why) => Err(Unhandled::Later(why.clone())),
                };
                answers.push((index, answer));
            }
        }
        answers
    }

    /// An event that is done with because another one was handled, unless it has begun something of its own.
    async fn done_with(&self, changed: &Changed, why: &str, stop: &AtomicBool) -> Result<Handled, Unhandled> {
        let (claim, holder) = (self.apart(&changed.event), Uuid::now_v7().simple().to_string());
        match self.ledger.claim(&claim, &holder, (self.clock)(), self.hold).await? {
            Claim::Fresh | Claim::Again { run: None } => {
                self.ledger.done(&claim, why, (self.clock)()).await?;
                Ok(Handled::ignored(Some(changed.event.clone()), &changed.what, why.to_owned()))
            }
            Claim::Again { run: Some(_) } => {
                self.ledger.give_back(&claim).await?;
                self.changed(changed, stop).await
            }
            Claim::Busy { until } => Err(Unhandled::Later(format!("another handler has the event until {until}"))),
            Claim::Done { outcome } => {
                let why = format!("it was handled before: {outcome}");
                Ok(Handled::ignored(Some(changed.event.clone()), &changed.what, why))
            }
        }
    }
}
