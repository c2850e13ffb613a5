//! Which buckets there are.

use crate::cloud::CallError;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::listing::{Partial, items, whole};

/// The names of the account's buckets in the clients' Region; with a prefix, of those that begin so.
pub async fn all(aws: &Clients, prefix: Option<&str>) -> Partial<String> {
    let request = aws.s3.list_buckets().set_prefix(prefix.map(str::to_owned)).bucket_region(&aws.place.region);
    // Without a number of its own, an account of more than 10,000 buckets gets an error.
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
    let (found, error) = items(
        "s3",
        "ListBuckets",
        request.max_buckets(1000).into_paginator().stop_on_duplicate_token(false).items().send(),
    )
    .await;
    (found.into_iter().filter_map(|bucket| bucket.name).collect(), error)
}

/// Whether the account has a bucket of that name in the clients' Region.
pub async fn exists(aws: &Clients, name: &str) -> Result<bool, CallError> {
    Ok(whole(all(aws, Some(name)).await)?.iter().any(|found| found == name))
}
