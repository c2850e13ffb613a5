package rectify.apigateway.client_certificate_test

import data.rectify.apigateway.client_certificate

certified := {"properties": {"RestApiId": "a1b2c3", "StageName": "prod", "ClientCertificateId": "c1d2e3"}}

absent := {"properties": {"RestApiId": "a1b2c3", "StageName": "prod"}}

empty := {"properties": {"RestApiId": "a1b2c3", "StageName": "prod", "ClientCertificateId": ""}}

# Everything else of the stage is in order.
traced := {"properties": {"RestApiId": "a1b2c3", "StageName": "prod", "TracingEnabled": true, "DeploymentId": "c1d2e3"}}

unresolved := {"properties": {"StageName": "prod", "ClientCertificateId": {"Ref": "Certificate"}}}

finding := {{"msg": "The stage has no client certificate to show to its backends.", "path": "/ClientCertificateId", "params": {}}}

test_absent if {
	client_certificate.violation == finding with input as absent
}

test_empty_is_none if {
	client_certificate.violation == finding with input as empty
}

test_other_settings_are_no_certificate if {
	client_certificate.violation == finding with input as traced
}

test_certified_is_clean if {
	count(client_certificate.violation) == 0 with input as certified
}

test_unresolved_is_unknown if {
	count(client_certificate.violation) == 0 with input as unresolved
}
