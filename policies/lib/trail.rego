# Trails of CloudTrail. What a Region shows of another Region's trail, or of the organization's, has its ARN for an id: it is
# judged and put right where it belongs.
package rectify.lib.trail

own(trail) if not startswith(trail.id, "arn:")
