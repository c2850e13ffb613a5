# METADATA
# title: Lambda updates the runtimes of functions by itself
# description: >-
#   AWS patches the language and the operating system of a runtime, and a function gets the patches only as its update mode
#   says. One that is pinned to a version, or waits for its next deployment, goes on running what is known to be vulnerable.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/runtime-management-configure-settings.html
# custom:
#   id: lambda-runtime-updates
#   severity: low
#   resource_types: [AWS::Lambda::Function]
#   related: []
#   controls: {}
#   parameters: {}
package rectify.lambda.runtime_updates

violation contains {"msg": msg, "path": "/RuntimeManagementConfig/UpdateRuntimeOn", "params": {}} if {
	why := late[input.properties.RuntimeManagementConfig.UpdateRuntimeOn]
	msg := sprintf("Updates of the runtime %s.", [why])
}

# Auto is what Lambda takes when nothing is said.
late := {
	"FunctionUpdate": "wait until the function is deployed again",
	"Manual": "do not reach the function, which is pinned to a version",
}
