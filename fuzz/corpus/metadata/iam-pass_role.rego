# METADATA
# title: iam:PassRole names the roles that may be passed
# description: >-
#   Who may pass every role may hand the strongest one of the account to a function or an instance of his own, and act
#   with it. Naming the roles is what closes this: a condition on iam:PassedToService names the service and leaves the
#   strongest role in reach, so it is accepted only where the parameter says so.
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-security-warning-pass-role-with-star-in-resource
# custom:
#   id: iam-pass-role
#   severity: high
#   resource_types: [AWS::IAM::ManagedPolicy, AWS::IAM::Role, AWS::IAM::User, AWS::IAM::Group]
#   related: []
#   controls: {}
#   parameters:
#     roles:
#       type: list
#       default: []
#       description: ARNs, or patterns of ARNs, of the roles that may be passed.
#     accept_passed_to_service:
#       type: boolean
#       default: false
#       description: Accept every role where iam:PassedToService fixes the service that it may be passed to.
package a
