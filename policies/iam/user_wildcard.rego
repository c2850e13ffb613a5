# METADATA
# title: An IAM user has no wildcard rights
# description: >-
#   A statement that allows a whole service, or everything, on every resource hands all of it to whoever gets hold of
#   one of the user's keys or sessions. The rights that a person needs are few, and can be named.
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
# custom:
#   id: iam-user-wildcard
#   severity: high
#   resource_types: [AWS::IAM::User]
#   related: [policies]
#   controls:
#     nist_800_53: [AC-3, AC-5, AC-6(2), AC-6(10), CM-5(1)]
#   parameters: {}
package rectify.iam.user_wildcard

import data.rectify.lib.iam
import data.rectify.lib.rights

violation contains edit if {
	some edit in edits
}

edits contains edit if some edit in rights.inline(input.properties.Policies, denies)

edits contains edit if {
	some edit in rights.aws_managed(input.properties.ManagedPolicyArns, input.facts.AttachedPolicies, denies)
}

edits contains edit if some edit in rights.customer_managed(input.related.policies, denies)

denies := rights.denies(documents)

documents contains policy.PolicyDocument if some policy in iam.as_list(input.properties.Policies)

documents contains policy.Document if {
	some policy in rights.attached_policies(input.properties.ManagedPolicyArns, input.facts.AttachedPolicies)
}

documents contains policy.properties.PolicyDocument if some policy in input.related.policies
