//! Enabling object storage, and making credentials for it.

use std::fmt;
use std::time::Duration;

use katapult_core::Secret;
use katapult_core::types::{ObjectStorageAccessKey, ObjectStorageAccessKeyLookup};
use katapult_core::types::{ObjectStorageAccount, ObjectStorageAccountProvisioningState};
use katapult_core::types::{ObjectStorageClusterLookup, OrganizationLookup};
use tokio::time::{Instant, sleep};

use crate::WorkflowError;
use crate::rounds::Rounds;
use katapult_core::Client;
use katapult_core::Error;
use katapult_core::PollPolicy;
use katapult_core::prelude::*;

/// How long credentials may be refused: 5 min at most in what was seen, and some to spare.
const PATIENCE: Duration = Duration::from_secs(420);
/// How long to wait after a refusal.
const PAUSE: Duration = Duration::from_secs(5);

/// Enables object storage of an organization in a region, and waits until it has settled.
///
/// It gives the account. One that is enabled already is waited for, or given at once. The `failed` that new accounts
/// show for a while is looked past.
#[derive(Debug)]
pub struct EnableObjectStorage {
    client: Client,
    organization: OrganizationLookup,
    cluster: ObjectStorageClusterLookup,
    poll: PollPolicy,
}

impl EnableObjectStorage {
    /// For this organization, in this region.
    pub fn new(
        client: &Client,
        organization: impl Into<OrganizationLookup>,
        object_storage_cluster: impl Into<ObjectStorageClusterLookup>,
    ) -> Self {
        Self {
            client: client.clone(),
            organization: organization.into(),
            cluster: object_storage_cluster.into(),
            poll: PollPolicy::default(),
        }
    }

    /// When to look how far it is. Default [`PollPolicy::default`].
    #[must_use]
    pub fn poll(mut self, policy: PollPolicy) -> Self {
        self.poll = policy;
        self
    }

    /// Does it.
    ///
    /// # Errors
    ///
    /// When a call fails, the account stays failed, or it takes longer than 10 min.
    pub async fn run(self) -> Result<ObjectStorageAccount, WorkflowError> {
        let mut rounds = Rounds::default();
        let storage = self.client.object_storage();
        loop {
            rounds.begin()?;
            let get = storage.get(&self.organization, &self.cluster);
            match get.send().await {
                Ok(reply) => {
                    let account = reply.into_inner().object_storage_account;
                    let provisioned = ObjectStorageAccountProvisioningState::Provisioned;
                    return match account.provisioning_state == Some(provisioned) {
                        true => Ok(account),
                        false => self.settled().await,
                    };
                }
                Err(error) if is_missing(&error) => {
                    let enable = storage.enable(&self.organization, &self.cluster);
                    if rounds.settle(enable.send().await).await?.is_some() {
                        return self.settled().await;
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn settled(&self) -> Result<ObjectStorageAccount, WorkflowError> {
        let storage = self.client.object_storage();
        let wait = storage.wait(&self.organization, &self.cluster);
        Ok(wait.poll(self.poll.clone()).await?)
    }
}

fn is_missing(error: &Error) -> bool {
    let code = |name: &str| error.code().is_some_and(|code| code == name);
    code("object_storage_account_not_found") || code("object_storage_account_not_provisioned")
}

/// Makes an access key of object storage, and credentials for it.
///
/// The name says which key it is: if the organization has one of that name in the region, it is given new credentials,
/// and none is made. The secret is told once only, so a run that is repeated replaces what an earlier one was given.
pub struct MakeCredentials {
    client: Client,
    organization: OrganizationLookup,
    cluster: ObjectStorageClusterLookup,
    name: String,
    patience: Duration,
}

impl MakeCredentials {
    /// For this organization, in this region, under this name.
    pub fn new(
        client: &Client,
        organization: impl Into<OrganizationLookup>,
        object_storage_cluster: impl Into<ObjectStorageClusterLookup>,
        name: impl Into<String>,
    ) -> Self {
        Self {
            client: client.clone(),
            organization: organization.into(),
            cluster: object_storage_cluster.into(),
            name: name.into(),
            patience: PATIENCE,
        }
    }

    /// For how long errors that pass are ridden out: that the account is not ready yet, the quota, an outage. Default
    /// 7 min.
    #[must_use]
    pub fn patience(mut self, time: Duration) -> Self {
        self.patience = time;
        self
    }

    /// Does it.
    ///
    /// # Errors
    ///
    /// When a call fails with what doesn't pass, or for longer than is ridden out.
    pub async fn run(self) -> Result<Credentials, WorkflowError> {
        let end = Instant::now() + self.patience;
        let mut rounds = Rounds::default();
        let keys = self.client.access_keys();
        let id = loop {
            if let Some(id) = self.find().await? {
                break id;
            }
            let create = keys.create(&self.organization, &self.cluster, self.name.clone());
            match create.send().await {
                Ok(reply) => break reply.object_storage_access_key.id.clone(),
                Err(error) if passes(&error) && Instant::now() < end => sleep(PAUSE).await,
                other => drop(rounds.settle(other).await?),
            }
        };
        let lookup = ObjectStorageAccessKeyLookup::id(&id);
        loop {
            // Done twice it replaces what was made first, and leaves nothing behind.
            match keys.generate_credentials(&lookup).send().await {
                Ok(reply) => {
                    let key = reply.into_inner().object_storage_access_key;
                    return Credentials::read(key);
                }
                Err(error)
                    if (passes(&error) || error.is_unconfirmed()) && Instant::now() < end =>
                {
                    sleep(PAUSE).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn find(&self) -> Result<Option<String>, WorkflowError> {
        let mut keys = self.client.access_keys().list(&self.organization).items();
        let (_, region) = self.cluster.as_pair();
        while let Some(key) = keys.try_next().await? {
            let here = key.region.as_deref().is_none_or(|its| its == region);
            if here && key.name.as_deref() == Some(&self.name) {
                return Ok(Some(key.id));
            }
        }
        Ok(None)
    }
}

impl fmt::Debug for MakeCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MakeCredentials")
            .field("organization", &self.organization)
            .field("cluster", &self.cluster)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Whether an error passes by itself while an account is new.
fn passes(error: &Error) -> bool {
    let code = |name: &str| error.code().is_some_and(|code| code == name);
    error.is_retryable() || code("object_storage_account_not_provisioned")
}

/// Credentials for object storage, in the form that S3 has them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Credentials {
    /// The id of the access key in Katapult.
    pub access_key: String,
    /// The id to sign with.
    pub id: String,
    /// The secret to sign with; it is told this once.
    pub secret: Secret,
    /// The address of the server, if it is told.
    pub server_url: Option<String>,
}

impl Credentials {
    fn read(key: ObjectStorageAccessKey) -> Result<Self, WorkflowError> {
        match (key.s3_access_key_id, key.s3_secret_access_key) {
            (Some(id), Some(secret)) => Ok(Self {
                access_key: key.id,
                id,
                secret,
                server_url: key.server_url,
            }),
            _ => Err(WorkflowError::Failed {
                what: format!("the credentials of access key {} are not told", key.id),
            }),
        }
    }
}
