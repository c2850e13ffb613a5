# METADATA
# title: Amazon Inspector scans functions and their code
# description: >-
#   A function's packages and layers get known vulnerabilities long after they were deployed, and its own code may hold injections or
#   secrets. Inspector looks at them again whenever the functions or what is known of vulnerabilities change.
# related_resources:
#   - ref: https://docs.aws.amazon.com/inspector/latest/user/scanning-lambda.html
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/governance-code-scanning.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/inspector-controls.html#inspector-4
# custom:
#   id: lambda-inspector
#   severity: high
#   resource_types: [AWS::InspectorV2::Enabler]
#   related: []
#   controls:
#     fsbp: [Inspector.3, Inspector.4]
#     pci_dss: ["6.2.4", "6.3.1"]
#     owasp_serverless: [SAS-6]
#   parameters: {}
package rectify.lambda.inspector

violation contains {"msg": msg, "path": "/ResourceTypes", "params": {"missing": missing}} if {
	missing := [kind | some kind in ["LAMBDA", "LAMBDA_CODE"]; off(kind)]
	count(missing) > 0
	msg := sprintf("Inspector does not scan %s.", [concat(" and ", [what[kind] | some kind in missing])])
}

what := {"LAMBDA": "the packages of functions", "LAMBDA_CODE": "the code of functions"}

# Where Inspector has nothing to say of a kind of scan, as in a Region that lacks it, nothing is known.
off(kind) if {
	input.facts.Status[kind]
	not kind in object.get(input.properties, "ResourceTypes", [])
}
