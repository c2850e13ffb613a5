# METADATA
# title: Buckets have their ACLs off
# description: >-
#   As long as ACLs count, whoever uploads an object decides who reads it, beside the bucket's policy and out of its owner's sight.
#   With the bucket owner enforced every object is the owner's, and policies alone decide.
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-12
# custom:
#   id: s3-no-acl
#   severity: medium
#   resource_types: [AWS::S3::Bucket]
#   related: []
#   controls:
#     fsbp: [S3.12]
#     nist_800_53: [AC-2(1), AC-3, AC-3(7), AC-3(15), AC-6]
#   parameters: {}
package rectify.s3.no_acl

# A template that says nothing gets a bucket whose owner is enforced.
violation contains {
	"msg": sprintf("The bucket's ACLs count (%s).", [ownership]),
	"path": "/OwnershipControls",
	"params": {"grantees": concat(", ", grantees)},
} if {
	some rule in input.properties.OwnershipControls.Rules
	ownership := rule.ObjectOwnership
	ownership in {"ObjectWriter", "BucketOwnerPreferred"}
}

grantees contains name if {
	some grant in input.facts.AclGrants
	name := sprintf("%s (%s)", [grant.Grantee, grant.Permission])
}
