package rectify.lambda.url_cors_test

import data.rectify.lambda.url_cors

url(cors) := {"properties": {
	"TargetFunctionArn": "arn:aws:lambda:eu-west-1:111122223333:function:search",
	"AuthType": "AWS_IAM",
	"Cors": cors,
}}

without := {"properties": {
	"TargetFunctionArn": "arn:aws:lambda:eu-west-1:111122223333:function:search",
	"AuthType": "NONE",
}}

other_wildcards := url({"AllowOrigins": ["https://shop.example.com"], "AllowMethods": ["*"], "AllowHeaders": ["*"]})

finding(msg) := {{"msg": msg, "path": "/Cors/AllowOrigins", "params": {}}}

test_every_origin if {
	url_cors.violation == finding("Pages of every origin may read the answers of the function URL.") with input as url({"AllowOrigins": ["*"]})
}

test_every_origin_beside_a_named_one if {
	count(url_cors.violation) == 1 with input as url({"AllowOrigins": ["https://shop.example.com", "*"]})
}

test_every_origin_with_credentials if {
	msg := "Pages of every origin may read the answers of the function URL, with the cookies of their visitors."
	url_cors.violation == finding(msg) with input as url({"AllowOrigins": ["*"], "AllowCredentials": true})
}

test_named_origins_are_clean if {
	count(url_cors.violation) == 0 with input as url({"AllowOrigins": ["https://shop.example.com"]})
}

# A method or a header of `*` is asked for by a page whose origin is allowed.
test_other_wildcards_are_clean if {
	count(url_cors.violation) == 0 with input as other_wildcards
}

test_without_cors_is_clean if {
	count(url_cors.violation) == 0 with input as without
}

test_without_origins_is_clean if {
	count(url_cors.violation) == 0 with input as url({"AllowMethods": ["GET"]})
}

test_unresolved_is_unknown if {
	count(url_cors.violation) == 0 with input as url({"AllowOrigins": {"Ref": "Origins"}})
}
