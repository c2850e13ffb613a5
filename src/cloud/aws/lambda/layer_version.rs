//! `AWS::Lambda::LayerVersion`: a version of a layer of the account. Its id is its ARN. It never changes: who wants it
//! otherwise publishes the next one.

use async_trait::async_trait;
use aws_sdk_lambda::types::LayerVersionsListItem;

use super::{layers, rights, trails};
use crate::cloud::aws::AwsType;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::found;
use crate::cloud::aws::fields::{both, only};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::{children, whole};
use crate::cloud::aws::object::{Object, list};
use crate::cloud::{CallError, CallErrorKind, Listing};
use crate::model::{Call, Impossible, Part, Parts, Place, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write};

/// `AWS::Lambda::LayerVersion`.
pub struct LayerVersion;

const LISTING: &str = "listing";

impl ResourceType for LayerVersion {
    fn name(&self) -> &'static str {
        "AWS::Lambda::LayerVersion"
    }

    fn reads(&self) -> &'static [Right] {
        &[rights::LIST_LAYERS, rights::LIST_LAYER_VERSIONS]
    }

    fn writes(&self) -> &'static [Write] {
        &[]
    }

    fn parts(&self) -> &'static [Part] {
        &[Part {
            name: LISTING,
            permissions: &[],
            properties: &["Description", "CompatibleRuntimes", "CompatibleArchitectures", "LicenseInfo"],
            facts: &["Version", "CreatedDate"],
        }]
    }

    /// Its layer.
    fn refers(&self, version: &Resource) -> Vec<String> {
        layers::layer_of(&version.id).map(str::to_owned).into_iter().collect()
    }

    fn trails(&self) -> &'static [Trail] {
        trails::LAYER_VERSION
    }

    fn named(&self, arn: &str) -> Option<String> {
        layers::split(arn).map(|_| arn.to_owned())
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        if let Some((before, after)) = both(before, after)? {
            only(&[], before, after)?;
        }
        Ok(Vec::new())
    }

    fn effect(&self, _place: &Place, call: &Call, _world: &mut Snapshot) -> Result<Sent, String> {
        Err(format!("UnknownOperationException: {}", call.operation))
    }
}

#[async_trait]
impl AwsType for LayerVersion {
    async fn list(&self, aws: &Clients, _within: Option<&str>, _parts: &Parts) -> Listing {
        children(aws, self, layers::names(aws).await, |name| async move {
            let (versions, error) = layers::versions(aws, &name).await;
            let mut listing = Listing::default();
            listing.resources.extend(versions.iter().filter_map(|version| document(aws, &name, version)));
            // A layer that is gone has no versions.
            listing.incomplete(aws, self, error.filter(|error| error.kind != CallErrorKind::NotFound));
            listing
        })
        .await
    }

    /// What GetLayerVersion has beside it is a link to the code, which is nobody's business here.
    async fn read(&self, aws: &Clients, id: &str, _parts: &Parts) -> Result<Option<Resource>, CallError> {
        let Some((name, _)) = layers::split(id) else { return Ok(None) };
        let versions = found(whole(layers::versions(aws, name).await))?.unwrap_or_default();
        let wanted = versions.iter().find(|version| version.layer_version_arn() == Some(id));
        Ok(wanted.and_then(|version| document(aws, name, version)))
    }

    async fn send(&self, _aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        Err(Input(call).unknown())
    }
}

fn document(aws: &Clients, name: &str, version: &LayerVersionsListItem) -> Option<Resource> {
    let arn = version.layer_version_arn()?;
    let mut properties = Object::default();
    properties
        .set("LayerVersionArn", Some(arn))
        .set("LayerName", Some(name))
        .set("Description", version.description())
        .set("CompatibleRuntimes", list(version.compatible_runtimes().iter().map(|runtime| runtime.as_str())))
        .set("CompatibleArchitectures", list(version.compatible_architectures().iter().map(|name| name.as_str())))
        .set("LicenseInfo", version.license_info());
    let mut facts = Object::default();
    facts.set("Version", Some(version.version())).set("CreatedDate", version.created_date());
    Some(Resource::new(aws.key(&LayerVersion, arn), arn, properties.0, facts.0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cloud::aws::testing::document as resource;

    #[test]
    fn a_version_names_its_layer_and_never_changes() {
        let arn = "arn:aws:lambda:eu-west-1:111122223333:layer:tools:3";
        let version = resource(&LayerVersion, arn, arn, json!({"LayerName": "tools"}), json!({"Version": 3}));
        assert_eq!(LayerVersion.refers(&version), ["arn:aws:lambda:eu-west-1:111122223333:layer:tools"]);
        assert_eq!(LayerVersion.named(arn).as_deref(), Some(arn));
        assert_eq!(LayerVersion.calls(Some(&version), Some(&version)), Ok(vec![]));
        let told = version.with_properties(json!({"LayerName": "tools", "Description": "other"}));
        assert!(LayerVersion.calls(Some(&version), Some(&told)).is_err());
        assert!(LayerVersion.calls(None, Some(&version)).is_err());
        assert!(LayerVersion.calls(Some(&version), None).is_err());
    }
}
