//! The policies of each policy alone: enough for it, nothing that only others need, and no more than it uses.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use jiff::Timestamp;
use rectify::apply::{Executor, Options, undo_plan};
use rectify::cloud::FingerprintKey;
use rectify::cloud::aws::{Aws, Options as Connection, TYPES};
use rectify::cloud::{Cloud, gather};
use rectify::engine::{Assessor, Bundle, Planner, Purpose, Reading, Rights, Settings};
use rectify::journal::Sqlite;
use rectify::model::{Place, ResourceType, ResourceTypes, RunKind};
use serde_json::Value;

use super::matcher::{Ask, allows};
use super::support::emulator::{ACCOUNT, REGION, connect};
use super::support::venv::Venv;
use super::support::{Kind, Open, parameters};
use super::takes::takes;
use super::whole::MORE;

const DONE: &str = "done with ";

/// Takes the name of the shared key away, so that the next one who needs a key makes one.
const UNSHARED: &str = r#"
import boto3
kms = boto3.client("kms")
for alias in kms.list_aliases()["Aliases"]:
    if alias["AliasName"] == "alias/rectify":
        kms.delete_alias(AliasName="alias/rectify")
"#;

/// What a policy's own rights allow and its recorded calls do not take, and why.
const UNUSED: &[(&[&str], &[&str], &str)] = &[
    (
        &[
            "lambda-code-signing",
            "lambda-dead-letter",
            "lambda-env-kms",
            "lambda-env-secrets",
            "lambda-error-alarm",
            "lambda-in-vpc",
            "lambda-layer-current",
            "lambda-log-group",
            "lambda-multi-az",
            "lambda-recursion",
            "lambda-reserved-concurrency",
            "lambda-role-admin",
            "lambda-role-can-log",
            "lambda-runtime-updates",
            "lambda-supported-runtime",
            "lambda-tags",
            "lambda-tracing",
        ],
        &["kms:Decrypt"],
        "Lambda decrypts a function's variables with the caller's rights, also where they are read only for the policies that judge \
         the function beside: a call that the emulators do not make",
    ),
    (
        &["apigw-access-logs", "cloudtrail-logs", "lambda-log-group"],
        &["kms:DeleteAlias"],
        "the log group stays, and with it what it needs",
    ),
    (
        &["apigwv2-access-logs"],
        &["logs:CreateLogGroup", "logs:PutRetentionPolicy"],
        "the log group that apigw-access-logs has made is there",
    ),
    (
        &["cloudtrail-enabled"],
        &[
            "cloudtrail:CreateTrail",
            "cloudtrail:DeleteTrail",
            "cloudtrail:StartLogging",
            "iam:CreateRole",
            "iam:DeleteRole",
            "iam:DeleteRolePolicy",
            "iam:PassRole",
            "iam:PutRolePolicy",
            "kms:CreateAlias",
            "kms:CreateKey",
            "kms:DeleteAlias",
            "kms:EnableKeyRotation",
            "kms:PutKeyPolicy",
            "logs:CreateLogGroup",
            "logs:PutRetentionPolicy",
            "s3:CreateBucket",
            "s3:DeleteBucketPolicy",
            "s3:PutBucketLogging",
            "s3:PutBucketOwnershipControls",
            "s3:PutBucketPolicy",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutBucketVersioning",
            "s3:PutEncryptionConfiguration",
        ],
        "on ministack the account has a trail of all Regions",
    ),
    (&["apigw-waf"], &["wafv2:DisassociateWebACL"], "ministack refuses the web ACL: there is nothing to take back"),
    (&["apigwv2-cors"], &["apigateway:DELETE"], "CORS is changed, and never taken away"),
    (
        &["lambda-runtime-updates"],
        &["lambda:PutRuntimeManagementConfig"],
        "neither emulator knows how a runtime is updated",
    ),
    (
        &["lambda-multi-az"],
        &["ec2:DescribeSecurityGroups", "ec2:DescribeVpcs", "lambda:UpdateFunctionConfiguration"],
        "neither emulator tells the zones of subnets",
    ),
    (&["logs-kms"], &["logs:DisassociateKmsKey"], "ministack refuses the key: there is nothing to take back"),
    (
        &["kms-pending-deletion"],
        &["kms:DisableKey"],
        "takes EnableKey back; that the key is to be deleted is not taken back",
    ),
    (
        &["iam-kms-decrypt-all", "iam-pass-role"],
        &["iam:DeleteGroupPolicy", "iam:DeleteRolePolicy", "iam:DeleteUserPolicy"],
        "of a policy that is narrowed to the roles or keys that the user names, something stays",
    ),
    (
        &["iam-unused-role"],
        &["iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"],
        "ministack does not say when a role was used, so that none is unused",
    ),
];

fn types() -> ResourceTypes {
    ResourceTypes::new(TYPES.iter().map(|kind| *kind as &dyn ResourceType))
}

fn rights(bundle: &Bundle, wants: impl Fn(&str) -> bool) -> Rights {
    let place = Place { partition: "aws".into(), account: ACCOUNT.into(), region: REGION.into() };
    Rights::of(bundle, &types(), |policy, _| wants(policy.id().as_str()), &place)
}

fn actions(rights: &Rights) -> BTreeSet<String> {
    rights.read.iter().chain(&rights.write).flat_map(|statement| statement.actions.clone()).collect()
}

#[test]
fn each_policy_has_rights_of_its_own() {
    let bundle = Bundle::embedded(&types()).unwrap_or_else(|told| panic!("{told:?}"));
    let whole = actions(&rights(&bundle, |_| true));
    let open = Open::on(Kind::Ministack);
    Venv::shared().run(MORE, &[], Some(&open.emulator_endpoint()));
    let mut worker = Worker::start(&open);
    let (mut broken, mut unused) = (Vec::new(), BTreeMap::<String, BTreeSet<String>>::new());
    for policy in bundle.policies.all() {
        let id = policy.id().as_str();
        let own = rights(&bundle, |other| other == id);
        if actions(&own).contains("kms:CreateAlias") {
            // The key that policies share was made for one before.
            Venv::shared().run(UNSHARED, &[], Some(&open.emulator_endpoint()));
        }
        worker.work(id);
        let asks: BTreeSet<Ask> = open.proxy.requests().iter().flat_map(|request| takes(&request.call)).collect();
        open.proxy.forget();
        let statements: Vec<Value> = own.read.iter().chain(&own.write).map(|statement| statement.json()).collect();
        let denied = asks.iter().filter(|ask| !allows(&statements, ask));
        broken.extend(denied.map(|ask| format!("{id} alone may not: {} on {}", ask.action, ask.resource)));
        let allowed = actions(&own);
        broken.extend(allowed.difference(&whole).map(|action| format!("{id} alone may {action}, and all may not")));
        let used: BTreeSet<String> = asks.into_iter().map(|ask| ask.action).collect();
        unused.insert(id.to_owned(), allowed.difference(&used).cloned().collect());
    }
    for (id, unused) in unused {
        let excused: BTreeSet<String> = UNUSED
            .iter()
            .filter(|(policies, ..)| policies.contains(&id.as_str()))
            .flat_map(|(_, actions, _)| actions.iter().map(|action| (*action).to_owned()))
            .collect();
        if unused != excused {
            broken.push(format!("{id} has no use for {unused:?}, and should have none for {excused:?}"));
        }
    }
    assert!(broken.is_empty(), "{} times:\n{}", broken.len(), broken.join("\n"));
}

/// This test binary again, with an account in its environment: it works on one policy after the other.
struct Worker {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Worker {
    fn start(open: &Open) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        connect(&mut command, &open.proxy.endpoint());
        command.args(["--exact", "each::plan_apply_and_undo", "--ignored", "--nocapture"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }

    /// Plans, applies and undoes what a policy finds.
    fn work(&mut self, policy: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{policy}").unwrap();
        loop {
            let mut line = String::new();
            assert!(self.out.read_line(&mut line).unwrap() > 0, "the worker ends at {policy}");
            if line.trim_end().ends_with(&format!("{DONE}{policy}")) {
                return;
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "is run by the test above, with an account in its environment"]
fn plan_apply_and_undo() {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let connection = Connection { regions: vec![REGION.into()], fingerprint_key: FingerprintKey::new([7; 32]) };
        let types = types();
        let whole = Bundle::embedded(&types).unwrap_or_else(|told| panic!("{told:?}"));
        let mut settings = Settings::new(Timestamp::now());
        settings.parameters = parameters::settings();
        let journal = Sqlite::memory().unwrap();
        for id in std::io::stdin().lines() {
            let id = id.unwrap();
            // What one account's clients have read of AWS's own policies they do not read again.
            let aws = Aws::connect(connection.clone()).await.unwrap();
            let bundle = whole.with_witnesses(&types, |policy| policy.id().as_str() == id);
            let reading = Reading::of(&bundle, &types, Purpose::Plan);
            let assessor = Assessor { bundle: &bundle, types: &types, settings: &settings };
            let snapshot = gather(&aws, &types, &reading, settings.now.to_string(), &|_, _| {}).await;
            let plan = Planner { assessor, reading: &reading }.plan(&snapshot, |finding| finding.policy.as_str() == id);
            // As an event does that tells of a resource: it alone and its neighbours are read.
            for resource in snapshot.resources() {
                aws.read(&resource.key(), &reading.parts(&resource.type_name)).await.unwrap();
            }
            let executor = Executor {
                cloud: &aws,
                types: &types,
                assessor: Assessor { bundle: &bundle, types: &types, settings: &settings },
                journal: &journal,
                options: Options { settle: Duration::from_secs(10), lag: Duration::from_secs(2) },
                clock: Timestamp::now,
                stop: &AtomicBool::new(false),
                progress: &|_| {},
            };
            let run = executor.apply(RunKind::Apply, plan, None).await.unwrap();
            let (back, _) = undo_plan(&run, &aws, &types, false).await.unwrap();
            executor.apply(RunKind::Undo, back, Some(run.id.clone())).await.unwrap();
            println!("{DONE}{id}");
        }
    });
}
