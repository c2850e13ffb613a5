//! Which topics there are, and what SNS tells of one.

use std::collections::HashMap;

use crate::cloud::CallError;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::found;
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::listing::{Partial, items};

/// The ARNs of all topics. Where listing them fails, the error stands beside those that came before it.
pub async fn arns(aws: &Clients) -> Partial<String> {
    let _slot = aws.slot("sns").await;
    let (topics, error) = items(
        "sns",
        "ListTopics",
        aws.sns.list_topics().into_paginator().stop_on_duplicate_token(false).items().send(),
    )
    .await;
    (topics.into_iter().filter_map(|topic| topic.topic_arn).collect(), error)
}

/// The attributes of a topic; none where there is no such topic. The caller holds the slot.
pub async fn attributes(aws: &Clients, arn: &str) -> Result<Option<HashMap<String, String>>, CallError> {
    let answer = aws.sns.get_topic_attributes().topic_arn(arn).send().await;
    let output = found(answer.map_err(|error| call_error("sns", "GetTopicAttributes", error)))?;
    Ok(output.map(|output| output.attributes.unwrap_or_default()))
}

/// The name at the end of a topic's ARN.
pub fn name(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}
