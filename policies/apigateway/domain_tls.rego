# METADATA
# title: Custom domain names ask for TLS 1.2 or newer
# description: >-
#   A domain name with the security policy TLS_1_0 accepts TLS 1.0, whose weaknesses let others read and change what is sent, from
#   every caller that asks for it. With the parameter recommended, only the policies that AWS recommends pass, which leave out TLS_1_2
#   and its ciphers without forward secrecy, as AWS Security Hub's control APIGateway.11 has it.
# related_resources:
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-list.html
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-custom-domain-tls-version.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/apigateway-controls.html#apigateway-11
# custom:
#   id: apigw-domain-tls
#   severity: medium
#   resource_types: [AWS::ApiGateway::DomainName]
#   related: []
#   controls: {}
#   parameters:
#     recommended:
#       type: boolean
#       default: false
#       description: Whether only the security policies that AWS recommends pass.
package rectify.apigateway.domain_tls

# https://docs.aws.amazon.com/securityhub/latest/userguide/apigateway-controls.html#apigateway-11
recommended := {
	"SecurityPolicy_TLS12_PFS_2025_EDGE",
	"SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
	"SecurityPolicy_TLS13_1_3_2025_09",
	"SecurityPolicy_TLS13_1_3_FIPS_2025_09",
	"SecurityPolicy_TLS13_2025_EDGE",
}

# Every other policy begins with TLS 1.2 or 1.3, and without any API Gateway takes TLS_1_2:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-list.html#apigateway-security-policies-default
violation contains {"msg": msg, "path": "/SecurityPolicy", "params": params} if {
	not input.parameters.recommended
	input.properties.SecurityPolicy == "TLS_1_0"
	params := {"policy": "TLS_1_2", "enhanced": false}
	msg := "The security policy TLS_1_0 accepts TLS 1.0."
}

violation contains {"msg": msg, "path": "/SecurityPolicy", "params": params} if {
	input.parameters.recommended
	is_string(input.properties.SecurityPolicy)
	not input.properties.SecurityPolicy in recommended
	params := {"policy": strict, "enhanced": true}
	msg := sprintf("The security policy %s is none of those that AWS recommends.", [input.properties.SecurityPolicy])
}

# The least strict one that is recommended for the endpoint: it still accepts TLS 1.2.
strict := "SecurityPolicy_TLS12_PFS_2025_EDGE" if {
	"EDGE" in input.properties.EndpointConfiguration.Types
} else := "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
