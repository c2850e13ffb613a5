# METADATA
# title: What alarms watch
# description: A metric is told by its namespace, its name and its dimensions; an alarm watches one, or a formula of several.
package rectify.lib.alarm

# Whether an alarm watches a metric whose dimensions are one of these.
watches(alarm, namespace, name, accepted) if {
	some metric in metrics(alarm)
	metric.Namespace == namespace
	metric.MetricName == name
	dimensions(metric) in accepted
}

# The alarm's own metric, and those of its formula.
metrics(alarm) := array.concat(
	[alarm.properties],
	[query.MetricStat.Metric | some query in object.get(alarm.properties, "Metrics", [])],
)

dimensions(metric) := {dimension.Name: dimension.Value | some dimension in object.get(metric, "Dimensions", [])}
