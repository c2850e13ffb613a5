//! AWS WAF.

mod association;

pub use association::WebAclAssociation;
