# AWS services that a resource's policy lets in, and what they need of the key that the resource is encrypted with.
package rectify.lib.service

import data.rectify.lib.iam
import data.rectify.lib.principal

# The services that send by a policy: those that an Allow names, and those of its source ARNs, where it names everyone.
senders(document) := {service |
	some statement in iam.statements(document)
	statement.Effect == "Allow"
	some service in named(statement) | sources(statement)
}

named(statement) := {service |
	is_object(statement.Principal)
	some service in iam.as_list(object.get(statement.Principal, "Service", []))
	is_string(service)
}

sources(statement) := {sprintf("%s.amazonaws.com", [source]) |
	is_object(statement.Condition)
	some entries in statement.Condition
	is_object(entries)
	some key, value in entries
	lower(key) == "aws:sourcearn"
	some arn in iam.as_list(value)
	source := split(sprintf("%v", [arn]), ":")[2]
	source in known
}

# The services whose ARNs stand as a source in the policies of queues and topics, and that send in their own name.
known := {"cloudwatch", "events", "s3", "sns"}

# The statement of a key policy that lets a service send what the key encrypts. AWS's own examples have no condition: not
# every service sets the source, and EventBridge does not.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
# https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
key_statement(service) := {
	"Sid": sprintf("Sends%s", [concat("", [word | some part in split(service, "."); word := capitalized(part)])]),
	"Effect": "Allow",
	"Principal": {"Service": service},
	"Action": needed,
	"Resource": "*",
}

needed := ["kms:Decrypt", "kms:GenerateDataKey*"]

capitalized(part) := concat("", [upper(substring(part, 0, 1)), substring(part, 1, -1)])

# The statements for all of them, in the same order every time.
key_statements(services) := [key_statement(service) | some service in sort(services)]

# Whether a key policy lets a service do all that it needs, under whatever condition.
may_use_key(document, service) if {
	every action in ["kms:Decrypt", "kms:GenerateDataKey"] {
		some statement in iam.statements(document)
		statement.Effect == "Allow"
		includes(statement, service)
		iam.has_action(statement, action)
	}
}

includes(statement, service) if principal.everyone(statement.Principal)

includes(statement, service) if service in named(statement)

# The principals of other accounts that an Allow of a policy names, as a text.
strangers(document, account) := concat(", ", sort({name |
	some statement in iam.statements(document)
	statement.Effect == "Allow"
	is_object(statement.Principal)
	some name in iam.as_list(object.get(statement.Principal, "AWS", []))
	is_string(name)
	name != "*"
	not contains(name, account)
}))
