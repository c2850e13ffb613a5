package rectify.apigateway.v2_route_auth_test

import data.rectify.apigateway.v2_route_auth

http := {"properties": {"Name": "shop", "ProtocolType": "HTTP"}}

websocket := {"properties": {"Name": "live", "ProtocolType": "WEBSOCKET"}}

open_route := {
	"properties": {"ApiId": "h1", "RouteKey": "GET /items", "AuthorizationType": "NONE"},
	"related": {"api": http},
}

without_a_type := {"properties": {"ApiId": "h1", "RouteKey": "$default"}, "related": {"api": http}}

preflight := {
	"properties": {"ApiId": "h1", "RouteKey": "OPTIONS /{proxy+}", "AuthorizationType": "NONE"},
	"related": {"api": http},
}

# A path that only sounds like a preflight.
options_resource := {
	"properties": {"ApiId": "h1", "RouteKey": "GET /OPTIONS ", "AuthorizationType": "NONE"},
	"related": {"api": http},
}

jwt := {
	"properties": {"ApiId": "h1", "RouteKey": "GET /items", "AuthorizationType": "JWT", "AuthorizerId": "au1"},
	"related": {"api": http},
}

connect := {
	"properties": {"ApiId": "w1", "RouteKey": "$connect", "AuthorizationType": "NONE"},
	"related": {"api": websocket},
}

message := {
	"properties": {"ApiId": "w1", "RouteKey": "$default", "AuthorizationType": "NONE"},
	"related": {"api": websocket},
}

connect_with_iam := {
	"properties": {"ApiId": "w1", "RouteKey": "$connect", "AuthorizationType": "AWS_IAM"},
	"related": {"api": websocket},
}

unread_api := {"properties": {"ApiId": "h1", "RouteKey": "GET /items", "AuthorizationType": "NONE"}, "related": {}}

test_open_route if {
	v2_route_auth.violation == {{
		"msg": "The route GET /items answers everyone: it has no authorization type.",
		"path": "/AuthorizationType",
		"params": {"protocol": "HTTP"},
	}} with input as open_route
}

test_absent_type_on_the_catch_all_route if {
	v2_route_auth.violation == {{
		"msg": "The route $default answers everyone: it has no authorization type.",
		"path": "/AuthorizationType",
		"params": {"protocol": "HTTP"},
	}} with input as without_a_type
}

test_open_connection if {
	v2_route_auth.violation == {{
		"msg": "The route $connect answers everyone: it has no authorization type.",
		"path": "/AuthorizationType",
		"params": {"protocol": "WEBSOCKET"},
	}} with input as connect
}

test_preflight_is_clean if {
	count(v2_route_auth.violation) == 0 with input as preflight
}

test_options_in_a_path_is_no_preflight if {
	count(v2_route_auth.violation) == 1 with input as options_resource
}

test_jwt_is_clean if {
	count(v2_route_auth.violation) == 0 with input as jwt
}

test_message_route_is_clean if {
	count(v2_route_auth.violation) == 0 with input as message
}

test_connection_with_iam_is_clean if {
	count(v2_route_auth.violation) == 0 with input as connect_with_iam
}

test_unread_api_is_unknown if {
	count(v2_route_auth.violation) == 0 with input as unread_api
}
