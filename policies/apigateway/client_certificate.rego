# METADATA
# title: Backends of REST API stages can tell API Gateway from others
# description: >-
#   A backend that anyone can reach over HTTP answers anyone, and past the API's authorizers and limits. With a client certificate the
#   stage shows it who is calling, so that it can turn all others away.
# related_resources:
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/getting-started-client-side-ssl-authentication.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/apigateway-controls.html#apigateway-2
# custom:
#   id: apigw-client-certificate
#   severity: medium
#   resource_types: [AWS::ApiGateway::Stage]
#   related: []
#   controls:
#     fsbp: [APIGateway.2]
#     nist_800_53: [AC-4, AC-17(2), IA-5(1), SC-7(4), SC-8, SC-8(1), SC-8(2), SC-12(3), SC-13, SC-23, SC-23(3), SI-7(6)]
#     owasp_serverless: [SAS-2]
#   parameters: {}
package rectify.apigateway.client_certificate

violation contains {"msg": msg, "path": "/ClientCertificateId", "params": {}} if {
	not certified
	msg := "The stage has no client certificate to show to its backends."
}

certified if input.properties.ClientCertificateId != ""
