package rectify.apigateway.default_endpoint_test

import data.rectify.apigateway.default_endpoint

shop := {
	"properties": {"DomainName": "api.example.com"},
	"facts": {"BasePathMappings": [{"BasePath": "v1", "RestApiId": "a1b2c3", "Stage": "prod"}]},
}

second := {
	"properties": {"DomainName": "old.example.com"},
	"facts": {"BasePathMappings": [{"BasePath": "(none)", "RestApiId": "a1b2c3"}]},
}

# A mapping of another API.
elsewhere := {
	"properties": {"DomainName": "other.example.com"},
	"facts": {"BasePathMappings": [{"BasePath": "(none)", "RestApiId": "x9y8z7"}]},
}

both_names := {
	"id": "a1b2c3",
	"properties": {"Name": "shop", "EndpointConfiguration": {"Types": ["REGIONAL"]}, "DisableExecuteApiEndpoint": false},
	"related": {"domains": [second, shop, elsewhere]},
}

absent := {"id": "a1b2c3", "properties": {"Name": "shop"}, "related": {"domains": [shop]}}

off := {
	"id": "a1b2c3",
	"properties": {"Name": "shop", "DisableExecuteApiEndpoint": true},
	"related": {"domains": [shop]},
}

no_name := {"id": "a1b2c3", "properties": {"Name": "shop", "DisableExecuteApiEndpoint": false}, "related": {"domains": []}}

others_name := {
	"id": "a1b2c3",
	"properties": {"Name": "shop", "DisableExecuteApiEndpoint": false},
	"related": {"domains": [elsewhere]},
}

unread_names := {"id": "a1b2c3", "properties": {"Name": "shop", "DisableExecuteApiEndpoint": false}, "related": {}}

private := {
	"id": "a1b2c3",
	"properties": {"Name": "shop", "EndpointConfiguration": {"Types": ["PRIVATE"]}},
	"related": {"domains": [shop]},
}

unresolved := {
	"id": "a1b2c3",
	"properties": {"Name": "shop", "DisableExecuteApiEndpoint": {"Ref": "Off"}},
	"related": {"domains": [shop]},
}

test_both_answer if {
	default_endpoint.violation == {{
		"msg": "The API has a name of its own, api.example.com, old.example.com, and its default endpoint answers too.",
		"path": "/DisableExecuteApiEndpoint",
		"params": {"rest_api": "a1b2c3"},
	}} with input as both_names
}

test_absent_switch_is_on if {
	count(default_endpoint.violation) == 1 with input as absent
}

test_off_is_clean if {
	count(default_endpoint.violation) == 0 with input as off
}

test_without_a_name_it_is_needed if {
	count(default_endpoint.violation) == 0 with input as no_name
}

test_the_name_of_another_api_is_clean if {
	count(default_endpoint.violation) == 0 with input as others_name
}

test_unread_names_are_unknown if {
	count(default_endpoint.violation) == 0 with input as unread_names
}

test_private_api_is_clean if {
	count(default_endpoint.violation) == 0 with input as private
}

test_unresolved_is_unknown if {
	count(default_endpoint.violation) == 0 with input as unresolved
}
