//! What a plan does where a change of a REST API takes a deployment.

use rectify::model::{Change, Plan, Resource, Status};
use serde_json::json;

use super::worlds::World;

/// The plan for the demo's account, whose production stage lacks so much of its API.
fn plan(undeployed: &[&str]) -> Plan {
    let world = World::demo();
    let mut snapshot = world.snapshot.clone();
    let stage = snapshot.of_type("AWS::ApiGateway::Stage").find(|stage| stage.id == "a1b2c3d4e5|prod").unwrap();
    let mut stage = Resource::clone(stage);
    stage.facts["Undeployed"] = json!(undeployed);
    snapshot.insert(stage);
    world.plan_over(&snapshot)
}

fn on<'a>(plan: &'a Plan, type_name: &str) -> Vec<&'a Change> {
    let of_shop = |change: &&Change| {
        let api = change.after.as_ref().and_then(|after| after.text("/RestApiId"));
        change.resource.type_name.as_str() == type_name && api == Some("a1b2c3d4e5")
    };
    plan.changes.iter().filter(of_shop).collect()
}

#[test]
fn the_stages_serve_what_was_put_right() {
    let plan = plan(&[]);
    let (methods, deployments, stages) = (
        on(&plan, "AWS::ApiGateway::Method"),
        on(&plan, "AWS::ApiGateway::Deployment"),
        on(&plan, "AWS::ApiGateway::Stage"),
    );
    assert_eq!((methods.len(), deployments.len(), stages.len()), (1, 1, 2));
    assert!(deployments[0].depends_on.contains(&methods[0].id), "what is deployed is there before");
    for stage in stages {
        assert!(stage.depends_on.contains(&deployments[0].id));
        assert!(stage.warnings.iter().any(|told| told.contains("serves the new deployment")), "{:?}", stage.warnings);
    }
}

#[test]
fn a_deployment_that_would_publish_more_is_for_a_person_and_the_stage_s_other_fixes_are_not() {
    let plan = plan(&["GET /cart", "PUT /cart (new)"]);
    let finding = plan.findings.iter().find(|finding| finding.policy.as_str() == "apigw-method-auth").unwrap();
    assert_eq!(finding.status, Status::Manual);
    let reason = finding.reason.as_deref().unwrap();
    assert!(reason.contains("stage prod") && reason.contains("GET /cart, PUT /cart (new)"), "{reason}");
    assert!(on(&plan, "AWS::ApiGateway::Method").is_empty() && on(&plan, "AWS::ApiGateway::Deployment").is_empty());
    let stages: Vec<&str> =
        on(&plan, "AWS::ApiGateway::Stage").iter().map(|change| change.resource.id.as_str()).collect();
    assert!(stages.contains(&"a1b2c3d4e5|prod"), "{stages:?}");
}
