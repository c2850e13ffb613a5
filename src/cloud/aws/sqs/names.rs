//! Names of queues: which there are, and the forms that they come in.

use crate::cloud::CallError;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::found;
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::listing::{Partial, items};
use crate::model::Place;

/// The most that one page of ListQueues holds; without the member there are no further pages
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueues.html>).
const PAGE: i32 = 1000;

/// The URL of a queue, which CloudFormation takes for its identifier
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html>).
pub fn url(partition: &str, region: &str, account: &str, name: &str) -> String {
    let domain = match partition {
        "aws-cn" => "amazonaws.com.cn",
        "aws-eusc" => "amazonaws.eu",
        _ => "amazonaws.com",
    };
    format!("https://sqs.{region}.{domain}/{account}/{name}")
}

/// The account and the name at the end of a queue's URL.
pub fn split(url: &str) -> Option<(&str, &str)> {
    let mut parts = url.rsplit('/');
    let (name, account) = (parts.next()?, parts.next()?);
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    (is_account && !name.is_empty()).then_some((account, name))
}

/// A queue's URL in today's form: an older one, and that of an endpoint of one's own, end in the account and the name too, and
/// SQS takes any of them (<https://docs.aws.amazon.com/general/latest/gr/sqs-service.html>).
pub fn canonical(partition: &str, region: &str, told: &str) -> String {
    match split(told) {
        Some((account, name)) if !told.starts_with("https://sqs.") => url(partition, region, account, name),
        _ => told.to_owned(),
    }
}

/// The ARN of a queue.
pub fn arn(place: &Place, url: &str) -> String {
    let (account, name) = split(url).unwrap_or((&place.account, url));
    format!("arn:{}:sqs:{}:{account}:{name}", place.partition, place.region)
}

/// The URLs of all queues. Where listing them fails, the error stands beside those that came before it.
pub async fn urls(aws: &Clients) -> Partial<String> {
    let _slot = aws.slot("sqs").await;
    let pages = aws.sqs.list_queues().max_results(PAGE).into_paginator().stop_on_duplicate_token(false).items().send();
    let (urls, error) = items("sqs", "ListQueues", pages).await;
    let Place { partition, region, .. } = &aws.place;
    (urls.iter().map(|url| canonical(partition, region, url)).collect(), error)
}

/// Attributes of a queue by their names; none where there is no such queue. The caller holds the slot.
pub async fn attributes(aws: &Clients, url: &str, name: &str) -> Result<Option<Vec<(String, String)>>, CallError> {
    let request = aws.sqs.get_queue_attributes().queue_url(url).attribute_names(name.into());
    let answer = request.send().await.map_err(|error| call_error("sqs", "GetQueueAttributes", error));
    let attributes = found(answer)?.map(|output| output.attributes.unwrap_or_default());
    Ok(attributes.map(|found| found.into_iter().map(|(name, value)| (name.as_str().to_owned(), value)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::place;

    #[test]
    fn a_url_has_the_account_and_the_name() {
        let url = url("aws", "eu-west-1", "111122223333", "orders");
        assert_eq!(url, "https://sqs.eu-west-1.amazonaws.com/111122223333/orders");
        assert_eq!(split(&url), Some(("111122223333", "orders")));
        assert_eq!(arn(&place(), &url), "arn:aws:sqs:eu-west-1:111122223333:orders");
        for other in
            ["http://127.0.0.1:4566/111122223333/orders", "https://eu-west-1.queue.amazonaws.com/111122223333/orders"]
        {
            assert_eq!(canonical("aws", "eu-west-1", other), url);
        }
        let isolated = "https://sqs.us-iso-east-1.c2s.ic.gov/111122223333/orders";
        assert_eq!(canonical("aws-iso", "us-iso-east-1", isolated), isolated);
        assert_eq!(split("orders"), None);
        assert_eq!(split("https://example.com/queues/orders"), None);
    }
}
