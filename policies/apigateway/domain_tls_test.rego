package rectify.apigateway.domain_tls_test

import data.rectify.apigateway.domain_tls

lenient := {"recommended": false}

strict := {"recommended": true}

domain(policy, types) := {"DomainName": "api.example.com", "SecurityPolicy": policy, "EndpointConfiguration": {"Types": types}}

old := {"parameters": lenient, "properties": domain("TLS_1_0", ["REGIONAL"])}

newer := {"parameters": lenient, "properties": domain("TLS_1_2", ["REGIONAL"])}

newest := {"parameters": lenient, "properties": domain("SecurityPolicy_TLS13_1_3_2025_09", ["REGIONAL"])}

absent := {"parameters": lenient, "properties": {"DomainName": "api.example.com"}}

unresolved := {"parameters": lenient, "properties": domain({"Ref": "SecurityPolicy"}, ["REGIONAL"])}

newer_if_strict := {"parameters": strict, "properties": domain("TLS_1_2", ["REGIONAL"])}

edge_if_strict := {"parameters": strict, "properties": domain("TLS_1_0", ["EDGE"])}

# Newer, and without forward secrecy.
without_pfs := {"parameters": strict, "properties": domain("SecurityPolicy_TLS13_1_2_PQ_2025_09", ["REGIONAL"])}

recommended := {"parameters": strict, "properties": domain("SecurityPolicy_TLS13_2025_EDGE", ["EDGE"])}

unresolved_if_strict := {"parameters": strict, "properties": domain({"Ref": "SecurityPolicy"}, ["REGIONAL"])}

test_tls_1_0 if {
	domain_tls.violation == {{
		"msg": "The security policy TLS_1_0 accepts TLS 1.0.",
		"path": "/SecurityPolicy",
		"params": {"policy": "TLS_1_2", "enhanced": false},
	}} with input as old
}

test_tls_1_2_is_clean if {
	count(domain_tls.violation) == 0 with input as newer
}

test_tls_1_3_is_clean if {
	count(domain_tls.violation) == 0 with input as newest
}

test_absent_is_tls_1_2 if {
	count(domain_tls.violation) == 0 with input as absent
}

test_unresolved_is_unknown if {
	count(domain_tls.violation) == 0 with input as unresolved
	count(domain_tls.violation) == 0 with input as unresolved_if_strict
}

test_tls_1_2_is_not_recommended if {
	domain_tls.violation == {{
		"msg": "The security policy TLS_1_2 is none of those that AWS recommends.",
		"path": "/SecurityPolicy",
		"params": {"policy": "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09", "enhanced": true},
	}} with input as newer_if_strict
}

test_edge_has_policies_of_its_own if {
	domain_tls.violation == {{
		"msg": "The security policy TLS_1_0 is none of those that AWS recommends.",
		"path": "/SecurityPolicy",
		"params": {"policy": "SecurityPolicy_TLS12_PFS_2025_EDGE", "enhanced": true},
	}} with input as edge_if_strict
}

test_new_without_forward_secrecy_is_not_recommended if {
	count(domain_tls.violation) == 1 with input as without_pfs
}

test_recommended_is_clean if {
	count(domain_tls.violation) == 0 with input as recommended
}
