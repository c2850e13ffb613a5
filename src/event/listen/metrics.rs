//! What a listener tells of itself, for Prometheus.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::event::outcome::{Fate, Handled, Unhandled};

/// A listener is well when it has read its queue within this time: three polls.
const WELL: Duration = Duration::from_secs(60);

type By = Family<Vec<(&'static str, &'static str)>, Counter>;

/// Counters of one process.
pub struct Metrics {
    registry: Registry,
    events: By,
    places: By,
    runs: By,
    busy: Gauge,
    seconds: Histogram,
    polled: Mutex<Instant>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("rectify");
        let (events, places, runs) = (By::default(), By::default(), By::default());
        let busy = Gauge::default();
        let seconds = Histogram::new(exponential_buckets(0.01, 2.0, 14));
        registry.register("events", "Events by what became of them", events.clone());
        registry.register("places", "Places that were looked at, by what became of them", places.clone());
        registry.register("runs", "Runs by how they ended", runs.clone());
        registry.register("busy_workers", "Workers that are at a batch", busy.clone());
        registry.register("batch_seconds", "How long batches took", seconds.clone());
        // What has not happened yet is told too, so that a first failure is seen as one.
        for outcome in ["done", "ignored", "later", "no_event"] {
            drop(events.get_or_create(&vec![("outcome", outcome)]));
        }
        for fate in Fate::ALL {
            drop(places.get_or_create(&vec![("outcome", fate.as_str())]));
        }
        for outcome in ["verified", "failed"] {
            drop(runs.get_or_create(&vec![("outcome", outcome)]));
        }
        Self { registry, events, places, runs, busy, seconds, polled: Mutex::new(Instant::now()) }
    }
}

/// A worker that is busy.
pub struct Busy(Gauge);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    /// The queue was read.
    pub fn polled(&self) {
        if let Ok(mut polled) = self.polled.lock() {
            *polled = Instant::now();
        }
    }

    /// Whether the queue was read lately.
    pub fn is_well(&self) -> bool {
        self.polled.lock().is_ok_and(|polled| polled.elapsed() < WELL) || self.busy.get() > 0
    }

    /// A worker is busy for as long as what is given back lives.
    pub fn busy(&self) -> Busy {
        self.busy.inc();
        Busy(self.busy.clone())
    }

    /// A batch took this long.
    pub fn took(&self, time: Duration) {
        self.seconds.observe(time.as_secs_f64());
    }

    /// What became of an event.
    pub fn handled(&self, answer: &Result<Handled, Unhandled>) {
        let outcome = match answer {
            Ok(handled) if handled.ignored.is_some() => "ignored",
            Ok(_) => "done",
            Err(Unhandled::NotAnEvent(_)) => "no_event",
            Err(_) => "later",
        };
        self.events.get_or_create(&vec![("outcome", outcome)]).inc();
        for looked in answer.iter().flat_map(|handled| &handled.looked) {
            self.places.get_or_create(&vec![("outcome", looked.fate.as_str())]).inc();
            match looked.fate {
                Fate::Fixed => drop(self.runs.get_or_create(&vec![("outcome", "verified")]).inc()),
                Fate::Unfixed => drop(self.runs.get_or_create(&vec![("outcome", "failed")]).inc()),
                _ => {}
            }
        }
    }

    /// All of it, in the text format
    /// (<https://prometheus.io/docs/specs/om/open_metrics_spec/>).
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
