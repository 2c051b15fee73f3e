//! Accounts of object storage, which two lookups name.

use katapult_gen::Operation;
use katapult_gen::object_storage::{Get, ObjectStorage};
use katapult_gen::types::{ObjectStorageClusterLookup, OrganizationLookup};

use super::{ObjectStorageCondition, StateOperationExt};
use crate::call::sealed::Sealed;
use crate::transport::HttpTransport;
use crate::waiter::Waiter;
use crate::waiter::wait_token::{WaitTarget, WaitToken, WaitTokenError};

/// Waiters for object storage.
pub trait ObjectStorageWaitExt: Sealed {
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

    /// Returns a waiter that continues a [`wait`](Self::wait), which was [saved](Waiter::resume_token).
    ///
    /// # Errors
    ///
    /// If the token is of another resource.
    fn resume_wait(
        &self,
        token: &WaitToken,
    ) -> Result<Waiter<ObjectStorageCondition>, WaitTokenError>;
}

impl ObjectStorageWaitExt for ObjectStorage<HttpTransport> {
    fn wait(
        &self,
        organization: impl Into<OrganizationLookup>,
        object_storage_cluster: impl Into<ObjectStorageClusterLookup>,
    ) -> Waiter<ObjectStorageCondition> {
        self.get(organization, object_storage_cluster).wait()
    }

    fn resume_wait(
        &self,
        token: &WaitToken,
    ) -> Result<Waiter<ObjectStorageCondition>, WaitTokenError> {
        let WaitTarget::Settled = token.target_of(Get::ID)? else {
            return Err(token.other_target());
        };
        let organization = token.lookup::<OrganizationLookup>(Some("organization"))?;
        let cluster = token.lookup::<ObjectStorageClusterLookup>(Some("object_storage_cluster"))?;
        Ok(self.wait(organization, cluster))
    }
}
