# METADATA
# title: Buckets block public access
# description: >-
#   With all four settings on, no policy and no ACL can open the bucket to everyone, whoever writes it and why. Without them one
#   careless statement is enough.
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-8
# custom:
#   id: s3-block-public
#   severity: high
#   resource_types: [AWS::S3::Bucket]
#   related: [policies]
#   controls:
#     fsbp: [S3.8]
#     cis_aws: ["3.0.0/2.1.4"]
#     nist_800_53: [AC-3, AC-3(7), AC-4, AC-4(21), AC-6, AC-21, SC-7, SC-7(3), SC-7(4), SC-7(9), SC-7(11), SC-7(16), SC-7(20), SC-7(21)]
#     pci_dss: ["1.4.4"]
#     owasp_serverless: [SAS-3]
#   parameters: {}
package rectify.s3.block_public

import data.rectify.lib.principal
import data.rectify.lib.s3

settings := ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"]

# A template that says nothing gets a bucket that blocks everything.
violation contains {
	"msg": sprintf("The bucket does not block public access: %s.", [concat(", ", off)]),
	"path": "/PublicAccessBlockConfiguration",
	"params": {"public_policy": public_policy, "public_acl": public_acl},
} if {
	block := input.properties.PublicAccessBlockConfiguration
	is_object(block)
	off := [name | some name in settings; object.get(block, name, false) == false]
	count(off) > 0
}

default public_policy := false

public_policy if {
	some policy in input.related.policies
	count(principal.public_statements(policy.properties.PolicyDocument)) > 0
}

default public_acl := false

public_acl if {
	some grant in input.facts.AclGrants
	s3.public_grant(grant)
}
