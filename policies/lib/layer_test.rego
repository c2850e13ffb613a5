package rectify.lib.layer_test

import data.rectify.lib.layer

test_the_parts_of_a_version if {
	layer.parts("arn:aws:lambda:eu-west-1:111122223333:layer:tools:12") == {
		"account": "111122223333",
		"layer": "arn:aws:lambda:eu-west-1:111122223333:layer:tools",
		"number": 12,
	}
}

test_nothing_else_has_parts if {
	not layer.parts("arn:aws:lambda:eu-west-1:111122223333:layer:tools")
	not layer.parts("arn:aws:lambda:eu-west-1:111122223333:function:tools:1")
	not layer.parts({"Ref": "Tools"})
}
