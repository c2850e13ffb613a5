//! `AWS::WAFv2::WebACLAssociation`: which web ACL looks at the requests of a stage. Its id is `RESOURCEARN|WEBACLARN`.
//!
//! Of REST APIs' stages alone: each says itself which web ACL it has
//! (<https://docs.aws.amazon.com/apigateway/latest/api/API_Stage.html>), so that no call of AWS WAF is needed to know.

use async_trait::async_trait;
use futures::future::join_all;
use serde_json::json;

use crate::cloud::aws::AwsType;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::sent;
use crate::cloud::aws::apigateway::{self, API_GATEWAY, Stage, named_stage};
use crate::cloud::aws::fields::only;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::Partial;
use crate::cloud::aws::object::Object;
use crate::cloud::aws::trail::{all_of, request, request_arn, trail};
use crate::cloud::aws::world::edit;
use crate::cloud::{CallError, CallErrorKind, Listing};
use crate::model::{
    Arn, Call, Impossible, Locate, Part, Parts, Place, Relation, Resource, ResourceType, Right, Sent, Snapshot, Told,
    Trail, Write,
};

/// `AWS::WAFv2::WebACLAssociation`.
pub struct WebAclAssociation;

const WAF: &str = "wafv2.amazonaws.com";

const STAGES: &str = "arn:${partition}:apigateway:${region}::/restapis/*/stages/*";
const ACLS: &str = "arn:${partition}:wafv2:${region}:${account}:regional/webacl/*";

/// What has the ACL is asked too
/// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_awswafv2.html>).
const WRITES: &[Write] = &[
    Write::create(&[
        Right::new("wafv2:AssociateWebACL", ACLS),
        Right::new("wafv2:AssociateWebACL", STAGES),
        Right::new("apigateway:SetWebACL", STAGES),
    ]),
    Write::delete(&[Right::new("wafv2:DisassociateWebACL", STAGES), Right::new("apigateway:SetWebACL", STAGES)]),
];

const TRAILS: &[Trail] = &[
    trail(WAF, "AssociateWebACL", of_resource),
    trail(API_GATEWAY, "DeleteStage", |record| {
        let names = request(record, "restApiId").zip(request(record, "stageName"));
        all_of(names.map(|(api, stage)| format!("{api}|{stage}")))
    }),
    trail(WAF, "DisassociateWebACL", of_resource),
];

fn of_resource(record: &serde_json::Value) -> Vec<Told> {
    all_of(request_arn(record, "resourceArn").and_then(|arn| named_stage(&arn)))
}

impl ResourceType for WebAclAssociation {
    fn name(&self) -> &'static str {
        "AWS::WAFv2::WebACLAssociation"
    }

    fn identified_by(&self) -> &'static [&'static str] {
        &["ResourceArn", "WebACLArn"]
    }

    fn reads(&self) -> &'static [Right] {
        Stage.reads()
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        &[Part { name: "stages", permissions: &[], properties: &["ResourceArn", "WebACLArn"], facts: &[] }]
    }

    fn belongs_to(&self) -> Option<&'static str> {
        Some("stage")
    }

    fn relations(&self) -> &'static [Relation] {
        &[Relation {
            name: "stage",
            of: "AWS::ApiGateway::Stage",
            many: false,
            locate: |association| {
                Locate::Ids(association.text("/ResourceArn").and_then(named_stage).into_iter().collect())
            },
            needs: &["ResourceArn"],
        }]
    }

    fn parent(&self, id: &str) -> Option<String> {
        named_stage(id.split('|').next()?)
    }

    fn trails(&self) -> &'static [Trail] {
        TRAILS
    }

    /// It has no ARN of its own.
    fn named(&self, _arn: &str) -> Option<String> {
        None
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let text = |association: &Resource, name: &str| association.text(name).map(str::to_owned);
        let waf = |operation, input, permissions: [&str; 2]| {
            let [first, second] = permissions;
            vec![Call::with_permission("wafv2", operation, input, first).and_permissions([second])]
        };
        Ok(match (before, after) {
            (None, None) => vec![],
            (None, Some(after)) => {
                let input = json!({"WebACLArn": text(after, "/WebACLArn"), "ResourceArn": text(after, "/ResourceArn")});
                waf("AssociateWebACL", input, ["wafv2:AssociateWebACL", "apigateway:SetWebACL"])
            }
            (Some(before), None) => {
                let input = json!({"ResourceArn": text(before, "/ResourceArn")});
                waf("DisassociateWebACL", input, ["wafv2:DisassociateWebACL", "apigateway:SetWebACL"])
            }
            (Some(before), Some(after)) => {
                only(&[], before, after)?;
                vec![]
            }
        })
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        let resource = input.text("ResourceArn").unwrap_or_default();
        let missing =
            "WAFNonexistentItemException: AWS WAF couldn't perform the operation because your resource doesn't exist.";
        let stage = Stage.key(place, &named_stage(&resource).ok_or(missing)?);
        let acl = match call.operation.as_str() {
            "AssociateWebACL" => Some(input.text("WebACLArn").unwrap_or_default()),
            "DisassociateWebACL" => None,
            _ => return Err(input.unknown().to_string()),
        };
        let regional = |arn: &str| {
            let parsed = Arn::parse(arn);
            parsed.is_some_and(|arn| arn.region == place.region && arn.resource.starts_with("regional/webacl/"))
        };
        if acl.as_deref().is_some_and(|acl| !regional(acl)) {
            return Err("WAFInvalidParameterException: Error reason: The ARN isn't valid., field: RESOURCE_ARN".into());
        }
        edit(world, &stage, missing, |_, facts| {
            match &acl {
                Some(acl) => drop(facts.insert("WebAclArn".to_owned(), acl.as_str().into())),
                None => drop(facts.remove("WebAclArn")),
            }
            Ok(())
        })?;
        // A resource has one web ACL at the most.
        let had: Vec<_> =
            world.of_type(self.name()).filter(|had| had.text("/ResourceArn") == Some(resource.as_str())).collect();
        let had: Vec<_> = had.into_iter().map(|had| had.key()).collect();
        had.iter().for_each(|key| drop(world.remove(key)));
        Ok(acl.map_or_else(Sent::default, |acl| {
            let made = document(place, &resource, &acl);
            let sent = Sent { id: Some(made.id.clone()), arn: Some(made.arn.clone()), request_id: None };
            world.insert(made);
            sent
        }))
    }
}

#[async_trait]
impl AwsType for WebAclAssociation {
    async fn list(&self, aws: &Clients, within: Option<&str>, _parts: &Parts) -> Listing {
        let mut listing = Listing::default();
        let read: Vec<Partial<Resource>> = match within {
            Some(stage) => vec![of_stage(aws, stage).await],
            None => {
                let (apis, error) = apigateway::api_ids(aws, None).await;
                listing.incomplete(aws, self, error);
                join_all(apis.iter().map(|api| of_api(aws, api))).await
            }
        };
        // Which stages an API has is not known where they were not read: then nothing is known of any.
        for (found, error) in read {
            listing.resources.extend(found);
            listing.incomplete(aws, self, error.filter(|error| error.kind != CallErrorKind::NotFound));
        }
        listing
    }

    async fn read(&self, aws: &Clients, id: &str, _parts: &Parts) -> Result<Option<Resource>, CallError> {
        let Some(stage) = self.parent(id) else { return Ok(None) };
        let (found, error) = of_stage(aws, &stage).await;
        let found = found.into_iter().find(|association| association.id == id);
        match error.filter(|error| error.kind != CallErrorKind::NotFound) {
            Some(error) => Err(error),
            None => Ok(found),
        }
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let _slot = aws.slot("wafv2").await;
        let (client, input) = (&aws.wafv2, Input(call));
        let (resource, acl) = (input.text("ResourceArn"), input.text("WebACLArn"));
        match call.operation.as_str() {
            "AssociateWebACL" => {
                let made = resource.as_deref().zip(acl.as_deref()).map(|(r, acl)| document(&aws.place, r, acl));
                let request = client.associate_web_acl().set_resource_arn(resource.clone()).set_web_acl_arn(acl);
                let sent = sent(call, request.send().await)?;
                Ok(Sent { id: made.map(|made| made.id), arn: resource, ..sent })
            }
            "DisassociateWebACL" => sent(call, client.disassociate_web_acl().set_resource_arn(resource).send().await),
            _ => Err(input.unknown()),
        }
    }
}

/// The associations of an API's stages. One with a web ACL of AWS WAF Classic is none of these.
async fn of_api(aws: &Clients, api: &str) -> Partial<Resource> {
    match apigateway::stages(aws, api).await {
        Err(error) => (vec![], Some(error)),
        Ok(stages) => {
            let association = |stage: &aws_sdk_apigateway::types::Stage| {
                let acl = stage.web_acl_arn().filter(|acl| acl.contains(":wafv2:"))?;
                let path = format!("/restapis/{api}/stages/{}", stage.stage_name().unwrap_or_default());
                Some(document(&aws.place, &apigateway::arn(&aws.place, &path), acl))
            };
            (stages.iter().filter_map(association).collect(), None)
        }
    }
}

async fn of_stage(aws: &Clients, stage: &str) -> Partial<Resource> {
    let api = stage.split('|').next().unwrap_or_default();
    let (mut found, error) = of_api(aws, api).await;
    found.retain(|association| WebAclAssociation.parent(&association.id).as_deref() == Some(stage));
    (found, error)
}

fn document(place: &Place, resource: &str, acl: &str) -> Resource {
    let mut properties = Object::default();
    properties.set("ResourceArn", Some(resource)).set("WebACLArn", Some(acl));
    let key = WebAclAssociation.key(place, &format!("{resource}|{acl}"));
    Resource::new(key, resource, properties.0, serde_json::Map::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{place, resource, run, shown, world};

    const STAGE: &str = "arn:aws:apigateway:eu-west-1::/restapis/a1/stages/prod";
    const ACL: &str = "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/shop/11111111-2222-4333-8444-555555555555";

    #[test]
    fn a_stage_gets_one_acl_and_loses_it() {
        let stage = resource(&Stage, "a1|prod", json!({"RestApiId": "a1", "StageName": "prod"}), json!({}));
        let mut world = world([stage]);
        let new = document(&place(), STAGE, ACL);
        let create = WebAclAssociation.calls(None, Some(&new)).unwrap();
        assert_eq!(shown(&create), json!([["AssociateWebACL", {"ResourceArn": STAGE, "WebACLArn": ACL}]]));
        assert_eq!(run(&WebAclAssociation, &create, None, &mut world), Ok(Some(new.clone())));
        let fact =
            |world: &Snapshot| world.get(&Stage.key(&place(), "a1|prod")).unwrap().facts.get("WebAclArn").cloned();
        assert_eq!(fact(&world), Some(json!(ACL)));
        let other = document(&place(), STAGE, &ACL.replace("shop", "other"));
        run(&WebAclAssociation, &WebAclAssociation.calls(None, Some(&other)).unwrap(), None, &mut world).unwrap();
        assert!(world.get(&new.key()).is_none() && world.get(&other.key()).is_some());
        let delete = WebAclAssociation.calls(Some(&other), None).unwrap();
        assert_eq!(run(&WebAclAssociation, &delete, Some(&other.key()), &mut world), Ok(None));
        assert_eq!(fact(&world), None);
        assert!(WebAclAssociation.calls(Some(&new), Some(&new.with_properties(other.properties))).is_err());
        assert_eq!(WebAclAssociation.parent(&new.id).as_deref(), Some("a1|prod"));
    }

    #[test]
    fn waf_refuses_what_it_would_refuse() {
        let associate = |stage: &str, acl: &str| {
            let calls = WebAclAssociation.calls(None, Some(&document(&place(), stage, acl))).unwrap();
            let stage = resource(&Stage, "a1|prod", json!({"RestApiId": "a1", "StageName": "prod"}), json!({}));
            run(&WebAclAssociation, &calls, None, &mut world([stage])).unwrap_err()
        };
        assert!(associate(&STAGE.replace("prod", "test"), ACL).starts_with("WAFNonexistentItem"));
        assert!(associate(STAGE, &ACL.replace("eu-west-1", "us-east-1")).starts_with("WAFInvalidParameter"));
        assert!(associate(STAGE, &ACL.replace("regional", "global")).starts_with("WAFInvalidParameter"));
    }
}
