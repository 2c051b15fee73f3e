//! Accounts of object storage, which show a failure before they settle.

use katapult_gen::object_storage::{self, ObjectStorage};
use katapult_gen::types::{
    ObjectStorageAccount, ObjectStorageAccountProvisioningState as State,
    ObjectStorageClusterLookup, OrganizationLookup,
};
use tokio::time::Instant;

use super::*;

/// It shows `failed` for some 15 s before it settles; after so long it is true.
const SETTLING: Duration = Duration::from_secs(60);

/// An object storage account, waited for until it is provisioned.
pub type ObjectStorageCondition = ResourceCondition<object_storage::Get, ObjectStorageAccount>;

/// Waiting for object storage.
pub trait ObjectStorageWaitExt {
    /// Waits until the account that was enabled in a cluster is provisioned.
    ///
    /// New accounts show `failed` for some 15 s before they settle, so it fails only if that lasts for 60 s. An answer
    /// that there is no account yet is looked past like an error that may pass. The time is 10 min unless
    /// [said otherwise](Wait::timeout).
    fn wait(
        &self,
        organization: impl Into<OrganizationLookup>,
        object_storage_cluster: impl Into<ObjectStorageClusterLookup>,
    ) -> Waiter<ObjectStorageCondition>;
}

impl ObjectStorageWaitExt for ObjectStorage<HttpTransport> {
    fn wait(
        &self,
        organization: impl Into<OrganizationLookup>,
        object_storage_cluster: impl Into<ObjectStorageClusterLookup>,
    ) -> Waiter<ObjectStorageCondition> {
        let mut failed: Option<Instant> = None;
        let judge = move |account: &ObjectStorageAccount| match account.provisioning_state {
            Some(State::Provisioned) => WaitState::Succeeded,
            Some(State::Failed) => {
                let since = *failed.get_or_insert_with(Instant::now);
                match since.elapsed() >= SETTLING {
                    true => WaitState::Failed,
                    false => WaitState::Pending,
                }
            }
            _ => {
                failed = None;
                WaitState::Pending
            }
        };
        let get = self.get(organization, object_storage_cluster);
        let take = |response: object_storage::GetResponse| response.object_storage_account;
        let mut object = ResourceCondition::new(get, take, judge, |account| {
            let state = account.provisioning_state.as_ref().map(State::as_str);
            in_words("object storage account", "", state)
        });
        object.forgives = |error| {
            let codes = [
                "object_storage_account_not_found",
                "object_storage_account_not_provisioned",
            ];
            error
                .code()
                .is_some_and(|code| codes.contains(&code.as_str()))
        };
        super::wait(object)
    }
}
