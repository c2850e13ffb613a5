//! One change: read again, write down, send, wait, read again, evaluate again.

use std::time::Instant;

use tracing::{debug, info, warn};

use super::executor::{ApplyError, Executor, outcome};
use super::late::Late;
use super::recorder::{Recorder, refused_request};
use super::rest::{Between, expired, pauses};
use super::stages::Stages;
use super::stale::{Current, Stale};
use super::unknown::Happened;
use super::verify::{Expected, ask_again, differs, finished_by, last_of};
use crate::cloud::{CallError, CallErrorKind};
use crate::model::{Call, Change, ChangeOutcome, Event, Resource, RunId, RunKind, Sent};

/// How often a call is sent of which reading again says that it was not done.
const ATTEMPTS: usize = 2;

/// Where a change broke off.
pub(super) struct Broken {
    /// Why.
    pub error: CallError,
    /// Calls that are done.
    pub done: usize,
    /// Where somebody else has changed the resource between two calls.
    pub foreign: Vec<String>,
}

/// What sending a change's calls came to.
pub(super) enum Sending {
    /// All of them were accepted.
    Done,
    /// One was refused, or its answer was lost, or the next may not be sent.
    Broken(Broken),
}

impl Executor<'_> {
    /// Does one change, to its end.
    pub(super) async fn one(
        &self,
        recorder: &mut Recorder<'_>,
        change: &Change,
        late: &Late,
    ) -> Result<(), ApplyError> {
        let begun = recorder.state.progress(&change.id).is_some_and(|progress| progress.started);
        if begun {
            return self.settle_begun(recorder, change, late).await;
        }
        let unmet = change.depends_on.iter().find(|id| outcome(&recorder.state, id) != Some(ChangeOutcome::Verified));
        // A change that the run does not have was not selected.
        if let Some(id) = unmet {
            return self.skip(recorder, change, format!("it depends on change {id}, which is not verified")).await;
        }
        let Current { document: before, others } = match self.current(&recorder.state, change, late).await {
            Ok(current) => current,
            Err(Stale::Expired(error)) => return Err(expired(&recorder.run, error)),
            Err(Stale::Told(reason)) => return self.skip(recorder, change, reason).await,
        };
        let document = before.clone().map(Box::new);
        recorder.record(Event::ChangeStarted { change: change.id.clone(), before: document, others }).await?;
        self.send_from(recorder, change, before, late, 0).await
    }

    async fn skip(&self, recorder: &mut Recorder<'_>, change: &Change, reason: String) -> Result<(), ApplyError> {
        Ok(recorder.record(Event::ChangeSkipped { change: change.id.clone(), reason }).await?)
    }

    /// The stages of a change that has begun.
    pub(super) fn stages(&self, change: &Change, before: Option<&Resource>, late: &Late) -> Stages {
        Stages::of(self.types.find(&change.resource.type_name), self.cloud.place(), change, before, late)
    }

    /// Sends the plan's calls from one of them on, and brings the change to its end.
    pub(super) async fn send_from(
        &self,
        recorder: &mut Recorder<'_>,
        change: &Change,
        current: Option<Resource>,
        late: &Late,
        first: usize,
    ) -> Result<(), ApplyError> {
        let mut late = late.clone();
        match self.send_all(recorder, change, current, &mut late, first).await? {
            Sending::Done => self.verify(recorder, change, &late).await,
            Sending::Broken(broken) => self.recover(recorder, change, &late, broken).await,
        }
    }

    /// Sends the plan's calls, each written down before and after.
    async fn send_all(
        &self,
        recorder: &mut Recorder<'_>,
        change: &Change,
        mut current: Option<Resource>,
        late: &mut Late,
        first: usize,
    ) -> Result<Sending, ApplyError> {
        let id = &change.id;
        let before = recorder.state.progress(id).and_then(|progress| progress.before.clone());
        for (index, planned) in change.calls.iter().enumerate().skip(first) {
            let stages = self.stages(change, before.as_ref(), late);
            if index > 0 {
                // The calls before may still be at work, and have moved the facts that this one names.
                match self.between(change, late, &stages, index).await {
                    Ok(Between::GoOn(now)) => current = now,
                    Ok(Between::Foreign(foreign)) => {
                        let error =
                            not_sent(planned, "somebody else has changed the resource since the call before it");
                        return Ok(Sending::Broken(Broken { error, done: index, foreign }));
                    }
                    Err(unsettled) => {
                        let error = not_sent(planned, &unsettled.told(&recorder.run)?);
                        return Ok(Sending::Broken(Broken { error, done: index, foreign: Vec::new() }));
                    }
                }
            }
            let announced = recorder.state.progress(id).is_some_and(|progress| progress.sent > index);
            if !announced {
                recorder.record(Event::CallSent { change: id.clone(), call: index }).await?;
            }
            let others = recorder.state.progress(id).and_then(|progress| progress.others.clone());
            let sent = self
                .send_surely(
                    &recorder.run,
                    change,
                    current.as_ref(),
                    late,
                    &stages,
                    (index, planned),
                    others.as_deref(),
                )
                .await?;
            let result = sent.clone().map_err(|error| error.to_string());
            let request_id = refused_request(&sent);
            recorder.record(Event::CallDone { change: id.clone(), call: index, result, request_id }).await?;
            match sent {
                Err(error) => return Ok(Sending::Broken(Broken { error, done: index, foreign: Vec::new() })),
                Ok(sent) => {
                    late.created(id.as_str(), &sent);
                    late.created("created", &sent);
                }
            }
        }
        Ok(Sending::Done)
    }

    /// Sends a call. Where its answer is lost, reading again says whether it was done, and it is sent once more only if it was
    /// not. What creates something under an id of the service's is sent once: a second one would not replace the first.
    #[expect(clippy::too_many_arguments, reason = "what is known of one call")]
    async fn send_surely(
        &self,
        run: &RunId,
        change: &Change,
        current: Option<&Resource>,
        late: &Late,
        stages: &Stages,
        (index, planned): (usize, &Call),
        others: Option<&[String]>,
    ) -> Result<Result<Sent, CallError>, ApplyError> {
        let (mut attempt, mut current) = (1, current.cloned());
        let mut pauses = pauses();
        loop {
            let mut error = match self.send(change, planned, current.as_ref(), late).await {
                Ok(sent) => return Ok(Ok(sent)),
                Err(error) => error,
            };
            let doubtful = match error.kind {
                CallErrorKind::Expired => return Err(expired(run, error)),
                CallErrorKind::Unknown => true,
                // The service may be at something else still, that nobody has seen begin.
                CallErrorKind::Conflict
                    if attempt < ATTEMPTS && self.is_at(change, late, stages, index, &mut current).await =>
                {
                    tokio::time::sleep(pauses.next().unwrap_or_default()).await;
                    attempt += 1;
                    continue;
                }
                // The first one may have been done after all.
                CallErrorKind::Conflict
                | CallErrorKind::NotFound
                | CallErrorKind::Invalid
                | CallErrorKind::Denied
                | CallErrorKind::Throttled => attempt > 1,
            };
            if !doubtful {
                return Ok(Err(error));
            }
            let again = attempt < ATTEMPTS && error.kind == CallErrorKind::Unknown && late.known(change).is_some();
            match self.happened(change, late, stages, index, others).await {
                Ok(Happened::Yes(sent)) => {
                    info!(change = %change.id, operation = %planned.operation, "call done, as reading again says");
                    return Ok(Ok(sent));
                }
                Ok(Happened::No) if again => {
                    attempt += 1;
                    self.is_at(change, late, stages, index, &mut current).await;
                }
                Ok(Happened::No) if late.known(change).is_none() => {
                    // Nothing has come of it.
                    error.kind = CallErrorKind::Invalid;
                    return Ok(Err(error));
                }
                Ok(Happened::No) => return Ok(Err(error)),
                Ok(Happened::Unclear(why)) => {
                    error.message = format!("{}; {why}", error.message);
                    error.kind = CallErrorKind::Unknown;
                    return Ok(Err(error));
                }
                Err(unsettled) => {
                    let why = unsettled.told(run)?;
                    error.message = format!("{}; afterwards it could not be read: {why}", error.message);
                    error.kind = CallErrorKind::Unknown;
                    return Ok(Err(error));
                }
            }
        }
    }

    /// Reads the document again, and says whether it is what it was before a call.
    async fn is_at(
        &self,
        change: &Change,
        late: &Late,
        stages: &Stages,
        done: usize,
        current: &mut Option<Resource>,
    ) -> bool {
        let Some(key) = late.known(change) else { return false };
        match self.settled(&key, change).await {
            Ok(now) if stages.is(done, now.as_ref()) => {
                *current = now;
                true
            }
            _ => false,
        }
    }

    /// Sends a call once.
    pub(super) async fn send(
        &self,
        change: &Change,
        planned: &Call,
        current: Option<&Resource>,
        late: &Late,
    ) -> Result<Sent, CallError> {
        let call = late.call(planned, current).map_err(|message| CallError {
            kind: CallErrorKind::Invalid,
            service: planned.service.clone(),
            operation: planned.operation.clone(),
            message,
            request_id: None,
        })?;
        debug!(change = %change.id, resource = %change.resource, operation = %call.operation, "call");
        let sent = self.cloud.send(change.resource.type_name.as_str(), &change.resource.region, &call).await;
        match &sent {
            Ok(sent) => {
                info!(change = %change.id, operation = %call.operation, request = ?sent.request_id, "call done")
            }
            Err(error) => warn!(change = %change.id, operation = %call.operation, %error, "call failed"),
        }
        sent
    }

    /// Reads again and compares with the plan, then has the policies evaluated again.
    pub(super) async fn verify(
        &self,
        recorder: &mut Recorder<'_>,
        change: &Change,
        late: &Late,
    ) -> Result<(), ApplyError> {
        let (after, told) = self.judge(recorder, change, late).await?;
        let (change, after) = (change.id.clone(), after.map(Box::new));
        Ok(recorder
            .record(if told.is_empty() {
                Event::ChangeVerified { change, after }
            } else {
                Event::ChangeUnverified { change, after, reason: told.join("; ") }
            })
            .await?)
    }

    /// The document as it is, and what of it and of its findings is not as planned.
    pub(super) async fn judge(
        &self,
        recorder: &Recorder<'_>,
        change: &Change,
        late: &Late,
    ) -> Result<(Option<Resource>, Vec<String>), ApplyError> {
        let (after, mut told) = self.compare(&recorder.run, change, late).await?;
        if told.is_empty() {
            let verified = |other: &Change| outcome(&recorder.state, &other.id) == Some(ChangeOutcome::Verified);
            let plan = &recorder.state.plan;
            let fixed = last_of(&plan.findings, change, &plan.changes, verified);
            // What was found before stands in the plan, as far as it was asked for; an undo has no findings to compare with.
            let changed: Vec<&Change> = match recorder.state.kind_of(&change.id) {
                RunKind::Apply => finished_by(change, &plan.changes, verified),
                RunKind::Undo => Vec::new(),
            };
            let changed = changed.into_iter().map(|change| late.place(change)).collect();
            let expected = Expected { findings: &plan.findings, fixed };
            told = match ask_again(self.cloud, &self.assessor, &changed, &expected, late).await {
                Ok(told) => told,
                Err(error) => vec![format!("the policies could not be asked again: {error}")],
            };
        }
        Ok((after, told))
    }

    /// The document as it is and what differs from the plan; a read may lag behind the write for a while.
    async fn compare(
        &self,
        run: &RunId,
        change: &Change,
        late: &Late,
    ) -> Result<(Option<Resource>, Vec<String>), ApplyError> {
        let key = late.place(change);
        let planned = late.planned(change);
        let started = Instant::now();
        let mut pauses = pauses();
        loop {
            let (actual, told) = match self.settled(&key, change).await {
                Err(unsettled) => (None, vec![unsettled.told(run)?]),
                Ok(actual) => {
                    let told = differs(change.before.as_ref(), planned.as_ref(), actual.as_ref());
                    (actual, told)
                }
            };
            match pauses.next().filter(|_| !told.is_empty() && started.elapsed() < self.options.lag) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Ok((actual, told)),
            }
        }
    }
}

/// A call that is not sent, after others.
fn not_sent(call: &Call, reason: &str) -> CallError {
    CallError {
        kind: CallErrorKind::Conflict,
        service: call.service.clone(),
        operation: call.operation.clone(),
        message: format!("not sent: {reason}"),
        request_id: None,
    }
}

/// Whether two documents have the same properties.
pub(super) fn same(a: Option<&Resource>, b: Option<&Resource>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => a.properties == b.properties,
        _ => false,
    }
}
