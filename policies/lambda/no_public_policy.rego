# METADATA
# title: A function's policy does not let everyone invoke
# description: >-
#   A statement for the principal * that no condition narrows lets anyone with an AWS account, or with a function URL
#   anyone at all, run the function: at the owner's cost, and with whatever its role may do.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
#   - ref: https://docs.aws.amazon.com/config/latest/developerguide/lambda-function-public-access-prohibited.html
# custom:
#   id: lambda-no-public-policy
#   severity: critical
#   resource_types: [AWS::Lambda::Permission]
#   related: []
#   controls:
#     fsbp: [Lambda.1]
#     nist_800_53: [AC-3, AC-3(7), AC-4, AC-4(21), AC-6, AC-21, SC-7, SC-7(3), SC-7(4), SC-7(9), SC-7(11), SC-7(16), SC-7(20), SC-7(21)]
#     pci_dss: ["7.2.1"]
#     owasp_serverless: [SAS-2]
#   parameters: {}
package rectify.lambda.no_public_policy

import data.rectify.lib.principal

violation contains {"msg": msg, "path": "", "params": {}} if public

# The statement as it stands in the policy says more than the properties: conditions that AddPermission cannot write.
public if principal.public(input.facts.Statement)

# Without it (in a template) the properties are all there is.
public if {
	not input.facts.Statement
	input.properties.Principal == "*"
	not narrowed
}

narrowed if count(input.properties.SourceArn) > 0

narrowed if count(input.properties.SourceAccount) > 0

narrowed if count(input.properties.PrincipalOrgID) > 0

narrowed if input.properties.FunctionUrlAuthType == "AWS_IAM"

msg := "The function URL is open: the statement lets anyone call it without signing in." if through_url

msg := "The statement lets every AWS account invoke the function." if not through_url

through_url if input.properties.FunctionUrlAuthType == "NONE"

# A URL needs a second statement, for lambda:InvokeFunction, which is bound to it by this key.
# https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
through_url if {
	is_object(input.facts.Statement.Condition)
	some entries in input.facts.Statement.Condition
	is_object(entries)
	some key, value in entries
	lower(key) == "lambda:invokedviafunctionurl"
	lower(sprintf("%v", [value])) == "true"
}
