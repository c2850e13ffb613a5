//! AWS Identity and Access Management.

mod group;
mod managed;
mod managed_policy;
mod principal;
mod reading;
mod role;
mod role_reading;
mod trails;
mod user;

pub use group::Group;
pub use managed_policy::ManagedPolicy;
pub use role::Role;
pub use user::User;
