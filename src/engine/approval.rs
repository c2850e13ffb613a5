//! What an approval is worth: for which plan, by whom, until when, and whether it is as it was made.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::hash::sha256;
use crate::model::{APPROVAL_FORMAT, Approval, Approver, ChangeId, LOCAL_USER, Place, Plan, Safety, SigningAlgorithm};

/// What has to be true of approvals: `approvals` of `rectify.yaml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRules {
    /// How a change is approved.
    pub require: Require,
    /// The ARNs of the KMS keys whose signatures count.
    pub keys: Vec<String>,
    /// Who may approve what somebody applies.
    pub applier: Applier,
    /// How many have to approve a change.
    pub at_least: usize,
}

/// How a change is approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Require {
    /// By its id on the command line, or by a file.
    Anything,
    /// By a file.
    File,
    /// By a file that is signed.
    Signed,
}

/// Whether who applies may be who has approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applier {
    /// It may be the same.
    MayApprove,
    /// It has to be somebody else.
    IsNotTheApprover,
}

impl Default for ApprovalRules {
    fn default() -> Self {
        Self { require: Require::Anything, keys: Vec::new(), applier: Applier::MayApprove, at_least: 1 }
    }
}

/// Why an approval does not count; each tells what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotApproved {
    /// It is of another format.
    #[error("the approval has format {0}, and this version of rectify reads format {APPROVAL_FORMAT}; make a new one")]
    Format(u32),
    /// Its digest is not that of its content.
    #[error("the approval was edited: its digest is not that of its content; make a new one with `rectify approve`")]
    Edited,
    /// It is for another plan.
    #[error("the approval is for plan {approved}, and this is plan {applied}; have this one approved")]
    OtherPlan {
        /// The plan that is approved.
        approved: String,
        /// The plan that is to be applied.
        applied: String,
    },
    /// It is for another account.
    #[error(
        "the approval is for account {account} in partition {partition}, and this is account {actual} in partition {there}"
    )]
    Elsewhere {
        /// The approval's account.
        account: String,
        /// The approval's partition.
        partition: String,
        /// This account.
        actual: String,
        /// This account's partition.
        there: String,
    },
    /// It is too old.
    #[error("the approval expired at {0}; have the plan approved again")]
    Expired(String),
    /// It names what is not there.
    #[error("the approval is for change {0}, which the plan does not have")]
    NoChange(ChangeId),
    /// It has no signature.
    #[error(
        "the approval is not signed, and rectify.yaml asks for a signature; make one with `rectify approve --sign KEY_ARN`"
    )]
    Unsigned,
    /// The key is nobody's that is known.
    #[error("the approval is signed with {0}, which is none of `approvals.keys` in rectify.yaml")]
    OtherKey(String),
    /// The signature is not one of this content by this key.
    #[error(
        "the signature of the approval is not one that {0} has made over this content; make a new one with `rectify approve --sign`"
    )]
    BadSignature(String),
    /// Who applies has approved.
    #[error("{0} has approved the plan, and rectify.yaml wants somebody else to apply it")]
    ByTheApplier(String),
    /// It is not known whether who applies has approved.
    #[error(
        "{approver} has approved and {applier} applies: nobody can tell whether they are two, and rectify.yaml wants them to be"
    )]
    NotComparable {
        /// Who has approved.
        approver: String,
        /// Who applies.
        applier: String,
    },
}

/// Writes an approval's digest into it.
pub fn seal_approval(mut approval: Approval) -> Approval {
    approval.digest = sha256(&approval_content(&approval));
    approval
}

/// What an approval's digest and signature are over: its JSON with sorted members, without these two.
pub fn approval_content(approval: &Approval) -> Vec<u8> {
    let mut value = serde_json::to_value(approval).unwrap_or(Value::Null);
    if let Some(members) = value.as_object_mut() {
        members.remove("digest");
        members.remove("signature");
    }
    value.to_string().into_bytes()
}

/// Everything but the signature's mathematics that makes an approval worthless for a plan; empty is worth something. `applier` is
/// who applies, as [`crate::model::Who`] names it.
pub fn check_approval(
    approval: &Approval,
    plan: &Plan,
    rules: &ApprovalRules,
    applier: &str,
    place: &Place,
    now: Timestamp,
) -> Vec<NotApproved> {
    let mut told = Vec::new();
    if approval.format_version != APPROVAL_FORMAT {
        told.push(NotApproved::Format(approval.format_version));
    }
    if approval.digest != sha256(&approval_content(approval)) {
        told.push(NotApproved::Edited);
    }
    if approval.plan != plan.digest {
        told.push(NotApproved::OtherPlan { approved: approval.plan.to_string(), applied: plan.digest.to_string() });
    } else if let Some(id) = approval.changes.iter().find(|id| !plan.changes.iter().any(|change| change.id == **id)) {
        told.push(NotApproved::NoChange(id.clone()));
    }
    if approval.account != place.account || approval.partition != place.partition {
        told.push(NotApproved::Elsewhere {
            account: approval.account.clone(),
            partition: approval.partition.clone(),
            actual: place.account.clone(),
            there: place.partition.clone(),
        });
    }
    // A time that cannot be read is no time in the future.
    if !approval.expires_at.parse::<Timestamp>().is_ok_and(|expires| now <= expires) {
        told.push(NotApproved::Expired(approval.expires_at.clone()));
    }
    match &approval.signature {
        None if rules.require == Require::Signed => told.push(NotApproved::Unsigned),
        // A signature is verified or refused, whether one is asked for or not: nobody is told of one that means nothing.
        Some(signature) if !rules.keys.contains(&signature.key) => {
            told.push(NotApproved::OtherKey(signature.key.clone()));
        }
        None | Some(_) => {}
    }
    if rules.applier == Applier::IsNotTheApprover {
        told.extend(same(&approval.by, applier));
    }
    told
}

/// Whether an approver is who applies, or may be.
fn same(approver: &Approver, applier: &str) -> Option<NotApproved> {
    let local = applier.strip_prefix(LOCAL_USER);
    let same = match (approver, local) {
        (Approver::Caller(arn), None) if !applier.is_empty() => principal(arn) == principal(applier),
        (Approver::Named(name), Some(local)) => name == local,
        // One has an identity of AWS and the other a name that somebody gave.
        _ => {
            let unknown = if applier.is_empty() { "somebody who is not known" } else { applier };
            let (approver, applier) = (approver.to_string(), unknown.to_owned());
            return Some(NotApproved::NotComparable { approver, applier });
        }
    };
    same.then(|| NotApproved::ByTheApplier(approver.to_string()))
}

/// Whom an ARN stands for. The session's name at the end of an assumed role's is chosen by whoever assumes it, so that two
/// sessions of a role may be the same person
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>).
pub fn principal(arn: &str) -> &str {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    match resource.strip_prefix("assumed-role/").and_then(|role| role.rsplit_once('/')) {
        Some((_, session)) => arn.get(..arn.len() - session.len() - 1).unwrap_or(arn),
        None => arn,
    }
}

/// The changes that approvals approve, each of which counts: those that enough have approved.
///
/// Two of one principal are one. A name in a file is what its writer says; where signatures are asked for, two that are made
/// with one key may be of one person under two names, so that they are one too.
pub fn approved(approvals: &[Approval], rules: &ApprovalRules) -> BTreeSet<ChangeId> {
    let all: BTreeSet<&ChangeId> = approvals.iter().flat_map(|approval| &approval.changes).collect();
    all.into_iter().filter(|id| approvers(approvals, rules, id) >= rules.at_least).cloned().collect()
}

/// How many have approved a change.
pub fn approvers(approvals: &[Approval], rules: &ApprovalRules, id: &ChangeId) -> usize {
    let of = || approvals.iter().filter(|approval| approval.changes.contains(id));
    let principals: BTreeSet<&str> = of()
        .map(|approval| match &approval.by {
            Approver::Caller(arn) => principal(arn),
            Approver::Named(name) => name,
        })
        .collect();
    let keys: BTreeSet<&str> =
        of().filter_map(|approval| approval.signature.as_ref()).map(|signature| signature.key.as_str()).collect();
    match rules.require {
        Require::Signed => principals.len().min(keys.len()),
        Require::File | Require::Anything => principals.len(),
    }
}

/// The changes of a plan that wait for somebody's word.
pub fn to_review(plan: &Plan) -> BTreeSet<ChangeId> {
    plan.changes.iter().filter(|change| change.safety != Safety::Safe).map(|change| change.id.clone()).collect()
}

/// The first algorithm that rectify knows of those that a key can do.
pub fn signing_algorithm<'a>(can: impl IntoIterator<Item = &'a str>) -> Option<SigningAlgorithm> {
    let can: Vec<&str> = can.into_iter().collect();
    SigningAlgorithm::ALL.into_iter().find(|algorithm| can.contains(&algorithm.as_str()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::model::{Change, Hash, Limits, PLAN_FORMAT, Proof, Signature};

    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/one";
    const OTHER_KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/two";
    const JANE: &str = "arn:aws:sts::999999999999:assumed-role/approvers/jane";
    const CI: &str = "arn:aws:sts::111122223333:assumed-role/ci/build-7";

    fn change(id: &str, safety: &str) -> Change {
        let resource = json!({"type": "AWS::KMS::Key", "account": "111122223333", "region": "eu-west-1", "id": id});
        serde_json::from_value(json!({
            "id": id, "kind": "update", "resource": resource, "before": null, "after": null, "patch": [], "fixes": [],
            "playbooks": [], "safety": safety, "reversible": true, "parts": [], "before_hash": null, "calls": [],
        }))
        .unwrap()
    }

    fn plan() -> Plan {
        Plan {
            format_version: PLAN_FORMAT,
            digest: Hash("sha256:plan".into()),
            created_at: "2026-01-01T00:00:00Z".into(),
            expires_at: "2026-01-02T00:00:00Z".into(),
            account: "111122223333".into(),
            partition: "aws".into(),
            regions: vec!["eu-west-1".into()],
            bundle_digest: Hash("sha256:bundle".into()),
            waivers_digest: None,
            fingerprint_key: "k".into(),
            version: "0.1.0".into(),
            limits: Limits::default(),
            parameters: BTreeMap::new(),
            census: BTreeMap::new(),
            findings: Vec::new(),
            changes: vec![change("a", "review"), change("b", "review"), change("c", "safe")],
            unread: Vec::new(),
            errors: Vec::new(),
            proof: Proof::default(),
        }
    }

    fn approval(by: Approver, changes: &[&str]) -> Approval {
        seal_approval(Approval {
            format_version: APPROVAL_FORMAT,
            digest: Hash(String::new()),
            plan: Hash("sha256:plan".into()),
            account: "111122223333".into(),
            partition: "aws".into(),
            changes: changes.iter().map(|id| ChangeId::from(*id)).collect(),
            by,
            approved_at: "2026-01-01T01:00:00Z".into(),
            expires_at: "2026-01-01T12:00:00Z".into(),
            reason: None,
            signature: None,
        })
    }

    fn janes(changes: &[&str]) -> Approval {
        approval(Approver::Caller(JANE.into()), changes)
    }

    fn signed(approval: Approval, key: &str) -> Approval {
        let signature = Signature { key: key.into(), algorithm: SigningAlgorithm::EcdsaSha256, value: String::new() };
        Approval { signature: Some(signature), ..approval }
    }

    fn by_file() -> ApprovalRules {
        ApprovalRules { require: Require::File, ..ApprovalRules::default() }
    }

    fn by_signature() -> ApprovalRules {
        ApprovalRules { require: Require::Signed, keys: vec![KEY.into(), OTHER_KEY.into()], ..ApprovalRules::default() }
    }

    fn not_the_applier() -> ApprovalRules {
        ApprovalRules { applier: Applier::IsNotTheApprover, ..by_file() }
    }

    fn check(approval: &Approval, rules: &ApprovalRules, applier: &str, now: &str) -> Vec<NotApproved> {
        let place = Place { partition: "aws".into(), account: "111122223333".into(), region: String::new() };
        check_approval(approval, &plan(), rules, applier, &place, now.parse().unwrap())
    }

    fn told(approval: &Approval, rules: &ApprovalRules) -> Vec<NotApproved> {
        check(approval, rules, CI, "2026-01-01T02:00:00Z")
    }

    #[test]
    fn one_that_is_as_it_was_made_counts() {
        assert_eq!(told(&janes(&["a", "b"]), &ApprovalRules::default()), []);
        assert_eq!(told(&janes(&["a"]), &by_file()), []);
        assert_eq!(told(&janes(&["a"]), &not_the_applier()), []);
        assert_eq!(told(&signed(janes(&["a"]), KEY), &by_signature()), []);
    }

    #[test]
    fn whatever_is_edited_is_noticed() {
        let edits: [fn(&mut Approval); 8] = [
            |approval| approval.changes.push("b".into()),
            |approval| approval.changes.clear(),
            |approval| approval.by = Approver::Caller("arn:aws:iam::999999999999:user/joe".into()),
            |approval| approval.by = Approver::Named(JANE.into()),
            |approval| approval.approved_at = "2026-01-01T01:00:01Z".into(),
            |approval| approval.expires_at = "2026-01-01T13:00:00Z".into(),
            |approval| approval.reason = Some("why not".into()),
            |approval| approval.digest = Hash("sha256:other".into()),
        ];
        for (index, edit) in edits.into_iter().enumerate() {
            let mut edited = janes(&["a"]);
            edit(&mut edited);
            assert_eq!(told(&edited, &by_file()), [NotApproved::Edited], "edit {index}");
        }
        // Whoever makes the digest anew has made another approval: only a signature tells.
        let mut edited = signed(janes(&["a"]), KEY);
        let content = approval_content(&edited);
        edited.changes.push("b".into());
        assert_eq!(told(&seal_approval(edited.clone()), &by_signature()), []);
        assert_ne!(approval_content(&edited), content);
    }

    #[test]
    fn it_is_of_one_plan_one_account_and_one_time() {
        let with = |edit: fn(&mut Approval)| {
            let mut approval = janes(&["a"]);
            edit(&mut approval);
            told(&seal_approval(approval), &by_file())
        };
        assert_eq!(with(|approval| approval.format_version = 2), [NotApproved::Format(2)]);
        let other = NotApproved::OtherPlan { approved: "sha256:other".into(), applied: "sha256:plan".into() };
        assert_eq!(with(|approval| approval.plan = Hash("sha256:other".into())), [other]);
        let elsewhere = |account: &str, partition: &str| NotApproved::Elsewhere {
            account: account.into(),
            partition: partition.into(),
            actual: "111122223333".into(),
            there: "aws".into(),
        };
        assert_eq!(with(|approval| approval.account = "222222222222".into()), [elsewhere("222222222222", "aws")]);
        assert_eq!(with(|approval| approval.partition = "aws-cn".into()), [elsewhere("111122223333", "aws-cn")]);
        assert_eq!(with(|approval| approval.changes.push("d".into())), [NotApproved::NoChange("d".into())]);
        assert_eq!(with(|approval| approval.expires_at = "never".into()), [NotApproved::Expired("never".into())]);
        let whole = janes(&["a"]);
        assert_eq!(check(&whole, &by_file(), CI, "2026-01-01T12:00:00Z"), []);
        let expired = NotApproved::Expired("2026-01-01T12:00:00Z".into());
        assert_eq!(check(&whole, &by_file(), CI, "2026-01-01T12:00:00.000000001Z"), [expired]);
    }

    #[test]
    fn a_signature_counts_by_the_keys_that_are_named_and_is_never_overlooked() {
        assert_eq!(told(&janes(&["a"]), &by_signature()), [NotApproved::Unsigned]);
        let foreign = "arn:aws:kms:eu-west-1:222222222222:key/one";
        let refused = [NotApproved::OtherKey(foreign.into())];
        assert_eq!(told(&signed(janes(&["a"]), foreign), &by_signature()), refused);
        // Where none is asked for, one that nobody can verify is no decoration.
        assert_eq!(told(&signed(janes(&["a"]), foreign), &by_file()), refused);
    }

    #[test]
    fn who_applies_is_not_who_has_approved() {
        let rules = not_the_applier();
        let at = |by: Approver, applier: &str| check(&approval(by, &["a"]), &rules, applier, "2026-01-01T02:00:00Z");
        let caller = |arn: &str| Approver::Caller(arn.into());
        let by_the_applier = |name: &str| vec![NotApproved::ByTheApplier(name.into())];
        assert_eq!(at(caller(CI), CI), by_the_applier(CI));
        // Another session of the same role may be the same person; its name is chosen freely.
        let other = "arn:aws:sts::111122223333:assumed-role/ci/somebody-else";
        assert_eq!(at(caller(other), CI), by_the_applier(other));
        assert_eq!(at(caller("arn:aws:sts::111122223333:assumed-role/ci-approvers/build-7"), CI), []);
        assert_eq!(at(caller("arn:aws:sts::999999999999:assumed-role/ci/build-7"), CI), []);
        let (ann, bob) = ("arn:aws:iam::111122223333:user/ann", "arn:aws:iam::111122223333:user/bob");
        assert_eq!(at(caller(ann), ann), by_the_applier(ann));
        assert_eq!(at(caller(ann), bob), []);
        // On a sandbox there are names only.
        assert_eq!(at(Approver::Named("ann".into()), "local user ann"), by_the_applier("ann"));
        assert_eq!(at(Approver::Named("ann".into()), "local user bob"), []);
        let unknown = |approver: &str, applier: &str| {
            vec![NotApproved::NotComparable { approver: approver.into(), applier: applier.into() }]
        };
        assert_eq!(at(Approver::Named("ann".into()), ann), unknown("ann", ann));
        assert_eq!(at(caller(ann), "local user ann"), unknown(ann, "local user ann"));
        assert_eq!(at(caller(ann), ""), unknown(ann, "somebody who is not known"));
    }

    #[test]
    fn a_change_is_approved_by_as_many_people_as_it_takes() {
        let two = ApprovalRules { at_least: 2, ..by_file() };
        let by = |name: &str, changes: &[&str]| approval(Approver::Caller(name.to_owned()), changes);
        let ids = |ids: &[&str]| ids.iter().map(|id| ChangeId::from(*id)).collect::<BTreeSet<_>>();
        let again = "arn:aws:sts::999999999999:assumed-role/approvers/jane-again";
        let joe = "arn:aws:iam::999999999999:user/joe";
        assert_eq!(approved(&[by(JANE, &["a", "b"])], &by_file()), ids(&["a", "b"]));
        assert_eq!(approved(&[by(JANE, &["a", "b"])], &two), ids(&[]));
        assert_eq!(approved(&[by(JANE, &["a"]), by(JANE, &["a"])], &two), ids(&[]));
        assert_eq!(approved(&[by(JANE, &["a"]), by(again, &["a"])], &two), ids(&[]));
        assert_eq!(approved(&[by(JANE, &["a", "b"]), by(joe, &["a"])], &two), ids(&["a"]));
        // Each approves a part: together it is the whole, with one approval each.
        assert_eq!(approved(&[by(JANE, &["a"]), by(joe, &["b"])], &by_file()), ids(&["a", "b"]));
    }

    #[test]
    fn under_two_names_and_one_key_there_may_be_one_person() {
        let two = ApprovalRules { at_least: 2, ..by_signature() };
        let by = |name: &str, key: &str| signed(approval(Approver::Caller(name.to_owned()), &["a"]), key);
        let joe = "arn:aws:iam::999999999999:user/joe";
        let a = BTreeSet::from([ChangeId::from("a")]);
        assert_eq!(approved(&[by(JANE, KEY), by(joe, KEY)], &two), BTreeSet::new());
        assert_eq!(approved(&[by(JANE, KEY), by(JANE, OTHER_KEY)], &two), BTreeSet::new());
        assert_eq!(approved(&[by(JANE, KEY), by(joe, OTHER_KEY)], &two), a);
    }

    #[test]
    fn what_waits_is_what_is_not_safe() {
        assert_eq!(to_review(&plan()), BTreeSet::from(["a".into(), "b".into()]));
    }

    #[test]
    fn a_key_signs_with_what_rectify_can_verify_without_kms() {
        let rsa = ["RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PSS_SHA_512", "RSASSA_PSS_SHA_256"];
        assert_eq!(signing_algorithm(rsa), Some(SigningAlgorithm::RsassaPssSha256));
        assert_eq!(signing_algorithm(["ECDSA_SHA_384"]), Some(SigningAlgorithm::EcdsaSha384));
        assert_eq!(signing_algorithm(["SM2DSA"]), None);
    }
}
