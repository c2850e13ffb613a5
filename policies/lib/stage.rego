# METADATA
# title: Stages of API Gateway REST APIs
# description: How a stage's method settings are named and found.
package rectify.lib.stage

# The entry that holds for every method that has none of its own.
is_default(setting) if {
	setting.ResourcePath == "/*"
	setting.HttpMethod == "*"
}

# A method setting as a reader would name it. AWS writes the slashes of a resource path as `~1` behind a first, literal one:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigateway-stage-methodsetting.html
label(setting) := "every method" if {
	is_default(setting)
} else := sprintf("%s %s", [setting.HttpMethod, path]) if {
	startswith(setting.ResourcePath, "/~1")
	path := replace(substring(setting.ResourcePath, 1, -1), "~1", "/")
} else := sprintf("%s %s", [setting.HttpMethod, setting.ResourcePath]) if {
	setting.HttpMethod
	setting.ResourcePath
} else := "a method"
