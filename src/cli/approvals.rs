//! Approvals as `apply` takes them: the rules of `rectify.yaml`, the files, their signatures.
#![expect(clippy::disallowed_methods, reason = "the command line reads the clock")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use jiff::Timestamp;
use serde::Deserialize;

use super::CliError;
use super::apply::Consent;
use super::config::Config;
use super::error::Kind;
use super::session::{Session, read_source};
use crate::cloud::aws::KeyOfSignatures;
use crate::engine::{
    self, Applier, ApprovalRules, NotApproved, PublicKey, Require, approval_content, approved, approvers,
    check_approval,
};
use crate::model::{Approval, Arn, Change, ChangeId, Plan, Safety, Signature};
use crate::report::clean;
use crate::text::json as json_text;

/// `approvals` of `rectify.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalOptions {
    /// Whether a file is enough.
    require: RequireOption,
    /// The KMS keys whose signatures count, by their ARNs.
    #[serde(default)]
    keys: Vec<String>,
    /// Files with the public keys of some of them, by their ARNs: their signatures are verified without KMS.
    #[serde(default)]
    pub public_keys: BTreeMap<String, PathBuf>,
    /// Whether whoever applies must not be who has approved.
    #[serde(default)]
    not_the_applier: bool,
    /// How many have to approve a change.
    #[serde(default = "one")]
    at_least: usize,
}

/// What a change that needs a review is approved by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RequireOption {
    /// A file.
    File,
    /// A file that is signed.
    Signed,
}

fn one() -> usize {
    1
}

/// What is wrong with `approvals`, and at which text of the file.
pub fn check(options: &ApprovalOptions) -> Result<(), (&str, String)> {
    let is_key =
        |arn: &str| Arn::parse(arn).is_some_and(|arn| arn.service == "kms" && arn.resource.starts_with("key/"));
    if let Some(key) = options.keys.iter().find(|key| !is_key(key)) {
        return Err((key, format!("`{key}` is not the ARN of a KMS key, such as `arn:aws:kms:REGION:ACCOUNT:key/ID`")));
    }
    if let Some(key) = options.public_keys.keys().find(|key| !options.keys.contains(key)) {
        return Err((key, format!("`{key}` has a public key, and is none of `keys`")));
    }
    let whole = "approvals:";
    let signed = options.require == RequireOption::Signed;
    if signed && options.keys.is_empty() {
        return Err((whole, "signatures are asked for, and there are no `keys` whose signatures count".to_owned()));
    }
    if options.at_least == 0 {
        return Err((whole, "`at_least` is 1 or more".to_owned()));
    }
    let keys: BTreeSet<&String> = options.keys.iter().collect();
    if signed && options.at_least > keys.len() {
        let told = format!(
            "`at_least: {}` takes as many `keys`: under two names and one key there may be one person",
            options.at_least
        );
        return Err((whole, told));
    }
    Ok(())
}

/// The rules of the configuration.
pub fn rules(config: &Config) -> ApprovalRules {
    let Some(options) = &config.approvals else { return ApprovalRules::default() };
    ApprovalRules {
        require: match options.require {
            RequireOption::File => Require::File,
            RequireOption::Signed => Require::Signed,
        },
        keys: options.keys.clone(),
        applier: if options.not_the_applier { Applier::IsNotTheApprover } else { Applier::MayApprove },
        at_least: options.at_least,
    }
}

/// What is approved, and by which files.
pub struct Approved {
    /// The approvals that count.
    pub approvals: Vec<Approval>,
    /// The ids of the changes that are approved, on the command line or by enough approvals, or `all`.
    pub changes: Vec<String>,
    /// What is said of those that some have approved, and not enough.
    pub short: Vec<String>,
}

impl Approved {
    /// What a person approves, and what the files do. One that does not count is an error that names its file, and so are all
    /// its mistakes.
    pub async fn read(
        session: &Session,
        plan: &Plan,
        consent: &Consent,
        kept: bool,
        applier: &str,
    ) -> Result<Self, CliError> {
        let rules = rules(&session.config);
        if !consent.approve.is_empty() && rules.require != Require::Anything {
            return Err(CliError::user("rectify.yaml has changes approved by files: --approve approves nothing here")
                .help(BY_FILE));
        }
        if !consent.approval.is_empty() && !kept {
            return Err(CliError::user("an approval is of one plan, and none is named")
                .help("rectify apply PLAN --approval FILE"));
        }
        let (approvals, short) = files(session, plan, &rules, &consent.approval, applier).await?;
        let by_file = approved(&approvals, &rules).into_iter().map(|id| id.to_string());
        let changes = consent.approve.iter().cloned().chain(by_file).collect();
        Ok(Self { approvals, changes, short })
    }
}

const BY_FILE: &str = "keep the plan with `rectify plan --out`, have it approved with `rectify approve PLAN`, and apply it with --approval FILE";

/// How a change is approved that waits.
pub fn how(session: &Session, kept: bool) -> &'static str {
    match (rules(&session.config).require, kept) {
        (Require::Anything, _) => "approve a change with --approve ID, or all with --approve all",
        (Require::File | Require::Signed, false) => BY_FILE,
        (Require::File | Require::Signed, true) => {
            "have them approved with `rectify approve PLAN`, and hand the file over with --approval"
        }
    }
}

/// The changes to apply: the safe ones and those that are approved. One that is approved by name and would be half a fix is
/// the error.
pub fn select(plan: &Plan, approved: &[String]) -> Result<BTreeSet<ChangeId>, CliError> {
    let all = approved.iter().any(|id| id == "all");
    for id in approved.iter().filter(|id| *id != "all") {
        if !plan.changes.iter().any(|change| change.id.as_str() == id) {
            let known = plan.changes.iter().map(|change| change.id.as_str());
            return Err(super::selection::unknown("change", id, known));
        }
    }
    let named = |change: &Change| approved.iter().any(|id| id == change.id.as_str());
    let selected = engine::select(plan, |change| change.safety == Safety::Safe || all || named(change));
    match plan.changes.iter().find(|change| named(change) && !selected.contains(&change.id)) {
        None => Ok(selected),
        Some(half) => {
            let missing = engine::company(plan, half).filter(|other| !selected.contains(&other.id) && !named(other));
            let missing: Vec<&str> = missing.map(|change| change.id.as_str()).collect();
            let told = format!("change {} is half a fix without others that are not approved", half.id);
            Err(CliError::user(told).help(format!("approve these too: {}", missing.join(", "))))
        }
    }
}

/// The approvals of some files that count for a plan, and what is said of changes that not enough of them approve.
async fn files(
    session: &Session,
    plan: &Plan,
    rules: &ApprovalRules,
    files: &[PathBuf],
    applier: &str,
) -> Result<(Vec<Approval>, Vec<String>), CliError> {
    let mut approvals: Vec<Approval> = Vec::new();
    let mut wrong = Vec::new();
    // A clock that is set back makes no approval younger.
    let now = session.settings.now.max(Timestamp::now());
    let place = session.cloud.place();
    for file in files {
        let approval = parse(file)?;
        let mut told = check_approval(&approval, plan, rules, applier, place, now);
        // What is refused anyway is no reason to ask KMS.
        if told.is_empty()
            && let Some(signature) = &approval.signature
            && !has_signed(session, &approval, signature).await?
        {
            told.push(NotApproved::BadSignature(signature.key.clone()));
        }
        // What it quotes is somebody else's.
        wrong.extend(told.into_iter().map(|told| format!("{}: {}", file.display(), clean(&told.to_string()))));
        approvals.push(approval);
    }
    if !wrong.is_empty() {
        return Err(CliError { kind: Kind::User, messages: wrong, help: None });
    }
    let short = plan.changes.iter().filter_map(|change| {
        let count = approvers(&approvals, rules, &change.id);
        let told = || format!("Change {} has {count} of {} approvals.", change.id, rules.at_least);
        (count > 0 && count < rules.at_least).then(told)
    });
    let short = short.collect();
    Ok((approvals, short))
}

/// An approval's file.
fn parse(path: &Path) -> Result<Approval, CliError> {
    json_text::parse(&read_source(path)?)
        .map_err(|told| CliError::from(told).help("an approval is what `rectify approve PLAN` writes"))
}

/// Whether a signature is the key's: by its public key where the configuration has it, or else by KMS.
async fn has_signed(session: &Session, approval: &Approval, signature: &Signature) -> Result<bool, CliError> {
    let content = approval_content(approval);
    let file = session.config.approvals.as_ref().and_then(|options| options.public_keys.get(&signature.key));
    match file {
        Some(path) => {
            let source = read_source(path)?;
            let key = PublicKey::from_pem(&source.text)
                .map_err(|told| CliError::config(format!("{}: {told}", path.display())))?;
            let value = BASE64.decode(signature.value.as_bytes());
            Ok(value.is_ok_and(|value| key.has_signed(signature.algorithm, &content, &value)))
        }
        None => {
            let key = KeyOfSignatures::new(&signature.key).await?;
            key.has_signed(&content, signature).await.map_err(|error| {
                CliError::from(error).help(
                    "whoever applies needs kms:Verify on the key, or its public key under `approvals.public_keys` in rectify.yaml",
                )
            })
        }
    }
}
