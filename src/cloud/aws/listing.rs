//! Lists: what a page that fails leaves unread is always said, and what came before it is kept.

use std::collections::BTreeSet;
use std::future::Future;

use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::future::join_all;

use super::AwsType;
use super::account::Clients;
use super::answer::unreadable;
use super::error::{call_error, unread};
use crate::cloud::{CallError, CallErrorKind, Listing};
use crate::model::Resource;

/// What a list call brought, and why it brought no more.
pub type Partial<T> = (Vec<T>, Option<CallError>);

/// The items of a paginator, which goes on where a service names the page again that it has just given
/// (`stop_on_duplicate_token(false)`): the SDK's own ends there without a word, and what follows would be left out in silence.
pub async fn items<T, E>(
    service: &str,
    operation: &str,
    mut pages: PaginationStream<Result<T, SdkError<E, HttpResponse>>>,
) -> Partial<T>
where
    T: PartialEq,
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let mut found: Vec<T> = vec![];
    // Brent's way to notice a circle: one item is kept in mind, and after twice as many another one. A list has nothing twice.
    let (mut kept, mut until) = (0, 1);
    while let Some(item) = pages.next().await {
        match item {
            Ok(item) if found.get(kept) == Some(&item) => {
                found.truncate(kept + 1);
                return (found, Some(unreadable(service, operation, ROUND.into())));
            }
            Ok(item) => found.push(item),
            Err(error) => return (found, Some(call_error(service, operation, error))),
        }
        if found.len() > until {
            (kept, until) = (found.len() - 1, found.len() * 2);
        }
    }
    (found, None)
}

/// What is told of a list that never ends.
const ROUND: &str = "the list begins again and again: a page names one that was there before as the next";

/// The items of a paginator, of which none may be missing.
pub async fn all<T, E>(
    service: &str,
    operation: &str,
    pages: PaginationStream<Result<T, SdkError<E, HttpResponse>>>,
) -> Result<Vec<T>, CallError>
where
    T: PartialEq,
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    whole(items(service, operation, pages).await)
}

/// The items of a list, of which none may be missing.
pub fn whole<T>((found, error): Partial<T>) -> Result<Vec<T>, CallError> {
    match error {
        None => Ok(found),
        Some(error) => Err(error),
    }
}

/// The items of a list that the SDK has no paginator for: `page` takes a token and gives a page and the next token.
pub async fn by_token<T, E, F>(service: &str, operation: &str, page: impl Fn(Option<String>) -> F) -> Partial<T>
where
    F: Future<Output = Result<(Option<Vec<T>>, Option<String>), SdkError<E, HttpResponse>>>,
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let (mut found, mut token, mut seen) = (vec![], None, BTreeSet::new());
    loop {
        match page(token).await {
            Ok((items, next)) => {
                found.extend(items.unwrap_or_default());
                token = next.filter(|token| !token.is_empty());
            }
            Err(error) => return (found, Some(call_error(service, operation, error))),
        }
        match &token {
            None => return (found, None),
            Some(again) if !seen.insert(again.clone()) => {
                return (found, Some(unreadable(service, operation, ROUND.into())));
            }
            Some(_) => {}
        }
    }
}

impl Listing {
    /// Says that there may be more of a type than was listed.
    pub(super) fn incomplete(&mut self, aws: &Clients, kind: &dyn AwsType, error: Option<CallError>) {
        self.miss(aws, kind, "", error);
    }

    /// Says that a resource, or the resources of a parent, could not be read.
    pub(super) fn miss(&mut self, aws: &Clients, kind: &dyn AwsType, id: &str, error: Option<CallError>) {
        let Some(error) = error else { return };
        self.unread.push(unread(aws.key(kind, id), &error));
        if error.kind == CallErrorKind::Expired {
            self.expired = Some(error);
        }
    }

    /// What belongs to one parent, as far as it could be read; nothing where there is no such parent any more. The ids of
    /// what belongs to it begin with its own and a `|`.
    pub(super) fn of_parent(
        aws: &Clients,
        kind: &dyn AwsType,
        parent: &str,
        resources: Vec<Resource>,
        error: Option<CallError>,
    ) -> Self {
        let mut listing = Self { resources, ..Self::default() };
        let error = error.filter(|error| error.kind != CallErrorKind::NotFound);
        listing.miss(aws, kind, &format!("{parent}|"), error);
        listing
    }

    /// Adds what was read, or says that it could not be.
    pub(super) fn add<T: IntoIterator<Item = Resource>>(
        &mut self,
        aws: &Clients,
        kind: &dyn AwsType,
        id: &str,
        read: Result<T, CallError>,
    ) {
        match read {
            Ok(resources) => self.resources.extend(resources),
            Err(error) => self.miss(aws, kind, id, Some(error)),
        }
    }
}

/// The resource of each id, read at the same time, as many as the service has slots for.
pub async fn each<'a, F: Future<Output = Result<Option<Resource>, CallError>>>(
    aws: &Clients,
    kind: &dyn AwsType,
    service: &str,
    (ids, error): &'a Partial<String>,
    read: impl Fn(&'a str) -> F,
) -> Listing {
    let mut listing = Listing::default();
    listing.incomplete(aws, kind, error.clone());
    let found = ids.iter().map(|id| async {
        let _slot = aws.slot(service).await;
        read(id).await
    });
    for (id, found) in ids.iter().zip(join_all(found).await) {
        listing.add(aws, kind, id, found);
    }
    listing
}

/// What belongs to each parent, read at the same time.
pub async fn children<F: Future<Output = Listing>>(
    aws: &Clients,
    kind: &dyn AwsType,
    (parents, error): Partial<String>,
    of: impl Fn(String) -> F,
) -> Listing {
    let mut listing = Listing::default();
    listing.incomplete(aws, kind, error);
    for found in join_all(parents.into_iter().map(of)).await {
        listing.resources.extend(found.resources);
        listing.unread.extend(found.unread);
        listing.expired = listing.expired.or(found.expired);
    }
    listing
}
