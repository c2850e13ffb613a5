# METADATA
# title: Cached responses of REST API stages are encrypted
# description: >-
#   A stage's cache keeps responses, and what they tell about customers, on disks of the cache cluster. Encryption at rest keeps
#   them from anyone who gets at the storage.
# related_resources:
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/apigateway-controls.html#apigateway-5
# custom:
#   id: apigw-cache-encrypted
#   severity: medium
#   resource_types: [AWS::ApiGateway::Stage]
#   related: []
#   controls:
#     fsbp: [APIGateway.5]
#     nist_800_53: [CA-9(1), CM-3(6), SC-13, SC-28, SC-28(1), SC-7(10), SI-7(6)]
#   parameters: {}
package rectify.apigateway.cache_encrypted

import data.rectify.lib.stage

# Caching is decided method by method; a cluster that no method caches in holds nothing. A method that is set to cache while the
# cluster is off violates too: its responses would be stored in the clear as soon as the cluster is on.
violation contains {"msg": msg, "path": path, "params": params} if {
	some index, setting in input.properties.MethodSettings
	setting.CachingEnabled == true
	not setting.CacheDataEncrypted
	params := {"resource_path": setting.ResourcePath, "http_method": setting.HttpMethod}
	msg := sprintf("Responses are cached without encryption for %s.", [stage.label(setting)])
	path := sprintf("/MethodSettings/%d/CacheDataEncrypted", [index])
}
