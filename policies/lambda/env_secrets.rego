# METADATA
# title: Lambda environment variables hold no secrets
# description: >-
#   Whoever may read a function's configuration reads its environment, and the values end up in templates, consoles and logs. A
#   credential belongs in Secrets Manager or Parameter Store, where access to it is granted, recorded and rotated.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/with-secrets-manager.html
#   - ref: https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-integration-lambda-extensions.html
# custom:
#   id: lambda-env-secrets
#   severity: high
#   resource_types: [AWS::Lambda::Function]
#   related: []
#   controls:
#     owasp_serverless: [SAS-7]
#   parameters: {}
package rectify.lambda.env_secrets

# The value never reaches a document: where it is read it becomes a fingerprint, and what it looks like becomes a fact. The fact
# counts only while the variable is there, so that removing the variable clears the finding.
violation contains {"msg": msg, "path": path, "params": {"variable": name, "format": format}} if {
	some name, _ in input.properties.Environment.Variables
	format := input.facts.EnvironmentVariables[name].SecretFormat
	msg := sprintf("The environment variable %s holds a secret (%s).", [name, format])
	path := sprintf("/Environment/Variables/%s", [name])
}
