//! What is unreadable, mistyped or malicious ends with exit code 2, its place, its line and what to do; nothing is changed.

use insta::assert_snapshot;

use super::runner::World;

const METADATA: &str = "# METADATA\n# title: t\n# description: d\n# custom:\n#   id: mine\n#   severity: low\n#   resource_types: [AWS::KMS::Key]\npackage rectify.x.mine\n\n";
const VIOLATION: &str = "violation contains {\"msg\": \"m\", \"path\": \"\"} if {\n\tinput.properties.Enabled\n}\n";
const PLAYBOOK: &str = "playbook: mine\ndescription: d\nfixes: [kms-rotation]\nresource_types: [AWS::KMS::Key]\nsafety: safe\nsteps:\n  - patch:\n      set: {/EnableKeyRotation: true}\n";

/// What is said, after seeing that the exit code is 2 and no file is other than before.
#[track_caller]
fn refused(world: &World, arguments: &[&str]) -> String {
    let before = world.files();
    let told = world.shop(arguments).ends(2);
    assert_eq!(told.out, "", "{told}");
    assert!(world.files() == before, "{told}");
    told.err
}

/// The same of a file with this content.
#[track_caller]
fn file(name: &str, content: impl AsRef<[u8]>, arguments: &[&str]) -> String {
    let world = World::new();
    world.write(name, content);
    refused(&world, arguments)
}

#[track_caller]
fn config(content: impl AsRef<[u8]>) -> String {
    file("rectify.yaml", content, &["apply", "--yes"])
}

#[track_caller]
fn policy(content: impl AsRef<[u8]>) -> String {
    file("own/policies/x/mine.rego", content, &["--bundle", "own", "apply", "--yes"])
}

#[track_caller]
fn playbook(from: &str, to: &str) -> String {
    assert!(PLAYBOOK.contains(from));
    file("own/playbooks/x/mine.yaml", PLAYBOOK.replace(from, to), &["--bundle", "own", "apply", "--yes"])
}

#[track_caller]
fn snapshot(line: usize, from: &str, to: &str) -> String {
    let world = World::new();
    let text = world.read("shop.jsonl");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    assert!(lines[line - 1].contains(from));
    lines[line - 1] = lines[line - 1].replacen(from, to, 1);
    world.write("shop.jsonl", lines.join("\n"));
    refused(&world, &["apply", "--yes"])
}

#[track_caller]
fn plan(edit: impl Fn(&str) -> String) -> String {
    let world = World::new();
    world.shop(&["plan", "--policies", "kms-rotation", "--out", "plan.json"]).ends(1);
    let edited = edit(&world.read("plan.json"));
    world.write("plan.json", edited);
    refused(&world, &["apply", "plan.json", "--yes"])
}

#[test]
fn a_configuration() {
    assert_snapshot!(config("limts: {}\n"), @"
    error: rectify.yaml:1:1: unknown field `limts`, expected one of `regions`, `bundles`, `builtin`, `policies`, `enabled_policies`, `disabled_policies`, `parameters`, `limits`, `on_failure`, `canary`, `protected_tags`, `waivers`, `journal`, `approvals`, `freeze`, `events`, `notices`, `fleet`
      |
    1 | limts: {}
      | ^
    help: did you mean `limits`?
    ");
    assert_snapshot!(config("limits: {max_changes: many}\n"), @r#"
    error: rectify.yaml:1:23: limits.max_changes: invalid type: string "many", expected u32
      |
    1 | limits: {max_changes: many}
      |                       ^
    "#);
    assert_snapshot!(config("limits: {max_chnages: 3}\n"), @"
    error: rectify.yaml:1:10: there is no limit `max_chnages`
      |
    1 | limits: {max_chnages: 3}
      |          ^
    help: did you mean `max_changes`?
    ");
    assert_snapshot!(config("regions: []\npolicies: []\nlimits: {}\npolicies: []\n"), @r#"
    error: rectify.yaml:4:1: duplicate entry with key "policies"
      |
    4 | policies: []
      | ^
    "#);
    assert_snapshot!(config("policies: [kms-rotaton]\n"), @"
    error: rectify.yaml:1:12: there is no policy `kms-rotaton`
      |
    1 | policies: [kms-rotaton]
      |            ^
    help: did you mean `kms-rotation`?
    ");
    assert_snapshot!(config("parameters: {apigw-throtling: {rate: 3}}\n"), @"
    error: rectify.yaml:1:14: there is no policy or playbook `apigw-throtling`
      |
    1 | parameters: {apigw-throtling: {rate: 3}}
      |              ^
    help: did you mean `apigw-throttling`?
    ");
    assert_snapshot!(config("parameters:\n  apigw-throttling: {rat: 3}\n"), @"
    error: rectify.yaml:2:22: there is no parameter of apigw-throttling `rat`
      |
    2 |   apigw-throttling: {rat: 3}
      |                      ^
    help: did you mean `rate`?
    ");
    assert_snapshot!(config("parameters:\n  apigw-throttling: {rate: fast}\n"), @r#"
    error: rectify.yaml:2:22: parameter `rate` of apigw-throttling has to be a number, and this is "fast"
      |
    2 |   apigw-throttling: {rate: fast}
      |                      ^
    "#);
    assert_snapshot!(config("regions: [eu-west-1\nlimits: }\n"), @"
    error: rectify.yaml:2:7: did not find expected ',' or ']' at line 2 column 7, while parsing a flow sequence
      |
    2 | limits: }
      |       ^
    ");
    assert_snapshot!(config(b"regions:\n  - \xff\xfe\n"), @"
    error: rectify.yaml:2:5: a byte that is not UTF-8
    help: it has to be a text file
    ");
    assert_snapshot!(config(b"regions: [\0\x01]\n"), @"
    error: rectify.yaml:1:1: control characters are not allowed at position 10
      |
    1 | regions: [��]
      | ^
    ");
    assert_snapshot!(config("bundles: [nowhere]\n"), @"
    error: nowhere has no policies and no playbooks
    help: a bundle is a folder with `policies/**/*.rego` and `playbooks/**/*.yaml`
    ");
    let world = World::new();
    assert_snapshot!(refused(&world, &["--config", "none.yaml", "apply", "--yes"]), @"
    error: none.yaml: No such file or directory (os error 2)
    ");
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
    for (name, of) in "bcdefghi".chars().zip("abcdefgh".chars()) {
        bomb += &format!("{name}: &{name} [{}]\n", vec![format!("*{of}"); 9].join(", "));
    }
    assert_snapshot!(config(bomb), @"
    error: rectify.yaml:6:36: the aliases make too much of the text
      |
    6 | f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e]
      |                                    ^
    help: with each written out, it may have 8388608 bytes
    ");
}

#[test]
fn a_policy() {
    let mine = |rules: &str| policy(format!("{METADATA}{rules}"));
    assert_snapshot!(mine("violation contains {\"msg\": \"m\" if {\n\ttrue\n}\n"), @r#"
    error: own/policies/x/mine.rego:10:32: expecting `}` while parsing object
       |
    10 | violation contains {"msg": "m" if {
       |                                ^
    "#);
    assert_snapshot!(mine(&VIOLATION.replace("input.properties.Enabled", "x > 1")), @"
    error: own/policies/x/mine.rego:11:5: use of undefined variable `x` is unsafe
       |
    11 |  x > 1
       |     ^
    ");
    assert_snapshot!(mine(&VIOLATION.replace("\"m\"", "msg")), @r#"
    error: own/policies/x/mine.rego:10:28: Undefined variable: 'msg'
       |
    10 | violation contains {"msg": msg, "path": ""} if {
       |                            ^
    "#);
    assert_snapshot!(mine(&VIOLATION.replace("input.properties.Enabled", "startwith(input.id, \"a\")")), @r#"
    error: own/policies/x/mine.rego:11:5: Unknown function: 'startwith'
       |
    11 |  startwith(input.id, "a")
       |     ^
    "#);
    assert_snapshot!(mine(&VIOLATION.replace("input.properties.Enabled", "http.send({})")), @"
    error: own/policies/x/mine.rego:11:14: a policy may not call http.send
       |
    11 |  http.send({})
       |              ^
    help: a policy reads documents only; what it needs from outside belongs into policies/data
    ");
    assert_snapshot!(mine("deny contains 1\n"), @r#"
    error: own/policies/x/mine.rego:8:1: the policy has no `violation` rule
      |
    8 | package rectify.x.mine
      | ^
    help: add: violation contains {"msg": …, "path": …, "params": {}} if { … }
    "#);
    let metadata = |from: &str, to: &str| policy(format!("{METADATA}{VIOLATION}").replace(from, to));
    assert_snapshot!(metadata("#   severity: low\n", ""), @"
    error: own/policies/x/mine.rego:5:5: custom: missing field `severity`
      |
    5 | #   id: mine
      |     ^
    ");
    assert_snapshot!(metadata("AWS::KMS::Key", "AWS::KMS::Kye"), @"
    error: own/policies/x/mine.rego:7:22: there is no resource type `AWS::KMS::Kye`
      |
    7 | #   resource_types: [AWS::KMS::Kye]
      |                      ^
    help: did you mean `AWS::KMS::Key`?
    ");
    assert_snapshot!(metadata("#   severity: low\n", "#   severity: low\n#   related: [alias]\n"), @"
    error: own/policies/x/mine.rego:7:15: there is no relation `alias`
      |
    7 | #   related: [alias]
      |               ^
    help: there is none here
    ");
    assert_snapshot!(metadata("id: mine", "id: kms-rotation"), @"
    error: own/policies/x/mine.rego:5:5: policy `kms-rotation` is already defined in policies/kms/rotation.rego
      |
    5 | #   id: kms-rotation
      |     ^
    help: ids are unique and never reused
    ");
    assert_snapshot!(metadata("# METADATA\n", ""), @"
    error: own/policies/x/mine.rego:7:1: the policy has no METADATA, and would never be asked
      |
    7 | package rectify.x.mine
      | ^
    help: write a `# METADATA` comment above the package, or move a helper below rectify.lib
    ");
    assert_snapshot!(policy(""), @"
    error: own/policies/x/mine.rego:1:1: expecting `package` Missing package declaration.
    ");
    assert_snapshot!(policy(b"package \xff\n"), @"
    error: own/policies/x/mine.rego:1:9: a byte that is not UTF-8
    help: it has to be a text file
    ");
}

#[test]
fn a_playbook() {
    assert_snapshot!(playbook("safety", "saftey"), @"
    error: own/playbooks/x/mine.yaml:5:1: unknown field `saftey`, expected one of `playbook`, `description`, `fixes`, `resource_types`, `safety`, `on_failure`, `warnings`, `parameters`, `when`, `steps`, `otherwise`, `instructions`, `cases`
      |
    5 | saftey: safe
      | ^
    help: did you mean `safety`?
    ");
    assert_snapshot!(playbook("set:", "sett:"), @"
    error: own/playbooks/x/mine.yaml:8:7: steps[0].patch: unknown field `sett`, expected one of `target`, `id`, `each`, `when`, `set`, `default`, `remove`, `append`, `subtract`, `at_most`, `at_least`, `upsert`, `remove_where`
      |
    8 |       sett: {/EnableKeyRotation: true}
      |       ^
    help: did you mean `set`?
    ");
    assert_snapshot!(playbook("safe\n", "sure\n"), @"
    error: own/playbooks/x/mine.yaml:5:9: safety: unknown variant `sure`, expected one of `safe`, `review`, `manual`
      |
    5 | safety: sure
      |         ^
    help: known here: safe, review, manual
    ");
    assert_snapshot!(playbook("kms-rotation", "kms-rotatoin"), @"
    error: own/playbooks/x/mine.yaml:3:9: there is no policy `kms-rotatoin`
      |
    3 | fixes: [kms-rotatoin]
      |         ^
    help: did you mean `kms-rotation`?
    ");
    assert_snapshot!(playbook("AWS::KMS::Key", "AWS::KMS::Kay"), @"
    error: own/playbooks/x/mine.yaml:4:18: policy `kms-rotation` does not judge AWS::KMS::Kay
      |
    4 | resource_types: [AWS::KMS::Kay]
      |                  ^
    ");
    assert_snapshot!(playbook("/Enable", "Enable"), @"
    error: own/playbooks/x/mine.yaml:8:12: steps[0].patch.set: `EnableKeyRotation` is no JSON Pointer: it starts with `/`
      |
    8 |       set: {EnableKeyRotation: true}
      |            ^
    ");
    assert_snapshot!(playbook("steps:", "when: input.properties..x\nsteps:"), @r#"
    error: own/playbooks/x/mine.yaml:6:7: `when` is not a Rego expression: expecting identifier
      |
    6 | when: input.properties..x
      |       ^
    help: write an expression over `input`, such as input.properties.PackageType != "Image"
    "#);
    assert_snapshot!(playbook(": true", ": \"${parameters.nope}\""), @r#"
    error: own/playbooks/x/mine.yaml:8:36: there is no parameter `nope`
      |
    8 |       set: {/EnableKeyRotation: "${parameters.nope}"}
      |                                    ^
    help: known here: none
    "#);
    assert_snapshot!(playbook(": true", ": \"${resource.id\""), @r#"
    error: own/playbooks/x/mine.yaml:8:12: steps[0].patch.set: `${resource.id` has a `${` without its `}`
      |
    8 |       set: {/EnableKeyRotation: "${resource.id"}
      |            ^
    "#);
    assert_snapshot!(playbook("steps:", "safety: review\nsteps:"), @r#"
    error: own/playbooks/x/mine.yaml:6:1: duplicate entry with key "safety"
      |
    6 | safety: review
      | ^
    "#);
    assert_snapshot!(playbook("playbook: mine", "playbook: kms-rotation"), @"
    error: own/playbooks/x/mine.yaml:1:1: playbook `kms-rotation` is already defined in playbooks/kms/rotation.yaml
      |
    1 | playbook: kms-rotation
      | ^
    ");
}

#[test]
fn a_snapshot() {
    assert_snapshot!(file("shop.jsonl", "", &["apply", "--yes"]), @"
    error: shop.jsonl: the snapshot is empty
    ");
    assert_snapshot!(file("shop.jsonl", b"\xff\xfe", &["apply", "--yes"]), @"
    error: shop.jsonl:1:1: a byte that is not UTF-8
    help: it has to be a text file
    ");
    assert_snapshot!(snapshot(1, "\"rectify_snapshot\":1", "\"rectify_snapshot\":9"), @r#"
    error: shop.jsonl:1:1: the snapshot has format 9
      |
    1 | {"rectify_snapshot":9,"account":"111122223333","partition":"aws","regions":["eu-west-1"],"taken_at":
      | ^
    help: this version of rectify reads format 1
    "#);
    assert_snapshot!(snapshot(1, "\"rectify_snapshot\":1,", ""), @r#"
    error: shop.jsonl:1:102: missing field `rectify_snapshot`
      |
    1 | account":"111122223333","partition":"aws","regions":["eu-west-1"],"taken_at":"2026-11-22T00:00:00Z"}
      |                                                                                                    ^
    help: the first line is a header, {"rectify_snapshot": 1, "account": …}
    "#);
    assert_snapshot!(snapshot(7, "{\"type\"", "{type"), @r#"
    error: shop.jsonl:7:2: key must be a string
      |
    7 | {type:"AWS::KMS::Alias","id":"alias/shop-exports","arn":"arn:aws:kms:eu-west-1:111122223333:alias/sh
      |  ^
    "#);
    assert_snapshot!(snapshot(7, "\"owner\":null}", ""), @r#"
    error: shop.jsonl:7:282: EOF while parsing a value
      |
    7 | :{"AliasName":"alias/shop-exports","TargetKeyId":"28f29794-4150-4654-a998-859181ee7976"},"facts":{},
      |                                                                                                    ^
    "#);
    assert_snapshot!(snapshot(3, "AWS::KMS::Alias", "AWS::KMS::Alais"), @r#"
    error: shop.jsonl:3:1: there is no resource type `AWS::KMS::Alais`
      |
    3 | {"type":"AWS::KMS::Alais","id":"alias/shop-orders","arn":"arn:aws:kms:eu-west-1:111122223333:alias/s
      | ^
    help: did you mean `AWS::KMS::Alias`?
    "#);
    assert_snapshot!(snapshot(5, "\"facts\"", "\"fatcs\""), @r#"
    error: shop.jsonl:5:278: unknown field `fatcs`, expected one of `type`, `id`, `arn`, `account`, `region`, `tags`, `properties`, `facts`, `owner`
      |
    5 | :"alias/shop-catalog","TargetKeyId":"5ade0664-d93d-41b2-ac5a-87410d94abb0"},"fatcs":{},"owner":null}
      |                                                                                   ^
    help: did you mean `facts`?
    "#);
    assert_snapshot!(snapshot(5, "\"account\":\"111122223333\"", "\"account\":\"222233334444\""), @r#"
    error: shop.jsonl:5:1: the document is of account 222233334444, and the header says 111122223333
      |
    5 | {"type":"AWS::KMS::Alias","id":"alias/shop-catalog","arn":"arn:aws:kms:eu-west-1:111122223333:alias/
      | ^
    "#);
    assert_snapshot!(snapshot(5, "alias/shop-catalog", "${rectify:current.id}"), @r#"
    error: shop.jsonl:5:1: the document holds `${rectify:`, which stands for values known after apply
      |
    5 | {"type":"AWS::KMS::Alias","id":"${rectify:current.id}","arn":"arn:aws:kms:eu-west-1:111122223333:ali
      | ^
    "#);
    assert_snapshot!(snapshot(5, "\"id\":\"alias/shop-catalog\"", "\"id\":\"alias/shop-orders\""), @r#"
    error: shop.jsonl:5:1: AWS::KMS::Alias alias/shop-orders stands in the snapshot twice
      |
    5 | {"type":"AWS::KMS::Alias","id":"alias/shop-orders","arn":"arn:aws:kms:eu-west-1:111122223333:alias/s
      | ^
    "#);
    let told = World::new().run(&["--cloud", "sandbox:none.jsonl", "scan"]).ends(2);
    assert_snapshot!(told.err, @"
    error: none.jsonl: No such file or directory (os error 2)
    ");
}

#[test]
fn a_plan() {
    assert_snapshot!(plan(|text| text[..700].to_owned()), @r#"
    error: plan.json:24:22: EOF while parsing an object
       |
    24 |     "max_age_hours": 2
       |                      ^
    help: a plan is what `rectify plan --out FILE` writes
    "#);
    assert_snapshot!(plan(|text| text.replace("\"reversible\"", "\"revresible\"")), @r#"
    error: plan.json:167:18: unknown field `revresible`, expected one of `id`, `kind`, `resource`, `find`, `before`, `after`, `patch`, `fixes`, `playbooks`, `safety`, `on_failure`, `reversible`, `irreversible_because`, `depends_on`, `warnings`, `parts`, `before_hash`, `calls`
        |
    167 |       "revresible": true,
        |                  ^
    help: did you mean `reversible`?
    help: a plan is what `rectify plan --out FILE` writes
    "#);
    assert_snapshot!(plan(|text| text.replace("\"kind\": \"update\"", "\"kind\": \"updaet\"")), @r#"
    error: plan.json:54:22: unknown variant `updaet`, expected one of `create`, `update`, `delete`
       |
    54 |       "kind": "updaet",
       |                      ^
    help: did you mean `update`?
    help: a plan is what `rectify plan --out FILE` writes
    "#);
    assert_snapshot!(plan(|_| String::new()), @"
    error: plan.json:1:1: EOF while parsing a value
    help: a plan is what `rectify plan --out FILE` writes
    ");
    assert_snapshot!(plan(|_| "[".repeat(100_000)), @"
    error: plan.json:1:1: invalid type: sequence, expected u32
      |
    1 | [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
      | ^
    help: a plan is what `rectify plan --out FILE` writes
    ");
    assert_snapshot!(refused(&World::new(), &["apply", "none.json", "--yes"]), @"
    error: none.json: No such file or directory (os error 2)
    ");
    assert_snapshot!(refused(&World::new(), &["apply", "shop.jsonl", "--yes"]), @r#"
    error: shop.jsonl:1:19: unknown field `rectify_snapshot`, expected one of `format_version`, `digest`, `created_at`, `expires_at`, `account`, `partition`, `regions`, `bundle_digest`, `waivers_digest`, `fingerprint_key`, `version`, `limits`, `parameters`, `census`, `findings`, `changes`, `unread`, `errors`, `proof`
      |
    1 | {"rectify_snapshot":1,"account":"111122223333","partition":"aws","regions":["eu-west-1"],"taken_at":
      |                   ^
    help: known here: format_version, digest, created_at, expires_at, account, partition, regions, bundle_digest, waivers_digest, fingerprint_key, version, limits, parameters, census, findings, changes, unread, errors, proof
    help: a plan is what `rectify plan --out FILE` writes
    "#);
}

#[test]
fn a_command_line() {
    let world = World::new();
    assert_snapshot!(refused(&world, &["apply", "--yes", "--policies", "kms-rotaton"]), @"
    error: there is no policy `kms-rotaton`
    help: did you mean `kms-rotation`?
    ");
    assert_snapshot!(refused(&world, &["apply", "--yes", "--types", "AWS::Lambda::Funtion"]), @"
    error: there is no resource type `AWS::Lambda::Funtion`
    help: did you mean `AWS::Lambda::Function`?
    ");
    assert_snapshot!(refused(&world, &["apply", "--yes", "--severity", "hihg"]), @"
    error: invalid value 'hihg' for '--severity <SEVERITY>': it is one of low, medium, high, critical

    For more information, try '--help'.
    ");
    assert_snapshot!(refused(&world, &["apply", "--yes", "--set", "apigw-throttling.rat=3"]), @"
    error: there is no parameter of apigw-throttling `rat`
    help: did you mean `rate`?
    ");
    assert_snapshot!(refused(&world, &["apply", "--yes", "--set", "apigw-throttling.rate=fast"]), @r#"
    error: parameter `rate` of apigw-throttling has to be a number, and this is "fast"
    "#);
    assert_snapshot!(refused(&world, &["apply", "--yes", "--set", "rate"]), @"
    error: `--set rate` is not ID.NAME=VALUE
    ");
    assert_snapshot!(refused(&world, &["apply", "--yes", "--bundle", "nowhere"]), @"
    error: nowhere has no policies and no playbooks
    help: a bundle is a folder with `policies/**/*.rego` and `playbooks/**/*.yaml`
    ");
    assert_snapshot!(refused(&world, &["policies", "show", "kms-rotatin"]), @"
    error: there is no policy `kms-rotatin`
    help: did you mean `kms-rotation`?
    ");
    assert!(refused(&world, &["--now", "yesterday", "scan"]).contains("invalid value 'yesterday' for '--now <TIME>'"));
    assert!(refused(&world, &["playbooks", "show", "zz"]).contains("help: there are: apigw-5xx-alarm, "));
    let told = world.run(&["--cloud", "azure", "scan"]).ends(2);
    assert_snapshot!(told.err, @"
    error: there is no cloud `azure`
    help: it is aws or sandbox:FILE
    ");
}
