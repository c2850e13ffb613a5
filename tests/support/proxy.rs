//! A proxy between the engine and an emulator: it passes everything on, remembers every call, and disturbs those that a test
//! names.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use super::cbor;
use super::http::Message;
use super::stand_in::StandIn;
use super::wire::{self, WireCall};

/// One request that went by.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What it asked for.
    pub call: WireCall,
    /// Whether it changes anything.
    pub write: bool,
    /// Which attempt of the SDK's, from 1.
    pub attempt: u32,
    /// Whether the emulator saw it.
    pub passed: bool,
    /// The answer that the client got; none where it got none, or not yet.
    pub status: Option<u16>,
    /// The emulator's id of the request.
    pub request_id: Option<String>,
}

/// What goes wrong with a request.
#[derive(Clone)]
pub enum Fault {
    /// The service refuses it with this status and code, `ThrottlingException` say; nothing is done.
    Error(u16, &'static str),
    /// The service throttles it, in its own words; nothing is done.
    Throttle,
    /// It is answered with this status and body; nothing is done.
    Status(u16, String),
    /// The connection breaks before anything is done.
    Reset,
    /// Nothing is done, and no answer comes for so long.
    Silence(Duration),
    /// It is done, and the connection breaks before the answer.
    Lost,
    /// It is done, and somebody else asks for the very same; the connection breaks before the answer.
    Doubled,
    /// It is done, and the connection breaks in the middle of the answer.
    Cut,
    /// It is done, later.
    Delay(Duration),
    /// It is done, and the answer comes in pieces, over so long.
    Trickle(Duration),
    /// A read is answered as it was the last time: it lags behind what was written since.
    Old,
    /// It is done, and the answer is another one.
    Amended(Arc<dyn Fn(Message) -> Message + Send + Sync>),
    /// Something else happens first; then it is done.
    Meanwhile(Arc<dyn Fn() + Send + Sync>),
    /// It waits at the gate, and nothing is ever done.
    HeldBefore(Gate),
    /// It is done, and the answer waits at the gate, and never comes.
    HeldAfter(Gate),
}

/// Where a request is held until the test opens.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<(bool, bool)>, Condvar)>);

impl Gate {
    /// Waits until a request is held; whether one is.
    pub fn reached(&self, patience: Duration) -> bool {
        let (state, changed) = &*self.0;
        let wait = changed.wait_timeout_while(state.lock().unwrap(), patience, |(reached, _)| !*reached);
        wait.unwrap().0.0
    }

    /// Lets the request go.
    pub fn open(&self) {
        let (state, changed) = &*self.0;
        state.lock().unwrap().1 = true;
        changed.notify_all();
    }

    fn hold(&self) {
        let (state, changed) = &*self.0;
        let mut held = state.lock().unwrap();
        held.0 = true;
        changed.notify_all();
        let _ = changed.wait_timeout_while(held, Duration::from_secs(60), |(_, open)| !*open);
    }
}

/// How a service says that it throttles: the status and the code.
pub fn throttled(service: &str) -> (u16, &'static str) {
    match service {
        "lambda" | "apigateway" | "apigatewayv2" => (429, "TooManyRequestsException"),
        "s3" => (503, "SlowDown"),
        "iam" | "cloudwatch" | "sts" => (400, "Throttling"),
        "sns" => (400, "Throttled"),
        "sqs" => (403, "RequestThrottled"),
        "dynamodb" => (400, "ProvisionedThroughputExceededException"),
        "inspector2" => (429, "ThrottlingException"),
        _ => (400, "ThrottlingException"),
    }
}

/// Faults of random kinds, the same for the same seed: which request meets which follows from the seed, the request, and how
/// often it came before.
struct Storm {
    seed: u64,
    percent: u64,
    came: HashMap<String, u64>,
}

impl Storm {
    fn fault(&mut self, request: &Request) -> Option<Fault> {
        // Who the caller is has to be known before anything else.
        if request.call.service == "sts" {
            return None;
        }
        let call = format!("{:?}", request.call);
        let came = self.came.entry(call.clone()).or_default();
        *came += 1;
        let mut hasher = DefaultHasher::new();
        (self.seed, call, *came).hash(&mut hasher);
        let roll = hasher.finish();
        if roll % 100 >= self.percent {
            return None;
        }
        let writes: &[Fault] = &[Fault::Error(409, "ConflictException"), Fault::Lost, Fault::Lost];
        let all = [
            Fault::Throttle,
            Fault::Error(500, "InternalFailure"),
            Fault::Status(502, "<html>Bad Gateway</html>".into()),
            Fault::Reset,
            Fault::Lost,
            Fault::Cut,
            Fault::Delay(Duration::from_millis(150)),
            Fault::Error(403, "AccessDeniedException"),
        ];
        let kinds: Vec<&Fault> = all.iter().chain(writes.iter().filter(|_| request.write)).collect();
        let index = usize::try_from(roll / 100 % kinds.len() as u64).unwrap();
        Some(kinds[index].clone())
    }
}

/// The requests that a fault is for.
pub struct On {
    fits: Box<dyn Fn(&Request) -> bool + Send>,
    skip: usize,
}

impl On {
    /// Requests of an operation.
    pub fn call(service: &'static str, operation: &'static str) -> Self {
        Self::matching(move |request| request.call.service == service && request.call.operation == operation)
    }

    /// Every write.
    pub fn writes() -> Self {
        Self::matching(|request| request.write)
    }

    /// Requests that fit.
    pub fn matching(fits: impl Fn(&Request) -> bool + Send + 'static) -> Self {
        Self { fits: Box::new(fits), skip: 0 }
    }

    /// Not the first few of them.
    pub fn after(self, skip: usize) -> Self {
        Self { skip, ..self }
    }
}

struct Rule {
    on: On,
    fault: Fault,
    times: usize,
}

/// A running proxy; it ends with its handle.
///
/// A request that it cannot read (an unknown operation, a member that the API does not have) is passed on and fails the test:
/// in [`Proxy::requests`] and [`Proxy::writes`], and at the latest when the proxy ends.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: SocketAddr,
    ended: AtomicBool,
    requests: Mutex<Vec<Request>>,
    forgotten: AtomicUsize,
    unread: Mutex<Vec<String>>,
    rules: Mutex<Vec<Rule>>,
    storm: Mutex<Option<Storm>>,
    answers: Mutex<HashMap<String, Message>>,
    stand_in: StandIn,
}

impl Proxy {
    /// Starts one before an emulator.
    pub fn before(emulator: &super::Emulator) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has free ports");
        let address = listener.local_addr().expect("a listener has an address");
        let shared = Arc::new(Shared {
            upstream: emulator.address(),
            ended: AtomicBool::new(false),
            requests: Mutex::default(),
            forgotten: AtomicUsize::new(0),
            unread: Mutex::default(),
            rules: Mutex::default(),
            storm: Mutex::default(),
            answers: Mutex::default(),
            stand_in: StandIn::before(emulator.kind()),
        });
        let accepting = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if accepting.ended.load(Ordering::SeqCst) {
                    return;
                }
                let serving = accepting.clone();
                // A broken connection is the client's to complain of.
                thread::spawn(move || stream.and_then(|stream| serving.serve(&stream)));
            }
        });
        Self { address, shared }
    }

    /// The URL that clients call.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets the next `times` fitting requests go wrong, each attempt of an SDK counted. Of several faults that fit, the one
    /// that was named first comes first. Gives back what [`Proxy::heal`] takes.
    pub fn fail(&self, on: On, fault: Fault, times: usize) -> usize {
        let mut rules = self.shared.rules.lock().unwrap();
        rules.push(Rule { on, fault, times });
        rules.len() - 1
    }

    /// Ends a fault.
    pub fn heal(&self, fault: usize) {
        self.shared.rules.lock().unwrap()[fault].times = 0;
    }

    /// From now on so many percent of all requests go wrong, each in one of many ways that follow from the seed; 0 ends it.
    pub fn storm(&self, seed: u64, percent: u64) {
        let storm = Storm { seed, percent, came: HashMap::new() };
        *self.shared.storm.lock().unwrap() = Some(storm).filter(|storm| storm.percent > 0);
    }

    /// Every request so far, each attempt of an SDK on its own, in the order in which they came.
    pub fn requests(&self) -> Vec<Request> {
        let unread = self.shared.unread.lock().unwrap().clone();
        assert!(unread.is_empty(), "requests that cannot be read:\n{}", unread.join("\n"));
        self.shared.requests.lock().unwrap()[self.shared.forgotten.load(Ordering::SeqCst)..].to_vec()
    }

    /// Every call so far that changes something, in order; attempts of one call are one, the SDK's and those of whoever sends it
    /// again since it was not done.
    pub fn writes(&self) -> Vec<WireCall> {
        let mut writes: Vec<Request> = Vec::new();
        for request in self.requests().into_iter().filter(|request| request.write) {
            let again = writes.last().is_some_and(|last| {
                let refused = last.status.is_some_and(|status| !(200..300).contains(&status));
                last.call == request.call && (!last.passed || refused)
            });
            match writes.last_mut().filter(|_| again || request.attempt > 1) {
                Some(last) => *last = request,
                None => writes.push(request),
            }
        }
        writes.into_iter().map(|request| request.call).collect()
    }

    /// Ends every fault, and forgets the requests so far.
    pub fn calm(&self) {
        self.storm(0, 0);
        self.shared.rules.lock().unwrap().iter_mut().for_each(|rule| rule.times = 0);
        self.shared.answers.lock().unwrap().clear();
        self.forget();
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        self.shared.forgotten.fetch_add(self.requests().len(), Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for connections.
        let _ = TcpStream::connect(self.address);
        if !thread::panicking() {
            self.requests();
        }
    }
}

impl Shared {
    fn serve(&self, client: &TcpStream) -> io::Result<()> {
        let Some(asked) = Message::read(client)? else { return Ok(()) };
        let place = self.note(&asked);
        let fault = place.and_then(|place| self.fault(place));
        match &fault {
            Some(Fault::Reset) => return Ok(()),
            Some(Fault::Silence(time)) => {
                thread::sleep(*time);
                return Ok(());
            }
            Some(Fault::HeldBefore(gate)) => {
                gate.hold();
                return Ok(());
            }
            Some(Fault::Meanwhile(happens)) => happens(),
            Some(Fault::Throttle) => {
                let call = place.map(|place| self.requests.lock().unwrap()[place].call.service.clone());
                let (status, code) = throttled(&call.unwrap_or_default());
                return self.answer(client, place, &error_response(&asked, status, code));
            }
            Some(Fault::Old) => {
                let key = place.map(|place| format!("{:?}", self.requests.lock().unwrap()[place].call));
                let known = key.and_then(|key| self.answers.lock().unwrap().get(&key).cloned());
                if let Some(answer) = known {
                    return self.answer(client, place, &answer);
                }
            }
            Some(Fault::Error(status, code)) => {
                return self.answer(client, place, &error_response(&asked, *status, code));
            }
            Some(Fault::Status(status, body)) => {
                return self.answer(client, place, &Message::new(&status_line(*status), &[], body.as_str()));
            }
            Some(Fault::Delay(time)) => thread::sleep(*time),
            Some(
                Fault::Lost | Fault::Doubled | Fault::Cut | Fault::Trickle(_) | Fault::Amended(_) | Fault::HeldAfter(_),
            )
            | None => {}
        }
        self.update(place, |request| request.passed = true);
        let call = place.map(|place| self.requests.lock().unwrap()[place].call.clone());
        let made_up = call.as_ref().and_then(|call| self.stand_in.answer(call));
        let answer = match (made_up, &call) {
            (Some(answer), _) => answer,
            (None, Some(call)) => self.stand_in.amend(call, asked.send(self.upstream)?),
            (None, None) => asked.send(self.upstream)?,
        };
        let write = place.is_some_and(|place| self.requests.lock().unwrap()[place].write);
        if let Some(call) = call.filter(|_| !write) {
            self.answers.lock().unwrap().insert(format!("{call:?}"), answer.clone());
        }
        match fault {
            Some(Fault::Lost) => Ok(()),
            Some(Fault::Doubled) => asked.send(self.upstream).map(drop),
            Some(Fault::HeldAfter(gate)) => {
                gate.hold();
                Ok(())
            }
            Some(Fault::Cut) => answer.write_part(client, answer.body.len() / 2),
            Some(Fault::Trickle(time)) => answer.write_slowly(client, time),
            Some(Fault::Amended(amend)) => self.answer(client, place, &amend(answer)),
            _ => self.answer(client, place, &answer),
        }
    }

    /// Remembers a request, and where.
    fn note(&self, asked: &Message) -> Option<usize> {
        match wire::read(asked) {
            Ok((call, write)) => {
                let attempt = asked.header("amz-sdk-request").and_then(|value| {
                    value.split(';').find_map(|part| part.trim().strip_prefix("attempt=")?.parse().ok())
                });
                let attempt = attempt.unwrap_or(1);
                let request = Request { call, write, attempt, passed: false, status: None, request_id: None };
                let mut requests = self.requests.lock().unwrap();
                requests.push(request);
                Some(requests.len() - 1)
            }
            Err(reason) => {
                self.unread.lock().unwrap().push(format!("{}: {reason}", asked.start));
                None
            }
        }
    }

    /// The fault that is due for a request.
    fn fault(&self, place: usize) -> Option<Fault> {
        let request = self.requests.lock().unwrap().get(place)?.clone();
        for rule in self.rules.lock().unwrap().iter_mut().filter(|rule| rule.times > 0 && (rule.on.fits)(&request)) {
            if rule.on.skip == 0 {
                rule.times -= 1;
                return Some(rule.fault.clone());
            }
            rule.on.skip -= 1;
        }
        self.storm.lock().unwrap().as_mut().and_then(|storm| storm.fault(&request))
    }

    fn answer(&self, client: &TcpStream, place: Option<usize>, answer: &Message) -> io::Result<()> {
        let id = answer.header("x-amzn-requestid").or(answer.header("x-amz-request-id")).map(str::to_owned);
        self.update(place, |request| (request.status, request.request_id) = (answer.status(), id));
        answer.write(client)
    }

    fn update(&self, place: Option<usize>, change: impl FnOnce(&mut Request)) {
        if let Some(place) = place {
            change(&mut self.requests.lock().unwrap()[place]);
        }
    }
}

fn status_line(status: u16) -> String {
    format!("HTTP/1.1 {status} Fault")
}

/// An error as the protocol of the request has it.
fn error_response(asked: &Message, status: u16, code: &str) -> Message {
    let message = "a fault of the test's";
    if asked.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
        let body = format!("<ErrorResponse>{error}<RequestId>fault</RequestId></ErrorResponse>");
        Message::new(&status_line(status), &[("Content-Type", "text/xml")], body)
    } else if cbor::is_spoken(asked.header("content-type")) {
        let headers = [("Content-Type", "application/cbor"), ("Smithy-Protocol", "rpc-v2-cbor")];
        Message::new(&status_line(status), &headers, cbor::error(code, message))
    } else {
        let body = format!(r#"{{"__type":"{code}","message":"{message}"}}"#);
        let headers = [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-ErrorType", code)];
        Message::new(&status_line(status), &headers, body)
    }
}
