//! What CloudTrail does to the documents of trails: the sandbox's half of their calls.

use serde_json::{Map, Value, json};

use super::calls::FIELDS;
use super::{Trail, selectors};
use crate::cloud::aws::fields::write;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::tags;
use crate::cloud::aws::world::edit;
use crate::model::{Call, Place, Resource, ResourceType, Sent, Snapshot};

/// Does what a call of a trail does.
pub fn on_trail(place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
    let input = Input(call);
    let named = input.text("Name").or_else(|| input.text("TrailName")).or_else(|| input.text("ResourceId"));
    let named = named.ok_or("Name is missing")?;
    let name = named.rsplit('/').next().unwrap_or(&named);
    let key = Trail.key(place, name);
    let missing = format!("TrailNotFoundException: Unknown trail: {name}");
    match call.operation.as_str() {
        "CreateTrail" if world.get(&key).is_some() => {
            return Err(format!("TrailAlreadyExistsException: Trail {name} already exists."));
        }
        "CreateTrail" => {
            let arn = format!("arn:{}:cloudtrail:{}:{}:trail/{name}", place.partition, place.region, place.account);
            let mut properties = Map::new();
            properties.insert("TrailName".into(), name.into());
            // https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html
            properties.insert("IncludeGlobalServiceEvents".into(), true.into());
            for name in ["IsMultiRegionTrail", "IsOrganizationTrail", "EnableLogFileValidation", "IsLogging"] {
                properties.insert(name.into(), false.into());
            }
            write(FIELDS, &call.input, &mut properties);
            tags::write(&mut properties, tags::Shape::Pairs, tags::map(input.value("TagsList")), &[]);
            let mut facts = Map::new();
            facts.insert("HomeRegion".into(), place.region.as_str().into());
            world.insert(Resource::new(key, arn.clone(), properties, facts));
            return Ok(Sent { id: Some(name.to_owned()), arn: Some(arn), request_id: None });
        }
        "DeleteTrail" => return world.remove(&key).map(|_| Sent::default()).ok_or(missing),
        _ => {}
    }
    edit(world, &key, &missing, |properties, _| {
        match call.operation.as_str() {
            "UpdateTrail" => write(FIELDS, &call.input, properties),
            "PutEventSelectors" => {
                let wanted = input.value("EventSelectors").cloned().unwrap_or_else(|| json!([]));
                properties.remove("AdvancedEventSelectors");
                match wanted == selectors::default() {
                    true => drop(properties.remove("EventSelectors")),
                    false => drop(properties.insert("EventSelectors".into(), wanted)),
                }
            }
            "AddTags" => {
                tags::write(properties, tags::Shape::Pairs, tags::map(input.value("TagsList")), &[]);
            }
            "RemoveTags" => {
                let gone: Vec<String> = tags::map(input.value("TagsList")).into_keys().collect();
                tags::write(properties, tags::Shape::Pairs, tags::Tags::new(), &gone);
            }
            "StartLogging" => drop(properties.insert("IsLogging".into(), Value::Bool(true))),
            "StopLogging" => drop(properties.insert("IsLogging".into(), Value::Bool(false))),
            operation => return Err(format!("UnsupportedOperationException: {operation}")),
        }
        Ok(())
    })
}
