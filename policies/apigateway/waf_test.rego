package rectify.apigateway.waf_test

import data.rectify.apigateway.waf

open_stage := {"properties": {"RestApiId": "a1b2c3", "StageName": "prod"}, "facts": {}, "related": {"web_acls": []}}

associated := {"properties": {"RestApiId": "a1b2c3", "StageName": "prod"}, "facts": {}, "related": {"web_acls": [{"properties": {
	"ResourceArn": "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3/stages/prod",
	"WebACLArn": "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/shop/11111111-2222-4333-8444-555555555555",
}}]}}

# AWS WAF Classic has no association of this kind.
classic := {"properties": {"RestApiId": "a1b2c3", "StageName": "prod"}, "facts": {"WebAclArn": "arn:aws:waf-regional:eu-west-1:111122223333:webacl/11111111"}, "related": {"web_acls": []}}

unread := {"properties": {"RestApiId": "a1b2c3", "StageName": "prod"}, "facts": {}, "related": {}}

test_without_a_web_acl if {
	waf.violation == {{"msg": "No web ACL protects the stage.", "path": "", "params": {}}} with input as open_stage
}

test_associated_is_clean if {
	count(waf.violation) == 0 with input as associated
}

test_classic_is_clean if {
	count(waf.violation) == 0 with input as classic
}

test_unread_is_unknown if {
	count(waf.violation) == 0 with input as unread
}
