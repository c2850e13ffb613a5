package rectify.lambda.code_signing_test

import data.rectify.lambda.code_signing

unsigned := {"properties": {"FunctionName": "checkout", "PackageType": "Zip"}}

of_a_template := {"properties": {"FunctionName": "checkout", "Code": {"S3Bucket": "artifacts", "S3Key": "checkout.zip"}}}

empty := {"properties": {"FunctionName": "checkout", "PackageType": "Zip", "CodeSigningConfigArn": ""}}

signed := {"properties": {
	"FunctionName": "checkout",
	"PackageType": "Zip",
	"CodeSigningConfigArn": "arn:aws:lambda:eu-west-1:111122223333:code-signing-config:csc-0f6c334abcdea4d8b",
}}

image := {"properties": {"FunctionName": "thumbnails", "PackageType": "Image"}}

image_of_a_template := {"properties": {
	"FunctionName": "thumbnails",
	"Code": {"ImageUri": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/thumbnails:1"},
}}

unresolved := {"properties": {"FunctionName": "checkout", "CodeSigningConfigArn": {"Ref": "Signing"}}}

finding := {{"msg": "The function takes code that nobody has signed.", "path": "/CodeSigningConfigArn", "params": {}}}

test_unsigned if {
	code_signing.violation == finding with input as unsigned
}

test_unsigned_in_a_template if {
	code_signing.violation == finding with input as of_a_template
}

test_empty_is_unsigned if {
	code_signing.violation == finding with input as empty
}

test_signed_is_clean if {
	count(code_signing.violation) == 0 with input as signed
}

test_an_image_is_signed_elsewhere if {
	count(code_signing.violation) == 0 with input as image
	count(code_signing.violation) == 0 with input as image_of_a_template
}

test_unresolved_is_unknown if {
	count(code_signing.violation) == 0 with input as unresolved
}
