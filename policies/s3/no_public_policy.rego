# METADATA
# title: A bucket policy does not let everyone in
# description: >-
#   A statement that allows the principal * without saying whose it must be gives the bucket to everyone on the internet: to read
#   its objects, to change them, or to fill it. Where the bucket restricts public policies, S3 lets nobody in by it.
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-2
# custom:
#   id: s3-no-public-policy
#   severity: critical
#   resource_types: [AWS::S3::BucketPolicy]
#   related: [bucket]
#   controls:
#     fsbp: [S3.2, S3.3]
#     nist_800_53: [AC-3, AC-3(7), AC-4, AC-4(21), AC-6, AC-21, SC-7, SC-7(3), SC-7(4), SC-7(9), SC-7(11), SC-7(16), SC-7(20), SC-7(21)]
#     owasp_serverless: [SAS-3]
#   parameters: {}
package rectify.s3.no_public_policy

import data.rectify.lib.iam
import data.rectify.lib.principal
import data.rectify.lib.s3

violation contains {
	"msg": "The bucket policy lets everyone in.",
	"path": "/PolicyDocument/Statement",
	"params": {"statement": statement, "keep": array.concat(principal.without_everyone(statement), instead), "instead": count(instead)},
} if {
	not restricted
	some statement in public_statements
}

public_statements := principal.public_statements(input.properties.PolicyDocument)

restricted if input.related.bucket.properties.PublicAccessBlockConfiguration.RestrictPublicBuckets == true

remaining := [rest |
	some statement in iam.statements(input.properties.PolicyDocument)
	some rest in {true: principal.without_everyone(statement), false: [statement]}[statement in public_statements]
]

# A bucket policy has one statement at least: where no other would be left there stands the one that refuses requests without TLS,
# which every bucket should have.
instead := [] if count(remaining) > 0

instead := [s3.tls_statement(input.arn)] if count(remaining) == 0
