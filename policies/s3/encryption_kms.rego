# METADATA
# title: Buckets encrypt with a customer managed key
# description: >-
#   S3 encrypts every object, by default with a key of its own that opens for whoever may read the bucket. A customer managed key
#   has a policy of its own, can be closed at once, and records each use. Where S3 or a load balancer delivers its access logs no
#   such key can be used, so those buckets are not meant.
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
#   - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
#   - ref: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-17
# custom:
#   id: s3-encryption-kms
#   severity: medium
#   resource_types: [AWS::S3::Bucket]
#   related: [policies]
#   controls:
#     nist_800_53: [AU-9, CA-9(1), CM-3(6), SC-7(10), SC-12(2), SC-13, SC-28, SC-28(1), SI-7(6)]
#     pci_dss: ["3.5.1"]
#   parameters: {}
package rectify.s3.encryption_kms

import data.rectify.lib.iam
import data.rectify.lib.s3

violation contains {"msg": msg, "path": "/BucketEncryption", "params": {"principals": concat(", ", principals)}} if {
	is_array(input.related.policies)
	stated := s3.statements(input.related.policies)
	some msg in messages
	not takes_no_key(stated, object.get(input, ["facts", "AclGrants"], []))
}

# Absent is what S3 does by itself (https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html).
messages contains "The bucket encrypts with a key of S3's own." if not input.properties.BucketEncryption

messages contains "The bucket encrypts with a key of S3's own." if {
	some rule in input.properties.BucketEncryption.ServerSideEncryptionConfiguration
	rule.ServerSideEncryptionByDefault.SSEAlgorithm == "AES256"
}

messages contains "The bucket encrypts with the key that AWS manages for S3." if {
	some rule in input.properties.BucketEncryption.ServerSideEncryptionConfiguration
	by_default := rule.ServerSideEncryptionByDefault
	startswith(by_default.SSEAlgorithm, "aws:kms")
	of_aws(object.get(by_default, "KMSMasterKeyID", ""))
}

of_aws(key) if key == ""

of_aws(key) if endswith(key, "alias/aws/s3")

takes_no_key(stated, grants) if s3.access_log_target(stated, grants)

takes_no_key(stated, _) if s3.written_by(stated, {"logdelivery.elasticloadbalancing.amazonaws.com"})

# Whom the policy lets read or write objects by name: they need rights on the key as well.
principals contains name if {
	some statement in s3.statements(input.related.policies)
	statement.Effect == "Allow"
	is_object(statement.Principal)
	some action in ["s3:GetObject", "s3:PutObject"]
	iam.has_action(statement, action)
	some kind in ["AWS", "Service"]
	some name in iam.texts(statement.Principal, kind)
	name != "*"
}
