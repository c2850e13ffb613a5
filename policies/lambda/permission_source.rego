# METADATA
# title: A service may invoke the function only for a known source
# description: >-
#   A statement that lets an AWS service invoke the function without naming the resource or the account behind it lets
#   every customer of that service do so: the service is the confused deputy.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html
#   - ref: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
# custom:
#   id: lambda-permission-source
#   severity: high
#   resource_types: [AWS::Lambda::Permission]
#   related: []
#   controls:
#     fsbp: [Lambda.1]
#     nist_800_53: [AC-3, AC-3(7), AC-4, AC-4(21), AC-6, AC-21, SC-7, SC-7(3), SC-7(4), SC-7(9), SC-7(11), SC-7(16), SC-7(20), SC-7(21)]
#     pci_dss: ["7.2.1"]
#     owasp_serverless: [SAS-2]
#   parameters: {}
package rectify.lambda.permission_source

import data.rectify.lib.condition
import data.rectify.lib.iam

violation contains {
	"msg": sprintf("The service %s may invoke the function for any AWS account.", [input.properties.Principal]),
	"path": "/SourceAccount",
	"params": {},
} if {
	# Alexa's principals end in .amazon.com: what narrows them is a skill's token, not an account.
	regex.match(`[.]amazonaws[.]com([.]cn)?$`, input.properties.Principal)
	invokes
	not known_account
	not known_organization
	not known_source
}

# Lambda@Edge's replicator reads functions and does not invoke them, so no source can misuse it.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-edge-permissions.html
invokes if iam.action_matches(input.properties.Action, "lambda:InvokeFunction")

invokes if iam.action_matches(input.properties.Action, "lambda:InvokeAsync")

known_account if condition.plain(input.properties.SourceAccount)

known_organization if condition.plain(input.properties.PrincipalOrgID)

# Lambda compares SourceArn as a pattern. A bucket's ARN holds no account, and the bucket may be deleted and made again by
# somebody else: SourceAccount has to stand beside it, as the AWS Config rule of Lambda.1 asks.
# https://docs.aws.amazon.com/config/latest/developerguide/lambda-function-public-access-prohibited.html
known_source if condition.fixes_account(input.properties.SourceArn)

known_source if {
	input.properties.Principal != "s3.amazonaws.com"
	condition.fixed("aws:sourcearn", input.properties.SourceArn)
}
