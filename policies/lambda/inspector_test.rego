package rectify.lambda.inspector_test

import data.rectify.lambda.inspector

status := {"EC2": "DISABLED", "ECR": "DISABLED", "LAMBDA": "DISABLED", "LAMBDA_CODE": "DISABLED"}

test_nothing_is_scanned if {
	inspector.violation == {{
		"msg": "Inspector does not scan the packages of functions and the code of functions.",
		"path": "/ResourceTypes",
		"params": {"missing": ["LAMBDA", "LAMBDA_CODE"]},
	}} with input as {"properties": {}, "facts": {"Status": status}}
}

test_only_servers_are_scanned if {
	count(inspector.violation) == 1 with input as {"properties": {"ResourceTypes": ["EC2", "ECR"]}, "facts": {"Status": status}}
}

test_code_is_not_scanned if {
	{finding.params.missing | some finding in inspector.violation} == {["LAMBDA_CODE"]} with input as {
		"properties": {"ResourceTypes": ["LAMBDA"]},
		"facts": {"Status": status},
	}
}

test_both_are_scanned if {
	inspector.violation == set() with input as {
		"properties": {"ResourceTypes": ["LAMBDA", "LAMBDA_CODE"]},
		"facts": {"Status": status},
	}
}

test_a_scan_that_the_region_lacks_is_unknown if {
	inspector.violation == set() with input as {
		"properties": {"ResourceTypes": ["LAMBDA"]},
		"facts": {"Status": {"LAMBDA": "ENABLED"}},
	}
}

test_absent_is_unknown if inspector.violation == set() with input as {"properties": {}, "facts": {}}
