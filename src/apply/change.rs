//! One change: read again, write down, send, wait, read again, evaluate again.

use std::time::{Duration, Instant};

use tracing::{debug, info, warn};

use super::executor::{ApplyError, Executor, outcome};
use super::late::Late;
use super::recorder::Recorder;
use super::verify::{Expected, ask_again, differs, finished_by, last_of};
use crate::cloud::{CallError, CallErrorKind};
use crate::engine::{differences, document_hash};
use crate::model::{Call, Change, ChangeKind, ChangeOutcome, Event, Resource, ResourceKey, RunKind, Sent, Settled};

/// What sending a change's calls came to.
enum Sending {
    /// All of them were accepted.
    Done,
    /// One was refused, or its answer was lost.
    Broken(CallError),
}

impl Executor<'_> {
    /// Does one change, to its end.
    pub(super) async fn one(
        &self,
        recorder: &mut Recorder<'_>,
        change: &Change,
        late: &Late,
    ) -> Result<(), ApplyError> {
        let mut late = late.clone();
        let begun = recorder.state.changes.get(&change.id).is_some_and(|progress| progress.started);
        if begun {
            return self.settle_begun(recorder, change, &late).await;
        }
        let unmet = change.depends_on.iter().find(|id| outcome(&recorder.state, id) != Some(ChangeOutcome::Verified));
        // A change that the run does not have was not selected.
        if let Some(id) = unmet {
            return self.skip(recorder, change, format!("it depends on change {id}, which is not verified")).await;
        }
        let current = match self.current(recorder.state.kind, change, &late).await {
            Ok(current) => current,
            Err(reason) => return self.skip(recorder, change, reason).await,
        };
        let started = Event::ChangeStarted { change: change.id.clone(), before: current.clone().map(Box::new) };
        recorder.record(started).await?;
        match self.send_all(recorder, change, current, &mut late).await? {
            Sending::Done => self.verify(recorder, change, &late).await,
            Sending::Broken(error) => self.recover(recorder, change, &late, &error).await,
        }
    }

    async fn skip(&self, recorder: &mut Recorder<'_>, change: &Change, reason: String) -> Result<(), ApplyError> {
        Ok(recorder.record(Event::ChangeSkipped { change: change.id.clone(), reason }).await?)
    }

    /// The document as it is, if it is still what the plan was made from.
    async fn current(&self, run: RunKind, change: &Change, late: &Late) -> Result<Option<Resource>, String> {
        let key = placed(change, late);
        if change.kind == ChangeKind::Create && key.id.starts_with("${rectify:") {
            return Ok(None);
        }
        let read = self.at_rest(&key, change).await;
        let current = read.map_err(|error| format!("it could not be read again: {error}"))?;
        match (current, &change.before_hash) {
            (None, None) => Ok(None),
            (Some(_), None) => Err("it exists by now, and the plan would create it".into()),
            (None, Some(_)) => Err("it is not there any more".into()),
            (Some(current), Some(hash)) if document_hash(&current) == *hash => Ok(Some(current)),
            (Some(current), Some(_)) => {
                let planned = change.before.as_ref().map(|before| late.document(before).properties).unwrap_or_default();
                let paths: Vec<String> =
                    differences(&planned, &current.properties).into_iter().map(|difference| difference.path).collect();
                let paths = paths.join(", ");
                Err(match run {
                    RunKind::Apply => format!("it has changed since the plan was made ({paths}); make a new plan"),
                    RunKind::Undo => {
                        format!("somebody has changed it since the run ({paths}); --force takes it back all the same")
                    }
                })
            }
        }
    }

    /// Sends the plan's calls, each written down before and after.
    async fn send_all(
        &self,
        recorder: &mut Recorder<'_>,
        change: &Change,
        mut current: Option<Resource>,
        late: &mut Late,
    ) -> Result<Sending, ApplyError> {
        for (index, planned) in change.calls.iter().enumerate() {
            if index > 0 {
                // The calls before may still be at work, and have moved the facts that this one names.
                current = match self.settled(&placed(change, late), change).await {
                    Ok(current) => current,
                    Err(reason) => return Ok(Sending::Broken(not_settled(planned, reason))),
                };
            }
            recorder.record(Event::CallSent { change: change.id.clone(), call: index }).await?;
            let sent = self.send(change, planned, current.as_ref(), late).await;
            let result = sent.clone().map_err(|error| error.to_string());
            recorder.record(Event::CallDone { change: change.id.clone(), call: index, result }).await?;
            match sent {
                Err(error) => return Ok(Sending::Broken(error)),
                Ok(sent) => {
                    late.created(change.id.as_str(), &sent);
                    late.created("created", &sent);
                }
            }
        }
        Ok(Sending::Done)
    }

    async fn send(
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

    /// Reads until the service has finished with whatever somebody else has asked for, well or not: until then it refuses other
    /// calls.
    async fn at_rest(&self, key: &ResourceKey, change: &Change) -> Result<Option<Resource>, CallError> {
        let kind = self.types.find(&key.type_name);
        let started = Instant::now();
        let mut pauses = pauses();
        loop {
            let read = self.cloud.read(key, &change.parts).await?;
            let busy = matches!((&read, kind), (Some(read), Some(kind)) if kind.settled(read) == Settled::NotYet);
            match pauses.next().filter(|_| busy && started.elapsed() < self.options.settle) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Ok(read),
            }
        }
    }

    /// Reads until the service has finished with the last call.
    async fn settled(&self, key: &ResourceKey, change: &Change) -> Result<Option<Resource>, String> {
        let kind = self.types.find(&key.type_name);
        let started = Instant::now();
        for pause in pauses() {
            let read = self.cloud.read(key, &change.parts).await.map_err(|error| error.to_string())?;
            let state = match (&read, kind) {
                (Some(resource), Some(kind)) => kind.settled(resource),
                _ => Settled::Yes,
            };
            match state {
                Settled::Yes => return Ok(read),
                Settled::Failed(reason) => return Err(reason),
                Settled::NotYet if started.elapsed() >= self.options.settle => break,
                Settled::NotYet => tokio::time::sleep(pause).await,
            }
        }
        Err(format!("the service had not finished after {} seconds", self.options.settle.as_secs()))
    }

    /// Reads again and compares with the plan, then has the policies evaluated again.
    async fn verify(&self, recorder: &mut Recorder<'_>, change: &Change, late: &Late) -> Result<(), ApplyError> {
        let (after, mut told) = self.compare(change, late).await;
        if told.is_empty() {
            let verified = |other: &Change| outcome(&recorder.state, &other.id) == Some(ChangeOutcome::Verified);
            let plan = &recorder.state.plan;
            let fixed = last_of(&plan.findings, change, &plan.changes, verified);
            // What was found before stands in the plan, as far as it was asked for; an undo has no findings to compare with.
            let changed: Vec<&Change> = match recorder.state.kind {
                RunKind::Apply => finished_by(change, &plan.changes, verified),
                RunKind::Undo => Vec::new(),
            };
            let changed = changed.into_iter().map(|change| placed(change, late)).collect();
            let expected = Expected { findings: &plan.findings, fixed };
            told = match ask_again(self.cloud, &self.assessor, &changed, &expected, late).await {
                Ok(told) => told,
                Err(error) => vec![format!("the policies could not be asked again: {error}")],
            };
        }
        let (change, after) = (change.id.clone(), after.map(Box::new));
        Ok(recorder
            .record(if told.is_empty() {
                Event::ChangeVerified { change, after }
            } else {
                Event::ChangeUnverified { change, after, reason: told.join("; ") }
            })
            .await?)
    }

    /// The document as it is and what differs from the plan; a read may lag behind the write for a while.
    async fn compare(&self, change: &Change, late: &Late) -> (Option<Resource>, Vec<String>) {
        let key = placed(change, late);
        let planned = change.after.as_ref().map(|after| late.document(after));
        let started = Instant::now();
        let mut last = (None, Vec::new());
        for pause in pauses() {
            last = match self.settled(&key, change).await {
                Err(reason) => (None, vec![reason]),
                Ok(actual) => {
                    let told = differs(change.before.as_ref(), planned.as_ref(), actual.as_ref());
                    (actual, told)
                }
            };
            if last.1.is_empty() || started.elapsed() >= self.options.lag {
                break;
            }
            tokio::time::sleep(pause).await;
        }
        last
    }

    /// After a call that failed: nothing happened, or all of it did after all, or what did is taken back.
    async fn recover(
        &self,
        recorder: &mut Recorder<'_>,
        change: &Change,
        late: &Late,
        error: &CallError,
    ) -> Result<(), ApplyError> {
        let id = change.id.clone();
        let key = placed(change, late);
        if key.id.starts_with("${rectify:") {
            // Nothing was created, or its answer was lost.
            let event = if error.kind == CallErrorKind::Unknown {
                let reason = format!(
                    "{error}; whether it was created is not known: look for a {} that rectify made, and delete it if it is not used",
                    change.resource.type_name
                );
                Event::ChangeStuck { change: id, reason }
            } else {
                Event::ChangeFailed { change: id, reason: error.to_string() }
            };
            return Ok(recorder.record(event).await?);
        }
        let before = recorder.state.changes.get(&change.id).and_then(|progress| progress.before.clone());
        let now = match self.settled(&key, change).await {
            Ok(now) => now,
            Err(read) => {
                let reason =
                    format!("{error}; afterwards it could not be read: {read}; look at {key} before anything else");
                return Ok(recorder.record(Event::ChangeStuck { change: id, reason }).await?);
            }
        };
        let planned = change.after.as_ref().map(|after| late.document(after));
        let (mut now, started) = (now, Instant::now());
        // The answer was lost: what the service did may show only after a while.
        for pause in pauses().take_while(|_| error.kind == CallErrorKind::Unknown) {
            if !same(now.as_ref(), before.as_ref()) || started.elapsed() >= self.options.lag {
                break;
            }
            tokio::time::sleep(pause).await;
            now = self.settled(&key, change).await.unwrap_or(now);
        }
        if same(now.as_ref(), before.as_ref()) {
            return Ok(recorder.record(Event::ChangeFailed { change: id, reason: error.to_string() }).await?);
        }
        if error.kind == CallErrorKind::Unknown
            && differs(change.before.as_ref(), planned.as_ref(), now.as_ref()).is_empty()
        {
            return self.verify(recorder, change, late).await;
        }
        let event = match self.take_back(change, &key, now.as_ref(), before.as_ref()).await {
            Ok(()) => Event::ChangeUndone { change: id, reason: error.to_string() },
            Err(why) => Event::ChangeStuck {
                change: id,
                reason: format!(
                    "{error}; the calls before it could not be taken back: {why}; {key} is neither as it was nor as planned, and a person has to look at it"
                ),
            },
        };
        Ok(recorder.record(event).await?)
    }

    /// The same change with before and after swapped, from where it stands.
    async fn take_back(
        &self,
        change: &Change,
        key: &ResourceKey,
        now: Option<&Resource>,
        before: Option<&Resource>,
    ) -> Result<(), String> {
        let kind = self.types.find(&key.type_name).ok_or("no such type")?;
        let mut current = now.cloned();
        for call in kind.calls(now, before).map_err(|error| error.to_string())? {
            self.send(change, &call, current.as_ref(), &Late::default()).await.map_err(|error| error.to_string())?;
            current = self.settled(key, change).await?;
        }
        let started = Instant::now();
        for pause in pauses() {
            let told = differs(now, before, current.as_ref());
            if told.is_empty() {
                return Ok(());
            }
            if started.elapsed() >= self.options.lag {
                return Err(told.join("; "));
            }
            tokio::time::sleep(pause).await;
            current = self.settled(key, change).await?;
        }
        Err("it did not come back".into())
    }

    /// A change that was begun by a process that ended: its document says how far it came.
    async fn settle_begun(&self, recorder: &mut Recorder<'_>, change: &Change, late: &Late) -> Result<(), ApplyError> {
        let interrupted = |kind: CallErrorKind| CallError {
            kind,
            service: change.calls.first().map(|call| call.service.clone()).unwrap_or_default(),
            operation: change.calls.first().map(|call| call.operation.clone()).unwrap_or_default(),
            message: "the run was interrupted here".into(),
            request_id: None,
        };
        let sent = recorder.state.changes.get(&change.id).map_or(0, |progress| progress.sent);
        if sent == 0 {
            // Nothing was sent: it can be done as if it had not been begun.
            let current = match self.current(recorder.state.kind, change, late).await {
                Ok(current) => current,
                Err(reason) => {
                    return Ok(recorder.record(Event::ChangeFailed { change: change.id.clone(), reason }).await?);
                }
            };
            let mut late = late.clone();
            return match self.send_all(recorder, change, current, &mut late).await? {
                Sending::Done => self.verify(recorder, change, &late).await,
                Sending::Broken(error) => self.recover(recorder, change, &late, &error).await,
            };
        }
        self.recover(recorder, change, late, &interrupted(CallErrorKind::Unknown)).await
    }
}

/// A call that was not sent, because the one before it did not come to its end.
fn not_settled(call: &Call, reason: String) -> CallError {
    CallError {
        kind: CallErrorKind::Conflict,
        service: call.service.clone(),
        operation: call.operation.clone(),
        message: format!("not sent: {reason}"),
        request_id: None,
    }
}

/// Where the change's resource stands, as far as it is known.
fn placed(change: &Change, late: &Late) -> ResourceKey {
    ResourceKey { id: late.text(&change.resource.id), ..change.resource.clone() }
}

/// Whether two documents have the same properties.
pub(super) fn same(a: Option<&Resource>, b: Option<&Resource>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => a.properties == b.properties,
        _ => false,
    }
}

/// Growing pauses between reads, for as long as somebody waits.
fn pauses() -> impl Iterator<Item = Duration> {
    [50, 100, 200, 400, 800].into_iter().chain(std::iter::repeat(1000)).map(Duration::from_millis)
}
