package rectify.apigateway.cache_encrypted_test

import data.rectify.apigateway.cache_encrypted

in_the_clear := {"properties": {"CacheClusterEnabled": true, "CacheClusterSize": "0.5", "MethodSettings": [
	{"ResourcePath": "/*", "HttpMethod": "*", "CachingEnabled": true, "CacheDataEncrypted": true},
	{"ResourcePath": "/~1items", "HttpMethod": "GET", "CachingEnabled": true, "CacheDataEncrypted": false},
	{"ResourcePath": "/~1orders", "HttpMethod": "POST", "CachingEnabled": false},
]}}

silent := {"properties": {"CacheClusterEnabled": true, "MethodSettings": [{
	"ResourcePath": "/*",
	"HttpMethod": "*",
	"CachingEnabled": true,
}]}}

cluster_is_off := {"properties": {"CacheClusterEnabled": false, "MethodSettings": [{
	"ResourcePath": "/*",
	"HttpMethod": "*",
	"CachingEnabled": true,
}]}}

encrypted := {"properties": {"CacheClusterEnabled": true, "MethodSettings": [{
	"ResourcePath": "/*",
	"HttpMethod": "*",
	"CachingEnabled": true,
	"CacheDataEncrypted": true,
}]}}

# The cluster runs, but no method caches in it.
nothing_cached := {"properties": {"CacheClusterEnabled": true, "MethodSettings": [{
	"ResourcePath": "/*",
	"HttpMethod": "*",
	"CachingEnabled": false,
	"CacheDataEncrypted": false,
}]}}

no_settings := {"properties": {"RestApiId": "a1b2c3", "StageName": "prod"}}

test_one_method_in_the_clear if {
	cache_encrypted.violation == {{
		"msg": "Responses are cached without encryption for GET /items.",
		"path": "/MethodSettings/1/CacheDataEncrypted",
		"params": {"resource_path": "/~1items", "http_method": "GET"},
	}} with input as in_the_clear
}

test_absent_switch_is_off if {
	cache_encrypted.violation == {{
		"msg": "Responses are cached without encryption for every method.",
		"path": "/MethodSettings/0/CacheDataEncrypted",
		"params": {"resource_path": "/*", "http_method": "*"},
	}} with input as silent
}

test_caching_method_while_the_cluster_is_off if {
	count(cache_encrypted.violation) == 1 with input as cluster_is_off
}

test_encrypted_is_clean if {
	count(cache_encrypted.violation) == 0 with input as encrypted
}

test_nothing_cached_is_clean if {
	count(cache_encrypted.violation) == 0 with input as nothing_cached
}

test_no_settings_is_clean if {
	count(cache_encrypted.violation) == 0 with input as no_settings
}
