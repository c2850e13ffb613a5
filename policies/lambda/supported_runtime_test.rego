package rectify.lambda.supported_runtime_test

import data.rectify.data.lambda_runtimes
import data.rectify.lambda.supported_runtime

no_choice := {"successors": []}

now := "2026-11-22T10:00:00Z"

python38 := {"now": now, "parameters": no_choice, "properties": {"FunctionName": "reports", "Runtime": "python3.8"}}

python38_chosen := {
	"now": now,
	"parameters": {"successors": ["nodejs18.x=nodejs22.x", "python3.8=python3.13"]},
	"properties": {"FunctionName": "reports", "Runtime": "python3.8"},
}

# The configured successor is out of support too.
python38_to_python39 := {
	"now": now,
	"parameters": {"successors": ["python3.8=python3.9"]},
	"properties": {"FunctionName": "reports", "Runtime": "python3.8"},
}

go := {"now": now, "parameters": no_choice, "properties": {"FunctionName": "resize", "Runtime": "go1.x"}}

day_before := {"now": "2026-04-29T23:59:59Z", "parameters": no_choice, "properties": {"Runtime": "nodejs20.x"}}

first_day := {"now": "2026-04-30T00:00:00Z", "parameters": no_choice, "properties": {"Runtime": "nodejs20.x"}}

supported := {"now": now, "parameters": no_choice, "properties": {"Runtime": "python3.13"}}

# Newer than the table.
unknown := {"now": now, "parameters": no_choice, "properties": {"Runtime": "python3.99"}}

image := {"now": now, "parameters": no_choice, "properties": {"FunctionName": "thumbnails", "PackageType": "Image"}}

empty := {"now": now, "parameters": no_choice, "properties": {"FunctionName": "thumbnails", "Runtime": ""}}

test_deprecated if {
	supported_runtime.violation == {{
		"msg": "The runtime python3.8 is deprecated since 2024-10-14; its successor is python3.12.",
		"path": "/Runtime",
		"params": {"runtime": "python3.8", "deprecated": "2024-10-14", "successor": "python3.12"},
	}} with input as python38
}

test_configured_successor_goes_first if {
	supported_runtime.violation == {{
		"msg": "The runtime python3.8 is deprecated since 2024-10-14; its successor is python3.13.",
		"path": "/Runtime",
		"params": {"runtime": "python3.8", "deprecated": "2024-10-14", "successor": "python3.13"},
	}} with input as python38_chosen
}

test_deprecated_successor_is_none if {
	supported_runtime.violation == {{
		"msg": "The runtime python3.8 is deprecated since 2024-10-14; it has no successor that is known and supported.",
		"path": "/Runtime",
		"params": {"runtime": "python3.8", "deprecated": "2024-10-14"},
	}} with input as python38_to_python39
}

test_rebuild_has_no_successor if {
	supported_runtime.violation == {{
		"msg": "The runtime go1.x is deprecated since 2024-01-08; its code has to be rebuilt for provided.al2023.",
		"path": "/Runtime",
		"params": {"runtime": "go1.x", "deprecated": "2024-01-08"},
	}} with input as go
}

test_day_before_deprecation_is_clean if {
	count(supported_runtime.violation) == 0 with input as day_before
}

test_first_day_of_deprecation if {
	count(supported_runtime.violation) == 1 with input as first_day
}

test_supported_is_clean if {
	count(supported_runtime.violation) == 0 with input as supported
}

test_unknown_runtime_is_clean if {
	count(supported_runtime.violation) == 0 with input as unknown
}

test_container_image_is_clean if {
	count(supported_runtime.violation) == 0 with input as image
}

test_empty_runtime_is_clean if {
	count(supported_runtime.violation) == 0 with input as empty
}

test_table_is_dated if {
	regex.match("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", lambda_runtimes.as_of)
	every row in lambda_runtimes.runtimes {
		regex.match("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", row.deprecation_date)
	}
}
