//! AWS Identity and Access Management.

mod access_key;
mod account;
mod group;
mod managed;
mod managed_policy;
mod password_policy;
mod principal;
mod reading;
mod rights;
mod role;
mod role_life;
mod role_reading;
mod trails;
mod user;

pub use access_key::AccessKey;
pub use account::Account;
pub use group::Group;
pub use managed_policy::ManagedPolicy;
pub use role::Role;
pub use user::User;
