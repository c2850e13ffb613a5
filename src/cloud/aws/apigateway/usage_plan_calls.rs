//! From one document of a usage plan to another, and what the calls do
//! (<https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateUsagePlan-Patch>).

use serde_json::{Map, Value, json};

use super::UsagePlan;
use super::patch::{self, Operation, Patch};
use super::usage_plan::arn;
use crate::cloud::aws::fields::{Field, Unset, field, only, write};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::object::{number, same};
use crate::cloud::aws::tags;
use crate::cloud::aws::world::{edit, made_hex};
use crate::model::{Call, Impossible, Place, Resource, ResourceType, Sent, Snapshot};

const FIELDS: &[Field] =
    &[field("Description", "/description", Unset::EmptyText), field("UsagePlanName", "/name", Unset::Impossible)];

/// A property with its path, and those of its members.
type Limit = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// The two limits.
const LIMITS: &[Limit] = &[
    ("Quota", "quota", &[("Limit", "limit"), ("Offset", "offset"), ("Period", "period")]),
    ("Throttle", "throttle", &[("BurstLimit", "burstLimit"), ("RateLimit", "rateLimit")]),
];

const STAGES: &str = "/apiStages";

/// The calls between two documents.
pub fn calls(before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
    match (before, after) {
        (None, None) => Ok(vec![]),
        (None, Some(after)) => Ok(vec![create(after)?]),
        (Some(before), None) => {
            // A plan with stages cannot be deleted.
            let mut patch = Patch::default();
            stages(before)?.iter().for_each(|stage| patch.remove(STAGES, &Value::from(stage.as_str())));
            let input = json!({"usagePlanId": before.id});
            let calls = patch.call("UpdateUsagePlan", input.clone()).into_iter();
            let delete = Call::with_permission("apigateway", "DeleteUsagePlan", input, "apigateway:DELETE");
            Ok(calls.chain([delete]).collect())
        }
        (Some(before), Some(after)) => update(before, after),
    }
}

fn create(after: &Resource) -> Result<Call, Impossible> {
    let name = after.text("/UsagePlanName");
    let name = name.ok_or_else(|| Impossible("a usage plan cannot be without a name".to_owned()))?;
    let mut input = Map::from_iter([("name".to_owned(), Value::from(name))]);
    let mut add = |name: &str, value: Option<Value>| input.extend(value.map(|value| (name.to_owned(), value)));
    add("description", after.property("/Description").cloned());
    let stage = |stage: &String| {
        let (api, name) = stage.split_once(':').unwrap_or_default();
        json!({"apiId": api, "stage": name})
    };
    let stages: Vec<Value> = stages(after)?.iter().map(stage).collect();
    add("apiStages", Some(stages).filter(|stages| !stages.is_empty()).map(Value::from));
    for (property, path, members) in LIMITS {
        let set = members.iter().filter_map(|(member, name)| {
            Some(((*name).to_owned(), after.property(&format!("/{property}/{member}"))?.clone()))
        });
        let set: Map<String, Value> = set.collect();
        add(path, Some(set).filter(|set| !set.is_empty()).map(Value::Object));
    }
    let tags = tags::of(after);
    let tagged = !tags.is_empty();
    add("tags", tagged.then(|| json!(tags)));
    let call = Call::with_permission("apigateway", "CreateUsagePlan", Value::Object(input), "apigateway:POST");
    Ok(call.and_permissions(tagged.then_some("apigateway:PUT")))
}

fn update(before: &Resource, after: &Resource) -> Result<Vec<Call>, Impossible> {
    only(&["UsagePlanName", "Description", "ApiStages", "Throttle", "Quota", "Tags"], before, after)?;
    let mut patch = Patch::of(FIELDS, before, after)?;
    if before.property("/ApiStages") != after.property("/ApiStages") {
        let (old, new) = (stages(before)?, stages(after)?);
        new.iter().filter(|stage| !old.contains(stage)).for_each(|stage| patch.add(STAGES, &stage.as_str().into()));
        old.iter().filter(|stage| !new.contains(stage)).for_each(|stage| patch.remove(STAGES, &stage.as_str().into()));
    }
    for (property, path, members) in LIMITS {
        let has = |plan: &Resource, member: &str| plan.property(&format!("/{property}/{member}")).cloned();
        // One member alone cannot be unset: all are removed, and what stays is written anew.
        let lost = members.iter().any(|(member, _)| has(before, member).is_some() && has(after, member).is_none());
        if lost {
            patch.remove(&format!("/{path}"), &Value::Null);
        }
        for (member, name) in *members {
            if let Some(value) = has(after, member)
                && (lost || !same(has(before, member).as_ref(), Some(&value)))
            {
                patch.replace(&format!("/{path}/{name}"), &value);
            }
        }
    }
    let mut calls: Vec<Call> = patch.call("UpdateUsagePlan", json!({"usagePlanId": before.id})).into_iter().collect();
    calls.extend(patch::tag_calls(before, after)?);
    Ok(calls)
}

/// The stages of a plan, `API:STAGE`.
fn stages(plan: &Resource) -> Result<Vec<String>, Impossible> {
    let entries = plan.property("/ApiStages").and_then(Value::as_array).into_iter().flatten();
    let name = |entry: &Value| {
        let text = |name| entry.get(name).and_then(Value::as_str);
        if entry.get("Throttle").is_some() {
            return Err(Impossible("rectify does not write the limits of single methods of a usage plan".to_owned()));
        }
        let name = text("ApiId").zip(text("Stage")).map(|(api, stage)| format!("{api}:{stage}"));
        name.ok_or_else(|| Impossible("a stage of a usage plan needs an ApiId and a Stage".to_owned()))
    };
    entries.map(name).collect()
}

/// What a call does, but for those on tags.
pub fn effect(place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
    let input = Input(call);
    let key = UsagePlan.key(place, &input.text("usagePlanId").unwrap_or_default());
    match call.operation.as_str() {
        "CreateUsagePlan" => {
            let text = call.input.to_string();
            let count = world.of_type(UsagePlan.name()).count().to_string();
            let id: String = made_hex(&[&place.region, &text, &count]).chars().take(6).collect();
            let plan = Resource::new(UsagePlan.key(place, &id), arn(place, &id), created(&input), Map::new());
            let arn = plan.arn.clone();
            world.insert(plan);
            Ok(Sent { id: Some(id), arn: Some(arn), request_id: None })
        }
        "UpdateUsagePlan" => edit(world, &key, MISSING, |properties, _| {
            patch::operations(&input).try_for_each(|operation| apply(&operation, properties))
        }),
        "DeleteUsagePlan" => {
            let plan = world.get(&key).ok_or(MISSING)?;
            if plan.property("/ApiStages").is_some() {
                return Err("BadRequestException: a usage plan with stages cannot be deleted".to_owned());
            }
            world.remove(&key);
            Ok(Sent::default())
        }
        operation => Err(format!("UnsupportedOperationException: {operation}")),
    }
}

const MISSING: &str = "NotFoundException: Invalid Usage Plan ID specified";

/// The properties of a plan that was just made.
fn created(input: &Input<'_>) -> Map<String, Value> {
    let mut properties = Map::new();
    for (name, property) in [("name", "UsagePlanName"), ("description", "Description")] {
        properties.extend(input.value(name).map(|value| (property.to_owned(), value.clone())));
    }
    let stages = input.value("apiStages").and_then(Value::as_array).into_iter().flatten();
    let stages: Vec<Value> = stages.map(|stage| json!({"ApiId": stage["apiId"], "Stage": stage["stage"]})).collect();
    if !stages.is_empty() {
        properties.insert("ApiStages".to_owned(), stages.into());
    }
    for (property, path, members) in LIMITS {
        let set = members.iter().filter_map(|(member, name)| {
            Some(((*member).to_owned(), input.value(&format!("/{path}/{name}"))?.clone()))
        });
        let set: Map<String, Value> = set.collect();
        if !set.is_empty() {
            properties.insert((*property).to_owned(), Value::Object(set));
        }
    }
    tags::write(&mut properties, tags::Shape::Pairs, tags::map(input.value("tags")), &[]);
    properties
}

/// Does to the properties what an operation does.
fn apply(operation: &Operation<'_>, properties: &mut Map<String, Value>) -> Result<(), String> {
    let value = operation.value.unwrap_or_default();
    if operation.path == STAGES {
        let (api, name) = value.split_once(':').ok_or_else(|| patch::invalid(operation))?;
        let stage = json!({"ApiId": api, "Stage": name});
        let stages = properties.entry("ApiStages").or_insert_with(|| json!([]));
        if let Some(stages) = stages.as_array_mut() {
            stages.retain(|other| other.get("ApiId") != stage.get("ApiId") || other.get("Stage") != stage.get("Stage"));
            if operation.op == "add" {
                stages.push(stage);
            }
            if stages.is_empty() {
                properties.remove("ApiStages");
            }
        }
        return Ok(());
    }
    if FIELDS.iter().any(|field| field.member == operation.path) {
        write(FIELDS, &json!({ operation.path: value }), properties);
        return Ok(());
    }
    let mut segments = operation.path.trim_start_matches('/').split('/');
    let limit = segments.next().and_then(|first| LIMITS.iter().find(|(_, path, _)| *path == first));
    let (property, _, members) = limit.ok_or_else(|| patch::invalid(operation))?;
    match (segments.next(), operation.op) {
        (None, "remove") => {
            properties.remove(*property);
        }
        (Some(name), "add" | "replace") => {
            let member = members.iter().find(|(_, known)| *known == name).map(|(member, _)| *member);
            let member = member.ok_or_else(|| patch::invalid(operation))?;
            let value = match member {
                "Period" => value.into(),
                _ => value.parse::<f64>().map(number).map_err(|_| patch::invalid(operation))?,
            };
            let limit = properties.entry(*property).or_insert_with(|| json!({}));
            if let Some(limit) = limit.as_object_mut() {
                limit.insert(member.to_owned(), value);
            }
        }
        _ => return Err(patch::invalid(operation)),
    }
    Ok(())
}

/// A number of an input's member.
pub fn number_at(value: &Value, name: &str) -> Option<f64> {
    value.get(name)?.as_f64()
}

/// A whole number of an input's member.
pub fn whole_at(value: &Value, name: &str) -> Option<i32> {
    i32::try_from(value.get(name)?.as_i64()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{resource, round_trip, run, shown, world};

    fn plan(more: Value) -> Resource {
        let mut properties = json!({"UsagePlanName": "partners", "ApiStages": [{"ApiId": "a1", "Stage": "prod"}]});
        let more = more.as_object().unwrap().clone();
        properties.as_object_mut().unwrap().extend(more);
        resource(&UsagePlan, "p1", properties, json!({}))
    }

    #[test]
    fn the_calls_lead_from_one_document_to_the_other_and_back() {
        let before = plan(json!({"Description": "old", "Throttle": {"RateLimit": 0.5, "BurstLimit": 5}}));
        let after = plan(json!({
            "UsagePlanName": "all", "ApiStages": [{"ApiId": "a2", "Stage": "test"}], "Throttle": {"RateLimit": 10},
            "Quota": {"Limit": 100, "Period": "DAY"}, "Tags": [{"Key": "team", "Value": "pay"}],
        }));
        round_trip(&UsagePlan, &before, after.properties.clone());
        let replace = |path: &str, value: &str| json!({"op": "replace", "path": path, "value": value});
        assert_eq!(
            shown(&calls(Some(&before), Some(&after)).unwrap()),
            json!([
                ["UpdateUsagePlan", {"usagePlanId": "p1", "patchOperations": [
                    replace("/description", ""),
                    replace("/name", "all"),
                    {"op": "add", "path": "/apiStages", "value": "a2:test"},
                    {"op": "remove", "path": "/apiStages", "value": "a1:prod"},
                    replace("/quota/limit", "100"),
                    replace("/quota/period", "DAY"),
                    {"op": "remove", "path": "/throttle"},
                    replace("/throttle/rateLimit", "10"),
                ]}],
                ["TagResource", {"resourceArn": "arn:p1", "tags": {"team": "pay"}}],
            ])
        );
        assert_eq!(UsagePlan.warnings(Some(&before), Some(&after)).len(), 1);
    }

    #[test]
    fn a_plan_is_made_and_deleted() {
        let new = plan(json!({
            "Throttle": {"RateLimit": 10, "BurstLimit": 5}, "Quota": {"Limit": 100, "Period": "DAY"},
            "Tags": [{"Key": "team", "Value": "pay"}],
        }));
        let mut world = world([]);
        let create = calls(None, Some(&new)).unwrap();
        assert_eq!(
            shown(&create),
            json!([["CreateUsagePlan", {
                "name": "partners", "apiStages": [{"apiId": "a1", "stage": "prod"}], "tags": {"team": "pay"},
                "throttle": {"rateLimit": 10, "burstLimit": 5}, "quota": {"limit": 100, "period": "DAY"},
            }]])
        );
        assert_eq!(create[0].permissions, ["apigateway:POST", "apigateway:PUT"]);
        let made = run(&UsagePlan, &create, None, &mut world).unwrap().unwrap();
        assert_eq!(made.properties, new.properties);
        assert_eq!(UsagePlan.refers(&made), ["a1|prod"]);

        let delete = calls(Some(&made), None).unwrap();
        let names: Vec<&str> = delete.iter().map(|call| call.operation.as_str()).collect();
        assert_eq!(names, ["UpdateUsagePlan", "DeleteUsagePlan"]);
        assert!(run(&UsagePlan, &delete[1..], Some(&made.key()), &mut world).is_err());
        assert_eq!(run(&UsagePlan, &delete, Some(&made.key()), &mut world), Ok(None));
        assert!(run(&UsagePlan, &delete, Some(&made.key()), &mut world).unwrap_err().starts_with("NotFoundException"));
    }

    #[test]
    fn what_cannot_be_changed_is_said() {
        let limits = json!({"/pets/GET": {"RateLimit": 1, "BurstLimit": 1}});
        let single = plan(json!({"ApiStages": [{"ApiId": "a1", "Stage": "prod", "Throttle": limits}]}));
        assert!(calls(Some(&plan(json!({}))), Some(&single)).is_err());
        assert!(calls(Some(&single), None).is_err());
        let mut other = single.properties.clone();
        other["Description"] = "new".into();
        assert!(calls(Some(&single), Some(&single.with_properties(other))).is_ok());
        let nameless = plan(json!({"UsagePlanName": null}));
        assert!(calls(None, Some(&nameless)).is_err());
        let mut world = world([plan(json!({}))]);
        let mut send = |operation: Value| {
            let call = Call::new(
                "apigateway",
                "UpdateUsagePlan",
                json!({"usagePlanId": "p1", "patchOperations": [operation]}),
            );
            let place = crate::cloud::aws::testing::place();
            effect(&place, &call, &mut world).unwrap_err()
        };
        for operation in [
            json!({"op": "replace", "path": "/nothing", "value": "1"}),
            json!({"op": "replace", "path": "/quota", "value": "1"}),
            json!({"op": "replace", "path": "/quota/nothing", "value": "1"}),
            json!({"op": "replace", "path": "/quota/limit", "value": "many"}),
        ] {
            assert!(send(operation).starts_with("BadRequestException: Invalid patch path"));
        }
    }
}
