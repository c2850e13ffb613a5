//! What becomes of a change that broke off: nothing has happened, or what has is taken back, or a person is told.

use std::time::Instant;

use super::change::{Broken, same};
use super::executor::{ApplyError, Executor};
use super::late::Late;
use super::recorder::{Recorder, refused_request};
use super::rest::{Between, Unsettled, expired, pauses};
use super::stages::Stages;
use super::stale::Stale;
use super::unknown::Happened;
use super::verify::differs;
use crate::cloud::{CallError, CallErrorKind};
use crate::engine::differences;
use crate::model::{Change, Event, Now, Resource, ResourceKey};

/// How often it is begun anew to take a change back, where calls that do so are not answered.
const ROUNDS: usize = 5;

impl Executor<'_> {
    /// After a call that failed: nothing happened, or what did is taken back. What somebody else has changed meanwhile is left
    /// alone.
    pub(super) async fn recover(
        &self,
        recorder: &mut Recorder<'_>,
        change: &Change,
        late: &Late,
        broken: Broken,
    ) -> Result<(), ApplyError> {
        let Broken { error, done, mut foreign } = broken;
        let id = change.id.clone();
        let unknown = error.kind == CallErrorKind::Unknown;
        let Some(key) = late.known(change) else {
            // Nothing was created, or its answer was lost.
            let event = if unknown {
                Event::ChangeStuck {
                    change: id,
                    reason: Self::look_for(&change.resource, &error.to_string()),
                    now: Now::Unread,
                }
            } else {
                Event::ChangeFailed { change: id, reason: error.to_string() }
            };
            return Ok(recorder.record(event).await?);
        };
        let before = recorder.state.progress(&change.id).and_then(|progress| progress.before.clone());
        let stages = self.stages(change, before.as_ref(), late);
        if done > 0 && foreign.is_empty() {
            // What the calls before have done may show only after a while.
            match self.between(change, late, &stages, done).await {
                Ok(Between::Foreign(told)) => foreign = told,
                Ok(Between::GoOn(_)) | Err(Unsettled::Told(_)) => {}
                Err(Unsettled::Expired(error)) => return Err(expired(&recorder.run, error)),
            }
        }
        let now = match self.settled(&key, change).await {
            Ok(now) => now,
            Err(unsettled) => {
                let read = unsettled.told(&recorder.run)?;
                let reason =
                    format!("{error}; afterwards it could not be read: {read}; look at {key} before anything else");
                return Ok(recorder.record(Event::ChangeStuck { change: id, reason, now: Now::Unread }).await?);
            }
        };
        if same(now.as_ref(), before.as_ref()) || stages.is(0, now.as_ref()) {
            return Ok(recorder.record(Event::ChangeFailed { change: id, reason: error.to_string() }).await?);
        }
        if done == 0 && !unknown {
            let reason = format!(
                "{error}; somebody else has changed it meanwhile ({}), and it is left so; make a new plan",
                changed(before.as_ref(), now.as_ref())
            );
            return Ok(recorder.record(Event::ChangeFailed { change: id, reason }).await?);
        }
        if unknown && done + 1 == change.calls.len() && stages.is(done + 1, now.as_ref()) {
            return self.verify(recorder, change, late).await;
        }
        if foreign.is_empty() {
            foreign = stages.foreign(now.as_ref());
        }
        if !foreign.is_empty() {
            let (of, unsure) = (change.calls.len(), if unknown { ", and perhaps one more" } else { "" });
            let reason = format!(
                "{error}; somebody else has changed it meanwhile ({}), and it is left so: {done} of {of} calls are done{unsure}, and nothing is taken back; {key} is neither as it was nor as planned, and a person has to look at it",
                foreign.join(", ")
            );
            let now = Now::from(now);
            return Ok(recorder.record(Event::ChangeStuck { change: id, reason, now }).await?);
        }
        self.back(recorder, change, &key, &stages, &error.to_string()).await
    }

    /// Takes back what a change has done, and ends it.
    async fn back(
        &self,
        recorder: &mut Recorder<'_>,
        change: &Change,
        key: &ResourceKey,
        stages: &Stages,
        reason: &str,
    ) -> Result<(), ApplyError> {
        let change_id = change.id.clone();
        let event = match self.take_back(recorder, change, key, stages).await? {
            Ok(()) => Event::ChangeUndone { change: change_id, reason: reason.to_owned() },
            Err(why) => {
                let now = self.settled(key, change).await.map_or(Now::Unread, Now::from);
                let way = self.way_back(recorder, change, &now);
                let reason = format!(
                    "{reason}; the calls before it could not be taken back: {why}; {key} is neither as it was nor as planned, and a person has to look at it{way}"
                );
                Event::ChangeStuck { change: change_id, reason, now }
            }
        };
        Ok(recorder.record(event).await?)
    }

    /// The same change with before and after swapped, from where it stands, each call written down before and after. Where an
    /// answer is lost it is read again, and gone on from what is there.
    async fn take_back(
        &self,
        recorder: &mut Recorder<'_>,
        change: &Change,
        key: &ResourceKey,
        stages: &Stages,
    ) -> Result<Result<(), String>, ApplyError> {
        let before = recorder.state.progress(&change.id).and_then(|progress| progress.before.clone());
        let Some(kind) = self.types.find(&key.type_name) else { return Ok(Err("no such type".into())) };
        let (mut rounds, mut pauses) = (0, pauses());
        let mut last: Option<Option<Resource>> = None;
        let mut sent: Option<(Instant, Result<(), CallError>)> = None;
        loop {
            let now = match self.settled(key, change).await {
                Ok(now) => now,
                Err(unsettled) => return Ok(Err(unsettled.told(&recorder.run)?)),
            };
            let was = last.as_ref().map_or(now.as_ref(), Option::as_ref);
            let left = differs(was, before.as_ref(), now.as_ref());
            if left.is_empty() {
                return Ok(Ok(()));
            }
            // On the way back it may be gone for a moment.
            let foreign: Vec<String> = stages.foreign(now.as_ref()).into_iter().filter(|path| path != "/").collect();
            if !foreign.is_empty() {
                let places = foreign.join(", ");
                return Ok(Err(format!("somebody else has changed it meanwhile ({places}), and it is left so")));
            }
            match &sent {
                // What was sent may show only after a while.
                Some((at, _)) if at.elapsed() < self.options.lag => {
                    tokio::time::sleep(pauses.next().unwrap_or_default()).await;
                    continue;
                }
                Some((_, Ok(()))) => return Ok(Err(left.join("; "))),
                Some((_, Err(error))) if rounds == ROUNDS => return Ok(Err(error.to_string())),
                Some((_, Err(_))) | None => {}
            }
            let calls = match kind.calls(now.as_ref(), before.as_ref()) {
                Ok(calls) => calls,
                Err(impossible) => return Ok(Err(impossible.to_string())),
            };
            if calls.is_empty() {
                return Ok(Err(left.join("; ")));
            }
            rounds += 1;
            last = Some(now.clone());
            match self.send_back(recorder, change, key, calls, now).await? {
                Err(error) if !error.is_passing() => return Ok(Err(error.to_string())),
                ended => sent = Some((Instant::now(), ended)),
            }
        }
    }

    async fn send_back(
        &self,
        recorder: &mut Recorder<'_>,
        change: &Change,
        key: &ResourceKey,
        calls: Vec<crate::model::Call>,
        mut now: Option<Resource>,
    ) -> Result<Result<(), CallError>, ApplyError> {
        for (index, call) in calls.into_iter().enumerate() {
            if index > 0 {
                now = match self.settled(key, change).await {
                    Ok(now) => now,
                    // It is read again before anything else, and told then.
                    Err(unsettled) => {
                        unsettled.told(&recorder.run)?;
                        return Ok(Ok(()));
                    }
                };
            }
            let id = change.id.clone();
            recorder.record(Event::BackSent { change: id.clone(), call: Box::new(call.clone()) }).await?;
            let sent = self.send(change, &call, now.as_ref(), &Late::default()).await;
            if let Err(error) = &sent
                && error.kind == CallErrorKind::Expired
            {
                return Err(expired(&recorder.run, error.clone()));
            }
            let result = sent.clone().map_err(|error| error.to_string());
            let request_id = refused_request(&sent);
            recorder.record(Event::BackDone { change: id, result, request_id }).await?;
            if let Err(error) = sent {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }

    /// A change that was begun by a process that ended: its events and its document say how far it came, and it goes on from
    /// there.
    pub(super) async fn settle_begun(
        &self,
        recorder: &mut Recorder<'_>,
        change: &Change,
        late: &Late,
    ) -> Result<(), ApplyError> {
        let Some(mut progress) = recorder.state.progress(&change.id).cloned() else { return Ok(()) };
        let mut late = late.clone();
        progress.created.iter().for_each(|created| late.created("created", created));
        let interrupted = |message: &str, kind: CallErrorKind| {
            let call = change.calls.get(progress.answered).or(change.calls.first());
            CallError {
                kind,
                service: call.map(|call| call.service.clone()).unwrap_or_default(),
                operation: call.map(|call| call.operation.clone()).unwrap_or_default(),
                message: message.to_owned(),
                request_id: None,
            }
        };
        let stages = self.stages(change, progress.before.as_ref(), &late);
        if progress.back.0 > 0 {
            let reason = progress.refused.clone().unwrap_or_else(|| "the run was interrupted".into());
            return self.back(recorder, change, &late.place(change), &stages, &reason).await;
        }
        if let Some(refused) = progress.refused {
            // Whether that call was refused or its answer lost is not told: what is there decides.
            let done = progress.answered.saturating_sub(1);
            let happened = match late.known(change) {
                None => self.happened(change, &late, &stages, done, progress.others.as_deref()).await,
                Some(_) => Ok(Happened::Unclear(String::new())),
            };
            let kind = match happened {
                Ok(Happened::No) => CallErrorKind::Invalid,
                Err(Unsettled::Expired(error)) => return Err(expired(&recorder.run, error)),
                _ => CallErrorKind::Unknown,
            };
            let broken = Broken { error: interrupted(&refused, kind), done, foreign: Vec::new() };
            return self.recover(recorder, change, &late, broken).await;
        }
        if progress.torn && progress.sent == progress.answered && progress.sent < change.calls.len() {
            // The next call may have been announced by a record that cannot be read, and sent.
            recorder.record(Event::CallSent { change: change.id.clone(), call: progress.sent }).await?;
            progress.sent += 1;
        }
        if progress.sent == 0 {
            // Nothing was sent: it can be done as if it had not been begun.
            return match self.current(&recorder.state, change, &late).await {
                Ok(current) => self.send_from(recorder, change, current.document, &late, 0).await,
                Err(Stale::Expired(error)) => Err(expired(&recorder.run, error)),
                Err(Stale::Told(reason)) => {
                    Ok(recorder.record(Event::ChangeFailed { change: change.id.clone(), reason }).await?)
                }
            };
        }
        if progress.sent == progress.answered {
            if progress.answered == change.calls.len() {
                return self.verify(recorder, change, &late).await;
            }
            return self.send_from(recorder, change, None, &late, progress.answered).await;
        }
        let call = progress.answered;
        let why = match self.happened(change, &late, &stages, call, progress.others.as_deref()).await {
            Ok(Happened::Yes(sent)) => {
                late.created(change.id.as_str(), &sent);
                late.created("created", &sent);
                let (id, result) = (change.id.clone(), Ok(sent));
                recorder.record(Event::CallDone { change: id, call, result, request_id: None }).await?;
                return self.settle_answered(recorder, change, &late, call + 1).await;
            }
            Ok(Happened::No) if late.known(change).is_some() => {
                // It was announced and not done: it is sent now.
                return match self.settled(&late.place(change), change).await {
                    Ok(now) => self.send_from(recorder, change, now, &late, call).await,
                    Err(unsettled) => {
                        let why = interrupted(&unsettled.told(&recorder.run)?, CallErrorKind::Unknown);
                        let broken = Broken { error: why, done: call, foreign: Vec::new() };
                        self.recover(recorder, change, &late, broken).await
                    }
                };
            }
            // What would be created twice if the service were only slow is left to a new plan.
            Ok(Happened::No) => {
                interrupted("the run was interrupted here, and nothing was created", CallErrorKind::Invalid)
            }
            Ok(Happened::Unclear(why)) => {
                interrupted(&format!("the run was interrupted here; {why}"), CallErrorKind::Unknown)
            }
            Err(unsettled) => {
                let why = unsettled.told(&recorder.run)?;
                interrupted(&format!("the run was interrupted here; {why}"), CallErrorKind::Unknown)
            }
        };
        let result = Err(why.to_string());
        let request_id = why.request_id.clone();
        recorder.record(Event::CallDone { change: change.id.clone(), call, result, request_id }).await?;
        self.recover(recorder, change, &late, Broken { error: why, done: call, foreign: Vec::new() }).await
    }

    /// Goes on after a call that was done.
    async fn settle_answered(
        &self,
        recorder: &mut Recorder<'_>,
        change: &Change,
        late: &Late,
        done: usize,
    ) -> Result<(), ApplyError> {
        if done == change.calls.len() {
            return self.verify(recorder, change, late).await;
        }
        self.send_from(recorder, change, None, late, done).await
    }
}

/// The places at which two documents differ.
fn changed(before: Option<&Resource>, now: Option<&Resource>) -> String {
    match (before, now) {
        (Some(before), Some(now)) => {
            let paths = differences(&before.properties, &now.properties).into_iter().map(|difference| difference.path);
            paths.collect::<Vec<_>>().join(", ")
        }
        (None, Some(_)) => "it exists by now".into(),
        _ => "it is not there any more".into(),
    }
}
