package rectify.lambda.layer_current_test

import data.rectify.lambda.layer_current

version(name, number, more) := {
	"id": sprintf("arn:aws:lambda:eu-west-1:111122223333:layer:%s:%d", [name, number]),
	"properties": object.union({"LayerName": name}, more),
	"facts": {"Version": number},
}

arn(name, number) := version(name, number, {}).id

function(layers, versions) := {
	"properties": {"FunctionName": "checkout", "Runtime": "python3.13", "Architectures": ["arm64"], "Layers": layers},
	"related": {"layers": versions},
}

three := [version("tools", 2, {}), version("tools", 9, {}), version("tools", 10, {})]

test_a_newer_version if {
	layer_current.violation == {{
		"msg": "There is a newer version of arn:aws:lambda:eu-west-1:111122223333:layer:tools:9.",
		"path": "/Layers",
		"params": {"layers": [arn("tools", 10), arn("fonts", 1)]},
	}} with input as function([arn("tools", 9), arn("fonts", 1)], array.concat(three, [version("fonts", 1, {})]))
}

test_the_newest_is_clean if layer_current.violation == set() with input as function([arn("tools", 10)], three)

# The numbers go on where the newest version was deleted.
test_newer_than_the_newest_is_clean if layer_current.violation == set() with input as function([arn("tools", 11)], three)

other_runtime := [version("tools", 9, {}), version("tools", 10, {"CompatibleRuntimes": ["python3.14"]})]

test_a_newer_one_for_another_runtime_is_clean if {
	layer_current.violation == set() with input as function([arn("tools", 9)], other_runtime)
}

other_architecture := [version("tools", 9, {}), version("tools", 10, {"CompatibleArchitectures": ["x86_64"]})]

test_a_newer_one_for_another_architecture_is_clean if {
	layer_current.violation == set() with input as function([arn("tools", 9)], other_architecture)
}

fitting := [version("tools", 10, {"CompatibleRuntimes": ["python3.12", "python3.13"], "CompatibleArchitectures": ["arm64"]})]

test_a_newer_one_that_fits if count(layer_current.violation) == 1 with input as function([arn("tools", 9)], fitting)

silent := json.remove(function([arn("tools", 9)], other_architecture), ["properties/Architectures"])

test_a_function_that_says_no_architecture_is_one_of_x86 if {
	count(layer_current.violation) == 1 with input as silent
}

foreign := "arn:aws:lambda:eu-west-1:444455556666:layer:tools:1"

test_another_accounts_layer_is_clean if layer_current.violation == set() with input as function([foreign], three)

test_absent_and_unknown_are_clean if {
	layer_current.violation == set() with input as {"properties": {"FunctionName": "checkout"}, "related": {"layers": three}}
	layer_current.violation == set() with input as function([{"Ref": "Tools"}], three)
	layer_current.violation == set() with input as {"properties": {"Layers": [arn("tools", 1)]}, "related": {}}
}
