use std::collections::BTreeSet;

use jiff::Timestamp;
use rectify::cloud::{DEMO, Sandbox, aws, gather, snapshot_file};
use rectify::engine::{Assessor, Bundle, Planner, Purpose, Reading, Settings};
use rectify::event::{self, Actor, Trigger, Why};
use rectify::text::Source;
use serde_json::Value;

use super::{samples, touched, types};

fn call(event: &Value) -> (String, String) {
    let text = |pointer: &str| event.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    (text("/detail/eventSource"), text("/detail/eventName"))
}

#[test]
fn every_record_leads_where_it_must_and_nowhere_else() {
    let types = types();
    for sample in samples() {
        let trigger = event::read(&sample.event, &types).unwrap();
        assert_eq!(touched(&trigger), sample.touched, "{}", sample.name);
        match trigger {
            Trigger::Changed(changed) => {
                assert_eq!(changed.event, sample.event["id"].as_str().unwrap());
                assert_eq!(changed.at, sample.event["time"].as_str().unwrap().parse::<Timestamp>().unwrap());
                assert_eq!((changed.account.as_str(), changed.region.as_str()), place(&sample.event));
                let (source, name) = call(&sample.event);
                assert_eq!(changed.what, format!("{}:{name}", source.split('.').next().unwrap()));
                let who = &sample.event["detail"]["userIdentity"];
                let by = changed.by.unwrap();
                assert_eq!((by.arn.as_str(), by.kind.as_str()), (text(&who["arn"]), text(&who["type"])));
                assert_eq!(by.invoked_by.as_deref(), who["invokedBy"].as_str());
            }
            Trigger::Ignored(ignored) => assert!(matches!(ignored.why, Why::NamesNothing(_)), "{}", sample.name),
            Trigger::Scan(_) => panic!("{}", sample.name),
        }
    }
}

fn place(event: &Value) -> (&str, &str) {
    (text(&event["account"]), text(&event["region"]))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn every_declared_call_has_a_record_and_every_record_is_of_a_declared_call() {
    let mut declared = BTreeSet::new();
    for kind in types().all() {
        assert!(!kind.trails().is_empty(), "{} declares no call", kind.name());
        let mut own = BTreeSet::new();
        for trail in kind.trails() {
            assert!(own.insert((trail.source, trail.name)), "{} declares {} twice", kind.name(), trail.name);
        }
        declared.extend(own.into_iter().map(|(source, name)| (source.to_owned(), name.to_owned())));
    }
    let recorded: BTreeSet<(String, String)> = samples().iter().map(|sample| call(&sample.event)).collect();
    let missing: Vec<_> = declared.difference(&recorded).collect();
    assert!(missing.is_empty(), "no record of {missing:?}");
    let unknown: Vec<_> = recorded.difference(&declared).collect();
    assert!(unknown.is_empty(), "no type declares {unknown:?}");
}

#[test]
fn every_type_that_declares_a_call_is_led_to_by_a_record_of_it() {
    let samples = samples();
    for kind in types().all() {
        for trail in kind.trails() {
            let of_call = |event: &Value| call(event) == (trail.source.to_owned(), trail.name.to_owned());
            let leads = samples
                .iter()
                .any(|sample| of_call(&sample.event) && !(trail.tells)(&sample.event["detail"]).is_empty());
            assert!(leads, "no record of {} leads to a {}", trail.name, kind.name());
        }
    }
}

/// Types whose resources have the ARN of their function, log group, user and the like.
const BORROWED: &[&str] = &[
    "AWS::IAM::AccessKey",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::LayerVersionPermission",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::Logs::MetricFilter",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::WAFv2::WebACLAssociation",
];

#[test]
fn an_arn_names_its_resource_for_one_type_alone() {
    let types = types();
    let demo = snapshot_file::parse(&Source::new("demo.jsonl", DEMO), &types).unwrap();
    for resource in demo.resources() {
        let kind = types.find(&resource.type_name).unwrap();
        // What has no ARN is named by none.
        if resource.arn.is_empty() {
            continue;
        }
        // Their ARN is that of what they belong to.
        let borrowed = BORROWED.contains(&kind.name());
        let known: Vec<(&str, String)> =
            types.all().filter_map(|kind| Some((kind.name(), kind.named(&resource.arn)?))).collect();
        match borrowed {
            true => assert_eq!(known.len(), 1, "{resource:?}"),
            false => assert_eq!(known, [(kind.name(), resource.id.clone())]),
        }
    }
    let others = [
        "",
        "pay",
        "arn:aws:iam::aws:policy/AdministratorAccess",
        "arn:aws:iam::111122223333:root",
        "arn:aws:iam::111122223333:role/",
        "arn:aws:sts::111122223333:assumed-role/pay/session",
        "arn:aws:lambda:eu-west-1:111122223333:layer:tools",
        "arn:aws:lambda:eu-west-1:111122223333:function:",
        "arn:aws:kms:eu-west-1:111122223333:alias/aws/lambda",
        "arn:aws:apigateway:eu-west-1::/apis/a1/deployments/d1",
        "arn:aws:execute-api:eu-west-1:111122223333:a1/prod/GET/",
        "arn:aws:s3:::amzn-s3-demo-bucket/key",
        "arn:aws:sns:eu-west-1:111122223333:orders:1f2f8a4c-6a0b-4a5e-8a7a-0f6f2f3d9c11",
        "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/index/by-day",
        "arn:aws:dynamodb:eu-west-1:111122223333:table/",
    ];
    for arn in others {
        for kind in types.all() {
            assert_eq!(kind.named(arn), None, "{arn} as a {}", kind.name());
        }
    }
    let named = |kind: &str, arn: &str| types.find(&kind.into()).unwrap().named(arn);
    assert_eq!(named("AWS::IAM::Role", "arn:aws:iam::111122223333:role/a/b/pay").as_deref(), Some("pay"));
    assert_eq!(
        named("AWS::Lambda::Function", "arn:aws-cn:lambda:cn-north-1:111122223333:function:pay:live").as_deref(),
        Some("pay")
    );
    assert_eq!(
        named("AWS::ApiGateway::Method", "arn:aws:apigateway:eu-west-1::/restapis/a1/resources/r1/methods/GET")
            .as_deref(),
        Some("a1|r1|GET")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_we_do_ourselves_is_declared_too() {
    // Whatever a plan for the demo's account calls comes back as an event: of each call the type must know.
    let types = types();
    let bundle = Bundle::embedded(&types).unwrap();
    let settings = Settings::new(Timestamp::UNIX_EPOCH);
    let snapshot = snapshot_file::parse(&Source::new("demo.jsonl", DEMO), &types).unwrap();
    let cloud = Sandbox::memory(snapshot, types.clone());
    let reading = Reading::of(&bundle, &types, Purpose::Plan);
    let snapshot = gather(&cloud, &types, &reading, String::new(), &|_, _| {}).await;
    let planner =
        Planner { assessor: Assessor { bundle: &bundle, types: &types, settings: &settings }, reading: &reading };
    let plan = planner.plan(&snapshot, |_| true);
    let mut calls = 0;
    for change in &plan.changes {
        let kind = aws::TYPES.iter().find(|kind| kind.name() == change.resource.type_name.as_str()).unwrap();
        for call in &change.calls {
            calls += 1;
            // Lambda's names carry the version of its API, and those of S3's public access blocks say whose they are.
            let operation = call.operation.replace("PublicAccessBlock", "BucketPublicAccessBlock");
            let same = |name: &str| {
                name.strip_prefix(&operation).is_some_and(|rest| rest.is_empty() || rest.starts_with("20"))
            };
            assert!(
                kind.trails().iter().any(|trail| same(trail.name)),
                "{} does not declare {}",
                kind.name(),
                call.operation
            );
        }
    }
    assert!(calls > 20, "{calls} calls are too few to show anything");
}

#[test]
fn a_session_and_its_role_are_known() {
    let samples = samples();
    let of_role = samples.iter().find(|sample| {
        let who = &sample.event["detail"]["userIdentity"];
        who["type"] == "AssumedRole" && who.get("invokedBy").is_none() && !sample.touched.is_empty()
    });
    let Trigger::Changed(changed) = event::read(&of_role.unwrap().event, &types()).unwrap() else { panic!() };
    assert_eq!(
        changed.by,
        Some(Actor {
            arn: "arn:aws:sts::111122223333:assumed-role/ci-deploy/deploy-42".into(),
            kind: "AssumedRole".into(),
            session_issuer: Some("arn:aws:iam::111122223333:role/ci-deploy".into()),
            session: Some("deploy-42".into()),
            invoked_by: None,
            user_agent: Some(
                "aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.13.7".into()
            ),
        })
    );
}
