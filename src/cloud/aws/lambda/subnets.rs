//! In which Availability Zones a function's subnets are. The Cloud Control API tells it, so that nothing of EC2 is needed.

use serde_json::{Map, Value};

use crate::cloud::CallError;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::found;
use crate::cloud::aws::error::call_error;

/// The zone of each subnet, by its id; a subnet whose zone nobody tells is left out.
pub async fn zones(aws: &Clients, subnets: &[String]) -> Result<Option<Value>, CallError> {
    // Held while reading: functions share subnets, and a subnet never moves.
    let mut known = aws.subnet_zones.lock().await;
    let mut zones = Map::new();
    for subnet in subnets {
        let zone = match known.get(subnet) {
            Some(zone) => zone.clone(),
            None => {
                let zone = zone(aws, subnet).await?;
                known.insert(subnet.clone(), zone.clone());
                zone
            }
        };
        if let Some(zone) = zone {
            zones.insert(subnet.clone(), zone.into());
        }
    }
    Ok((!zones.is_empty()).then_some(Value::Object(zones)))
}

async fn zone(aws: &Clients, subnet: &str) -> Result<Option<String>, CallError> {
    let _slot = aws.slot("cloudformation").await;
    let answer = aws.cloudcontrol.get_resource().type_name("AWS::EC2::Subnet").identifier(subnet).send().await;
    let output = found(answer.map_err(|error| call_error("cloudformation", "GetResource", error)))?;
    let described = output.and_then(|output| output.resource_description?.properties);
    Ok(described.as_deref().and_then(zone_of))
}

/// The zone in the properties of a subnet, which are JSON text.
fn zone_of(properties: &str) -> Option<String> {
    let properties: Value = serde_json::from_str(properties).ok()?;
    properties.get("AvailabilityZone")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_one_of_the_properties() {
        let properties = r#"{"SubnetId":"subnet-1","AvailabilityZone":"eu-west-1a","CidrBlock":"10.0.0.0/24"}"#;
        assert_eq!(zone_of(properties), Some("eu-west-1a".into()));
        for other in ["", "[]", "{}", r#"{"AvailabilityZone":1}"#] {
            assert_eq!(zone_of(other), None, "{other}");
        }
    }
}
