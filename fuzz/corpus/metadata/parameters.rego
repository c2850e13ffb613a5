# METADATA
# title: "t\u202e"
# description: |
#   d
# related_resources: [{ref: "x", description: y}]
# custom:
#   id: a-b
#   severity: critical
#   resource_types: [AWS::X::Y]
#   related: [role]
#   enabled: false
#   controls: {fsbp: [A.1], cis_aws: [], nist_800_53: [SC-28], pci_dss: ["1.2"], owasp_serverless: [SAS-5]}
#   parameters: {a: {type: "list(arn:aws:sns)", default: []}, b: {type: integer, one_of: [1, 18446744073709551615]}, c: {type: number, default: 1e308}}
package a
