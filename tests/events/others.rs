use rectify::event::{self, Scan, Touched, Trigger, Why};
use rectify::model::ResourceKey;
use serde_json::{Value, json};

use super::{samples, types};

const ACCOUNT: &str = "111122223333";

fn read(event: &Value) -> Trigger {
    event::read(event, &types()).unwrap()
}

fn refused(event: &Value) -> String {
    event::read(event, &types()).unwrap_err().to_string()
}

fn why(event: &Value) -> Why {
    match read(event) {
        Trigger::Ignored(ignored) => ignored.why,
        other => panic!("{other:?}"),
    }
}

fn one(kind: &str, account: &str, region: &str, id: &str) -> Touched {
    let (account, region, id) = (account.to_owned(), region.to_owned(), id.to_owned());
    Touched::One(ResourceKey { type_name: kind.into(), account, region, id })
}

/// A call that changes a function.
fn update() -> Value {
    let update = |sample: &super::Sample| {
        sample.event["detail"]["eventName"] == "UpdateFunctionConfiguration20150331v2" && !sample.touched.is_empty()
    };
    samples().into_iter().find(update).unwrap().event
}

#[test]
fn a_failed_call_is_ignored() {
    let mut event = update();
    event["detail"]["errorCode"] = "AccessDenied".into();
    event["detail"]["errorMessage"] = "User: alice is not authorized".into();
    event["detail"]["responseElements"] = Value::Null;
    let why = why(&event);
    assert_eq!(why, Why::Failed("AccessDenied".into()));
    assert_eq!(why.to_string(), "the call failed with AccessDenied and changed nothing");
    // What is no code is still a failure.
    event["detail"]["errorCode"] = json!(503);
    assert_eq!(self::why(&event), Why::Failed("503".into()));
}

#[test]
fn reads_services_and_foreign_events_are_ignored() {
    let mut event = update();
    event["detail"]["readOnly"] = true.into();
    assert_eq!(why(&event), Why::ReadOnly);

    let mut event = update();
    event["detail"]["eventName"] = "PublishVersion20150331".into();
    assert_eq!(why(&event), Why::Undeclared("lambda:PublishVersion20150331".into()));
    event["detail"]["eventSource"] = "ec2.amazonaws.com".into();
    assert_eq!(why(&event).to_string(), "no resource type is changed by ec2:PublishVersion20150331");

    // The name of another service's call.
    let mut event = update();
    event["detail"]["eventSource"] = "iam.amazonaws.com".into();
    assert!(matches!(why(&event), Why::Undeclared(_)));

    let mut event = update();
    event["detail-type"] = "AWS Service Event via CloudTrail".into();
    assert_eq!(why(&event), Why::Service);
    let mut event = update();
    event["detail"]["eventType"] = "AwsServiceEvent".into();
    assert_eq!(why(&event), Why::Service);

    for kind in ["AWS Insight via CloudTrail", "Scheduled Event", "Config Rules Compliance Change"] {
        let event = json!({"id": "e1", "detail-type": kind, "detail": {}});
        assert_eq!(why(&event), Why::Foreign(kind.into()));
    }
}

#[test]
fn account_and_region_come_from_the_record_or_else_from_the_event() {
    let place = |event: &Value| match read(event) {
        Trigger::Changed(changed) => (changed.account, changed.region),
        other => panic!("{other:?}"),
    };
    let mut event = update();
    event["account"] = "999999999999".into();
    event["region"] = "us-west-2".into();
    assert_eq!(place(&event), (ACCOUNT.to_owned(), "eu-west-1".to_owned()));
    for name in ["account", "region", "time"] {
        event.as_object_mut().unwrap().remove(name);
    }
    assert_eq!(place(&event), (ACCOUNT.to_owned(), "eu-west-1".to_owned()));
    event["detail"].as_object_mut().unwrap().remove("recipientAccountId");
    assert_eq!(refused(&event), "no `detail.recipientAccountId`; expected a CloudTrail record in `detail`");
}

#[test]
fn a_second_delivery_has_the_same_id() {
    let id = |event: &Value| match read(event) {
        Trigger::Changed(changed) => changed.event,
        other => panic!("{other:?}"),
    };
    let mut event = update();
    assert_eq!(id(&event), event["id"]);
    event.as_object_mut().unwrap().remove("id");
    let first = id(&event);
    assert!(first.starts_with("sha256:"), "{first}");
    assert_eq!(id(&event), first);
    event["detail"]["requestID"] = "another".into();
    assert_ne!(id(&event), first);
}

#[test]
fn a_schedule_asks_for_a_scan() {
    let message = json!({"rectify": "scan", "id": "2026-03-01T12:00:00Z", "account": ACCOUNT, "regions": ["eu-west-1"],
        "types": ["AWS::IAM::Role"], "policies": ["iam-no-wildcards"]});
    assert_eq!(
        read(&message),
        Trigger::Scan(Scan {
            event: "2026-03-01T12:00:00Z".into(),
            account: Some(ACCOUNT.into()),
            regions: vec!["eu-west-1".into()],
            types: vec!["AWS::IAM::Role".into()],
            policies: vec!["iam-no-wildcards".into()],
        })
    );
    let Trigger::Scan(all) = read(&json!({"rectify": "scan"})) else { panic!() };
    assert!(all.event.starts_with("sha256:"));
    assert_eq!((all.account, all.regions, all.types, all.policies), (None, vec![], vec![], vec![]));
}

#[test]
fn a_message_that_means_something_else_is_refused() {
    let expected = r#"; expected {"rectify": "scan"} with "id", "account", "regions", "types" or "policies""#;
    for (message, wrong) in [
        (json!({"rectify": "scna"}), "unknown request `scna` (did you mean `scan`?)"),
        (json!({"rectify": "scan", "region": ["eu-west-1"]}), "unknown member `region` (did you mean `regions`?)"),
        (
            json!({"rectify": "scan", "types": ["AWS::Lambda::Fucntion"]}),
            "unknown resource type `AWS::Lambda::Fucntion` (did you mean `AWS::Lambda::Function`?)",
        ),
        (json!({"rectify": "scan", "account": "1"}), "`1` is no account, which has twelve digits"),
        (json!({"rectify": "scan", "regions": "eu-west-1"}), "invalid type: string \"eu-west-1\", expected a sequence"),
        (json!({"rectify": true}), "invalid type: boolean `true`, expected a string"),
    ] {
        assert_eq!(refused(&message), format!("{wrong}{expected}"));
    }
    for message in [json!(null), json!([]), json!("scan"), json!({}), json!({"detail-type": 1}), json!({"Records": []})]
    {
        assert_eq!(refused(&message), r#"no `detail-type`; expected an EventBridge event, or {"rectify": "scan"}"#);
    }
}

/// <https://docs.aws.amazon.com/config/latest/developerguide/monitor-config-with-cloudwatchevents.html>
fn config(item: Value) -> Value {
    json!({"version": "0", "id": "c1", "detail-type": "Config Configuration Item Change", "source": "aws.config",
        "account": ACCOUNT, "time": "2026-03-01T12:00:09Z", "region": "eu-west-1", "resources": [],
        "detail": {"recordVersion": "1.3", "messageType": "ConfigurationItemChangeNotification",
            "notificationCreationTime": "2026-03-01T12:00:08.000Z", "configurationItem": item}})
}

fn item(kind: &str, id: &str, name: &str, arn: Option<&str>) -> Value {
    let mut item = json!({"configurationItemVersion": "1.3", "awsAccountId": ACCOUNT, "awsRegion": "eu-west-1",
        "configurationItemCaptureTime": "2026-03-01T12:00:07.000Z", "configurationItemStatus": "OK",
        "resourceType": kind, "resourceId": id, "resourceName": name, "tags": {}, "configuration": {}});
    if let Some(arn) = arn {
        item["ARN"] = arn.into();
    }
    item
}

#[test]
fn config_tells_of_a_resource_by_arn_or_by_name() {
    let touched = |event: &Value| match read(event) {
        Trigger::Changed(changed) => {
            assert_eq!((changed.what.as_str(), changed.event.as_str(), changed.by), ("config", "c1", None));
            assert_eq!(changed.at.to_string(), "2026-03-01T12:00:07Z");
            assert_eq!((changed.account.as_str(), changed.region.as_str()), (ACCOUNT, "eu-west-1"));
            changed.touched
        }
        other => panic!("{other:?}"),
    };
    let function = one("AWS::Lambda::Function", ACCOUNT, "eu-west-1", "pay");
    let arn = "arn:aws:lambda:eu-west-1:111122223333:function:pay";
    let by_arn = item("AWS::Lambda::Function", "pay", "pay", Some(arn));
    assert_eq!(touched(&config(by_arn.clone())), std::slice::from_ref(&function));
    let mut deleted = item("AWS::Lambda::Function", "pay", "pay", None);
    deleted["configurationItemStatus"] = "ResourceDeleted".into();
    assert_eq!(touched(&config(deleted)), std::slice::from_ref(&function));

    // An item that is too large comes as its summary.
    let mut event = config(Value::Null);
    event["detail"].as_object_mut().unwrap().remove("configurationItem");
    event["detail"]["configurationItemSummary"] = by_arn;
    assert_eq!(touched(&event), [function]);

    // IAM has no Region, and internal ids.
    let mut role = item("AWS::IAM::Role", "AROACKCEVSQ6C2EXAMPLE", "pay", None);
    role["awsRegion"] = "global".into();
    assert_eq!(touched(&config(role)), [one("AWS::IAM::Role", ACCOUNT, "", "pay")]);
    let policy = "arn:aws:iam::111122223333:policy/own";
    let of_policy = item("AWS::IAM::Policy", "ANPACKCEVSQ6C2EXAMPLE", "own", Some(policy));
    assert_eq!(touched(&config(of_policy)), [one("AWS::IAM::ManagedPolicy", ACCOUNT, "", policy)]);

    // Config's id of a stage is its ARN.
    let stage = "arn:aws:apigateway:eu-west-1::/restapis/a1/stages/prod";
    let stage = item("AWS::ApiGateway::Stage", stage, "prod", None);
    assert_eq!(touched(&config(stage)), [one("AWS::ApiGateway::Stage", ACCOUNT, "eu-west-1", "a1|prod")]);

    let bucket =
        item("AWS::S3::Bucket", "amzn-s3-demo-bucket", "amzn-s3-demo-bucket", Some("arn:aws:s3:::amzn-s3-demo-bucket"));
    assert_eq!(touched(&config(bucket)), [one("AWS::S3::Bucket", ACCOUNT, "eu-west-1", "amzn-s3-demo-bucket")]);
    let instance = "arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0";
    let instance = item("AWS::EC2::Instance", "i-0123456789abcdef0", "i-0123456789abcdef0", Some(instance));
    assert_eq!(why(&config(instance)), Why::NamesNothing("config".into()));
    assert_eq!(
        refused(&config(Value::Null)),
        "no `detail.configurationItem`; expected a configuration item of AWS Config in `detail`"
    );
}

/// Calls are sent to where an event says.
#[test]
fn config_tells_of_no_place_that_is_none() {
    let mut elsewhere = item("AWS::Lambda::Function", "pay", "pay", None);
    elsewhere["awsRegion"] = "eu-west-1.example.com/".into();
    assert_eq!(
        refused(&config(elsewhere)),
        "`eu-west-1.example.com/` is no Region; expected a Region such as eu-west-1"
    );
    let mut nobody = item("AWS::Lambda::Function", "pay", "pay", None);
    nobody["awsAccountId"] = "1111222233%3".into();
    assert_eq!(refused(&config(nobody)), "`1111222233%3` is no account; expected twelve digits");
}

/// <https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cwe-event-formats.html>
fn hub(findings: Value) -> Value {
    json!({"version": "0", "id": "s1", "detail-type": "Security Hub Findings - Imported", "source": "aws.securityhub",
        "account": ACCOUNT, "time": "2026-03-01T12:00:09Z", "region": "eu-west-1",
        "resources": ["arn:aws:securityhub:eu-west-1::product/aws/securityhub/arn:aws:securityhub:eu-west-1:111122223333:finding/f1"],
        "detail": {"findings": findings}})
}

fn finding(account: &str, region: &str, resources: &[(&str, &str)]) -> Value {
    let resource = |(kind, id): &(&str, &str)| json!({"Type": kind, "Id": id, "Partition": "aws", "Region": region});
    json!({"SchemaVersion": "2018-10-08", "AwsAccountId": account, "Region": region, "ProductName": "Security Hub",
        "Types": ["Software and Configuration Checks/Industry and Regulatory Standards"],
        "Resources": resources.iter().map(resource).collect::<Vec<_>>(), "Compliance": {"Status": "FAILED"},
        "Workflow": {"Status": "NEW"}, "RecordState": "ACTIVE", "UpdatedAt": "2026-03-01T12:00:00.000Z"})
}

#[test]
fn security_hub_tells_of_several_resources_of_several_accounts() {
    let event = hub(json!([
        finding(
            ACCOUNT,
            "eu-west-1",
            &[
                ("AwsLambdaFunction", "arn:aws:lambda:eu-west-1:111122223333:function:pay"),
                ("AwsIamRole", "arn:aws:iam::111122223333:role/shop/pay"),
                ("AwsLambdaFunction", "arn:aws:lambda:eu-west-1:111122223333:function:pay:$LATEST"),
                ("AwsAccount", "AWS::::Account:111122223333"),
            ],
        ),
        finding(
            "444455556666",
            "us-west-2",
            &[("AwsApiGatewayV2Stage", "arn:aws:apigateway:us-west-2::/apis/h1/stages/$default")]
        ),
    ]));
    let Trigger::Changed(changed) = read(&event) else { panic!() };
    assert_eq!((changed.what.as_str(), changed.event.as_str(), changed.by), ("securityhub", "s1", None));
    assert_eq!(changed.at.to_string(), "2026-03-01T12:00:09Z");
    assert_eq!(
        changed.touched,
        [
            one("AWS::ApiGatewayV2::Stage", "444455556666", "us-west-2", "h1|$default"),
            one("AWS::IAM::Role", ACCOUNT, "", "pay"),
            one("AWS::Lambda::Function", ACCOUNT, "eu-west-1", "pay"),
        ]
    );
    let mut by_hand = event;
    by_hand["detail-type"] = "Security Hub Findings - Custom Action".into();
    assert!(matches!(read(&by_hand), Trigger::Changed(_)));
    let instance = "arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0";
    let empty = hub(json!([finding(ACCOUNT, "eu-west-1", &[("AwsEc2Instance", instance)])]));
    assert_eq!(why(&empty).to_string(), "securityhub names no resource of a known type");
    assert_eq!(refused(&hub(json!({}))), "no `detail.findings`; expected findings of Security Hub in `detail`");
}
