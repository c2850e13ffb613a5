# METADATA
# title: Lambda functions use a runtime that AWS supports
# description: >-
#   After its deprecation date a runtime gets no security patches and no support, and later the function can no longer be
#   updated. Moving to a supported runtime in time keeps the function patched and changeable.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/lambda-controls.html#lambda-2
# custom:
#   id: lambda-supported-runtime
#   severity: medium
#   resource_types: [AWS::Lambda::Function]
#   related: []
#   controls:
#     fsbp: [Lambda.2]
#     nist_800_53: [CA-9(1), CM-2, SI-2, SI-2(2), SI-2(4), SI-2(5)]
#     pci_dss: ["12.3.4"]
#   parameters:
#     successors:
#       type: list
#       default: []
#       description: Runtimes to move to, each as "old=new" (for example python3.9=python3.13); they go before the table's own.
package a
