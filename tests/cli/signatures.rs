//! Approvals that are signed with KMS keys, and who has approved, as AWS tells it.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::runner::{DEMO, Told, World};
use super::support::emulator::connect;
use super::support::venv::Venv;
use super::support::{Emulator, Kind};

/// The specs of keys, each with the algorithm that it signs with.
const SPECS: [(&str, &str); 3] =
    [("ECC_NIST_P256", "ECDSA_SHA_256"), ("ECC_NIST_P384", "ECDSA_SHA_384"), ("RSA_2048", "RSASSA_PSS_SHA_256")];

const KEY: &str = "
import sys, boto3
spec = sys.argv[1]
print(boto3.client('kms').create_key(KeySpec=spec, KeyUsage='SIGN_VERIFY')['KeyMetadata']['Arn'])
";

const PEM: &str = "
import sys, boto3, base64
key = boto3.client('kms').get_public_key(KeyId=sys.argv[1])['PublicKey']
print('-----BEGIN PUBLIC KEY-----\\n' + base64.encodebytes(key).decode() + '-----END PUBLIC KEY-----')
";

const GROUP: &str = "import sys, boto3\nboto3.client('logs').create_log_group(logGroupName=sys.argv[1])";

const RETENTION: &str = "
import sys, boto3
groups = boto3.client('logs').describe_log_groups(logGroupNamePrefix=sys.argv[1])['logGroups']
print(groups[0].get('retentionInDays'))
";

fn script(emulator: &Emulator, script: &str, arguments: &[&str]) -> String {
    Venv::shared().run(script, arguments, Some(&emulator.endpoint())).trim().to_owned()
}

fn aws(world: &World, emulator: &Emulator, arguments: &[&str]) -> Told {
    Told::of(connect(&mut world.command(arguments), &emulator.endpoint()))
}

fn read(world: &World, file: &str) -> Value {
    serde_json::from_str(&world.read(file)).unwrap()
}

/// Writes an approval with an edit, and the digest of what it is then, as somebody would who means harm.
fn forge(world: &World, file: &str, edit: impl Fn(&mut Value)) {
    let mut approval = read(world, "approval.json");
    edit(&mut approval);
    let mut content = approval.clone();
    content.as_object_mut().unwrap().retain(|name, _| name != "digest" && name != "signature");
    let digest: String = Sha256::digest(content.to_string()).iter().map(|byte| format!("{byte:02x}")).collect();
    approval["digest"] = json!(format!("sha256:{digest}"));
    world.write(file, approval.to_string());
}

/// A plan for a log group of an emulator, with one change that needs a review.
fn planned(world: &World, emulator: &Emulator, group: &str) {
    script(emulator, GROUP, &[group]);
    let plan = ["plan", "--policies", "logs-retention", "--out", "plan.json"];
    aws(world, emulator, &plan).ends(1);
    let plan = read(world, "plan.json");
    assert_eq!(plan["changes"].as_array().unwrap().len(), 1, "{plan:#}");
    assert_eq!(plan["changes"][0]["safety"], "review");
}

#[test]
fn kms_verifies_what_a_key_has_signed_and_nothing_else() {
    let emulator = Emulator::start(Kind::Ministack);
    let world = World::empty();
    let keys = SPECS.map(|(spec, _)| script(&emulator, KEY, &[spec]));
    let foreign = script(&emulator, KEY, &["ECC_NIST_P256"]);
    world.write("rectify.yaml", json!({"approvals": {"require": "signed", "keys": keys}}).to_string());
    for ((spec, algorithm), key) in SPECS.iter().zip(&keys) {
        let group = format!("/{spec}");
        planned(&world, &emulator, &group);
        let apply = |file: &str| aws(&world, &emulator, &["apply", "plan.json", "--yes", "--approval", file]);
        let refused = |file: &str, why: &str| {
            assert_eq!(apply(file).ends(2).err, format!("error: {file}: {why}\n"), "{spec}");
            assert_eq!(script(&emulator, RETENTION, &[&group]), "None", "{spec}");
        };

        aws(&world, &emulator, &["approve", "plan.json", "--yes"]).ends(0);
        let unsigned = "the approval is not signed, and rectify.yaml asks for a signature; make one with `rectify approve --sign KEY_ARN`";
        refused("approval.json", unsigned);
        aws(&world, &emulator, &["approve", "plan.json", "--yes", "--sign", &foreign]).ends(0);
        refused(
            "approval.json",
            &format!("the approval is signed with {foreign}, which is none of `approvals.keys` in rectify.yaml"),
        );

        aws(&world, &emulator, &["approve", "plan.json", "--yes", "--sign", key]).ends(0);
        let approval = read(&world, "approval.json");
        assert_eq!(approval["signature"]["key"], json!(key));
        assert_eq!(approval["signature"]["algorithm"], json!(algorithm));
        assert_eq!(approval["by"], json!({"caller": "arn:aws:iam::111122223333:root"}));

        let bad = |key: &str| {
            format!(
                "the signature of the approval is not one that {key} has made over this content; make a new one with `rectify approve --sign`"
            )
        };
        forge(&world, "forged.json", |approval| approval["expires_at"] = json!("2099-01-01T00:00:00Z"));
        refused("forged.json", &bad(key));
        forge(&world, "named.json", |approval| {
            approval["by"] = json!({"caller": "arn:aws:iam::111122223333:user/ann"})
        });
        refused("named.json", &bad(key));
        let torn = "AAAA";
        forge(&world, "torn.json", |approval| approval["signature"]["value"] = json!(torn));
        refused("torn.json", &bad(key));
        forge(&world, "no_base64.json", |approval| approval["signature"]["value"] = json!("not base64"));
        refused("no_base64.json", &bad(key));
        assert_eq!(read(&world, "approval.json"), approval);

        apply("approval.json").ends(0);
        assert_ne!(script(&emulator, RETENTION, &[&group]), "None");
        let shown = world.run(&["runs", "show", &world.last_run()]).ends(0);
        assert!(shown.out.contains(&format!("; signed with {key}\n")), "{shown}");
    }
}

#[test]
fn a_key_that_is_switched_off_verifies_nothing() {
    let emulator = Emulator::start(Kind::Ministack);
    let world = World::empty();
    let key = script(&emulator, KEY, &["ECC_NIST_P256"]);
    world.write("rectify.yaml", json!({"approvals": {"require": "signed", "keys": [key]}}).to_string());
    planned(&world, &emulator, "/off");
    aws(&world, &emulator, &["approve", "plan.json", "--yes", "--sign", &key]).ends(0);
    script(&emulator, "import sys, boto3\nboto3.client('kms').disable_key(KeyId=sys.argv[1])", &[&key]);
    let told = aws(&world, &emulator, &["apply", "plan.json", "--yes", "--approval", "approval.json"]).ends(2);
    assert!(told.err.starts_with("error: kms:Verify: DisabledException: "), "{told}");
    assert!(
        told.err.ends_with(
            "help: whoever applies needs kms:Verify on the key, or its public key under `approvals.public_keys` in rectify.yaml\n"
        ),
        "{told}"
    );
    assert_eq!(script(&emulator, RETENTION, &["/off"]), "None");
}

#[test]
fn a_public_key_verifies_without_kms() {
    let emulator = Emulator::start(Kind::Ministack);
    for (spec, algorithm) in SPECS {
        let world = World::new();
        let (key, other) = (script(&emulator, KEY, &[spec]), script(&emulator, KEY, &[spec]));
        world.write("keys/approvers.pem", script(&emulator, PEM, &[&key]));
        world.write("keys/others.pem", script(&emulator, PEM, &[&other]));
        let rules = |file: &str| {
            let approvals = json!({"require": "signed", "keys": [key], "public_keys": {key.as_str(): file}});
            world.write("rectify.yaml", json!({"approvals": approvals}).to_string());
        };
        rules("keys/others.pem");
        world.shop(&["plan", "--policies", "lambda-url-auth", "--out", "plan.json"]).ends(1);
        let approve = ["--cloud", "sandbox:shop.jsonl", "approve", "plan.json", "--by", "ann", "--yes", "--sign", &key];
        aws(&world, &emulator, &approve).ends(0);
        assert_eq!(read(&world, "approval.json")["signature"]["algorithm"], json!(algorithm));
        // From here on there is no AWS, and there are no credentials.
        let apply = |file: &str| world.shop(&["apply", "plan.json", "--yes", "--approval", file]);
        let bad = format!(
            "the signature of the approval is not one that {key} has made over this content; make a new one with `rectify approve --sign`\n"
        );
        assert_eq!(apply("approval.json").ends(2).err, format!("error: approval.json: {bad}"), "{spec}");
        rules("keys/approvers.pem");
        forge(&world, "forged.json", |approval| approval["reason"] = json!("nobody has said that"));
        assert_eq!(apply("forged.json").ends(2).err, format!("error: forged.json: {bad}"), "{spec}");
        assert_eq!(world.read("shop.jsonl"), DEMO);
        apply("approval.json").ends(0);

        world.write("keys/approvers.pem", "no key");
        world.shop(&["plan", "--policies", "kms-rotation", "--out", "plan.json"]).ends(1);
        let told = apply("approval.json").ends(2);
        assert!(told.err.starts_with("error: approval.json: the approval is for plan "), "{told}");
    }
}

#[test]
fn what_cannot_sign_says_what_can() {
    let emulator = Emulator::start(Kind::Ministack);
    let world = World::new();
    world.shop(&["plan", "--policies", "lambda-url-auth", "--out", "plan.json"]).ends(1);
    let approve = |key: &str| {
        let approve = ["--cloud", "sandbox:shop.jsonl", "approve", "plan.json", "--by", "ann", "--yes", "--sign", key];
        aws(&world, &emulator, &approve).ends(2)
    };
    assert_eq!(
        approve("alias/approvers").err,
        "error: `alias/approvers` is not the ARN of a KMS key\nhelp: it is `arn:aws:kms:REGION:ACCOUNT:key/ID`; `aws kms describe-key` tells it\n"
    );
    let curve = script(&emulator, KEY, &["ECC_SECG_P256K1"]);
    let unfit = "a key for signing of the spec ECC_NIST_P256, ECC_NIST_P384 or RSA_2048 and longer is needed";
    let expected = format!("error: kms:GetPublicKey: the key {curve} cannot be used, since {unfit}: ECDSA_SHA_256\n");
    assert_eq!(approve(&curve).err, expected);
    assert!(!world.path("approval.json").exists());
}

/// A user of moto's with keys of its own, and what it is called.
const USER: &str = "
import sys, boto3, json
iam = boto3.client('iam')
arn = iam.create_user(UserName=sys.argv[1])['User']['Arn']
key = iam.create_access_key(UserName=sys.argv[1])['AccessKey']
print(json.dumps([arn, key['AccessKeyId'], key['SecretAccessKey']]))
";

#[test]
fn who_approves_and_who_applies_is_what_aws_says() {
    let emulator = Emulator::start(Kind::Moto);
    let world = World::empty();
    let key = script(&emulator, KEY, &["RSA_2048"]);
    let rules = json!({"require": "signed", "keys": [key], "not_the_applier": true});
    world.write("rectify.yaml", json!({"approvals": rules}).to_string());
    let user = |name: &str| -> [String; 3] { serde_json::from_str(&script(&emulator, USER, &[name])).unwrap() };
    let (ann, bob) = (user("ann"), user("bob"));
    let by = |[_, id, secret]: &[String; 3], arguments: &[&str]| {
        let mut command = world.command(arguments);
        connect(&mut command, &emulator.endpoint());
        Told::of(command.env("AWS_ACCESS_KEY_ID", id).env("AWS_SECRET_ACCESS_KEY", secret))
    };
    planned(&world, &emulator, "/two");
    by(&ann, &["approve", "plan.json", "--yes", "--sign", &key]).ends(0);
    assert_eq!(read(&world, "approval.json")["by"], json!({"caller": ann[0]}));
    let apply = ["apply", "plan.json", "--yes", "--approval", "approval.json"];
    let told = by(&ann, &apply).ends(2);
    let expected = format!(
        "error: approval.json: {} has approved the plan, and rectify.yaml wants somebody else to apply it\n",
        ann[0]
    );
    assert_eq!(told.err, expected);
    assert_eq!(script(&emulator, RETENTION, &["/two"]), "None");
    by(&bob, &apply).ends(0);
    assert_ne!(script(&emulator, RETENTION, &["/two"]), "None");
    let shown = world.run(&["runs", "show", &world.last_run()]).ends(0);
    assert!(shown.out.contains(&format!("approved by {} at ", ann[0])), "{shown}");
}
