//! What one call can be told apart from the rest.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use katapult_gen::{ListOperation, Operation, RawResponse, Response};

use crate::client::Client;
use crate::error::Error;
use crate::retry::RetryPolicy;
use crate::{Call, HttpTransport};

/// What looking for a write that may have happened came to.
pub(crate) type LookFuture =
    Pin<Box<dyn Future<Output = Result<Option<Reconciled>, Error>> + Send>>;
type Look = Arc<dyn Fn(Client) -> LookFuture + Send + Sync>;

/// What is asked for on one call alone; set by the methods of [`CallExt`].
#[derive(Clone, Default)]
pub struct CallOptions {
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) look: Option<Look>,
}

impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallOptions")
            .field("retry", &self.retry)
            .field("deadline", &self.deadline)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("reconcile", &self.look.is_some())
            .finish()
    }
}

/// Settings for one call, in place of the client's.
pub trait CallExt: Sized {
    /// When this call is tried again.
    #[must_use]
    fn retry(self, policy: RetryPolicy) -> Self;

    /// The limit of the whole call, waits and further attempts included. [`Duration::MAX`] is no limit.
    #[must_use]
    fn deadline(self, deadline: Duration) -> Self;

    /// The limit of each attempt, from sending the request to the end of the response. [`Duration::MAX`] is no limit.
    #[must_use]
    fn attempt_timeout(self, limit: Duration) -> Self;

    /// How to look whether a write was done whose response was lost.
    ///
    /// Katapult has no way to make a creation safe to repeat, so after a lost response (a broken
    /// connection, a timeout, a proxy's 502, 503 or 504) it is an error that
    /// [is unconfirmed](Error::is_unconfirmed). With this, the call looks: `Some` ends it well with what was
    /// found, `None` lets it try again, and an error ends it unconfirmed. It looks after the wait,
    /// so that the server has had the time, and once more when there is no attempt left.
    ///
    #[cfg_attr(feature = "dns-zones", doc = "```no_run")]
    #[cfg_attr(not(feature = "dns-zones"), doc = "```ignore")]
    /// use katapult_core::{Reconciled, prelude::*, types::{DnsZoneLookup, OrganizationLookup}};
    ///
    /// # async fn run(katapult: katapult_core::Client) -> Result<(), katapult_core::Error> {
    /// let acme = OrganizationLookup::sub_domain("acme");
    /// katapult
    ///     .dns_zones()
    ///     .create(&acme)
    ///     .name("acme.example")
    ///     .reconcile(|katapult| {
    ///         let get = katapult.dns_zones().get(DnsZoneLookup::name("acme.example"));
    ///         async move { Reconciled::from_get_result(get.send().await) }
    ///     })
    ///     .send()
    ///     .await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    fn reconcile<F, R>(self, look: F) -> Self
    where
        F: Fn(Client) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Option<Reconciled>, Error>> + Send + 'static;

    /// [Reconciles](CallExt::reconcile) by looking through a list: `found` is asked about each of its items, and
    /// for the one that was made gives the call whose response stands for the lost one.
    ///
    /// For what has a natural key, [`ReconcileByKey::reconcile_by_key`](crate::ReconcileByKey::reconcile_by_key) does this by itself.
    ///
    #[cfg_attr(feature = "security-groups", doc = "```no_run")]
    #[cfg_attr(not(feature = "security-groups"), doc = "```ignore")]
    /// use katapult_core::{prelude::*, types::{OrganizationLookup, SecurityGroupLookup}};
    ///
    /// # async fn run(katapult: katapult_core::Client) -> Result<(), katapult_core::Error> {
    /// let acme = OrganizationLookup::sub_domain("acme");
    /// katapult
    ///     .security_groups()
    ///     .create(&acme)
    ///     .name("web")
    ///     .reconcile_in(katapult.security_groups().list(&acme), |katapult, group| {
    ///         let made = group.name.as_deref() == Some("web");
    ///         made.then(|| katapult.security_groups().get(SecurityGroupLookup::id(&group.id)))
    ///     })
    ///     .send()
    ///     .await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    fn reconcile_in<L, G, F>(self, list: Call<L>, found: F) -> Self
    where
        L: ListOperation + 'static,
        G: Operation + 'static,
        F: Fn(&Client, &L::Item) -> Option<Call<G>> + Send + Sync + 'static;
}

impl<O> CallExt for Call<O> {
    fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options_mut().retry = Some(policy);
        self
    }

    fn deadline(mut self, deadline: Duration) -> Self {
        self.options_mut().deadline = Some(deadline);
        self
    }

    fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.options_mut().attempt_timeout = Some(limit);
        self
    }

    fn reconcile<F, R>(mut self, look: F) -> Self
    where
        F: Fn(Client) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Option<Reconciled>, Error>> + Send + 'static,
    {
        self.options_mut().look = Some(Arc::new(move |client| Box::pin(look(client))));
        self
    }

    fn reconcile_in<L, G, F>(self, list: Call<L>, found: F) -> Self
    where
        L: ListOperation + 'static,
        G: Operation + 'static,
        F: Fn(&Client, &L::Item) -> Option<Call<G>> + Send + Sync + 'static,
    {
        let found = Arc::new(found);
        self.reconcile(move |client| look_in(client, list.clone(), Arc::clone(&found)))
    }
}

/// How many items a look asks for at a time.
const LOOKED_AT: i64 = 100;

/// Looks through a list for the item that `found` knows: at its first page, then from its last one back to the first. What
/// goes away meanwhile moves items to earlier pages, where they would be missed on the way forward.
async fn look_in<L, G, F>(
    client: Client,
    mut list: Call<L>,
    found: Arc<F>,
) -> Result<Option<Reconciled>, Error>
where
    L: ListOperation,
    G: Operation,
    F: Fn(&Client, &L::Item) -> Option<Call<G>>,
{
    let mut page = 1;
    let mut down = false;
    loop {
        list.operation_mut().set_page(page);
        list.operation_mut().set_per_page(LOOKED_AT);
        let (response, _) = list.clone().send().await?.into_parts();
        let pages = L::pagination(&response).total_pages;
        let items = L::into_items(response);
        let is_empty = items.is_empty();
        let get = items.iter().find_map(|item| found(&client, item));
        drop(items);
        if let Some(get) = get {
            return Reconciled::from_get_result(get.send().await);
        }
        page = match (page, pages) {
            (1, _) if down => return Ok(None),
            (page, _) if down => page - 1,
            (1, Some(pages)) if pages > 1 => {
                down = true;
                pages
            }
            (_, Some(_)) => return Ok(None),
            // The end of a large set, whose size isn't told, is an empty page.
            (_, None) if is_empty => return Ok(None),
            (page, None) => page + 1,
        };
    }
}

/// What was found to have been done, in the form of the response that was lost.
///
/// The lost response of a creation and the response of a look at what it made name the object in the same way
/// (`{"virtual_machine": {…}}`), so that the one is read as the other.
#[derive(Clone)]
pub struct Reconciled(pub(crate) RawResponse);

impl Reconciled {
    /// What was found, as the JSON body that the lost response would have had.
    pub fn json(body: &serde_json::Value) -> Self {
        Self(RawResponse {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: body.to_string().into(),
            attempts: 0,
        })
    }

    /// Takes a response as found, "not found" as missing, and any other error as it is.
    ///
    /// # Errors
    ///
    /// The error that was given, unless it is a 404.
    pub fn from_get_result<T>(result: Result<Response<T>, Error>) -> Result<Option<Self>, Error> {
        match result {
            Ok(response) => Ok(Some(response.into())),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl<T> From<Response<T>> for Reconciled {
    fn from(response: Response<T>) -> Self {
        Self(response.into_parts().1)
    }
}

impl fmt::Debug for Reconciled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reconciled")
            .field("status", &self.0.status)
            .finish_non_exhaustive()
    }
}

// Options travel with calls between tasks.
const _: fn() = || {
    fn sendable<T: Send + Sync + 'static>() {}
    sendable::<CallOptions>();
    sendable::<HttpTransport>();
    sendable::<Error>();
};
