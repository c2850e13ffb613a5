# METADATA
# title: Lambda environment variables are encrypted with a customer managed key
# description: >-
#   Without a key of its own Lambda encrypts the environment with a key that AWS manages: nobody can restrict, rotate or revoke it
#   on their own, and whoever may read the configuration reads the values. A customer managed key puts its policy in between.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
#   - ref: https://docs.aws.amazon.com/prescriptive-guidance/latest/encryption-best-practices/lambda.html
# custom:
#   id: lambda-env-kms
#   severity: medium
#   resource_types: [AWS::Lambda::Function]
#   related: []
#   controls:
#     owasp_serverless: [SAS-7]
#   parameters: {}
package a
