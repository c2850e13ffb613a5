//! Layers: which there are, their versions, and the names of both.

use aws_sdk_lambda::types::LayerVersionsListItem;
use futures::future::join_all;

use crate::cloud::CallError;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::listing::{Partial, items};
use crate::model::{Arn, Place};

/// The name and the number in the ARN of a layer's version.
pub fn split(arn: &str) -> Option<(&str, &str)> {
    let arn = Arn::parse(arn).filter(|arn| arn.service == "lambda")?;
    let (name, number) = arn.resource.strip_prefix("layer:")?.split_once(':')?;
    let numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (numbered && !name.is_empty()).then_some((name, number))
}

/// The ARN of a layer's version without its number: the layer's.
pub fn layer_of(version: &str) -> Option<&str> {
    split(version)?;
    version.rsplit_once(':').map(|(layer, _)| layer)
}

/// The ARN of a layer's version.
pub fn arn(place: &Place, name: &str, number: &str) -> String {
    format!("arn:{}:lambda:{}:{}:layer:{name}:{number}", place.partition, place.region, place.account)
}

/// The names of all layers of the account.
pub async fn names(aws: &Clients) -> Partial<String> {
    let _slot = aws.slot("lambda").await;
    let pages = aws.lambda.list_layers().into_paginator().stop_on_duplicate_token(false).items().send();
    let (layers, error) = items("lambda", "ListLayers", pages).await;
    (layers.into_iter().filter_map(|layer| layer.layer_name).collect(), error)
}

/// The versions of a layer.
pub async fn versions(aws: &Clients, name: &str) -> Partial<LayerVersionsListItem> {
    let _slot = aws.slot("lambda").await;
    let pages = aws
        .lambda
        .list_layer_versions()
        .layer_name(name)
        .into_paginator()
        .stop_on_duplicate_token(false)
        .items()
        .send();
    items("lambda", "ListLayerVersions", pages).await
}

/// The ARNs of every version of every layer. Where one list fails the error stands beside what the others brought.
pub async fn all(aws: &Clients) -> Partial<String> {
    let (layers, mut error): (_, Option<CallError>) = names(aws).await;
    let mut arns = Vec::new();
    for (found, failed) in join_all(layers.iter().map(|name| versions(aws, name))).await {
        arns.extend(found.into_iter().filter_map(|version| version.layer_version_arn));
        error = error.or(failed);
    }
    (arns, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_told_from_its_layer() {
        let version = "arn:aws:lambda:eu-west-1:111122223333:layer:tools:3";
        assert_eq!(split(version), Some(("tools", "3")));
        assert_eq!(layer_of(version), Some("arn:aws:lambda:eu-west-1:111122223333:layer:tools"));
        for other in [
            "tools:3",
            "arn:aws:lambda:eu-west-1:111122223333:layer:tools",
            "arn:aws:lambda:eu-west-1:111122223333:layer:tools:latest",
            "arn:aws:lambda:eu-west-1:111122223333:function:tools:3",
        ] {
            assert_eq!((split(other), layer_of(other)), (None, None), "{other}");
        }
    }
}
