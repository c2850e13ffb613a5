//! Rectify finds what is wrong in a serverless account on AWS and puts it right: Rego policies decide, YAML playbooks
//! fix, and everything that is done is shown before, proved before, verified after, and can be taken back.
//!
//! # The one idea: a fix is a change of a document
//!
//! Every cloud resource is a JSON document in the shape of its CloudFormation type ([`model::Resource`]). A policy reads
//! the document. A playbook is a patch of the document. Nothing else knows how to fix anything.
//!
//! ```text
//! read ──► evaluate ──► patch ──► evaluate again ──► diff ──► API calls ──► re-read ──► evaluate
//! cloud    policy       playbook  the proof          before/   the plan's    apply       verify
//!                                                    after     exact calls
//! ```
//!
//! So what users want of a fix is one [`model::Change`], `{ before, after }`, seen four ways:
//!
//! - **plan** (the dry run) shows the difference of `before` and `after`, and the exact calls between them:
//!   [`engine::Planner`];
//! - **apply** sends those calls and no others: [`apply::Executor`];
//! - **verify** reads the document again, compares it with `after` and asks the same policies: the executor's second half;
//! - **undo** is the same change with `before` and `after` swapped: [`engine::reversed`].
//!
//! The calls come from one pure function that each resource type has, [`model::ResourceType::calls`]: from two documents
//! to the calls between them. Forwards it makes the plan, backwards it makes the undo. And since a plan is documents, it
//! is proved before anything is touched: the policies are evaluated on `after`.
//!
//! # The floors
//!
//! Imports go down only.
//!
//! | floor | module | what stands there |
//! |---|---|---|
//! | 0 | [`model`] | the words: plain data, no I/O, no clock |
//! | 1 | [`text`] | texts that people write, and what is wrong with them |
//! | 2 | [`policy`] | Rego: load, evaluate, test |
//! | 2 | [`playbook`] | YAML: steps, values, patch verbs |
//! | 3 | [`engine`] | pure: assess, plan, prove, diff, gate |
//! | 4 | [`cloud`] | where documents come from and calls go: a sandbox, AWS |
//! | 4 | [`journal`] | the append-only events of runs, and what handlers of events know together: SQLite, DynamoDB |
//! | 5 | [`apply`] | send, verify, recover, undo |
//! | 6 | [`event`] | from an EventBridge event to a verified fix |
//! | 6 | [`report`] | renderers of assessments, plans and runs |
//! | 7 | [`cli`] | the command line; the only owner of the terminal |

pub mod model;

pub mod text;

pub mod playbook;
pub mod policy;

pub mod engine;

pub mod cloud;
pub mod journal;

pub mod apply;

pub mod event;
pub mod report;

pub mod cli;
