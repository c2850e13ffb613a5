package rectify.apigateway.v2_integration_tls_test

import data.rectify.apigateway.v2_integration_tls

listener := "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2"

plain := {"properties": {"ApiId": "h1", "ConnectionType": "VPC_LINK", "ConnectionId": "vl1", "IntegrationType": "HTTP_PROXY", "IntegrationUri": listener}}

unresolved_target := {"properties": {"ApiId": "h1", "ConnectionType": "VPC_LINK", "IntegrationUri": {"Ref": "Listener"}}}

with_tls := {"properties": {"ApiId": "h1", "ConnectionType": "VPC_LINK", "IntegrationUri": listener, "TlsConfig": {"ServerNameToVerify": "shop.internal"}}}

with_any_name := {"properties": {"ApiId": "h1", "ConnectionType": "VPC_LINK", "IntegrationUri": listener, "TlsConfig": {}}}

# A public address says itself whether it is HTTPS.
over_the_internet := {"properties": {"ApiId": "h1", "ConnectionType": "INTERNET", "IntegrationType": "HTTP_PROXY", "IntegrationUri": "https://shop.example.com"}}

function := {"properties": {"ApiId": "h1", "IntegrationType": "AWS_PROXY", "IntegrationUri": "arn:aws:lambda:eu-west-1:111122223333:function:shop"}}

unknown := {"properties": {"ApiId": "h1", "ConnectionType": {"Ref": "Connection"}}}

test_plain if {
	v2_integration_tls.violation == {{
		"msg": "The private integration with arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2 does not use HTTPS.",
		"path": "/TlsConfig",
		"params": {},
	}} with input as plain
}

test_unresolved_target if {
	v2_integration_tls.violation == {{
		"msg": "The private integration with its target does not use HTTPS.",
		"path": "/TlsConfig",
		"params": {},
	}} with input as unresolved_target
}

test_tls_is_clean if {
	count(v2_integration_tls.violation) == 0 with input as with_tls
}

test_tls_with_any_name_is_clean if {
	count(v2_integration_tls.violation) == 0 with input as with_any_name
}

test_public_address_is_another_matter if {
	count(v2_integration_tls.violation) == 0 with input as over_the_internet
}

test_function_is_clean if {
	count(v2_integration_tls.violation) == 0 with input as function
}

test_unknown_connection if {
	count(v2_integration_tls.violation) == 0 with input as unknown
}
