package rectify.apigateway.v2_cors_test

import data.rectify.apigateway.v2_cors

every_origin := {"properties": {"Name": "shop", "ProtocolType": "HTTP", "CorsConfiguration": {"AllowOrigins": ["*"], "AllowCredentials": true}}}

every_https_origin := {"properties": {"Name": "shop", "ProtocolType": "HTTP", "CorsConfiguration": {"AllowOrigins": ["https://shop.example.com", "https://*"], "AllowCredentials": true}}}

# Without credentials a browser sends none.
no_credentials := {"properties": {"Name": "shop", "ProtocolType": "HTTP", "CorsConfiguration": {"AllowOrigins": ["*"], "AllowCredentials": false}}}

silent_about_credentials := {"properties": {"Name": "shop", "ProtocolType": "HTTP", "CorsConfiguration": {"AllowOrigins": ["*"]}}}

named := {"properties": {"Name": "shop", "ProtocolType": "HTTP", "CorsConfiguration": {"AllowOrigins": ["https://shop.example.com"], "AllowCredentials": true}}}

subdomains := {"properties": {"Name": "shop", "ProtocolType": "HTTP", "CorsConfiguration": {"AllowOrigins": ["https://*.example.com"], "AllowCredentials": true}}}

no_cors := {"properties": {"Name": "shop", "ProtocolType": "HTTP"}}

unresolved := {"properties": {"Name": "shop", "ProtocolType": "HTTP", "CorsConfiguration": {"AllowOrigins": {"Ref": "Origins"}, "AllowCredentials": true}}}

test_every_origin if {
	v2_cors.violation == {{
		"msg": "CORS allows credentials from every origin: *.",
		"path": "/CorsConfiguration/AllowOrigins",
		"params": {"origins": ["*"]},
	}} with input as every_origin
}

test_every_origin_of_a_scheme if {
	v2_cors.violation == {{
		"msg": "CORS allows credentials from every origin: https://*.",
		"path": "/CorsConfiguration/AllowOrigins",
		"params": {"origins": ["https://*"]},
	}} with input as every_https_origin
}

test_without_credentials_is_clean if {
	count(v2_cors.violation) == 0 with input as no_credentials
}

test_silent_about_credentials_is_clean if {
	count(v2_cors.violation) == 0 with input as silent_about_credentials
}

test_named_origins_are_clean if {
	count(v2_cors.violation) == 0 with input as named
}

test_subdomains_of_one_site_are_clean if {
	count(v2_cors.violation) == 0 with input as subdomains
}

test_no_cors_is_clean if {
	count(v2_cors.violation) == 0 with input as no_cors
}

test_unresolved_is_unknown if {
	count(v2_cors.violation) == 0 with input as unresolved
}
