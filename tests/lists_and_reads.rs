//! A list and a read give the same document of a resource: where they did not, every change of it would be stale before it
//! is applied. Shown for every resource type, and for each of its parts alone, over HTTP.
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
use std::process::Command;

use rectify::cloud::Cloud;
use rectify::cloud::FingerprintKey;
use rectify::cloud::aws::{Aws, Options, TYPES};
use rectify::model::{Parts, Resource, Scope};
use serde_json::{Value, json};
use support::emulator::REGION;
use support::venv::Venv;
use support::{Emulator, Kind, Shop};

const DIFFERS: &str = "differs: ";

/// What the shop does not have: a permissions boundary, and a URL and a statement of an alias.
const MORE: &str = r#"
import boto3
iam, functions = boto3.client("iam"), boto3.client("lambda")
policy = iam.list_policies(Scope="Local")["Policies"][0]["Arn"]
iam.put_role_permissions_boundary(RoleName="shop-orders", PermissionsBoundary=policy)
version = functions.publish_version(FunctionName="orders")["Version"]
functions.create_alias(FunctionName="orders", Name="live", FunctionVersion=version)
functions.create_function_url_config(FunctionName="orders", Qualifier="live", AuthType="AWS_IAM", Cors=
    functions.get_function_url_config(FunctionName="orders")["Cors"])
functions.add_permission(FunctionName="orders", Qualifier="live", StatementId="queue", Action="lambda:InvokeFunction",
    Principal="sqs.amazonaws.com")
"#;

/// What differs, or cannot be read, on an emulator and would not on AWS.
fn known(kind: Kind) -> BTreeSet<String> {
    let gaps: &[&str] = match kind {
        Kind::Ministack => &[
            // Not implemented.
            "AWS::ApiGateway::ClientCertificate certificates is not listed: apigateway:GetClientCertificates",
            // GetAccountAuthorizationDetails leaves these out.
            "AWS::IAM::ManagedPolicy /facts/AttachmentCount",
            "AWS::IAM::ManagedPolicy /facts/Versions",
            "AWS::IAM::Role /properties/PermissionsBoundary",
            // The ARN of an alias's URL lacks the alias, so that the function seems to have two.
            "AWS::Lambda::Url /facts/FunctionUrl",
        ],
        Kind::Moto => &[
            // A time is a text.
            "AWS::Lambda::EventInvokeConfig configuration is not listed: lambda:ListFunctionEventInvokeConfigs",
            // Not implemented.
            "AWS::ApiGateway::ClientCertificate certificates is not listed: apigateway:GetClientCertificates",
            "AWS::ApiGatewayV2::Authorizer authorizers is not listed: apigatewayv2:GetAuthorizers",
            // The answer has another name than S3 gives it.
            "AWS::S3::Bucket all is not listed: s3:GetBucketVersioning",
            "AWS::S3::Bucket versioning is not listed: s3:GetBucketVersioning",
        ],
    };
    gaps.iter().map(|gap| (*gap).to_owned()).collect()
}

#[test]
fn a_list_and_a_read_give_the_same_document() {
    let mut wrong = String::new();
    for kind in Kind::ALL {
        let emulator = Emulator::start(kind);
        Shop::open(&emulator, &["CANARY-1"]);
        Venv::shared().run(MORE, &[], Some(&emulator.endpoint()));
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "what_differs", "--ignored", "--nocapture"])
            .envs([("AWS_ENDPOINT_URL", emulator.endpoint().as_str()), ("AWS_REGION", REGION)])
            .envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_MAX_ATTEMPTS", "1")])
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&child.stdout);
        assert!(child.status.success(), "{printed}\n{}", String::from_utf8_lossy(&child.stderr));
        let told = printed.lines().filter_map(|line| line.split_once(DIFFERS));
        let differs: BTreeSet<String> = told.map(|(_, what)| what.to_owned()).collect();
        if differs != known(kind) {
            let details = printed.lines().filter(|line| line.contains(" | ")).collect::<Vec<_>>().join("\n");
            wrong.push_str(&format!("{kind:?}: {differs:#?} and not {:#?}\n{details}\n", known(kind)));
        }
    }
    assert_eq!(wrong, "");
}

#[test]
#[ignore = "is run by the test above, with an account in its environment"]
fn what_differs() {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let options = Options { regions: vec![REGION.into()], fingerprint_key: FingerprintKey::new([7; 32]) };
        let aws = Aws::connect(options).await.unwrap();
        let mut count = 0;
        for kind in TYPES {
            let region = match kind.scope() {
                Scope::Global => "",
                Scope::Regional => REGION,
            };
            let names: Vec<&str> = kind.parts().iter().map(|part| part.name).collect();
            let alone = names.iter().map(|name| vec![*name]);
            for parts in alone.chain([names.clone()]) {
                let wanted: Parts = parts.iter().copied().collect();
                let what = if parts.len() == names.len() && parts.len() > 1 { "all" } else { parts[0] };
                let listing = aws.list(kind.name(), region, None, &wanted).await;
                for unread in &listing.unread {
                    let reason = unread.reason.split(": ").next().unwrap_or_default();
                    println!("\n{DIFFERS}{} {} is not listed: {reason}", kind.name(), what);
                }
                for listed in &listing.resources {
                    count += 1;
                    match aws.read(&listed.key(), &wanted).await {
                        Ok(Some(read)) => tell(listed, &read),
                        Ok(None) => println!("\n{DIFFERS}{} is listed and not read", kind.name()),
                        Err(error) => {
                            let error = error.to_string();
                            let reason = error.split(": ").next().unwrap_or_default();
                            println!("\n{DIFFERS}{} {} is not read: {reason}", kind.name(), what);
                        }
                    }
                }
            }
        }
        assert!(count > 100, "the shop has more than that: {count}");
    });
}

fn tell(listed: &Resource, read: &Resource) {
    let members = |resource: &Resource| {
        json!({"properties": resource.properties, "facts": resource.facts,
               "document": {"arn": resource.arn, "tags": resource.tags, "owner": resource.owner}})
    };
    let (listed_members, read_members) = (members(listed), members(read));
    for part in ["properties", "facts", "document"] {
        let names = |document: &Value| document[part].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        for name in names(&listed_members).union(&names(&read_members)) {
            let (a, b) = (&listed_members[part][name], &read_members[part][name]);
            if a != b {
                println!("\n{} {name}: {a} | {b}", listed.key());
                println!("{DIFFERS}{} /{part}/{name}", listed.type_name);
            }
        }
    }
}
