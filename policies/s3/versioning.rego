# METADATA
# title: Buckets keep the versions of their objects
# description: >-
#   Without versioning, what is overwritten or deleted is gone, by mistake or by someone who demands a ransom for it. With it the
#   version before is still there.
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-14
# custom:
#   id: s3-versioning
#   severity: low
#   resource_types: [AWS::S3::Bucket]
#   related: []
#   controls:
#     nist_800_53: [AU-9(2), CP-6, CP-6(1), CP-6(2), CP-9, CP-10, SC-5(2), SI-12, SI-13(5)]
#   parameters: {}
package rectify.s3.versioning

violation contains {"msg": "The bucket keeps no versions of its objects.", "path": "/VersioningConfiguration", "params": {}} if {
	object.get(input.properties, "VersioningConfiguration", {"Status": "Suspended"}).Status == "Suspended"
}
