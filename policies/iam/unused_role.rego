# METADATA
# title: Roles are in use
# description: >-
#   A role that nothing uses is a way in that nobody watches: whoever its trust policy lets in has all that it may do. What it was
#   for is easier to remember now than in a year.
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage_delete.html#roles-delete_prerequisites
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
# custom:
#   id: iam-unused-role
#   severity: low
#   resource_types: [AWS::IAM::Role]
#   related: []
#   controls: {}
#   parameters:
#     unused_days:
#       type: integer
#       default: 90
#       description: After how many days without a use a role is unused; a younger role is not.
#     quarantine_boundary:
#       type: string
#       default: ""
#       description: The ARN of the policy that is the permissions boundary of roles in quarantine; one that has it is settled.
package rectify.iam.unused_role

import data.rectify.lib.age
import data.rectify.lib.rights

violation contains {
	"msg": msg,
	"path": "/PermissionsBoundary",
	"params": {"bounded": bounded},
} if {
	not rights.owned_by_aws(input.properties.Path)
	not quarantined
	age.days(input.facts.CreateDate, input.now) >= input.parameters.unused_days
	msg := told
}

told := sprintf("The role was last used %d days ago.", [days]) if {
	days := age.days(input.facts.RoleLastUsed.LastUsedDate, input.now)
	days >= input.parameters.unused_days
}

# IAM has said that it was not used in the time that it looks back, 400 days: the fact is there, and has no date.
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleLastUsed.html
told := "The role has not been used for as long as IAM looks back." if input.facts.RoleLastUsed == {}

quarantined if {
	input.parameters.quarantine_boundary != ""
	input.properties.PermissionsBoundary == input.parameters.quarantine_boundary
}

default bounded := false

bounded if input.properties.PermissionsBoundary
