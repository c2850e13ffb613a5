# METADATA
# title: Buckets refuse requests without TLS
# description: >-
#   S3 answers on plain HTTP too, where everyone on the way reads the objects and the signatures of requests. Only the bucket's
#   own policy can refuse that, so a bucket without a policy does not.
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-5
# custom:
#   id: s3-tls
#   severity: medium
#   resource_types: [AWS::S3::Bucket]
#   related: [policies]
#   controls:
#     fsbp: [S3.5]
#     cis_aws: ["3.0.0/2.1.1"]
#     nist_800_53: [AC-4, AC-17(2), IA-5(1), SC-7(4), SC-8, SC-8(1), SC-8(2), SC-12(3), SC-13, SC-23, SC-23(3), SI-7(6)]
#     pci_dss: ["4.2.1"]
#   parameters: {}
package rectify.s3.tls

import data.rectify.lib.principal
import data.rectify.lib.s3

violation contains {
	"msg": "The bucket answers requests without TLS.",
	"path": "",
	"params": {"statement": s3.tls_statement(input.arn), "refused": refused},
} if {
	startswith(input.arn, "arn:")
	is_array(input.related.policies)
	not s3.requires_tls(s3.statements(input.related.policies), input.arn)
}

# A bucket that blocks public policies takes none that is public, not even with a statement more than the one that it has.
default refused := false

refused if {
	input.properties.PublicAccessBlockConfiguration.BlockPublicPolicy == true
	some policy in input.related.policies
	count(principal.public_statements(policy.properties.PolicyDocument)) > 0
}
