package rectify.apigateway.request_validation_test

import data.rectify.apigateway.request_validation

post := {
	"properties": {"RestApiId": "a1b2c3", "ResourceId": "x1", "HttpMethod": "POST", "AuthorizationType": "AWS_IAM"},
	"facts": {"ResourcePath": "/orders"},
}

with_parameters := {
	"properties": {
		"RestApiId": "a1b2c3",
		"ResourceId": "x1",
		"HttpMethod": "GET",
		"RequestParameters": {"method.request.querystring.page": true},
	},
	"facts": {},
}

with_both := {
	"properties": {
		"RestApiId": "a1b2c3",
		"ResourceId": "x1",
		"HttpMethod": "DELETE",
		"RequestParameters": {"method.request.path.id": true},
		"RequestModels": {"application/json": "Reason"},
		"RequestValidatorId": "",
	},
	"facts": {"ResourcePath": "/orders/{id}"},
}

validated := {
	"properties": {"HttpMethod": "POST", "RequestModels": {"application/json": "Order"}, "RequestValidatorId": "va1b2c"},
	"facts": {"ResourcePath": "/orders"},
}

# Nothing is sent that could be validated.
plain_get := {"properties": {"HttpMethod": "GET", "RequestParameters": {}, "RequestModels": {}}, "facts": {"ResourcePath": "/orders"}}

preflight := {"properties": {"HttpMethod": "OPTIONS"}, "facts": {"ResourcePath": "/orders"}}

proxy := {"properties": {"HttpMethod": "ANY", "AuthorizationType": "AWS_IAM"}, "facts": {"ResourcePath": "/{proxy+}"}}

unresolved := {
	"properties": {"HttpMethod": "POST", "RequestValidatorId": {"Ref": "Validator"}},
	"facts": {"ResourcePath": "/orders"},
}

test_post if {
	request_validation.violation == {{
		"msg": "POST /orders takes a body, and no request validator looks at it.",
		"path": "/RequestValidatorId",
		"params": {},
	}} with input as post
}

test_parameters if {
	request_validation.violation == {{
		"msg": "GET of resource x1 takes parameters, and no request validator looks at it.",
		"path": "/RequestValidatorId",
		"params": {},
	}} with input as with_parameters
}

test_parameters_and_a_body if {
	request_validation.violation == {{
		"msg": "DELETE /orders/{id} takes parameters and a body, and no request validator looks at it.",
		"path": "/RequestValidatorId",
		"params": {},
	}} with input as with_both
}

test_validated_is_clean if {
	count(request_validation.violation) == 0 with input as validated
}

test_nothing_to_validate_is_clean if {
	count(request_validation.violation) == 0 with input as plain_get
}

test_preflight_is_clean if {
	count(request_validation.violation) == 0 with input as preflight
}

test_proxy_is_unknown if {
	count(request_validation.violation) == 0 with input as proxy
}

test_unresolved_is_unknown if {
	count(request_validation.violation) == 0 with input as unresolved
}
