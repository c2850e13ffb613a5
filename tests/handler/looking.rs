//! Looking at one resource is looking at the account, as far as the resource goes.

use std::collections::BTreeSet;

use rectify::cloud::gather;
use rectify::engine::{Assessor, Planner, Purpose, Reading};
use rectify::event::look::Look;
use rectify::model::{Change, FindingId, Plan, Status};

use super::{bundle, demo, sandbox, settings, types};

/// The findings that a plan is about.
fn asked(plan: &Plan) -> BTreeSet<FindingId> {
    plan.findings.iter().filter(|finding| finding.status != Status::Open).map(|finding| finding.id.clone()).collect()
}

#[tokio::test]
async fn the_plan_for_an_event_is_the_accounts_plan_for_its_findings() {
    let (types, bundle, settings, cloud) = (types(), bundle(), settings(), sandbox());
    let reading = Reading::of(&bundle, &types, Purpose::Plan);
    let whole = gather(&cloud, &types, &reading, settings.now.to_string(), &|_, _| {}).await;
    let assessor = || Assessor { bundle: &bundle, types: &types, settings: &settings };
    let found = assessor().assess(&whole, None).findings;
    let look = Look { cloud: &cloud, types: &types, bundle: &bundle, settings: &settings };
    let (mut planned, mut seen_all) = (0, BTreeSet::new());
    for resource in demo().resources() {
        let key = resource.key();
        let seen = look.at(&BTreeSet::from([key.clone()])).await;
        assert_eq!(seen.snapshot.header.unread, [], "{key}");
        let ids = asked(&seen.plan);
        let own: BTreeSet<FindingId> =
            found.iter().filter(|finding| finding.resource == key).map(|finding| finding.id.clone()).collect();
        assert!(ids.is_superset(&own), "{key}: {ids:?} has not all of {own:?}");
        let account = Planner { assessor: assessor(), reading: &reading };
        let account = account.plan(&whole, |finding| ids.contains(&finding.id));
        let shown = |plan: &Plan| -> Vec<Change> { plan.changes.clone() };
        let (mut here, mut there) = (shown(&seen.plan), shown(&account));
        // A part that no policy here looks at need not be read again either.
        here.iter_mut().chain(&mut there).for_each(|change| {
            change.parts = Default::default();
            let trim = |document: &mut Option<rectify::model::Resource>| {
                if let Some(document) = document {
                    document.facts = serde_json::Value::Null;
                }
            };
            trim(&mut change.before);
            trim(&mut change.after);
        });
        assert_eq!(here, there, "{key}");
        assert_eq!(seen.plan.proof, account.proof, "{key}");
        assert_eq!(asked(&account), ids, "{key}");
        planned += seen.plan.changes.len();
        seen_all.extend(ids);
    }
    assert!(planned > 20, "{planned}");
    assert_eq!(seen_all, found.iter().map(|finding| finding.id.clone()).collect(), "each finding is some event's");
}
