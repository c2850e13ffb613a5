//! What the tests that talk HTTP stand on: the emulators that play AWS, a proxy that sees and disturbs what goes over the
//! wire, a shop to remediate, and CloudFormation's schemas. A test binary takes it with `mod support;`.
//!
//! Nothing here needs anything but Rust and Python 3: the first test makes a virtual environment below cargo's target
//! folder (see `requirements.txt`), and later ones find it there.
#![allow(dead_code, unused_imports, reason = "each test binary uses a part of it")]

pub mod emulator;
pub mod gaps;
pub mod http;
pub mod promise;
pub mod proxy;
pub mod schema;
pub mod seed;
pub mod venv;
pub mod wire;

pub use emulator::{Emulator, Kind};
pub use gaps::Gap;
pub use proxy::{Fault, On, Proxy};
pub use seed::Shop;
pub use wire::WireCall;
