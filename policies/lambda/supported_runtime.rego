# METADATA
# title: Lambda functions use a runtime that AWS supports
# description: >-
#   After its deprecation date a runtime gets no security patches and no support, and later the function can no longer be
#   updated. Moving to a supported runtime in time keeps the function patched and changeable.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/lambda-controls.html#lambda-2
# custom:
#   id: lambda-supported-runtime
#   severity: medium
#   resource_types: [AWS::Lambda::Function]
#   related: []
#   controls:
#     fsbp: [Lambda.2]
#     nist_800_53: [CA-9(1), CM-2, SI-2, SI-2(2), SI-2(4), SI-2(5)]
#     pci_dss: ["12.3.4"]
#   parameters:
#     successors:
#       type: list
#       default: []
#       description: Runtimes to move to, each as "old=new" (for example python3.9=python3.13); they go before the table's own.
package rectify.lambda.supported_runtime

import data.rectify.data.lambda_runtimes

violation contains {"msg": msg, "path": "/Runtime", "params": params} if {
	runtime := input.properties.Runtime
	deprecated(runtime)
	since := lambda_runtimes.runtimes[runtime].deprecation_date
	params := object.union({"runtime": runtime, "deprecated": since}, successor_param(runtime))
	msg := sprintf("The runtime %s is deprecated since %s; %s.", [runtime, since, advice(runtime)])
}

# Dates are compared as text: both sides are ISO 8601. A runtime that the table does not know is not deprecated here.
deprecated(runtime) if substring(input.now, 0, 10) >= lambda_runtimes.runtimes[runtime].deprecation_date

choices(runtime) := [name |
	some pair in input.parameters.successors
	startswith(pair, concat("", [runtime, "="]))
	name := substring(pair, count(runtime) + 1, -1)
]

wanted(runtime) := choices(runtime)[0]

wanted(runtime) := lambda_runtimes.runtimes[runtime].successor if count(choices(runtime)) == 0

# A successor that is deprecated itself by now would leave the function where it is.
successor(runtime) := name if {
	name := wanted(runtime)
	not deprecated(name)
}

successor_param(runtime) := {"successor": successor(runtime)} if {
	successor(runtime)
} else := {}

advice(runtime) := sprintf("its successor is %s", [successor(runtime)]) if {
	successor(runtime)
} else := sprintf("its code has to be rebuilt for %s", [lambda_runtimes.runtimes[runtime].rebuild_for]) if {
	lambda_runtimes.runtimes[runtime].rebuild_for
} else := "it has no successor that is known and supported"
