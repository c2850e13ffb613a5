//! The whole bundle's policies, on both emulators: scan, plan, apply and undo with the real binary.

use std::collections::BTreeSet;

use serde_json::Value;

use super::matcher::{Ask, allows};
use super::support::emulator::{ACCOUNT, REGION};
use super::support::venv::Venv;
use super::support::{ALL, Kind, Open};
use super::takes::takes;

/// What the policies allow and no recorded call takes: the action, or the action on one resource, and why it is needed all the
/// same.
const UNUSED: &[(&str, &str)] = &[
    (
        "kms:Decrypt",
        "Lambda decrypts a function's variables with the caller's rights: a call that the emulators do not make",
    ),
    (
        "apigateway:DELETE on arn:aws:apigateway:eu-west-1::/apis/*/cors",
        "takes a first CORS configuration back: the one playbook that writes any changes what is there",
    ),
    ("wafv2:DisassociateWebACL", "ministack refuses the web ACL: there is nothing to take back"),
    ("cloudtrail:CreateTrail", "on ministack the account has a trail of all Regions: none is made"),
    ("cloudtrail:DeleteTrail", "takes CreateTrail back"),
    ("lambda:PutRuntimeManagementConfig", "neither emulator knows how a runtime is updated"),
    (
        "lambda:GetFunctionEventInvokeConfig",
        "an event that tells of one has it read alone; the whole account is listed",
    ),
    ("iam:PutRolePermissionsBoundary", "no role on an emulator is old"),
    ("iam:DeleteRolePermissionsBoundary", "takes PutRolePermissionsBoundary back"),
    ("kms:DeleteAlias", "a log group that stays keeps its key, and with it the key's alias"),
    ("logs:DisassociateKmsKey", "neither emulator associates a key with a log group"),
    (
        "kms:DisableKey",
        "takes EnableKey back; the one playbook that enables a key cancels its deletion, which is not taken back",
    ),
];

/// What the shop does not have: policies with as many versions as there may be, and principals of every kind whose policies
/// have to go as a whole.
pub const MORE: &str = r#"
import boto3, json
iam = boto3.client("iam")

def document(*actions):
    statements = [{"Effect": "Allow", "Action": action, "Resource": "*"} for action in actions]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})

trust = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]})
iam.create_role(RoleName="shop-wild", AssumeRolePolicyDocument=trust)
iam.create_user(UserName="wild")
iam.create_group(GroupName="wild")
iam.add_user_to_group(UserName="wild", GroupName="wild")
for kind, name in (("role", "shop-wild"), ("user", "wild"), ("group", "wild")):
    put, attach = getattr(iam, f"put_{kind}_policy"), getattr(iam, f"attach_{kind}_policy")
    who = {f"{kind.title()}Name": name}
    put(**who, PolicyName="wild", PolicyDocument=document("dynamodb:*"))
    put(**who, PolicyName="pass", PolicyDocument=document("iam:PassRole"))
    put(**who, PolicyName="keys", PolicyDocument=document("iam:CreateAccessKey"))
    put(**who, PolicyName="read", PolicyDocument=document("kms:Decrypt"))
    actions = ("dynamodb:*", "dynamodb:GetItem", "iam:CreateLoginProfile")
    mixed = iam.create_policy(PolicyName=f"wild-{kind}", PolicyDocument=document(*actions))
    attach(**who, PolicyArn=mixed["Policy"]["Arn"])
    if kind != "role":
        attach(**who, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
iam.put_role_policy(RoleName="shop-admin", PolicyName="all", PolicyDocument=document("*"))
# What the fix makes anew is deleted when it is taken back.
iam.delete_account_password_policy()
for policy in iam.list_policies(Scope="Local")["Policies"]:
    text = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId="v1")["PolicyVersion"]["Document"]
    for _ in range(4):
        text = text if isinstance(text, str) else json.dumps(text)
        iam.create_policy_version(PolicyArn=policy["Arn"], PolicyDocument=text, SetAsDefault=True)
"#;

/// The statements of the printed policies.
#[derive(Default)]
struct Printed {
    read: Vec<Value>,
    write: Vec<Value>,
}

/// What the binary did on an emulator.
struct Recorded {
    printed: Printed,
    /// All that its calls take.
    asked: BTreeSet<Ask>,
    /// What those of them take that only read.
    reading: BTreeSet<Ask>,
    /// What of it the policies do not allow.
    denied: Vec<String>,
}

fn printed(open: &Open) -> Printed {
    let json =
        open.rectify(&["iam-policy", "--account", ACCOUNT, "--region", REGION, "--format", "json"]).ended(0).json();
    let statements = |half: &str| json[half]["Statement"].as_array().expect("a policy has statements").clone();
    Printed { read: statements("read"), write: statements("write") }
}

#[test]
fn the_policies_are_enough_and_each_statement_is_needed() {
    let runs: Vec<_> = Kind::ALL.map(|kind| std::thread::spawn(move || recorded(kind))).into_iter().collect();
    let (mut asked, mut reading) = (BTreeSet::<Ask>::new(), BTreeSet::<Ask>::new());
    let mut denied = Vec::new();
    let mut policy = Printed::default();
    for run in runs {
        let recorded = run.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        // Where an emulator cannot hold what a policy that is off by itself is about, it stays off.
        if recorded.printed.write.len() > policy.write.len() {
            policy = recorded.printed;
        }
        asked.extend(recorded.asked);
        reading.extend(recorded.reading);
        denied.extend(recorded.denied);
    }
    assert!(denied.is_empty(), "{} calls are denied:\n{}", denied.len(), denied.join("\n"));

    let statements: Vec<&Value> = policy.read.iter().chain(&policy.write).collect();
    let mut loose = Vec::new();
    let mut excused = BTreeSet::new();
    for (index, statement) in statements.iter().enumerate() {
        for single in singles(statement) {
            let action = single["Action"][0].as_str().expect("an action").to_owned();
            if asked.iter().any(|ask| allows([&single], ask)) {
                continue;
            }
            let place = format!("{action} on {}", single["Resource"][0].as_str().unwrap_or_default());
            match UNUSED.iter().find(|(unused, _)| *unused == action || *unused == place) {
                Some((unused, _)) => drop(excused.insert((*unused).to_owned())),
                None => loose.push(format!("no call takes {place}")),
            }
        }
        // Whether what was asked is allowed without the statement by the first so many.
        let spare = |first: usize, taken: &BTreeSet<Ask>| {
            let others = || statements.iter().take(first).enumerate().filter(|(other, _)| *other != index);
            taken.iter().all(|ask| allows(others().map(|(_, other)| *other), ask))
        };
        // Who only reads has the first half alone.
        let reads = policy.read.len();
        let spare = spare(statements.len(), &asked) && (index >= reads || spare(reads, &reading));
        let only_unused = texts(&statement["Action"]).iter().all(|action| excused.contains(*action));
        if !only_unused && spare {
            loose.push(format!("without {} everything works too", statement["Sid"]));
        }
    }
    let stale = UNUSED.iter().filter(|(action, _)| !excused.contains(*action));
    loose.extend(stale.map(|(action, _)| format!("{action} stands in UNUSED, and is used or no longer allowed")));
    assert!(loose.is_empty(), "{} times:\n{}", loose.len(), loose.join("\n"));
}

fn recorded(kind: Kind) -> Recorded {
    let open = Open::on(kind);
    Venv::shared().run(MORE, &[], Some(&open.emulator_endpoint()));
    let printed = printed(&open);
    let both = [printed.read.clone(), printed.write.clone()].concat();
    let (mut asked, mut reading, mut denied) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    let mut check = |what: &str, policy: &[Value]| {
        let requests = open.proxy.requests();
        assert!(!requests.is_empty(), "{what} calls nobody");
        for ask in requests.iter().flat_map(|request| takes(&request.call)) {
            if !allows(policy, &ask) {
                denied.push(format!("{what} on {}: {} on {}", kind.name(), ask.action, ask.resource));
            }
            if policy.len() == printed.read.len() {
                reading.insert(ask.clone());
            }
            asked.insert(ask);
        }
        open.proxy.forget();
    };
    open.rectify(&["scan"]).ended(1);
    check("scan", &printed.read);
    // ministack does not say how many versions a policy has. The rest of moto's gaps would only take time.
    let types: &[&str] = match kind {
        Kind::Ministack => &[],
        Kind::Moto => &["--types", "AWS::IAM::Role,AWS::IAM::User,AWS::IAM::Group,AWS::IAM::ManagedPolicy"],
    };
    open.with_parameters(&[&["plan", "--out", "plan.json"], types].concat()).ended(1);
    check("plan", &printed.read);
    let apply = open.rectify(&[&["apply", "plan.json", "--format", "json"], &ALL[..]].concat()).json();
    check("apply", &both);
    open.rectify(&["undo", apply["run"].as_str().expect("the report names the run"), "--yes", "--format", "json"])
        .json();
    check("undo", &both);
    denied.sort();
    denied.dedup();
    Recorded { printed, asked, reading, denied }
}

/// A statement for each action and resource of one.
fn singles(statement: &Value) -> Vec<Value> {
    let mut singles = Vec::new();
    for action in texts(&statement["Action"]) {
        for resource in texts(&statement["Resource"]) {
            let mut single = statement.clone();
            single["Action"] = vec![action].into();
            single["Resource"] = vec![resource].into();
            singles.push(single);
        }
    }
    singles
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().filter_map(Value::as_str).collect()
}
