//! Enabling object storage and creating credentials for it.

use std::fmt;
use std::time::Duration;

use katapult_core::access_keys::{Create, GenerateCredentials};
use katapult_core::object_storage::Enable;
use katapult_core::prelude::*;
use katapult_core::types::{
    ObjectStorageAccessKey, ObjectStorageAccessKeyLookup, ObjectStorageAccount,
    ObjectStorageAccountState, ObjectStorageClusterLookup, OrganizationLookup,
};
use katapult_core::{Client, Error, IntoLookup, PollPolicy, Secret};
use tokio::time::{Instant, sleep};

use crate::converge::{ConvergeLoop, RECONCILE_FOR};
use crate::error::WorkflowError;
use crate::steps::Step;

/// The default time for which transient errors are tolerated.
// The API refuses credentials of a new account for up to 5 min.
const TOLERATE_ERRORS_FOR: Duration = Duration::from_secs(420);
/// The delay after a transient error.
// Short compared with the minutes above, and below the rate limit by far.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// Enables object storage of an organization in a region and waits until it is provisioned.
///
/// An account that is enabled already is a success. The transient state `failed` of new accounts is tolerated.
#[derive(Debug)]
pub struct EnableObjectStorage {
    client: Client,
    organization: OrganizationLookup,
    cluster: ObjectStorageClusterLookup,
    poll: PollPolicy,
}

impl EnableObjectStorage {
    /// Creates a workflow for this organization and region.
    pub fn new(
        client: &Client,
        organization: impl IntoLookup<OrganizationLookup>,
        object_storage_cluster: impl IntoLookup<ObjectStorageClusterLookup>,
    ) -> Self {
        Self {
            client: client.clone(),
            organization: organization.into(),
            cluster: object_storage_cluster.into(),
            poll: PollPolicy::default(),
        }
    }

    /// Sets the intervals at which the state is polled. Default: [`PollPolicy::default`].
    #[must_use]
    pub fn poll(mut self, policy: PollPolicy) -> Self {
        self.poll = policy;
        self
    }

    /// Runs the workflow and returns the account.
    ///
    /// # Errors
    ///
    /// If a call fails, if the account remains failed, or if it takes longer than 10 min.
    pub async fn run(self) -> Result<ObjectStorageAccount, WorkflowError> {
        let mut converge = ConvergeLoop::default();
        let storage = self.client.object_storage();
        loop {
            converge.next_step()?;
            let get = storage.get(&self.organization, &self.cluster);
            match get.send().await {
                Ok(response) => {
                    let account = response.into_inner().object_storage_account;
                    let provisioned = ObjectStorageAccountState::Provisioned;
                    return match account.provisioning_state == Some(provisioned) {
                        true => Ok(account),
                        false => self.wait_until_provisioned().await,
                    };
                }
                Err(error) if is_missing(&error) => {
                    let enable = storage.enable(&self.organization, &self.cluster);
                    // Another run may have enabled it.
                    let enabled = converge.or_recheck_refused(enable.send().await).await?;
                    if enabled.is_some() {
                        return self.wait_until_provisioned().await;
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Reads the account and returns the steps that remain.
    ///
    /// # Errors
    ///
    /// If the account cannot be read.
    pub async fn steps(&self) -> Result<Vec<Step>, WorkflowError> {
        let wait = Step::wait("wait until object storage is provisioned");
        let get = self
            .client
            .object_storage()
            .get(&self.organization, &self.cluster);
        match get.send().await {
            Ok(response) => {
                let state = &response.object_storage_account.provisioning_state;
                match state {
                    Some(ObjectStorageAccountState::Provisioned) => Ok(Vec::new()),
                    _ => Ok(vec![wait]),
                }
            }
            Err(error) if is_missing(&error) => {
                let enable = Step::request::<Enable>("enable object storage in the region");
                Ok(vec![enable, wait])
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn wait_until_provisioned(&self) -> Result<ObjectStorageAccount, WorkflowError> {
        let storage = self.client.object_storage();
        let wait = storage.wait(&self.organization, &self.cluster);
        Ok(wait.poll(self.poll.clone()).await?)
    }
}

fn is_missing(error: &Error) -> bool {
    let code = |name: &str| error.code().is_some_and(|code| code == name);
    code("object_storage_account_not_found") || code("object_storage_account_not_provisioned")
}

/// Creates an access key of object storage and credentials for it.
///
/// The name identifies the key: if the organization has one of that name in the region, no second one is created. The API
/// returns a secret only once, so each run creates new credentials, which replace those of an earlier run.
pub struct CreateCredentials {
    client: Client,
    organization: OrganizationLookup,
    cluster: ObjectStorageClusterLookup,
    name: String,
    tolerate_errors_for: Duration,
    reconcile_for: Duration,
}

impl CreateCredentials {
    /// Creates a workflow for an access key of this name, in this organization and region.
    pub fn new(
        client: &Client,
        organization: impl IntoLookup<OrganizationLookup>,
        object_storage_cluster: impl IntoLookup<ObjectStorageClusterLookup>,
        name: impl Into<String>,
    ) -> Self {
        Self {
            client: client.clone(),
            organization: organization.into(),
            cluster: object_storage_cluster.into(),
            name: name.into(),
            tolerate_errors_for: TOLERATE_ERRORS_FOR,
            reconcile_for: RECONCILE_FOR,
        }
    }

    /// Sets the time for which transient errors are tolerated: an account that is not ready, the rate limit, an outage.
    /// Default: 7 min.
    #[must_use]
    pub fn tolerate_errors_for(mut self, time: Duration) -> Self {
        self.tolerate_errors_for = time;
        self
    }

    /// Sets how long after the loss of a response the state is read before a creation is sent again. Default: 45 s.
    ///
    /// The API may execute a request so long after its response was lost: a shorter time risks a second object.
    #[must_use]
    pub fn reconcile_for(mut self, time: Duration) -> Self {
        self.reconcile_for = time;
        self
    }

    /// Runs the workflow and returns the credentials.
    ///
    /// # Errors
    ///
    /// If a call fails with an error that is not transient, or for longer than
    /// [`tolerate_errors_for`](Self::tolerate_errors_for). [`WorkflowError::Duplicate`] if another run created a key of
    /// the name at the same time, and both remain.
    pub async fn run(self) -> Result<Credentials, WorkflowError> {
        self.validate()?;
        let end = Instant::now() + self.tolerate_errors_for;
        let mut converge = ConvergeLoop::reconcile_for(self.reconcile_for);
        let key = self.key(end, &mut converge).await?;
        let lookup = ObjectStorageAccessKeyLookup::id(&key);
        loop {
            let generate = self.client.access_keys().generate_credentials(&lookup);
            match generate.send().await {
                Ok(response) => {
                    let key = response.into_inner().object_storage_access_key;
                    return Credentials::from_key(key);
                }
                Err(error) if error.may_have_happened() && Instant::now() < end => {
                    converge.or_recheck(Err::<(), _>(error)).await?;
                    // A lost call that is executed late would replace the credentials of the next one.
                    converge.settle().await;
                }
                Err(error) if is_transient(&error) && Instant::now() < end => {
                    sleep(RETRY_INTERVAL).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Reads the access keys and returns the steps that remain. Credentials are created in any case.
    ///
    /// # Errors
    ///
    /// If the keys cannot be read. [`WorkflowError::InvalidInput`] if the name is empty.
    pub async fn steps(&self) -> Result<Vec<Step>, WorkflowError> {
        self.validate()?;
        let mut steps = Vec::new();
        if self.find_keys().await?.is_empty() {
            let text = format!("create the access key {}", self.name);
            steps.push(Step::request::<Create>(text));
        }
        let text = "generate credentials for the access key, which replace its former ones";
        steps.push(Step::request::<GenerateCredentials>(text));
        Ok(steps)
    }

    fn validate(&self) -> Result<(), WorkflowError> {
        match self.name.is_empty() {
            false => Ok(()),
            true => Err(WorkflowError::InvalidInput(
                "the name of the access key is empty".to_owned(),
            )),
        }
    }

    /// Returns the id of the key of the name, which is created if there is none.
    async fn key(
        &self,
        end: Instant,
        converge: &mut ConvergeLoop,
    ) -> Result<String, WorkflowError> {
        let keys = self.client.access_keys();
        // The id of the key that this run created; empty if the response was lost.
        let mut created: Option<String> = None;
        loop {
            converge.next_step()?;
            let found = self.find_keys().await?;
            match (&found[..], &created) {
                // Not a duplicate that this run is the cause of.
                ([first, ..], None) => return Ok(first.clone()),
                ([only], Some(_)) => return Ok(only.clone()),
                // It has no credentials yet, so that nothing can use it.
                ([first, others @ ..], Some(own)) if first != own && others.contains(own) => {
                    let own = ObjectStorageAccessKeyLookup::id(own);
                    match keys.delete(own).send().await {
                        Err(error) if error.is_not_found() => {}
                        other => drop(converge.or_recheck(other).await?),
                    }
                }
                // The other run deletes its key, unless it did not see this one or the name of its own is unknown.
                ([_, _, ..], Some(_)) => {
                    let what = format!("access keys with the name {}", self.name);
                    let duplicate = WorkflowError::Duplicate {
                        description: what,
                        ids: found,
                    };
                    converge.backoff(duplicate).await?;
                }
                ([], _) => {
                    if !converge.may_create().await {
                        continue;
                    }
                    let organization = &self.organization;
                    let create = keys.create(organization, &self.cluster, self.name.clone());
                    match create.send().await {
                        Ok(response) => {
                            created = Some(response.object_storage_access_key.id.clone())
                        }
                        Err(error) if is_transient(&error) && Instant::now() < end => {
                            sleep(RETRY_INTERVAL).await;
                        }
                        Err(error) => {
                            if error.may_have_happened() {
                                created = Some(String::new());
                            }
                            converge.or_recheck(Err::<(), _>(error)).await?;
                        }
                    }
                }
            }
        }
    }

    /// Returns the ids of the keys of the name in the region.
    async fn find_keys(&self) -> Result<Vec<String>, WorkflowError> {
        let mut keys = self.client.access_keys().list(&self.organization).items();
        let (_, region) = self.cluster.as_pair();
        let mut found = Vec::new();
        while let Some(key) = keys.try_next().await? {
            let here = key
                .region
                .as_deref()
                .is_none_or(|key_region| key_region == region.as_ref());
            if here && key.name.as_deref() == Some(&self.name) {
                found.push(key.id);
            }
        }
        Ok(found)
    }
}

impl fmt::Debug for CreateCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateCredentials")
            .field("organization", &self.organization)
            .field("cluster", &self.cluster)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Returns `true` if the error ends without action while an account is new.
fn is_transient(error: &Error) -> bool {
    let code = |name: &str| error.code().is_some_and(|code| code == name);
    error.is_retryable() || code("object_storage_account_not_provisioned")
}

/// Credentials for object storage, in the form that S3 clients use.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Credentials {
    /// The id of the access key in the Katapult API.
    pub access_key: String,
    /// The S3 access key id.
    pub id: String,
    /// The S3 secret access key, which the API does not return again.
    pub secret: Secret,
    /// The URL of the S3 server, if the API returns it.
    pub server_url: Option<String>,
}

impl Credentials {
    fn from_key(key: ObjectStorageAccessKey) -> Result<Self, WorkflowError> {
        match (key.s3_access_key_id, key.s3_secret_access_key) {
            (Some(id), Some(secret)) => Ok(Self {
                access_key: key.id,
                id,
                secret,
                server_url: key.server_url,
            }),
            _ => Err(WorkflowError::Failed {
                description: format!(
                    "the API returned no credentials for the access key {}",
                    key.id
                ),
            }),
        }
    }
}
