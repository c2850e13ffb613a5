# METADATA
# title: REST API stages are throttled
# description: >-
#   A stage without limits of its own may use up what the account has in the Region, so that one caller can starve every other API,
#   run into the limits behind it, and run up the bill. A rate and a burst limit for every method keep a flood at the edge.
# related_resources:
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
#   - ref: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigateway-stage-methodsetting.html
# custom:
#   id: apigw-throttling
#   severity: medium
#   resource_types: [AWS::ApiGateway::Stage]
#   related: []
#   controls:
#     owasp_serverless: [SAS-8]
#   parameters:
#     rate:
#       type: number
#       default: 2000
#       description: The most requests per second that a stage or method may be allowed.
#     burst:
#       type: integer
#       default: 1000
#       description: The most requests that may arrive at once.
package a
