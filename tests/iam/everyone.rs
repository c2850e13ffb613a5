//! Where rectify's policies on who is let in differ from others.

use serde_json::{Value, json};

use super::check::Check::{AnyPrincipal, Everyone, Foreign, Internet};
use super::explained::Alike::{Allows, Whole};
use super::explained::Explained;
use super::explained::Side::{Ours, Theirs};
use super::explained::Word::{Says, Silent};
use super::without::{
    Statement, allows, becomes, changed, denies, dropped, listed, texts, unconditional, without_conditions,
};

pub const EXPLAINED: &[Explained] = &[
    Explained {
        what: "NotPrincipal in an Allow",
        checks: &[Everyone, AnyPrincipal],
        ours: Says,
        moves: Theirs,
        alike: Allows(|one| becomes(one, "NotPrincipal", "Principal", json!("*"))),
        why: "cloudsplaining does not read NotPrincipal. It lets in everyone but those that it names.",
    },
    Explained {
        what: "NotAction for everyone",
        checks: &[Everyone],
        ours: Says,
        moves: Theirs,
        alike: Allows(|one| becomes(one, "NotAction", "Action", json!("*"))),
        why: "cloudsplaining tells the actions that Action names. NotAction allows all but those that it names.",
    },
    Explained {
        what: "a condition that holds without its key",
        checks: &[Everyone, Internet],
        ours: Says,
        moves: Theirs,
        alike: Allows(|one| without_conditions(one, |operator, _, _| holds_without_key(operator))),
        why: "with IfExists and ForAllValues a request without the key fulfils the condition.",
    },
    Explained {
        what: "an address range that is nearly everything",
        checks: &[Everyone, Internet],
        ours: Says,
        moves: Theirs,
        alike: Allows(whole_range),
        why: "the others take 0.0.0.0/0 alone for everyone. Amazon S3 takes every range of more than a /8 for public.",
    },
    Explained {
        what: "every bucket as the source",
        checks: &[Everyone, Internet],
        ours: Says,
        moves: Theirs,
        alike: Allows(|one| {
            let every_bucket = |_: &str, _: &str, values: &[String]| values.iter().any(|one| one == "arn:aws:s3:::*");
            without_conditions(one, every_bucket)
        }),
        why: "the others take every ARN of Amazon S3 for fixed. arn:aws:s3:::* is the buckets of everyone.",
    },
    Explained {
        what: "a role's id, or the endpoint of SAML",
        checks: &[Everyone, Internet],
        ours: Says,
        moves: Theirs,
        alike: Allows(|one| {
            let one_of_them = |_: &str, key: &str, values: &[String]| {
                key == "saml:aud" || (key == "aws:userid" && values.iter().any(|id| id.ends_with(":*")))
            };
            without_conditions(one, one_of_them)
        }),
        why: "the others take them for a narrowing. Amazon S3 calls a policy for AROLEID:* public; SAML:aud says where one \
            signed in, and not who.",
    },
    Explained {
        what: "a condition that everyone fulfils",
        checks: &[Everyone, Internet],
        ours: Silent,
        moves: Theirs,
        alike: Allows(|one| without_conditions(one, everyone_fulfils)),
        why: "the others take a statement with such a condition for public, whatever else it asks for and, in cloudsplaining, \
            whomever it is for.",
    },
    Explained {
        what: "a function URL that asks for a signature",
        checks: &[Everyone, Internet],
        ours: Silent,
        moves: Theirs,
        alike: Allows(|one| {
            let signed =
                |_: &str, key: &str, values: &[String]| key == "lambda:functionurlauthtype" && values == ["AWS_IAM"];
            as_account(one, signed)
        }),
        why: "the others do not know lambda:FunctionUrlAuthType. AWS_IAM lets in only whom IAM lets in.",
    },
    Explained {
        what: "one user's id",
        checks: &[Everyone, Internet],
        ours: Silent,
        moves: Theirs,
        alike: Allows(|one| {
            let one_user = |_: &str, key: &str, values: &[String]| {
                key == "aws:userid" && values.iter().all(|id| !id.contains('*'))
            };
            as_account(one, one_user)
        }),
        why: "the others take an id without a wildcard for everyone's. Amazon S3 takes a fixed one for a narrowing.",
    },
    Explained {
        what: "NotPrincipal of everyone",
        checks: &[Internet],
        ours: Silent,
        moves: Theirs,
        alike: Whole(|document| dropped(document, |one| allows(one) && one.get("NotPrincipal").is_some_and(everyone))),
        why: "policyuniverse takes every NotPrincipal for everyone. All but everyone is nobody.",
    },
    Explained {
        what: "a Deny that takes it back",
        checks: &[Everyone, Internet, AnyPrincipal],
        ours: Silent,
        moves: Ours,
        alike: Whole(|document| dropped(document, denies)),
        why: "the others look at each Allow alone.",
    },
    Explained {
        what: "a condition that does not narrow",
        checks: &[AnyPrincipal],
        ours: Says,
        moves: Theirs,
        alike: Allows(unconditional),
        why: "cloudsplaining lists trust in everyone under a condition apart, whatever the condition is.",
    },
    Explained {
        what: "another action than sts:AssumeRole",
        checks: &[AnyPrincipal, Foreign],
        ours: Says,
        moves: Theirs,
        alike: Whole(|document| changed(document, assumes)),
        why: "cloudsplaining looks at sts:AssumeRole, written out, alone.",
    },
    Explained {
        what: "a condition on a foreign account",
        checks: &[Foreign],
        ours: Silent,
        moves: Ours,
        alike: Allows(unconditional),
        why: "cloudsplaining lists every foreign account. One that is asked for an external id is what AWS recommends.",
    },
];

fn holds_without_key(operator: &str) -> bool {
    let operator = operator.to_lowercase();
    operator.starts_with("forallvalues:") || operator.ends_with("ifexists")
}

/// As the others see it: one value that everyone has, under an operator that they read.
fn everyone_fulfils(operator: &str, key: &str, values: &[String]) -> bool {
    let operator = operator.to_lowercase();
    let positive = ["stringequals", "stringlike", "arnequals", "arnlike", "ipaddress"];
    let read = positive.iter().any(|name| operator.trim_start_matches("foranyvalue:").starts_with(name));
    let every_account = |value: &String| value.split(':').nth(4) == Some("*");
    let any = values.iter().any(|value| match key {
        "aws:sourcearn" | "aws:principalarn" => value == "*" || every_account(value),
        "aws:principalorgid" | "aws:principalorgpaths" => value.contains("o-*"),
        "aws:sourceip" => value.ends_with("/0"),
        "aws:sourceaccount" | "aws:sourcevpc" => value.contains('*'),
        _ => false,
    });
    read && any
}

/// A range wider than /8 becomes all addresses.
fn whole_range(statement: &mut Statement) -> bool {
    let Some(range) = statement.get_mut("Condition").and_then(|all| all.pointer_mut("/IpAddress/aws:SourceIp")) else {
        return false;
    };
    let wide =
        |range: &String| range.rsplit_once('/').is_some_and(|(_, bits)| (1..8).any(|few| *bits == few.to_string()));
    let before = listed(range);
    let after: Vec<String> =
        before.iter().map(|range| if wide(range) { "0.0.0.0/0".to_owned() } else { range.clone() }).collect();
    *range = json!(after);
    before != after
}

/// Conditions that are picked become one that the others know as a narrowing.
fn as_account(statement: &mut Statement, picks: impl Fn(&str, &str, &[String]) -> bool) -> bool {
    let there = without_conditions(statement, picks);
    if there {
        statement.insert("Condition".into(), json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}));
    }
    there
}

fn everyone(principal: &Value) -> bool {
    principal == "*" || listed(&principal["AWS"]).iter().any(|name| name == "*")
}

fn assumes(statement: &mut Statement) -> bool {
    let there = texts(statement, "Action").iter().any(|action| action.eq_ignore_ascii_case("sts:AssumeRole"));
    if !there {
        statement.insert("Action".into(), Value::from("sts:AssumeRole"));
    }
    !there
}
