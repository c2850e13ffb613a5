//! What steps of playbooks can do beyond a patch of the finding's own document, and what parameters they take: with a small
//! bundle of one's own on the demo's account.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::runner::World;

/// A policy that finds something on one function.
fn policy(world: &World, slug: &str, function: &str, more: &str) {
    let text = format!(
        "# METADATA\n# title: {slug}\n# description: d\n# custom:\n#   id: acme-{slug}\n#   severity: low\n\
         #   resource_types: [AWS::Lambda::Function]\n{more}package rectify.acme.{slug}\n\n\
         violation contains {{\"msg\": \"It is so.\", \"path\": \"\", \"params\": {{\"who\": \"acme\"}}}} if {{\n\
         \tinput.id == \"{function}\"\n\tnot input.properties.KmsKeyArn\n}}\n"
    );
    world.write(&format!("draft/policies/acme/{slug}.rego"), text);
}

fn playbook(world: &World, slug: &str, rest: &str) {
    let text = format!(
        "playbook: acme-{slug}\ndescription: d\nfixes: [acme-{slug}]\nresource_types: [AWS::Lambda::Function]\nsafety: review\n{rest}"
    );
    world.write(&format!("draft/playbooks/acme/{slug}.yaml"), text);
}

/// The shared key, with a statement of the playbook's own.
fn with_key(service: &str) -> String {
    format!(
        "warnings:\n  - \"${{finding.params.who}} reads it.\"\n  - {{text: Never told., when: input.id == \"nobody\"}}\n\
         steps:\n  - include: remediation-key\n\
         \x20 - patch:\n      target: steps.key\n      upsert:\n        /KeyPolicy/Statement:\n          key: [Sid]\n\
         \x20         value: {{Sid: {service}, Effect: Allow, Principal: {{Service: {service}.amazonaws.com}}, Action: [kms:Decrypt], Resource: \"*\"}}\n\
         \x20 - patch: {{set: {{/KmsKeyArn: \"${{steps.key.arn}}\"}}}}\n"
    )
}

fn plan(world: &World, arguments: &[&str]) -> Value {
    world.shop(&[&["plan", "--bundle", "draft", "--format", "json"], arguments].concat()).json()
}

fn changes<'a>(plan: &'a Value, type_name: &str) -> Vec<&'a Value> {
    plan["changes"].as_array().unwrap().iter().filter(|change| change["resource"]["type"] == type_name).collect()
}

#[test]
fn playbooks_share_one_key_and_each_lets_its_service_in() {
    let world = World::new();
    for (slug, function, service) in [("one", "shop-reports", "logs"), ("two", "shop-payments", "events")] {
        policy(&world, slug, function, "");
        playbook(&world, slug, &with_key(service));
    }
    let both = ["--policies", "acme-one,acme-two"];
    let plan = plan(&world, &both);
    let keys = changes(&plan, "AWS::KMS::Key");
    assert_eq!(keys.len(), 1, "one key for both");
    let statements = keys[0]["after"]["properties"]["KeyPolicy"]["Statement"].as_array().unwrap();
    let sids: Vec<&str> = statements.iter().map(|statement| statement["Sid"].as_str().unwrap()).collect();
    assert_eq!(sids, ["EnableAccountPermissions", "logs", "events"]);
    // What its properties name is in the plan under its name.
    assert_eq!(changes(&plan, "AWS::KMS::Alias")[0]["resource"]["id"], "alias/rectify");
    let functions = changes(&plan, "AWS::Lambda::Function");
    for function in &functions {
        assert!(function["depends_on"].as_array().unwrap().contains(&keys[0]["id"]), "the key comes first");
        assert_eq!(function["warnings"][0], "acme reads it.");
        assert!(!function["warnings"].to_string().contains("Never told"));
    }
    assert_eq!(functions.len(), 2);

    // A key that is there already gets what it lacks, and nothing else of it changes.
    world.shop(&[&["apply", "--bundle", "draft", "--approve", "all", "--yes"], &both[..]].concat()).ends(0);
    policy(&world, "three", "shop-catalog", "");
    playbook(&world, "three", &with_key("sns"));
    let third = self::plan(&world, &["--policies", "acme-three"]);
    let keys = changes(&third, "AWS::KMS::Key");
    assert_eq!((keys.len(), &keys[0]["kind"]), (1, &json!("update")));
    assert_eq!(keys[0]["patch"].as_array().unwrap().len(), 1, "{}", keys[0]["patch"]);
}

#[test]
fn every_neighbour_can_be_meant() {
    let world = World::new();
    policy(&world, "closed", "shop-payments", "#   related: [permissions]\n");
    playbook(
        &world,
        "closed",
        "steps:\n  - delete: {target: permissions, each: true}\n  - patch: {set: {/KmsKeyArn: none}}\n",
    );
    let plan = plan(&world, &["--policies", "acme-closed"]);
    let demo = world.documents("shop.jsonl");
    let all = demo.keys().filter(|(kind, id)| kind == "AWS::Lambda::Permission" && id.starts_with("shop-payments|"));
    let deleted = changes(&plan, "AWS::Lambda::Permission");
    assert!(deleted.iter().all(|change| change["kind"] == "delete"));
    assert_eq!(deleted.len(), all.count());
    assert!(!deleted.is_empty());

    playbook(&world, "closed", "steps:\n  - delete: {target: permissions}\n");
    let told = world.shop(&["plan", "--bundle", "draft"]).ends(2);
    assert_snapshot!(told.err, @"
    error: draft/playbooks/acme/closed.yaml:7:22: relation `permissions` is a list: `id` says which one is meant, or `each`
      |
    7 |   - delete: {target: permissions}
      |                      ^
    ");
}

#[test]
fn a_step_that_names_what_is_not_there_is_refused() {
    let world = World::new();
    policy(&world, "one", "shop-reports", "");
    let mut told = String::new();
    for steps in [
        "  - include: remediation-kye\n",
        "  - patch: {target: steps.key, set: {/Enabled: true}}\n",
        "  - patch: {each: true, set: {/Enabled: true}}\n",
    ] {
        playbook(&world, "one", &format!("steps:\n{steps}"));
        told.push_str(&world.shop(&["plan", "--bundle", "draft"]).ends(2).err);
    }
    assert_snapshot!(told, @"
    error: draft/playbooks/acme/one.yaml:7:14: there are no shared steps `remediation-kye`
      |
    7 |   - include: remediation-kye
      |              ^
    help: there are: access-log-bucket, api-deployment, apigateway-logs, log-group, logs-key, remediation-key, trail-bucket, trail-key, trail-role
    error: draft/playbooks/acme/one.yaml:7:21: there is no earlier `ensure` step `key`
      |
    7 |   - patch: {target: steps.key, set: {/Enabled: true}}
      |                     ^
    help: known here: none
    error: draft/playbooks/acme/one.yaml:6:1: step 1: `id` and `each` choose among the neighbours of a relation, and `target` names none
      |
    6 | steps:
      | ^
    ");
}

#[test]
fn what_is_looked_for_is_said_clearly() {
    let world = World::new();
    policy(&world, "one", "shop-reports", "");
    let mut told = String::new();
    for find in
        ["{id: q}", "{exactly: QueueName, properties: {QueueName: q}}", "{exactly: [Arn], properties: {QueueName: q}}"]
    {
        let step = format!(
            "  - ensure: {{as: queue, type: \"AWS::SQS::Queue\", find: {find}, properties: {{QueueName: q}}}}\n"
        );
        playbook(&world, "one", &format!("steps:\n{step}"));
        told.push_str(&world.shop(&["plan", "--bundle", "draft"]).ends(2).err);
    }
    assert_snapshot!(told, @r#"
    error: draft/playbooks/acme/one.yaml:7:14: `id` is not known here: `properties`, `facts` or `exactly`
      |
    7 |   - ensure: {as: queue, type: "AWS::SQS::Queue", find: {id: q}, properties: {QueueName: q}}
      |              ^
    error: draft/playbooks/acme/one.yaml:7:14: `exactly` is a list of properties
      |
    7 |   - ensure: {as: queue, type: "AWS::SQS::Queue", find: {exactly: QueueName, properties: {QueueName: 
      |              ^
    error: draft/playbooks/acme/one.yaml:7:14: `exactly` names "Arn", which `properties` does not have
      |
    7 |   - ensure: {as: queue, type: "AWS::SQS::Queue", find: {exactly: [Arn], properties: {QueueName: q}},
      |              ^
    "#);
}

#[test]
fn a_parameter_has_its_type() {
    let world = World::new();
    policy(&world, "told", "shop-reports", "");
    playbook(
        &world,
        "told",
        "parameters:\n  topic: {type: \"arn:aws:sns\", description: who is told}\n  days: {type: integer, default: 30, one_of: [30, 90], description: how long}\n\
         steps:\n  - patch: {set: {/KmsKeyArn: \"${parameters.topic}\", /Timeout: \"${parameters.days}\"}}\n",
    );
    let named = ["--policies", "acme-told"];
    let waiting = plan(&world, &named);
    let finding = &waiting["findings"][0];
    assert_eq!((&finding["status"], waiting["changes"].as_array().unwrap().len()), (&json!("manual"), 0));
    assert_snapshot!(finding["reason"].as_str().unwrap(), @"
    parameter `topic` of acme-told has no value (who is told): with one this is fixed; set it in rectify.yaml under parameters, or with --set acme-told.topic=…
    ");

    let mut told = String::new();
    for set in ["acme-told.topic=alarms", "acme-told.topic=arn:aws:sqs:eu-west-1:111122223333:q", "acme-told.days=31"] {
        told.push_str(&world.shop(&[&["plan", "--bundle", "draft", "--set", set], &named[..]].concat()).ends(2).err);
    }
    assert_snapshot!(told, @r#"
    error: parameter `topic` of acme-told has to be an ARN of sns, such as `arn:aws:sns:…`, and this is "alarms"
    error: parameter `topic` of acme-told has to be an ARN of sns, such as `arn:aws:sns:…`, and this is "arn:aws:sqs:eu-west-1:111122223333:q"
    error: parameter `days` of acme-told has to be one of 30, 90, and this is 31
    "#);

    let topic = "acme-told.topic=arn:aws:sns:eu-west-1:111122223333:alarms";
    let plan = plan(&world, &["--set", topic, "--set", "acme-told.days=90", "--policies", "acme-told"]);
    let after = &changes(&plan, "AWS::Lambda::Function")[0]["after"]["properties"];
    assert_eq!(
        (&after["KmsKeyArn"], &after["Timeout"]),
        (&json!("arn:aws:sns:eu-west-1:111122223333:alarms"), &json!(90))
    );
}

#[test]
fn where_no_step_applies_the_playbook_says_why() {
    let world = World::new();
    let reason = |settings: &[&str]| -> String {
        let set = settings.iter().flat_map(|setting| ["--set", setting]);
        let arguments = ["plan", "--policies", "apigwv2-route-auth", "--format", "json"].into_iter().chain(set);
        let plan = world.shop(&arguments.collect::<Vec<_>>()).json();
        assert_eq!((&plan["findings"][0]["status"], plan["changes"].as_array().unwrap().len()), (&json!("manual"), 0));
        plan["findings"][0]["reason"].as_str().unwrap().to_owned()
    };
    let told = reason(&["apigwv2-route-auth.authorizer_id=nobody"]);
    assert_eq!(
        told,
        "jwt_issuer needs a jwt_audience, and authorizer_id has to be one of the authorizers of the API h6j7k8m9n0, as far as they could be read. Without either of them the route asks for IAM authentication."
    );
    assert_eq!(reason(&["apigwv2-route-auth.jwt_issuer=https://login.example.com"]), told);
}

#[test]
fn open_routes_ask_the_authorizer_that_their_api_has_for_these_tokens() {
    let world = World::new();
    let issuer = "apigwv2-route-auth.jwt_issuer=https://login.example.com";
    let planned = |name: &str, audience: &str| {
        let name = format!("apigwv2-route-auth.jwt_authorizer={name}");
        let audience = format!(r#"apigwv2-route-auth.jwt_audience=["{audience}"]"#);
        let policies = ["--policies", "apigwv2-route-auth", "--set", issuer, "--set", &audience, "--set", &name];
        world.shop(&[&["plan", "--format", "json"], &policies[..]].concat()).json()
    };
    let tokens = |name: &str, audience: &str| {
        let plan = planned(name, audience);
        let made = changes(&plan, "AWS::ApiGatewayV2::Authorizer").len();
        let route = changes(&plan, "AWS::ApiGatewayV2::Route")[0]["after"]["properties"].clone();
        (made, route["AuthorizationType"].clone(), route["AuthorizerId"].as_str().unwrap().to_owned())
    };
    assert_eq!(tokens("customers", "shop"), (0, json!("JWT"), "j1w2t3".to_owned()));
    // A name stands for one authorizer of an API.
    let taken = planned("customers", "staff");
    assert_eq!(taken["findings"][0]["status"], "manual");
    assert_snapshot!(taken["findings"][0]["reason"].as_str().unwrap(), @r#"
    playbook apigwv2-route-auth cannot be followed: AWS::ApiGatewayV2::Authorizer j1w2t3|h6j7k8m9n0 is there and is not {"exactly":["JwtConfiguration"],"properties":{"AuthorizerType":"JWT","JwtConfiguration":{"Audience":["staff"],"Issuer":"https://login.example.com"}}}
    "#);
    let (made, kind, authorizer) = tokens("rectify-jwt", "staff");
    assert_eq!((made, kind), (1, json!("JWT")));
    assert!(authorizer.starts_with("${rectify:"), "{authorizer}");
}

#[test]
fn a_policy_that_is_off_is_used_when_it_is_named() {
    let world = World::new();
    policy(&world, "shy", "shop-reports", "#   enabled: false\n");
    let found = |arguments: &[&str]| -> usize {
        let scan = world.shop(&[&["scan", "--bundle", "draft", "--format", "json"], arguments].concat()).json();
        scan["findings"].as_array().unwrap().iter().filter(|finding| finding["policy"] == "acme-shy").count()
    };
    assert_eq!((found(&[]), found(&["--policies", "acme-shy"])), (0, 1));
    world.write("rectify.yaml", "enabled_policies: [acme-shy]\n");
    assert_eq!((found(&[]), found(&["--policies", "kms-rotation"])), (1, 0));
}

#[test]
fn a_framework_is_scored_by_its_controls() {
    let world = World::new();
    let scan = world.shop(&["scan", "--framework", "fsbp", "--types", "AWS::KMS::Key"]).ends(1);
    let card = scan.out.split("AWS Foundational").nth(1).unwrap();
    assert_snapshot!(format!("AWS Foundational{card}"), @"
    AWS Foundational Security Best Practices
      KMS.3  failed        1 of 4 resources     kms-pending-deletion
      KMS.5  failed        1 of 4 resources     kms-no-public-policy
    score 0 %: 0 passed, 2 failed of 2 controls that policies cover

    2 findings (2 critical) in 4 resources of account 111122223333
    ");
    let scan = world.shop(&["scan", "--framework", "fsbp", "--format", "json"]).ends(1).json();
    let card = &scan["framework"];
    let controls = card["controls"].as_array().unwrap();
    let of = |verdict: &str| controls.iter().filter(|control| control["verdict"] == verdict).count();
    assert_eq!(
        (card["passed"].as_u64(), card["failed"].as_u64()),
        (Some(of("passed") as u64), Some(of("failed") as u64))
    );
    let told = world.shop(&["scan", "--framework", "fsb"]).ends(2).err;
    assert!(told.contains("it is one of fsbp, cis_aws"), "{told}");
}
