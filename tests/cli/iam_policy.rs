//! `rectify iam-policy`: what it prints, without an account.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::runner::World;

fn printed(world: &World, arguments: &[&str]) -> Value {
    world.run(&[&["iam-policy", "--format", "json"], arguments].concat()).ends(0).json()
}

fn actions(document: &Value) -> BTreeSet<&str> {
    let statements = document["Statement"].as_array().unwrap().iter();
    statements
        .flat_map(|statement| statement["Action"].as_array().unwrap())
        .map(|action| action.as_str().unwrap())
        .collect()
}

#[test]
fn reading_and_writing_stand_apart() {
    let world = World::empty();
    let both = printed(&world, &["--policies", "kms-rotation", "--account", "111122223333"]);
    assert_eq!(both.as_object().unwrap().keys().collect::<Vec<_>>(), ["managed_policies", "read", "write"]);
    assert_eq!(both["read"]["Version"], "2012-10-17");
    assert_eq!(
        both["write"]["Statement"],
        json!([{
            "Sid": "WriteKms1",
            "Effect": "Allow",
            "Action": ["kms:DisableKeyRotation", "kms:EnableKeyRotation"],
            "Resource": ["arn:aws:kms:*:111122223333:key/*"],
        }])
    );
    let read: BTreeSet<&str> = actions(&both["read"]);
    assert!(read.contains("kms:ListKeys") && read.is_disjoint(&actions(&both["write"])), "{read:?}");
    assert_eq!(both["managed_policies"]["write"], json!([both["write"]]));
    let one = printed(&world, &["--policies", "kms-rotation", "--account", "111122223333", "--only", "read"]);
    assert_eq!(one, json!({"read": both["read"], "managed_policies": {"read": [both["read"]]}}));
}

#[test]
fn it_is_for_what_is_enabled_and_where_it_works() {
    let world = World::empty();
    world.write("rectify.yaml", "policies: [lambda-url-auth]\nregions: [cn-north-1]\n");
    let told = printed(&world, &[]);
    assert_eq!(actions(&told["write"]), BTreeSet::from(["lambda:UpdateFunctionUrlConfig"]));
    let resources = &told["write"]["Statement"][0]["Resource"];
    assert_eq!(*resources, json!(["arn:aws-cn:lambda:cn-north-1:*:function:*"]));
    world.write("rectify.yaml", "disabled_policies: [lambda-url-auth, lambda-url-cors]\n");
    assert!(!actions(&printed(&world, &[])["write"]).contains("lambda:UpdateFunctionUrlConfig"));
    let manual = world.run(&["iam-policy", "--policies", "lambda-env-secrets", "--only", "write"]).ends(0);
    assert_eq!(manual.out, "# write: nothing\n");
    let roles = printed(&world, &["--policies", "iam-aws-admin-attached", "--types", "AWS::IAM::Role"]);
    assert_eq!(actions(&roles["write"]), BTreeSet::from(["iam:AttachRolePolicy", "iam:DetachRolePolicy"]));
}

#[test]
fn a_bundle_of_ones_own_gets_what_its_steps_take() {
    let world = World::empty();
    world.write(
        "acme/policies/role.rego",
        "# METADATA\n# title: Functions have a role of their own\n# description: A shared role allows too much.\n# custom:\n#   id: acme-role\n#   severity: low\n#   resource_types: [AWS::Lambda::Function]\n#   related: [url]\npackage acme.role\n\nviolation contains {\"msg\": \"The role is shared.\", \"path\": \"/Role\", \"params\": {}} if {\n\tinput.properties.Role == \"shared\"\n}\n",
    );
    world.write(
        "acme/playbooks/role.yaml",
        "playbook: acme-role\ndescription: Give the function its own role.\nfixes: [acme-role]\nresource_types: [AWS::Lambda::Function]\nsafety: review\nsteps:\n  - patch: {set: {/Role: own}}\n  - delete: {target: url}\n",
    );
    let arguments = ["--bundle", "acme", "--policies", "acme-role", "--account", "111122223333"];
    let told = printed(&world, &arguments);
    assert_eq!(
        told["write"]["Statement"],
        json!([
            {
                "Sid": "WriteIam1",
                "Effect": "Allow",
                "Action": ["iam:PassRole"],
                "Resource": ["arn:aws:iam::111122223333:role/*"],
                "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
            },
            {
                "Sid": "WriteLambda1",
                "Effect": "Allow",
                // What takes a delete back is a create; whether a URL can come back is seen in its document alone.
                "Action": [
                    "lambda:CreateFunctionUrlConfig",
                    "lambda:DeleteFunctionUrlConfig",
                    "lambda:UpdateFunctionConfiguration",
                ],
                "Resource": ["arn:aws:lambda:*:111122223333:function:*"],
            },
        ])
    );
}

#[test]
fn what_cannot_be_told_is_refused() {
    let world = World::empty();
    assert_snapshot!(world.run(&["iam-policy", "--resource", "x"]).ends(2).err, @"
    error: the rights are for whole resource types, not for single resources
    help: select with --policies, --types and --severity
    ");
    assert_snapshot!(world.run(&["iam-policy", "--policies", "kms-rotatoin"]).ends(2).err, @"
    error: there is no policy `kms-rotatoin`
    help: did you mean `kms-rotation`?
    ");
}
