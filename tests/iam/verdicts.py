"""What programs that others wrote say of IAM policy documents: parliament, cloudsplaining and policyuniverse.

A line of standard input asks, a line of standard output answers, both JSON. The first answer, asked for by nothing, is what
they know: {"managed": {name: document}, "services": [...], "methods": {name: [actions]}}. Then each question is
{"document": ..., "checks": [name, ...]}, and its answer {name: {"says": [...]}}, or {name: {"refuses": why}} where a program
cannot read the document.
"""

import json
import logging
import os
import sys
from functools import cached_property, lru_cache

import jsoncfg
import parliament
from cloudsplaining.scan import statement_detail
from cloudsplaining.scan.assume_role_policy_document import AssumeRolePolicyDocument
from cloudsplaining.scan.policy_document import PolicyDocument
from cloudsplaining.scan.resource_policy_document import ResourcePolicyDocument
from cloudsplaining.shared.constants import PRIVILEGE_ESCALATION_METHODS
from moto.iam.aws_managed_policies import aws_managed_policies_data
from parliament.misc import make_list
from parliament.statement import Statement
from policy_sentry.querying.actions import get_actions_for_service
from policy_sentry.querying.all import get_all_service_prefixes
from policyuniverse.policy import Policy

# What they advise beside their answers is not asked for.
logging.disable(logging.CRITICAL)

# cloudsplaining looks the same actions up again and again: each of them is looked up once.
EXPAND = statement_detail.determine_actions_to_expand
LIMITABLE = statement_detail.remove_wildcard_only_actions


@lru_cache(maxsize=None)
def expanded(actions):
    return tuple(EXPAND(list(actions)))


@lru_cache(maxsize=None)
def limitable(action):
    return tuple(LIMITABLE([action]))


statement_detail.determine_actions_to_expand = lambda actions: list(expanded(tuple(actions)))
statement_detail.remove_wildcard_only_actions = lambda actions: [one for each in set(actions) for one in limitable(each)]

ACCOUNT = "111122223333"

# The actions of every service that has any, in lower case.
SERVICES = {
    service: actions
    for service in get_all_service_prefixes()
    if (actions := {action.lower() for action in get_actions_for_service(service)})
}


def allowed(document, actions):
    """The actions that parliament finds allowed on `*`."""
    policy = parliament.Policy(jsoncfg.loads_config(json.dumps(document)))
    # Its linter stops at conditions whose types it does not know; who allows what is read without it.
    for part in make_list(policy.policy_json["Statement"]):
        statement = Statement(part, analyze=False)
        statement.effect_allow = part["Effect"].value == "Allow"
        policy.statements.append(statement)
    return [action for action in actions if "*" in policy.get_allowed_resources(*action.split(":"))]


# What iam-pass-role and iam-kms-decrypt-all look for.
RIGHTS = {"pass any role": {"iam:passrole"}, "decrypt with any key": {"kms:decrypt", "kms:reencryptfrom"}}


class Judged(PolicyDocument):
    """cloudsplaining's reading of a document, worked out once."""

    all_allowed_unrestricted_actions = cached_property(PolicyDocument.all_allowed_unrestricted_actions.fget)
    all_allowed_unrestrictable_actions = cached_property(PolicyDocument.all_allowed_unrestrictable_actions.fget)


@lru_cache(maxsize=4)
def judged(text):
    return Judged(json.loads(text))


def cloudsplaining(document):
    return judged(json.dumps(document))


def unrestricted(document):
    """The actions, in lower case, that cloudsplaining finds allowed without a limit on their resources."""
    policy = cloudsplaining(document)
    both = (policy.all_allowed_unrestricted_actions, policy.all_allowed_unrestrictable_actions)
    return {action.lower() for actions in both for action in actions}


def complete(document):
    """The services of which all actions are."""
    actions = unrestricted(document)
    return [service for service, all_of_it in SERVICES.items() if all_of_it <= actions]


CHECKS = {
    "allowed": lambda document: allowed(document, ACTIONS),
    "complete": complete,
    "services": lambda document: [service.lower() for service in cloudsplaining(document).service_wildcard],
    "unrestricted": lambda document: [right for right, actions in RIGHTS.items() if actions & unrestricted(document)],
    "escalation": lambda document: [found["type"] for found in cloudsplaining(document).allows_privilege_escalation],
    "everyone": lambda document: ["everyone"] if ResourcePolicyDocument(document).internet_accessible_actions else [],
    "internet": lambda document: ["everyone"] if Policy(document).is_internet_accessible() else [],
    "any_principal": lambda document: (
        ["everyone"] if AssumeRolePolicyDocument(document, ACCOUNT).role_assumable_by_any_principal else []
    ),
    "foreign": lambda document: [
        next(part for part in principal.split(":") if part.isdigit())
        for principal in AssumeRolePolicyDocument(document, ACCOUNT).role_assumable_by_cross_account_principals
    ],
}


def judge(document, check):
    try:
        return {"says": CHECKS[check](document)}
    except Exception as error:  # whatever stops a program is its answer
        return {"refuses": f"{type(error).__name__}: {error}"}


def answer(value):
    print(json.dumps(value), file=ANSWERS, flush=True)


ACTIONS = sys.argv[1:]

# What a program prints for people is no answer: it goes to standard error.
ANSWERS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

if __name__ == "__main__":
    managed = {name: policy["Document"] for name, policy in json.loads(aws_managed_policies_data).items()}
    answer({"managed": managed, "services": sorted(SERVICES), "methods": PRIVILEGE_ESCALATION_METHODS})
    for line in sys.stdin:
        asked = json.loads(line)
        answer({check: judge(asked["document"], check) for check in asked["checks"]})
