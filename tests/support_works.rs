//! The proof of what the other tests stand on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test says what it expects by failing, and has a process of its own"
)]

mod support;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rectify::engine::Bundle;
use rectify::model::{Resource, ResourceKey, ResourceType, ResourceTypes};
use serde_json::{Map, Value, json};
use support::emulator::REGION;
use support::gaps::Instead;
use support::venv::Venv;
use support::{Emulator, Fault, Gap, Kind, On, Proxy, Shop, WireCall, schema};

fn gone(address: &str) -> bool {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(10) {
        if TcpStream::connect(address).is_err() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// Runs Python with a boto3 client factory `client`, against an endpoint, and gives back what it prints.
fn boto(endpoint: &str, script: &str) -> String {
    let script = format!("import boto3, json\nfrom botocore.exceptions import *\nclient = boto3.client\n{script}");
    Venv::shared().run(&script, &[], Some(endpoint))
}

fn write(service: &str, operation: &str, input: Value) -> WireCall {
    WireCall { service: service.into(), operation: operation.into(), input }
}

#[test]
fn an_emulator_ends_with_its_handle() {
    for kind in Kind::ALL {
        let emulator = Emulator::start(kind);
        let address = emulator.address().to_string();
        let account = boto(&emulator.endpoint(), "print(client('sts').get_caller_identity()['Account'])");
        assert_eq!(account.trim(), support::emulator::ACCOUNT, "{kind:?}");
        let pid = emulator.pid().to_string();
        drop(emulator);
        assert!(gone(&address), "{kind:?} still listens");
        let found = Command::new("kill").args(["-0", &pid]).stderr(Stdio::null()).status().unwrap();
        assert!(!found.success(), "{kind:?} is still a process, or a zombie");
    }
}

#[test]
fn an_emulator_ends_with_a_killed_test() {
    for kind in Kind::ALL {
        let mut test = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "holds_an_emulator", "--ignored", "--nocapture"])
            .env("HOLD", kind.name())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(test.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.into_iter().find_map(|line| line.strip_prefix("address ").map(str::to_owned)).unwrap();
        assert!(TcpStream::connect(&address).is_ok());
        test.kill().unwrap();
        test.wait().unwrap();
        assert!(gone(&address), "{kind:?} is still there");
    }
}

#[test]
#[ignore = "is run, and killed, by the test above"]
fn holds_an_emulator() {
    let Ok(name) = std::env::var("HOLD") else { return };
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name).unwrap();
    let emulator = Emulator::start(kind);
    println!("\naddress {}", emulator.address());
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn a_reset_emulator_is_empty() {
    let count = "print(len(client('kms').list_keys()['Keys']))";
    for kind in Kind::ALL {
        let emulator = Emulator::start(kind);
        boto(&emulator.endpoint(), "client('kms').create_key()");
        assert_eq!(boto(&emulator.endpoint(), count).trim(), "1", "{kind:?}");
        emulator.reset();
        assert_eq!(boto(&emulator.endpoint(), count).trim(), "0", "{kind:?}");
    }
}

#[test]
fn the_proxy_reads_every_protocol() {
    let emulator = Emulator::start(Kind::Ministack);
    let shop = Shop::open(&emulator, &["CANARY-1"]);
    let id_of = |policy: &str| &shop.violating.iter().find(|seeded| seeded.policy == policy).unwrap().id;
    let key = id_of("kms-rotation");
    let (rest_api, rest_stage) = id_of("apigw-throttling").split_once('|').unwrap();
    let (http_api, http_stage) = id_of("apigwv2-throttling").split_once('|').unwrap();
    let arn = format!("arn:aws:apigateway:{REGION}::/restapis/{rest_api}/stages/{rest_stage}");
    let policy = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}"#;
    let proxy = Proxy::before(&emulator);
    boto(
        &proxy.endpoint(),
        &format!(
            r#"
client("kms").list_keys()
client("kms").enable_key_rotation(KeyId="{key}", RotationPeriodInDays=180)
iam = client("iam")
iam.list_roles()
iam.tag_role(RoleName="shop-orders", Tags=[{{"Key": "a b", "Value": "1+1=2"}}, {{"Key": "c", "Value": ""}}])
iam.update_role(RoleName="shop-orders", MaxSessionDuration=7200)
policy = iam.list_policies(Scope="Local")["Policies"][0]["Arn"]
iam.create_policy_version(PolicyArn=policy, PolicyDocument='{policy}', SetAsDefault=True)
client("lambda").update_function_configuration(FunctionName="orders", TracingConfig={{"Mode": "Active"}}, Timeout=20,
    Environment={{"Variables": {{"tableName": "orders"}}}})
client("lambda").remove_permission(FunctionName="checkout", StatementId="everyone", RevisionId="r-1")
client("lambda").untag_resource(Resource="arn:aws:lambda:{REGION}:111122223333:function:orders", TagKeys=["team", "b"])
client("apigateway").update_stage(restApiId="{rest_api}", stageName="{rest_stage}",
    patchOperations=[{{"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "50"}}])
client("apigateway").tag_resource(resourceArn="{arn}", tags={{"team": "shop"}})
s3 = client("s3")
s3.create_bucket(Bucket="shop-wire", CreateBucketConfiguration={{"LocationConstraint": "{REGION}"}})
s3.list_buckets(Prefix="shop-w")
s3.put_bucket_encryption(Bucket="shop-wire", ServerSideEncryptionConfiguration={{"Rules": [
    {{"ApplyServerSideEncryptionByDefault": {{"SSEAlgorithm": "AES256"}}, "BucketKeyEnabled": False}}]}})
s3.put_bucket_tagging(Bucket="shop-wire", Tagging={{"TagSet": [{{"Key": "a&b", "Value": "<c>"}}]}})
s3.put_bucket_logging(Bucket="shop-wire", BucketLoggingStatus={{}})
s3.put_bucket_policy(Bucket="shop-wire", Policy='{policy}')
s3.get_bucket_policy(Bucket="shop-wire")
client("apigatewayv2").update_stage(ApiId="{http_api}", StageName="{http_stage}",
    DefaultRouteSettings={{"ThrottlingBurstLimit": 100, "ThrottlingRateLimit": 50.5}},
    RouteSettings={{"GET /cart": {{"ThrottlingRateLimit": 5.0}}}})
"#
        ),
    );
    let arn_of_policy = proxy.writes()[3].input["PolicyArn"].clone();
    assert!(arn_of_policy.as_str().unwrap().starts_with("arn:aws:iam::"));
    let expected = [
        write("kms", "EnableKeyRotation", json!({"KeyId": key, "RotationPeriodInDays": 180})),
        write(
            "iam",
            "TagRole",
            json!({"RoleName": "shop-orders", "Tags": [{"Key": "a b", "Value": "1+1=2"}, {"Key": "c", "Value": ""}]}),
        ),
        write("iam", "UpdateRole", json!({"RoleName": "shop-orders", "MaxSessionDuration": 7200})),
        write(
            "iam",
            "CreatePolicyVersion",
            json!({"PolicyArn": arn_of_policy, "PolicyDocument": policy, "SetAsDefault": true}),
        ),
        write(
            "lambda",
            "UpdateFunctionConfiguration",
            json!({"FunctionName": "orders", "TracingConfig": {"Mode": "Active"}, "Timeout": 20,
                   "Environment": {"Variables": {"tableName": "orders"}}}),
        ),
        write(
            "lambda",
            "RemovePermission",
            json!({"FunctionName": "checkout", "StatementId": "everyone", "RevisionId": "r-1"}),
        ),
        write(
            "lambda",
            "UntagResource",
            json!({"Resource": format!("arn:aws:lambda:{REGION}:111122223333:function:orders"), "TagKeys": ["team", "b"]}),
        ),
        write(
            "apigateway",
            "UpdateStage",
            json!({"restApiId": rest_api, "stageName": rest_stage,
                   "patchOperations": [{"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "50"}]}),
        ),
        write("apigateway", "TagResource", json!({"resourceArn": arn, "tags": {"team": "shop"}})),
        write(
            "s3",
            "CreateBucket",
            json!({"Bucket": "shop-wire", "CreateBucketConfiguration": {"LocationConstraint": REGION}}),
        ),
        write(
            "s3",
            "PutBucketEncryption",
            json!({"Bucket": "shop-wire", "ServerSideEncryptionConfiguration": {"Rules": [
                {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": false}]}}),
        ),
        write(
            "s3",
            "PutBucketTagging",
            json!({"Bucket": "shop-wire", "Tagging": {"TagSet": [{"Key": "a&b", "Value": "<c>"}]}}),
        ),
        write("s3", "PutBucketLogging", json!({"Bucket": "shop-wire", "BucketLoggingStatus": {}})),
        write("s3", "PutBucketPolicy", json!({"Bucket": "shop-wire", "Policy": policy})),
        write(
            "apigatewayv2",
            "UpdateStage",
            json!({"ApiId": http_api, "StageName": http_stage,
                   "DefaultRouteSettings": {"ThrottlingBurstLimit": 100, "ThrottlingRateLimit": 50.5},
                   "RouteSettings": {"GET /cart": {"ThrottlingRateLimit": 5}}}),
        ),
    ];
    assert_eq!(proxy.writes(), expected);
    let answered = proxy.requests().iter().all(|request| request.passed && request.status.is_some());
    assert!(answered, "{:#?}", proxy.requests());
    proxy.forget();
    assert_eq!(proxy.requests(), []);
}

#[test]
fn the_proxy_lets_calls_go_wrong() {
    let emulator = Emulator::start(Kind::Ministack);
    let proxy = Proxy::before(&emulator);
    let attempt = |script: &str| {
        let script = format!(
            r#"
try:
    {script}
    print("done")
except ClientError as error:
    print(error.response["Error"]["Code"])
except BotoCoreError as error:
    print("no answer")
"#
        );
        boto(&proxy.endpoint(), &script).trim().to_owned()
    };
    let outcomes = || -> Vec<_> {
        let requests = proxy.requests();
        proxy.forget();
        requests.iter().map(|request| (request.attempt, request.passed, request.status)).collect()
    };
    let (key, user) = ("client('kms').create_key()", "client('iam').create_user(UserName='u')");

    proxy.fail(On::call("kms", "CreateKey"), Fault::Error(400, "ThrottlingException"), 1);
    assert_eq!(attempt(key), "done", "the second attempt succeeds");
    assert_eq!(proxy.writes().len(), 1, "two attempts are one call");
    assert_eq!(outcomes(), [(1, false, Some(400)), (2, true, Some(200))]);

    proxy.fail(On::writes(), Fault::Error(409, "ConcurrentModification"), 1);
    assert_eq!(attempt(user), "ConcurrentModification");
    assert_eq!(outcomes(), [(1, false, Some(409))]);

    proxy.fail(On::writes().after(1), Fault::Reset, 2);
    assert_eq!(attempt(key), "done");
    assert_eq!(attempt(key), "no answer");
    assert_eq!(outcomes(), [(1, true, Some(200)), (1, false, None), (2, false, None)]);

    proxy.fail(On::call("iam", "CreateUser"), Fault::Lost, 1);
    assert_eq!(attempt(user), "EntityAlreadyExists", "the first attempt was done");
    assert_eq!(outcomes(), [(1, true, None), (2, true, Some(409))]);

    proxy.fail(On::writes(), Fault::Status(503, "<html>".into()), 2);
    proxy.fail(On::writes(), Fault::Delay(Duration::from_millis(100)), 1);
    assert_eq!(attempt(key), "503");
    let started = Instant::now();
    assert_eq!(attempt(key), "done");
    assert!(started.elapsed() > Duration::from_millis(100));
    assert_eq!(outcomes(), [(1, false, Some(503)), (2, false, Some(503)), (1, true, Some(200))]);
}

#[test]
#[should_panic(expected = "no model of the service ssm")]
fn the_proxy_lets_nothing_pass_that_it_cannot_read() {
    let emulator = Emulator::start(Kind::Ministack);
    let proxy = Proxy::before(&emulator);
    boto(&proxy.endpoint(), "client('ssm').describe_parameters()");
}

#[test]
fn the_shop_opens_on_both_emulators() {
    for kind in Kind::ALL {
        let emulator = Emulator::start(kind);
        let shop = Shop::open(&emulator, &["CANARY-1", "CANARY-2"]);
        let policies: BTreeSet<&str> = shop.violating.iter().map(|seeded| seeded.policy.as_str()).collect();
        let types = ResourceTypes::new(rectify::cloud::aws::TYPES.iter().map(|kind| *kind as &dyn ResourceType));
        let bundle = Bundle::embedded(&types).unwrap_or_else(|told| panic!("{told:?}"));
        let all: BTreeSet<&str> = bundle.policies.all().map(|policy| policy.id().as_str()).collect();
        let held = all.iter().copied().filter(|id| !shop.skips(id)).collect();
        assert_eq!(policies, held, "{kind:?}: a policy is violated, or it is said why it cannot be");
        assert_eq!(shop.canaries.len(), 6);
        let tags = r#"
function = client("lambda").get_function(FunctionName="admin")
print(function["Tags"]["aws:cloudformation:stack-name"])
"#;
        assert_eq!(boto(&emulator.endpoint(), tags).trim(), "shop-admin", "{kind:?}");
        let skipped = all.len() - policies.len();
        assert!(skipped * 3 < all.len(), "{kind:?} skips {skipped} policies");
    }
}

#[test]
fn gaps_are_found_by_call() {
    let of = |kind, call| Gap::of(kind, &call).map(|gap| gap.instead);
    let tracing = || {
        let input = json!({"FunctionName": "orders", "TracingConfig": {"Mode": "Active"}});
        write("lambda", "UpdateFunctionConfiguration", input)
    };
    assert_eq!(of(Kind::Moto, tracing()), Some(Instead::Drops));
    assert_eq!(of(Kind::Ministack, tracing()), None);
    let memory = json!({"FunctionName": "orders", "MemorySize": 512});
    assert_eq!(of(Kind::Moto, write("lambda", "UpdateFunctionConfiguration", memory)), None);
    let stage = json!({"ApiId": "a", "StageName": "$default", "DefaultRouteSettings": {}});
    assert_eq!(of(Kind::Moto, write("apigatewayv2", "UpdateStage", stage)), Some(Instead::Refuses));
    let stage = json!({"restApiId": "a", "stageName": "live", "patchOperations": [
        {"op": "replace", "path": "/tracingEnabled", "value": "true"}]});
    assert_eq!(of(Kind::Moto, write("apigateway", "UpdateStage", stage)), None);
}

#[test]
fn documents_are_held_against_cloudformations_schemas() {
    let function = |more: Value| {
        let mut properties = json!({"FunctionName": "orders", "Role": "arn:aws:iam::111122223333:role/shop-orders",
            "Runtime": "python3.13", "Environment": {"Variables": {"TABLE": "hmac-sha256:0123456789abcdef"}}});
        properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let key = ResourceKey {
            type_name: "AWS::Lambda::Function".into(),
            account: "111122223333".into(),
            region: REGION.into(),
            id: "orders".into(),
        };
        Resource::new(key, "", properties.as_object().unwrap().clone(), Map::new())
    };
    for kind in rectify::cloud::aws::TYPES {
        let key = ResourceKey { type_name: kind.name().into(), ..function(json!({})).key() };
        schema::errors(&Resource::new(key, "", Map::new(), Map::new()));
    }
    let none: [&str; 0] = [];
    assert_eq!(schema::errors(&function(json!({}))), none);
    assert_eq!(
        schema::errors(&function(json!({"Runtme": "python3.13", "Timeout": "10"}))),
        [
            r#"/Timeout: "10" is not of type "integer""#,
            ": Additional properties are not allowed ('Runtme' was unexpected)"
        ]
    );
    assert_eq!(
        schema::errors(&function(json!({"Arn": "arn:aws:lambda:eu-west-1:111122223333:function:orders"}))),
        ["/Arn: can only be read, so it is a fact"]
    );
}
