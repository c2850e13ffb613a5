# ARNs of layers' versions: arn:PARTITION:lambda:REGION:ACCOUNT:layer:NAME:NUMBER.
# https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
package rectify.lib.layer

# Its parts; undefined for anything else.
parts(arn) := {"account": split(arn, ":")[4], "layer": layer, "number": to_number(number)} if {
	regex.match(`^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:layer:[A-Za-z0-9_-]+:[0-9]+$`, arn)
	number := split(arn, ":")[7]
	layer := trim_suffix(arn, concat("", [":", number]))
}
