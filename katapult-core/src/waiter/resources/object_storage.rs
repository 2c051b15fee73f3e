//! Accounts of object storage.

use std::time::Duration;

use katapult_gen::object_storage::{Get, GetResponse, ObjectStorage};
use katapult_gen::types::{
    ObjectStorageAccount, ObjectStorageAccountState, ObjectStorageClusterLookup, OrganizationLookup,
};
use tokio::time::Instant;

use super::{ResourceCondition, describe_state};
use crate::error::Error;
use crate::transport::HttpTransport;
use crate::waiter::{WaitState, Waiter};

/// The time for which a new account may be `failed`.
// The API reports it for some 15 s before the account settles.
const FAILED_GRACE: Duration = Duration::from_secs(60);

/// The condition that an object storage account is provisioned.
pub type ObjectStorageCondition = ResourceCondition<Get, ObjectStorageAccount>;

/// Waiters for object storage.
pub trait ObjectStorageWaitExt {
    /// Returns a waiter until the account that was enabled in a cluster is provisioned.
    ///
    /// A new account is `failed` for some 15 s before it settles, so that the waiter fails only if this lasts for
    /// 60 s. The error that there is no account yet is tolerated like a transient one. Default
    /// [timeout](Waiter::timeout): 10 min.
    ///
    /// ```no_run
    /// use katapult_core::prelude::*;
    /// use katapult_core::types::{ObjectStorageClusterLookup, OrganizationLookup};
    ///
    /// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let acme = OrganizationLookup::sub_domain("acme");
    /// let cluster = ObjectStorageClusterLookup::region("uk-1");
    /// let account = katapult.object_storage().wait(&acme, cluster).await?;
    /// println!("{:?}", account.provisioning_state);
    /// # Ok(()) }
    /// ```
    fn wait(
        &self,
        organization: impl Into<OrganizationLookup>,
        object_storage_cluster: impl Into<ObjectStorageClusterLookup>,
    ) -> Waiter<ObjectStorageCondition>;
}

/// Returns `true` for the errors that the API returns until the account exists.
fn has_no_account_yet(error: &Error) -> bool {
    let codes = [
        "object_storage_account_not_found",
        "object_storage_account_not_provisioned",
    ];
    error
        .code()
        .is_some_and(|code| codes.contains(&code.as_str()))
}

impl ObjectStorageWaitExt for ObjectStorage<HttpTransport> {
    fn wait(
        &self,
        organization: impl Into<OrganizationLookup>,
        object_storage_cluster: impl Into<ObjectStorageClusterLookup>,
    ) -> Waiter<ObjectStorageCondition> {
        let extract = |response: GetResponse| response.object_storage_account;
        let mut failed_since: Option<Instant> = None;
        let evaluate = move |account: &ObjectStorageAccount| match account.provisioning_state {
            Some(ObjectStorageAccountState::Provisioned) => WaitState::Succeeded,
            Some(ObjectStorageAccountState::Failed) => {
                let since = *failed_since.get_or_insert_with(Instant::now);
                match since.elapsed() >= FAILED_GRACE {
                    true => WaitState::Failed,
                    false => WaitState::Pending,
                }
            }
            _ => {
                failed_since = None;
                WaitState::Pending
            }
        };
        let get = self.get(organization, object_storage_cluster);
        let mut condition = ResourceCondition::new(get, extract, evaluate, |account| {
            let state = account.provisioning_state.as_ref();
            let state = state.map(ObjectStorageAccountState::as_str);
            describe_state("object storage account", "", state)
        });
        condition.is_transient = has_no_account_yet;
        condition.into_waiter()
    }
}
