# METADATA
# title: REST API stages are behind a web ACL
# description: >-
#   A web ACL of AWS WAF looks at each request before the API does: it turns away floods from one address and the patterns of common
#   attacks. Without one all of them reach the authorizers and the functions behind the stage, and are paid for.
# related_resources:
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-aws-waf.html
#   - ref: https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-associating-aws-resource.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/apigateway-controls.html#apigateway-4
# custom:
#   id: apigw-waf
#   severity: medium
#   resource_types: [AWS::ApiGateway::Stage]
#   related: [web_acls]
#   controls:
#     fsbp: [APIGateway.4]
#     nist_800_53: [AC-4(21)]
#     owasp_serverless: [SAS-1]
#   parameters: {}
package rectify.apigateway.waf

# A web ACL of AWS WAF Classic protects as well: it stands in the stage's fact alone. Whether there is an association is known only
# when associations were read.
violation contains {"msg": msg, "path": "", "params": {}} if {
	not input.facts.WebAclArn
	count(input.related.web_acls) == 0
	msg := "No web ACL protects the stage."
}
