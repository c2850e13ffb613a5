# METADATA
# title: HTTP and WebSocket API stages write access logs
# description: >-
#   The access log has a line for each request: who came from where, asked for what, and what the answer was. Without it nobody can
#   tell afterwards who used a stolen token, or what a flood was after.
# related_resources:
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/apigateway-controls.html#apigateway-9
# custom:
#   id: apigwv2-access-logs
#   severity: medium
#   resource_types: [AWS::ApiGatewayV2::Stage]
#   related: []
#   controls:
#     fsbp: [APIGateway.9]
#     nist_800_53: [AC-4(26), AU-2, AU-3, AU-6(3), AU-6(4), AU-10, AU-12, CA-7, SC-7(9), SI-7(8)]
#     pci_dss: ["10.4.2"]
#     owasp_serverless: [SAS-5]
#   parameters: {}
package rectify.apigateway.v2_access_logs

violation contains {"msg": msg, "path": "/AccessLogSettings", "params": {}} if {
	not logged
	msg := "Access logging is off."
}

logged if {
	input.properties.AccessLogSettings.DestinationArn
	input.properties.AccessLogSettings.DestinationArn != ""
}

# What is there and is no object is not known.
logged if {
	input.properties.AccessLogSettings
	not is_object(input.properties.AccessLogSettings)
}
