//! Settings of one call, and reconciling of a write whose response was lost.

mod idempotent_create;
mod reconcile;
pub(crate) mod sealed;
#[cfg(feature = "trash-objects")]
mod trash;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use katapult_gen::{ListOperation, Operation};
use serde::Serialize;

use crate::call::sealed::Sealed;
use crate::client::Client;
use crate::error::Error;
use crate::retry::RetryPolicy;
use crate::transport::Call;

pub use idempotent_create::ReconcileByKey;
pub use reconcile::Reconciled;
#[cfg(feature = "trash-objects")]
pub use trash::{TrashOperationExt, Trashed};

/// Settings for one call, which replace those of the client.
///
#[cfg_attr(feature = "virtual-machines", doc = "```no_run")]
#[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
/// use std::time::Duration;
/// use katapult_core::{RetryPolicy, prelude::*, types::VirtualMachineLookup};
///
/// # async fn run(katapult: katapult_core::Client) -> Result<(), katapult_core::Error> {
/// let web = VirtualMachineLookup::fqdn("web-1.acme.example");
/// let machine = katapult
///     .virtual_machines()
///     .get(&web)
///     .retry(RetryPolicy::none())
///     .deadline(Duration::from_secs(2))
///     .send()
///     .await?;
/// println!("{}", machine.id);
/// # Ok(()) }
/// ```
pub trait CallExt: Sealed + Sized {
    /// Sets the retry policy. Default: that of the client.
    #[must_use]
    fn retry(self, policy: RetryPolicy) -> Self;

    /// Sets the limit of the whole call, with its delays and retries. Default: that of the client;
    /// [`Duration::MAX`] means no limit.
    #[must_use]
    fn deadline(self, deadline: Duration) -> Self;

    /// Sets the limit of each attempt, from sending the request to the end of the response. Default: that of
    /// the client; [`Duration::MAX`] means no limit.
    #[must_use]
    fn attempt_timeout(self, limit: Duration) -> Self;

    /// Adds a header to each attempt. Default: none.
    ///
    /// The headers of the client and of the connection are refused, with an error before anything is sent: among
    /// them `authorization`, `host`, `accept`, `content-type`, `content-length`, `user-agent`, `cookie` and
    /// `x-http-method-override`. So is a name or a value that HTTP does not permit.
    ///
    #[cfg_attr(feature = "virtual-machines", doc = "```no_run")]
    #[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
    /// use katapult_core::{prelude::*, serde_json::json, types::VirtualMachineLookup};
    ///
    /// # async fn run(katapult: katapult_core::Client, parent: &str) -> Result<(), katapult_core::Error> {
    /// katapult
    ///     .virtual_machines()
    ///     .update(VirtualMachineLookup::id("vm_1"))
    ///     .header("traceparent", parent)
    ///     .body_field("properties[new_field]", json!(1)) // one that this version does not know
    ///     .send()
    ///     .await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    fn header(self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Self;

    /// Adds a parameter to the query, in the API's notation: a list becomes `name[]=…`, an object `name[key]=…`, and
    /// `null` nothing. Default: none.
    ///
    /// It replaces an argument of the operation with the same name, with all its keys. Repeated, it adds a
    /// further value. In a list, it is sent with every page; `page` itself is refused there, with an error before
    /// anything is sent.
    #[must_use]
    fn query_param(self, name: impl AsRef<str>, value: impl Serialize) -> Self;

    /// Sets a field of the JSON body: `name`, or `properties[name]` for one of an object in it. Default: none.
    ///
    /// It replaces an argument of the operation with the same name, and an earlier field of this method. An
    /// operation without a body gets one; a GET is refused, with an error before anything is sent.
    #[must_use]
    fn body_field(self, name: impl AsRef<str>, value: impl Serialize) -> Self;

    /// Sets a check for the result of a write whose response was lost. Default: none.
    ///
    /// Katapult has no idempotency keys. After a lost response (a lost connection, a timeout, a proxy's 502,
    /// 503 or 504), a creation is not repeated, and its error [is unconfirmed](Error::is_unconfirmed). With
    /// this check, the call continues: `Some` ends it successfully with what was found, and an error ends it
    /// unconfirmed. After `None`, the server may still execute the request, so that the check is repeated for
    /// [45 s](CallExt::reconcile_for) (75 s for a build), after 1 s and then less and less often; after that, another attempt is made, or
    /// the call ends unconfirmed if no attempt or not enough time is left.
    ///
    /// The check also runs after a success that does not show what was written: one without a body, or with that of a
    /// proxy. If it finds nothing, the call ends with the error of that response.
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
    fn reconcile<F, R>(self, check: F) -> Self
    where
        F: Fn(Client) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Option<Reconciled>, Error>> + Send + 'static;

    /// Sets how long after the loss of a response the [reconcile check](CallExt::reconcile) is repeated before the
    /// request is sent again. Default: 45 s, and 75 s for the build of a virtual machine, whose machine is visible up to
    /// 30 s after it was executed.
    ///
    /// The server may execute a request so long after it was lost: a shorter time risks a second object, and
    /// [`Duration::ZERO`] checks once.
    #[must_use]
    fn reconcile_for(self, window: Duration) -> Self;

    /// Sets a [reconcile check](CallExt::reconcile) that searches a list. `matches` receives each item; for the
    /// one that the write created, it returns the call whose response replaces the lost one.
    ///
    /// For objects with a natural key, use
    /// [`ReconcileByKey::reconcile_by_key`](crate::prelude::ReconcileByKey::reconcile_by_key).
    ///
    #[cfg_attr(feature = "security-groups", doc = "```no_run")]
    #[cfg_attr(not(feature = "security-groups"), doc = "```ignore")]
    /// use katapult_core::{prelude::*, types::{OrganizationLookup, SecurityGroupLookup}};
    ///
    /// # async fn run(katapult: katapult_core::Client) -> Result<(), katapult_core::Error> {
    /// let acme = OrganizationLookup::sub_domain("acme");
    /// katapult
    ///     .security_groups()
    ///     .create(&acme, "web")
    ///     .reconcile_in(katapult.security_groups().list(&acme), |katapult, group| {
    ///         let created = group.name.as_deref() == Some("web");
    ///         created.then(|| katapult.security_groups().get(SecurityGroupLookup::id(&group.id)))
    ///     })
    ///     .send()
    ///     .await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    fn reconcile_in<L, G, F>(self, list: Call<L>, matches: F) -> Self
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

    fn header(mut self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Self {
        let additions = self.options_mut().additions_mut();
        additions.add_header(name.as_ref(), value.as_ref());
        self
    }

    fn query_param(mut self, name: impl AsRef<str>, value: impl Serialize) -> Self {
        let additions = self.options_mut().additions_mut();
        additions.add_query_param(name.as_ref(), value);
        self
    }

    fn body_field(mut self, name: impl AsRef<str>, value: impl Serialize) -> Self {
        let additions = self.options_mut().additions_mut();
        additions.add_body_field(name.as_ref(), value);
        self
    }

    fn reconcile<F, R>(mut self, check: F) -> Self
    where
        F: Fn(Client) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Option<Reconciled>, Error>> + Send + 'static,
    {
        let client = Client::from_transport(self.transport().clone());
        self.options_mut().reconcile = Some(Arc::new(move || {
            let check = check(client.clone());
            Box::pin(async move { Ok(check.await?.map(Reconciled::into_response)) })
        }));
        self
    }

    fn reconcile_for(mut self, window: Duration) -> Self {
        self.options_mut().reconcile_for = Some(window);
        self
    }

    fn reconcile_in<L, G, F>(self, list: Call<L>, matches: F) -> Self
    where
        L: ListOperation + 'static,
        G: Operation + 'static,
        F: Fn(&Client, &L::Item) -> Option<Call<G>> + Send + Sync + 'static,
    {
        let matches = Arc::new(matches);
        self.reconcile(move |client| {
            reconcile::search_list(client, list.clone(), Arc::clone(&matches))
        })
    }
}
