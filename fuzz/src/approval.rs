//! An approval's file, and the public key that its signature is verified with.

use jiff::Timestamp;
use rectify::engine::{ApprovalRules, NotApproved, PublicKey, approval_content, check_approval, seal_approval};
use rectify::model::{Approval, Hash, Place, Plan, SigningAlgorithm};
use rectify::text::{Source, json};

use crate::is_shown;
use crate::world::PLAN;

/// An approval is written so that it is read again as the same. One that somebody sealed anew is worth something only for the
/// plan, the account and the changes that it names.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // A key has signed nothing that somebody makes up.
    if let Ok(key) = PublicKey::from_pem(text) {
        assert!(SigningAlgorithm::ALL.into_iter().all(|algorithm| !key.has_signed(algorithm, data, data)));
    }
    let approval = match json::parse::<Approval>(&Source::new("fuzz.json", text)) {
        Err(told) => return is_shown(&told.to_string()),
        Ok(approval) => approval,
    };
    let written = serde_json::to_string(&approval).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(json::parse::<Approval>(&Source::new("again.json", &written)).as_ref(), Ok(&approval), "{written}");
    let plan: &Plan = &PLAN;
    let place = Place { account: plan.account.clone(), partition: plan.partition.clone(), region: String::new() };
    let check = |approval: &Approval| {
        check_approval(
            approval,
            plan,
            &ApprovalRules::default(),
            "arn:aws:iam::111122223333:user/a",
            &place,
            Timestamp::UNIX_EPOCH,
        )
    };
    let sealed = seal_approval(approval.clone());
    assert_eq!(approval_content(&sealed), approval_content(&approval));
    let told = check(&sealed);
    told.iter().for_each(|why| {
        let _ = why.to_string();
    });
    assert!(!told.contains(&NotApproved::Edited));
    if told.is_empty() {
        assert_eq!((&sealed.plan, &sealed.account), (&plan.digest, &plan.account));
        assert!(sealed.changes.iter().all(|id| plan.changes.iter().any(|change| change.id == *id)), "{written}");
    }
    let edited = Approval { digest: Hash("sha256:0".into()), ..sealed };
    assert!(check(&edited).contains(&NotApproved::Edited));
}
