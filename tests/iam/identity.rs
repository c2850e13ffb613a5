//! Where rectify's policies on what may be done differ from others.

use serde_json::json;

use super::check::Check::{Allowed, Complete, Escalation, Services, Unrestricted};
use super::explained::Alike::{Allows, Each, Whole};
use super::explained::Side::{Ours, Theirs};
use super::explained::Word::{Says, Silent};
use super::explained::{Asked, Explained};
use super::ours::ways;
use super::without::{
    Statement, added, allows, becomes, changed, conditional, denies, dropped, on_star, replaced, texts, unconditional,
};

pub const EXPLAINED: &[Explained] = &[
    Explained {
        what: "a condition on an Allow",
        checks: &[Complete, Services, Unrestricted, Escalation],
        ours: Says,
        moves: Theirs,
        alike: Allows(unconditional),
        why: "cloudsplaining leaves out what is allowed under a condition. A condition makes a right rarer, not smaller.",
    },
    Explained {
        what: "a condition on a Deny",
        checks: &[Complete, Unrestricted, Escalation],
        ours: Says,
        moves: Theirs,
        alike: Whole(|document| dropped(document, |one| denies(one) && conditional(one))),
        why: "cloudsplaining counts a Deny with a condition as one that always holds.",
    },
    Explained {
        what: "an empty condition on a Deny",
        checks: &[Allowed],
        ours: Silent,
        moves: Theirs,
        alike: Whole(|document| {
            changed(document, |one| denies(one) && !conditional(one) && one.remove("Condition").is_some())
        }),
        why: "parliament does not count on a Deny with the member Condition, even where nothing stands in it.",
    },
    Explained {
        what: "a Deny on some resources",
        checks: &[Complete, Unrestricted, Escalation],
        ours: Says,
        moves: Theirs,
        alike: Whole(|document| dropped(document, |one| denies(one) && !conditional(one) && !on_star(one))),
        why: "cloudsplaining counts a Deny on one resource as one on every resource.",
    },
    Explained {
        what: "a Deny of a part of what a wildcard allows",
        checks: &[Complete],
        ours: Says,
        moves: Theirs,
        alike: Whole(|document| dropped(document, |one| denies(one) && !conditional(one) && on_star(one))),
        why: "service:* with a Deny of some of its actions is still a wildcard, which takes in all that AWS will add.",
    },
    Explained {
        what: "a Deny of what a wildcard allows",
        checks: &[Services],
        ours: Silent,
        moves: Ours,
        alike: Whole(|document| dropped(document, denies)),
        why: "cloudsplaining looks for service:* in each Allow, and reads no Deny there.",
    },
    Explained {
        what: "a Deny of all but some actions",
        checks: &[Complete, Unrestricted, Escalation],
        ours: Silent,
        moves: Ours,
        alike: Whole(|document| dropped(document, |one| denies(one) && one.contains_key("NotAction"))),
        why: "cloudsplaining does not read a Deny with NotAction.",
    },
    Explained {
        what: "a Deny on every ARN",
        checks: &[Allowed],
        ours: Silent,
        moves: Theirs,
        alike: Whole(|document| changed(document, |one| denies(one) && every_arn(one))),
        why: "parliament takes `*` alone for every resource, and arn:aws:*:*:*:* is every ARN.",
    },
    Explained {
        what: "a Deny on all but some resources",
        checks: &[Allowed],
        ours: Says,
        moves: Theirs,
        alike: Whole(|document| dropped(document, |one| denies(one) && one.contains_key("NotResource"))),
        why: "parliament takes NotResource for `*`. What it names is still allowed.",
    },
    Explained {
        what: "an Allow on all but some resources, for parliament",
        checks: &[Allowed],
        ours: Silent,
        moves: Theirs,
        alike: Whole(|document| dropped(document, |one| allows(one) && one.contains_key("NotResource"))),
        why: "parliament takes NotResource for `*`. The question is what is allowed on every resource, which it is not.",
    },
    Explained {
        what: "an Allow on all but some resources, for cloudsplaining",
        checks: &[Complete, Unrestricted, Escalation],
        ours: Says,
        moves: Theirs,
        alike: Allows(|one| becomes(one, "NotResource", "Resource", json!("*"))),
        why: "cloudsplaining does not read NotResource. All but a few resources are nearly every one.",
    },
    Explained {
        what: "an Allow on every ARN",
        checks: &[Allowed, Complete, Unrestricted, Escalation],
        ours: Says,
        moves: Theirs,
        alike: Allows(every_arn),
        why: "the others take `*` alone for every resource, and arn:aws:*:*:*:* is every ARN.",
    },
    Explained {
        what: "NotAction on every ARN",
        checks: &[Complete, Services, Unrestricted, Escalation],
        ours: Silent,
        moves: Theirs,
        alike: Allows(|one| one.contains_key("NotAction") && every_arn(one)),
        why: "cloudsplaining fails to read such a statement, and with it the document.",
    },
    Explained {
        what: "every resource of a kind",
        checks: &[Unrestricted, Escalation],
        ours: Says,
        moves: Theirs,
        alike: Each(|document, asked| {
            // On `*` a wildcard would be another policy's finding.
            changed(document, |one| {
                let widened = allows(one) && every_one_of_a_kind(one);
                if widened {
                    by_name(one, asked);
                }
                widened
            })
        }),
        why: "cloudsplaining takes `*` alone for every resource. arn:aws:iam::…:role/* is every role that can be passed.",
    },
    Explained {
        what: "an action that has no resources",
        checks: &[Complete, Unrestricted, Escalation],
        ours: Silent,
        moves: Ours,
        alike: Allows(everywhere),
        why: "cloudsplaining knows which actions cannot be limited to a resource, and takes them for unlimited whatever the \
            statement names. IAM lets such an action through on `*` alone.",
    },
    Explained {
        what: "every action on some resources",
        checks: &[Services],
        ours: Silent,
        moves: Ours,
        alike: Allows(everywhere),
        why: "iam-no-admin-policy looks for `*` on every resource, as IAM.1 does, and iam-no-service-wildcard leaves `*` to it.",
    },
    Explained {
        what: "all but some actions, as whole services",
        checks: &[Services],
        ours: Says,
        moves: Ours,
        alike: Whole(|document| dropped(document, |one| allows(one) && one.contains_key("NotAction"))),
        why: "cloudsplaining looks for service:* in Action. NotAction is every action of the services that it does not name.",
    },
    Explained {
        what: "*:*, where it takes something in",
        checks: &[Complete, Services, Unrestricted, Escalation],
        ours: Says,
        moves: Theirs,
        alike: Whole(|document| changed(document, plain_star)),
        why: "cloudsplaining does not read *:*, but for a service whose name is `*`. To IAM it is every action.",
    },
    Explained {
        what: "*:*, where it keeps something out",
        checks: &[Complete, Services, Unrestricted, Escalation],
        ours: Silent,
        moves: Theirs,
        alike: Whole(|document| changed(document, plain_star)),
        why: "cloudsplaining does not read *:*, but for a service whose name is `*`. To IAM it is every action.",
    },
    Explained {
        what: "a service in capitals",
        checks: &[Complete],
        ours: Says,
        moves: Theirs,
        alike: Allows(small_service),
        why: "cloudsplaining looks for a service's prefix as it stands. IAM reads actions without regard to case.",
    },
    Explained {
        what: "all actions of a service, named",
        checks: &[Complete],
        ours: Silent,
        moves: Ours,
        alike: Each(|document, asked| changed(document, |one| allows(one) && as_service(one, asked.subject))),
        why: "iam-role-wildcard looks for service:*. Where all actions stand there by name, none is added that AWS will add.",
    },
    Explained {
        what: "a wildcard that another policy finds",
        checks: &[Unrestricted, Escalation],
        ours: Silent,
        moves: Ours,
        alike: Each(|document, asked| changed(document, |one| allows(one) && by_name(one, asked))),
        why: "`*` and service:* are found by iam-role-wildcard and its siblings, once and not again for all that they take in.",
    },
    Explained {
        what: "all but some actions, which another policy finds",
        checks: &[Unrestricted, Escalation],
        ours: Silent,
        moves: Ours,
        alike: Each(|document, asked| changed(document, |one| allows(one) && rest_by_name(one, asked))),
        why: "NotAction is found by iam-role-wildcard and its siblings, once and not again for all that it takes in.",
    },
    Explained {
        what: "a way that takes less",
        checks: &[Escalation],
        ours: Says,
        moves: Theirs,
        alike: Each(|document, asked| {
            let actions = asked.actions();
            let less = ways().iter().filter(|way| way.iter().all(|action| actions.contains(action)));
            let taken: Vec<&String> = less.flatten().collect();
            added(document, actions.iter().filter(|action| !taken.contains(action)))
        }),
        why: "the table has each way with what it needs at the least, by pathfinding.cloud; cloudsplaining asks for more, such as \
            for the right to find what is attacked.",
    },
    Explained {
        what: "a way that takes more",
        checks: &[Escalation],
        ours: Silent,
        moves: Ours,
        alike: Each(|document, asked| {
            let actions = asked.actions();
            let more = ways().iter().find(|way| actions.iter().all(|action| way.contains(action)))?;
            added(document, more.iter().filter(|action| !actions.contains(action)))
        }),
        why: "a pipeline of AWS Data Pipeline does nothing until it is defined and activated; cloudsplaining asks for its creation \
            alone.",
    },
    Explained {
        what: "a question mark that takes in an action",
        checks: &[Complete, Unrestricted, Escalation],
        ours: Says,
        moves: Theirs,
        alike: Whole(|document| changed(document, without_question_marks)),
        why: "cloudsplaining does not read `?`.",
    },
    Explained {
        what: "a question mark that keeps out an action",
        checks: &[Complete, Unrestricted, Escalation],
        ours: Silent,
        moves: Theirs,
        alike: Whole(|document| changed(document, without_question_marks)),
        why: "cloudsplaining does not read `?`.",
    },
];

const EVERY_ARN: &str = "arn:aws:*:*:*:*";

fn every_arn(statement: &mut Statement) -> bool {
    let star = |resource: &str| vec![if resource == EVERY_ARN { "*" } else { resource }.to_owned()];
    replaced(statement, "Resource", star)
}

/// An ARN that ends with `*` where its name would begin becomes `*`.
fn every_one_of_a_kind(statement: &mut Statement) -> bool {
    let star = |resource: &str| {
        let name = resource.splitn(6, ':').nth(5).unwrap_or_default();
        let kind = name.trim_end_matches('*');
        let letters = kind.trim_end_matches(['/', ':']);
        let every = kind != name
            && (kind.is_empty() || kind != letters)
            && letters.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
        vec![if every { "*" } else { resource }.to_owned()]
    };
    replaced(statement, "Resource", star)
}

/// It is on every resource.
fn everywhere(statement: &mut Statement) -> bool {
    let on_some = !on_star(statement) || statement.contains_key("NotResource");
    if on_some {
        statement.remove("NotResource");
        statement.insert("Resource".into(), json!("*"));
    }
    on_some
}

fn plain_star(statement: &mut Statement) -> bool {
    let plain = |action: &str| vec![if action == "*:*" { "*" } else { action }.to_owned()];
    let (of_action, of_rest) = (replaced(statement, "Action", plain), replaced(statement, "NotAction", plain));
    of_action || of_rest
}

fn small_service(statement: &mut Statement) -> bool {
    let small = |action: &str| match action.split_once(':') {
        Some((service, name)) => vec![format!("{}:{name}", service.to_lowercase())],
        None => vec![action.to_owned()],
    };
    replaced(statement, "Action", small)
}

/// Its actions of one service become the service's wildcard.
fn as_service(statement: &mut Statement, service: &str) -> bool {
    let of_it = |action: &String| action.to_lowercase().split(':').next() == Some(service);
    let actions = texts(statement, "Action");
    let (of_service, mut others): (Vec<String>, Vec<String>) = actions.into_iter().partition(of_it);
    let named = !of_service.is_empty() && !of_service.iter().any(|action| action.ends_with(":*"));
    if named {
        others.push(format!("{service}:*"));
        statement.insert("Action".into(), json!(others));
    }
    named
}

/// The service that a wildcard takes in whole; `*` for all of them.
fn whole(pattern: &str) -> Option<String> {
    match pattern {
        "*" | "*:*" => Some("*".to_owned()),
        _ => pattern.strip_suffix(":*").map(str::to_lowercase),
    }
}

/// Its wildcards become the actions that were asked for, as far as they take them in.
fn by_name(statement: &mut Statement, asked: &Asked<'_>) -> bool {
    let actions = asked.actions();
    replaced(statement, "Action", |pattern| match whole(pattern).as_deref() {
        None => vec![pattern.to_owned()],
        Some("*") => actions.clone(),
        Some(service) => {
            let taken = actions.iter().filter(|action| action.split(':').next() == Some(service));
            let none = format!("{service}:None");
            taken.cloned().chain([none]).collect()
        }
    })
}

/// Its NotAction becomes the actions that were asked for, without those that it names.
fn rest_by_name(statement: &mut Statement, asked: &Asked<'_>) -> bool {
    let excluded = texts(statement, "NotAction");
    let fits = |action: &String| excluded.iter().any(|pattern| fits(&pattern.to_lowercase(), action));
    let none = "none:None".to_owned();
    let rest: Vec<String> = asked.actions().into_iter().filter(|action| !fits(action)).chain([none]).collect();
    becomes(statement, "NotAction", "Action", json!(rest))
}

/// Whether a text fits a pattern with `*` and `?`.
fn fits(pattern: &str, text: &str) -> bool {
    match (pattern.chars().next(), text.chars().next()) {
        (None, None) => true,
        (Some('*'), _) => fits(&pattern[1..], text) || (!text.is_empty() && fits(pattern, &text[1..])),
        (Some('?'), Some(_)) => fits(&pattern[1..], &text[1..]),
        (Some(one), Some(other)) => one == other && fits(&pattern[1..], &text[1..]),
        _ => false,
    }
}

/// The generated patterns with `?` become what they stand for.
fn without_question_marks(statement: &mut Statement) -> bool {
    let plain = |action: &str| {
        vec![match action {
            "iam:pass?ole" => "iam:PassRole".to_owned(),
            "s3:Get?bject" => "s3:GetObject".to_owned(),
            other => other.to_owned(),
        }]
    };
    let (of_action, of_rest) = (replaced(statement, "Action", plain), replaced(statement, "NotAction", plain));
    of_action || of_rest
}
