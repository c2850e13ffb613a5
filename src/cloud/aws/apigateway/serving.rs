//! Which deployment a stage serves, and what a new one would publish to it besides a fix.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_apigateway::types;
use futures::future::join_all;
use serde_json::Value;

use super::deployment::{Deployment, summary};
use super::method::methods;
use super::stage::Stage;
use super::undeployed::Methods;
use crate::cloud::CallError;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::listing::whole;
use crate::model::{Impossible, Place, Resource, ResourceType, Snapshot};

/// The fact of a stage: what of the API as it is the stage does not serve, as [`Methods::undeployed`] tells it. Absent where the
/// service does not say what it serves.
pub const UNDEPLOYED: &str = "Undeployed";

/// So many are named.
const MOST_NAMED: usize = 20;

/// Whether a stage begins to serve a deployment that is made for it.
fn gets_new(before: &Resource, after: &Resource) -> bool {
    let new = after.text("/DeploymentId");
    new != before.text("/DeploymentId") && new.is_some_and(|id| id.starts_with("${rectify:"))
}

/// Refuses a new deployment that would publish more than what it is made for.
pub fn publishes_no_more(before: &Resource, after: &Resource) -> Result<(), Impossible> {
    let more = before.facts.get(UNDEPLOYED).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if more.is_empty() || !gets_new(before, after) {
        return Ok(());
    }
    let stage = before.text("/StageName").unwrap_or_default();
    let named: Vec<&str> = more.iter().take(MOST_NAMED).filter_map(Value::as_str).collect();
    let others = match more.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        others => format!(" and {others} more"),
    };
    Err(Impossible(format!(
        "it takes a deployment to stage {stage}, which would publish other changes that are not deployed yet: {}{others}; deploy these or take them back, and plan again",
        named.join(", ")
    )))
}

/// What a person should know before a stage begins to serve a new deployment.
pub fn warnings(before: &Resource, after: &Resource) -> Vec<String> {
    if !gets_new(before, after) {
        return vec![];
    }
    let stage = before.text("/StageName").unwrap_or_default();
    let mut warnings = vec![format!("Stage {stage} serves the new deployment from then on.")];
    if before.facts.get(UNDEPLOYED).is_none() {
        warnings.push(format!(
            "What stage {stage} serves now was not told: methods that have changed since its last deployment are published too."
        ));
    }
    warnings
}

/// What is not deployed to the stages of an API, by the id of the deployment that they serve.
pub async fn undeployed(
    aws: &Clients,
    api: &str,
    stages: &[types::Stage],
) -> Result<BTreeMap<String, Vec<String>>, CallError> {
    let served: BTreeSet<&str> = stages.iter().filter_map(types::Stage::deployment_id).collect();
    if served.is_empty() {
        return Ok(BTreeMap::new());
    }
    let now = Methods::of_documents(&whole(methods(aws, api).await)?);
    let reads = served.into_iter().map(|id| async move { Ok((id.to_owned(), summary(aws, api, id).await?)) });
    let read: Vec<(String, Option<Methods>)> = join_all(reads).await.into_iter().collect::<Result<_, CallError>>()?;
    Ok(read.into_iter().filter_map(|(id, deployed)| Some((id, now.undeployed(&deployed?)))).collect())
}

/// The sandbox's stages of an API find out again what is not deployed to them, where it is known what they serve.
pub fn refresh(world: &mut Snapshot, place: &Place, api: &str) {
    let now = Methods::of_world(world, place, api);
    let here = |stage: &&Resource| {
        stage.account == place.account && stage.region == place.region && stage.text("/RestApiId") == Some(api)
    };
    let stages: Vec<Resource> = world.of_type(Stage.name()).map(AsRef::as_ref).filter(here).cloned().collect();
    for mut stage in stages {
        let id = stage.text("/DeploymentId").unwrap_or_default();
        let served = world.get(&Deployment.key(place, &format!("{id}|{api}")));
        let Some(summary) = served.and_then(|served| served.fact("/ApiSummary")) else { continue };
        let undeployed = now.undeployed(&Methods::of_summary(summary));
        if let Some(facts) = stage.facts.as_object_mut() {
            facts.insert(UNDEPLOYED.to_owned(), undeployed.into());
        }
        world.insert(stage);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Method;
    use super::*;
    use crate::cloud::aws::testing::{place, resource, run, world};

    fn stage(deployment: &str, facts: Value) -> Resource {
        let properties = json!({"RestApiId": "a1", "StageName": "prod", "DeploymentId": deployment});
        resource(&Stage, "a1|prod", properties, facts)
    }

    #[test]
    fn a_new_deployment_may_publish_nothing_else() {
        let calls = |facts: Value, to: &str| {
            let before = stage("d1", facts);
            let mut properties = before.properties.clone();
            properties["DeploymentId"] = to.into();
            Stage.calls(Some(&before), Some(&before.with_properties(properties)))
        };
        let more = json!({"Undeployed": ["PUT /cart (new)", "GET /cart"]});
        assert_eq!(
            calls(more.clone(), "${rectify:x.id.0}").unwrap_err().0,
            "it takes a deployment to stage prod, which would publish other changes that are not deployed yet: PUT /cart (new), GET /cart; deploy these or take them back, and plan again"
        );
        let many: Vec<String> = (0..25).map(|n| format!("GET /{n}")).collect();
        assert!(calls(json!({"Undeployed": many}), "${rectify:x.id.0}").unwrap_err().0.contains("GET /19 and 5 more;"));
        // What was deployed before is served again without anything new.
        assert_eq!(calls(more, "d0").unwrap().len(), 1);
        assert_eq!(calls(json!({"Undeployed": []}), "${rectify:x.id.0}").unwrap().len(), 1);
        let (before, after) = (stage("d1", json!({})), stage("${rectify:x.id.0}", json!({})));
        assert_eq!(warnings(&before, &after).len(), 2);
        assert!(warnings(&before, &stage("d0", json!({}))).is_empty());
    }

    #[test]
    fn the_sandbox_tells_what_is_not_deployed() {
        let method = json!({"RestApiId": "a1", "ResourceId": "r", "HttpMethod": "GET", "AuthorizationType": "NONE"});
        let method = resource(&Method, "a1|r|GET", method, json!({"ResourcePath": "/"}));
        let deployment = resource(
            &Deployment,
            "d1|a1",
            json!({"RestApiId": "a1"}),
            json!({"ApiSummary": {"/": {"GET": {"AuthorizationType": "NONE"}}}}),
        );
        let mut world = world([method.clone(), deployment, stage("d1", json!({}))]);
        let mut closed = method.properties.clone();
        closed["AuthorizationType"] = "AWS_IAM".into();
        let calls = Method.calls(Some(&method), Some(&method.with_properties(closed))).unwrap();
        run(&Method, &calls, Some(&method.key()), &mut world).unwrap();
        let told = |world: &Snapshot| world.get(&Stage.key(&place(), "a1|prod")).unwrap().facts["Undeployed"].clone();
        assert_eq!(told(&world), json!(["GET /"]));

        let new = resource(&Deployment, "?", json!({"RestApiId": "a1"}), json!({}));
        let made = run(&Deployment, &Deployment.calls(None, Some(&new)).unwrap(), None, &mut world).unwrap().unwrap();
        let (id, _) = made.id.split_once('|').unwrap();
        let calls = Stage.calls(Some(&stage("d1", json!({}))), Some(&stage(id, json!({})))).unwrap();
        run(&Stage, &calls, None, &mut world).unwrap();
        assert_eq!(told(&world), json!([]));
    }
}
