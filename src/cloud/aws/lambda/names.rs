//! Names of functions: which there are, and the forms that they come in.

use crate::cloud::CallError;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::listing::{Partial, all, items};
use crate::model::{Place, Resource};

/// A function's name and qualifier in any of the forms that Lambda takes: `name`, `name:alias`,
/// `123456789012:function:name`, `arn:aws:lambda:REGION:123456789012:function:name:alias`.
pub fn split(text: &str) -> (&str, Option<&str>) {
    // A name may itself end in `function`: only the whole word between colons tells where it begins.
    let local = text.split_once(":function:").map_or(text, |(_, local)| local);
    match local.split_once(':') {
        Some((name, qualifier)) => (name, Some(qualifier)),
        None => (local, None),
    }
}

/// The ARN of a function, without a qualifier.
pub fn arn(place: &Place, name: &str) -> String {
    format!("arn:{}:lambda:{}:{}:function:{name}", place.partition, place.region, place.account)
}

/// A name or ARN with its qualifier.
pub fn qualified(name: &str, qualifier: Option<&str>) -> String {
    qualifier.map_or_else(|| name.to_owned(), |qualifier| format!("{name}:{qualifier}"))
}

/// The log group that a function writes to: the one that it is told, or one of its own
/// (<https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html>).
pub fn log_group(function: &Resource) -> String {
    function.text("/LoggingConfig/LogGroup").map_or_else(|| format!("/aws/lambda/{}", function.id), str::to_owned)
}

/// The names of all functions, or the one that is asked for. Where listing them fails, the error stands beside those
/// that came before it.
pub async fn functions(aws: &Clients, within: Option<&str>) -> Partial<String> {
    if let Some(name) = within {
        return (vec![name.to_owned()], None);
    }
    let _slot = aws.slot("lambda").await;
    let pages = aws.lambda.list_functions().into_paginator().stop_on_duplicate_token(false).items().send();
    let (functions, error) = items("lambda", "ListFunctions", pages).await;
    (functions.into_iter().filter_map(|function| function.function_name).collect(), error)
}

/// The names of a function's aliases. The caller holds the slot.
pub async fn aliases(aws: &Clients, function: &str) -> Result<Vec<String>, CallError> {
    let pages = aws
        .lambda
        .list_aliases()
        .function_name(function)
        .into_paginator()
        .stop_on_duplicate_token(false)
        .items()
        .send();
    let aliases = all("lambda", "ListAliases", pages).await?;
    Ok(aliases.into_iter().filter_map(|alias| alias.name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_name_is_taken_apart() {
        for (text, name, qualifier) in [
            ("pay", "pay", None),
            ("pay:live", "pay", Some("live")),
            ("111122223333:function:pay", "pay", None),
            ("pay-function:live", "pay-function", Some("live")),
            ("arn:aws:lambda:eu-west-1:111122223333:function:pay-function", "pay-function", None),
            ("arn:aws:lambda:eu-west-1:111122223333:function:pay:live", "pay", Some("live")),
        ] {
            assert_eq!(split(text), (name, qualifier));
        }
    }
}
