# METADATA
# title: The root user has no access key
# description: >-
#   Nothing can be denied to the root user, so who finds its access key has the account, without a second factor and from
#   anywhere. No task needs such a key.
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html#ru-bp-access-keys
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-4
# custom:
#   id: iam-root-access-key
#   severity: critical
#   resource_types: [AWS::Account]
#   related: []
#   controls:
#     fsbp: [IAM.4]
#     cis_aws: ["3.0.0/1.4"]
#     nist_800_53: [AC-2(1), AC-3(7), AC-3(15), AC-6, AC-6(2), AC-6(10)]
#   parameters: {}
package rectify.iam.root_access_key

violation contains {
	"msg": "The root user has an access key.",
	"path": "",
	"params": {},
} if {
	is_number(input.facts.Summary.AccountAccessKeysPresent)
	input.facts.Summary.AccountAccessKeysPresent > 0
}
