package rectify.lambda.layer_source_test

import data.rectify.lambda.layer_source

own := "arn:aws:lambda:eu-west-1:111122223333:layer:tools:3"

foreign := "arn:aws:lambda:eu-west-1:444455556666:layer:metrics:7"

function(layers, accounts) := {
	"account": "111122223333",
	"properties": {"FunctionName": "checkout", "Layers": layers},
	"parameters": {"accounts": accounts},
}

test_a_layer_of_a_stranger if {
	layer_source.violation == {{
		"msg": "The layer arn:aws:lambda:eu-west-1:444455556666:layer:metrics:7 is of account 444455556666, which nobody has said to trust.",
		"path": "/Layers/1",
		"params": {"layer": "arn:aws:lambda:eu-west-1:444455556666:layer:metrics:7", "account": "444455556666"},
	}} with input as function([own, foreign], [])
}

test_a_trusted_account_is_clean if {
	layer_source.violation == set() with input as function([foreign], ["444455556666"])
}

test_own_layers_are_clean if layer_source.violation == set() with input as function([own], [])

insights := "arn:aws:lambda:eu-west-1:580247275435:layer:LambdaInsightsExtension:64"

test_layers_of_aws_are_clean if layer_source.violation == set() with input as function([insights], [])

test_no_layers_are_clean if {
	layer_source.violation == set() with input as {
		"account": "111122223333",
		"properties": {"FunctionName": "checkout"},
		"parameters": {"accounts": []},
	}
}

test_what_is_not_known_yet_is_clean if {
	layer_source.violation == set() with input as function([{"Ref": "Tools"}, "tools"], [])
}
