//! What the tests that talk HTTP stand on: the emulators that play AWS, a proxy that sees and disturbs what goes over the
//! wire, a shop to remediate, and CloudFormation's schemas. A test binary takes it with `mod support;`.
//!
//! Nothing here needs anything but Rust and Python 3: the first test makes a virtual environment below cargo's target
//! folder (see `requirements.txt`), and later ones find it there.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test says what it expects by failing, and has a process of its own"
)]
#![allow(dead_code, unused_imports, unused_macros, reason = "each test binary uses a part of it")]

pub mod cbor;
pub mod emulator;
pub mod field;
pub mod gaps;
pub mod http;
pub mod journal_says;
pub mod open;
pub mod over_sandbox;
pub mod own_policy;
pub mod parameters;
pub mod promise;
pub mod proxy;
pub mod same;
pub mod schema;
pub mod seed;
pub mod stand_in;
pub mod venv;
pub mod wire;

pub use emulator::{Emulator, Kind};
pub use field::{Field, Kept};
pub use gaps::Gap;
pub use open::{ALL, CANARIES, Open, Told};
pub use proxy::{Fault, Gate, On, Proxy};
pub use seed::Shop;
pub use wire::WireCall;
