//! A proxy between the engine and an emulator: it passes everything on, remembers every call, and disturbs those that a test
//! names.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
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
#[derive(Clone, Debug)]
pub enum Fault {
    /// The service refuses it with this status and code, `ThrottlingException` say; nothing is done.
    Error(u16, &'static str),
    /// It is answered with this status and body; nothing is done.
    Status(u16, String),
    /// The connection breaks before anything is done.
    Reset,
    /// It is done, and the connection breaks before the answer.
    Lost,
    /// It is done, later.
    Delay(Duration),
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

    /// Every request so far, each attempt of an SDK on its own, in the order in which they came.
    pub fn requests(&self) -> Vec<Request> {
        let unread = self.shared.unread.lock().unwrap().clone();
        assert!(unread.is_empty(), "requests that cannot be read:\n{}", unread.join("\n"));
        self.shared.requests.lock().unwrap()[self.shared.forgotten.load(Ordering::SeqCst)..].to_vec()
    }

    /// Every call so far that changes something, in order; attempts of one call are one.
    pub fn writes(&self) -> Vec<WireCall> {
        let firsts = self.requests().into_iter().filter(|request| request.write && request.attempt == 1);
        firsts.map(|request| request.call).collect()
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
            Some(Fault::Error(status, code)) => {
                return self.answer(client, place, &error_response(&asked, *status, code));
            }
            Some(Fault::Status(status, body)) => {
                return self.answer(client, place, &Message::new(&status_line(*status), &[], body.as_str()));
            }
            Some(Fault::Delay(time)) => thread::sleep(*time),
            Some(Fault::Lost) | None => {}
        }
        self.update(place, |request| request.passed = true);
        let call = place.map(|place| self.requests.lock().unwrap()[place].call.clone());
        let made_up = call.as_ref().and_then(|call| self.stand_in.answer(call));
        let answer = match (made_up, call) {
            (Some(answer), _) => answer,
            (None, Some(call)) => self.stand_in.amend(&call, asked.send(self.upstream)?),
            (None, None) => asked.send(self.upstream)?,
        };
        if matches!(fault, Some(Fault::Lost)) {
            return Ok(());
        }
        self.answer(client, place, &answer)
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
        None
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
