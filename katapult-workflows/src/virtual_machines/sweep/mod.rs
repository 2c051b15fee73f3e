//! Deleting the machines whose leases have ended.

mod criteria;

use std::fmt;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use katapult_core::prelude::*;
use katapult_core::types::{OrganizationLookup, VirtualMachineLookup};
use katapult_core::{Client, IntoLookup, PollPolicy, Timestamp};
use tokio::task::JoinSet;

use crate::error::WorkflowError;
use crate::reconcile::DesiredState;
use crate::reconcile::plan::Plan;
use crate::virtual_machines::delete::DeleteMachine;
use crate::virtual_machines::sweep::criteria::{Criteria, Selection, plus};

pub use criteria::LeasedMachine;

/// The default time after the end of a lease.
// The run that holds the lease deletes its machine at the end; clocks differ, and the deletion takes a time.
const GRACE: Duration = Duration::from_secs(300);
/// The default number of machines that are deleted at the same time.
// A deletion is about 15 requests in 40 s: eight use a fifth of the quota.
const CONCURRENCY: usize = 8;
/// The number of machines in a page: the maximum of the API.
const PER_PAGE: i64 = 100;

fn deletions(machines: Vec<LeasedMachine>, unchanged: usize) -> Plan<LeasedMachine> {
    let machines = machines.into_iter();
    Plan::deletions(
        machines.map(|machine| (machine.id.clone(), machine)),
        unchanged,
    )
}

type Progress = dyn Fn(&LeasedMachine, Result<(), &WorkflowError>) + Send + Sync;

/// Deletes the machines of an organization whose [leases](crate::Lease) have ended, permanently.
///
/// A sweep is the guarantee that no [`EphemeralMachine`](crate::EphemeralMachine) outlives its lease by more than the
/// interval between two sweeps, whatever happened to its program. Only a machine with a lease is deleted: a host name in the
/// exact form of a lease, or a [tag](Sweep::tag) that the caller names.
///
/// The list of machines is read in pages of 100, and it has the leases; only machines that may have a tag are read one by
/// one. A sweep that is interrupted between the deletion of a machine and its purge leaves that machine in the trash, from
/// which the API removes it in time: the trash has no names, so a later sweep does not find its lease there.
///
/// ```no_run
/// use katapult_core::types::OrganizationLookup;
/// use katapult_workflows::Sweep;
///
/// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let sweep = Sweep::new(&katapult, OrganizationLookup::sub_domain("acme")).prefix("ci");
/// println!("{}", sweep.plan().await?);
/// let deleted = sweep.apply().await?;
/// println!("{} machines deleted", deleted.changes().len());
/// # Ok(()) }
/// ```
pub struct Sweep {
    client: Client,
    organization: OrganizationLookup,
    criteria: Criteria,
    now: Option<SystemTime>,
    concurrency: usize,
    release_addresses: bool,
    poll: PollPolicy,
    progress: Option<Arc<Progress>>,
}

impl Sweep {
    /// Creates a sweep of this organization.
    pub fn new(client: &Client, organization: impl IntoLookup<OrganizationLookup>) -> Self {
        Self {
            client: client.clone(),
            organization: organization.into(),
            criteria: Criteria {
                grace: GRACE,
                ..Criteria::default()
            },
            now: None,
            concurrency: CONCURRENCY,
            release_addresses: false,
            poll: PollPolicy::default(),
            progress: None,
        }
    }

    /// Deletes only machines of this prefix: that of their lease, or for tagged machines the beginning of the host name up
    /// to a hyphen. Default: any.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.criteria.prefix = Some(prefix.into());
        self
    }

    /// Also deletes machines that have this tag and were created longer than `max_age` ago, whatever their host names.
    /// Default: none.
    ///
    /// For machines that other programs build. The list of machines has no tags, so that each machine of that age is read:
    /// a request for each.
    #[must_use]
    pub fn tag(mut self, name: impl Into<String>, max_age: Duration) -> Self {
        self.criteria.tag = Some((name.into(), max_age));
        self
    }

    /// Sets the time after the end of a lease from which its machine is deleted. Default: 5 min, in which the program that
    /// built the machine can delete it.
    #[must_use]
    pub fn grace(mut self, time: Duration) -> Self {
        self.criteria.grace = time;
        self
    }

    /// Sets the time at which the leases are evaluated. Default: the current time of the local clock.
    #[must_use]
    pub fn at(mut self, time: SystemTime) -> Self {
        self.now = Some(time);
        self
    }

    /// Sets the number of machines that are deleted at the same time. Default: 8. Zero is 1.
    #[must_use]
    pub fn concurrency(mut self, machines: usize) -> Self {
        self.concurrency = machines.max(1);
        self
    }

    /// Also releases the IP addresses of the machines. Default: they remain with the organization.
    #[must_use]
    pub fn release_addresses(mut self) -> Self {
        self.release_addresses = true;
        self
    }

    /// Sets the intervals at which the state is polled. Default: [`PollPolicy::default`].
    #[must_use]
    pub fn poll(mut self, policy: PollPolicy) -> Self {
        self.poll = policy;
        self
    }

    /// Sets a callback for the result of each deletion. Default: none.
    #[must_use]
    pub fn progress(
        mut self,
        progress: impl Fn(&LeasedMachine, Result<(), &WorkflowError>) + Send + Sync + 'static,
    ) -> Self {
        self.progress = Some(Arc::new(progress));
        self
    }

    /// Reads the machines and returns those that would be deleted. Machines whose lease has not ended are unchanged.
    ///
    /// # Errors
    ///
    /// If a call fails.
    pub async fn plan(&self) -> Result<Plan<LeasedMachine>, WorkflowError> {
        let (expired, leased) = self.find().await?;
        Ok(deletions(expired, leased))
    }

    /// Deletes the machines of the current plan, and returns the deletions. Each machine is read again before it is deleted,
    /// and left if its lease has not ended any more.
    ///
    /// A deletion that fails does not end the others.
    ///
    /// # Errors
    ///
    /// If the machines cannot be read, and the first error of a deletion, after all others have ended.
    pub async fn apply(&self) -> Result<Plan<LeasedMachine>, WorkflowError> {
        let (expired, leased) = self.find().await?;
        let (mut deleted, mut first_error) = (Vec::new(), None);
        let mut expired = expired.into_iter();
        let mut running = JoinSet::new();
        loop {
            let free = self.concurrency.saturating_sub(running.len());
            for machine in expired.by_ref().take(free) {
                running.spawn(self.delete(machine));
            }
            match running.join_next().await {
                None => break,
                Some(Ok((machine, Ok(true)))) => deleted.push(machine),
                Some(Ok((_, Ok(false)))) => {}
                Some(Ok((_, Err(error)))) => drop(first_error.get_or_insert(error)),
                // Only a callback of the caller can panic.
                Some(Err(error)) if error.is_panic() => resume_unwind(error.into_panic()),
                Some(Err(_)) => {}
            }
        }
        match first_error {
            Some(error) => Err(error),
            None => Ok(deletions(deleted, leased)),
        }
    }

    /// Returns the machines to delete, and the number of those whose lease has not ended.
    async fn find(&self) -> Result<(Vec<LeasedMachine>, usize), WorkflowError> {
        let now = self.now();
        let list = self.client.virtual_machines().list(&self.organization);
        let mut machines = list.per_page(PER_PAGE).items();
        let (mut expired, mut leased) = (Vec::new(), 0);
        // None is deleted before the list is complete: a deletion would move the rest of it to earlier pages.
        while let Some(machine) = machines.try_next().await? {
            match self.criteria.select(&machine, now) {
                Selection::NotLeased => {}
                Selection::Leased => leased += 1,
                Selection::Expired(machine) => expired.push(machine),
                Selection::ExpiredIfTagged(machine) => {
                    let (client, criteria) = (&self.client, &self.criteria);
                    if is_expired(client, criteria, &machine.id, now).await? == Some(true) {
                        expired.push(machine);
                    }
                }
            }
        }
        Ok((expired, leased))
    }

    fn now(&self) -> Timestamp {
        let now = self.now.unwrap_or_else(SystemTime::now);
        let secs = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        plus(Timestamp::from_secs(0), Duration::from_secs(secs))
    }

    /// Deletes a machine, and returns `false` if it is no longer expired.
    fn delete(
        &self,
        machine: LeasedMachine,
    ) -> impl Future<Output = (LeasedMachine, Result<bool, WorkflowError>)> + Send + use<> {
        let (client, criteria, now) = (self.client.clone(), self.criteria.clone(), self.now());
        // By id: the host name may be that of another machine by now.
        let mut delete = DeleteMachine::new(&client, VirtualMachineLookup::id(&machine.id));
        delete = delete.poll(self.poll.clone());
        if self.release_addresses {
            delete = delete.release_addresses();
        }
        let progress = self.progress.clone();
        async move {
            // A long sweep deletes a machine an hour after it was listed: its lease may be another one by then.
            let result = match is_expired(&client, &criteria, &machine.id, now).await {
                Ok(Some(false)) => return (machine, Ok(false)),
                // A deletion in progress is completed.
                Ok(Some(true) | None) => delete.run().await,
                Err(error) => Err(error),
            };
            if let Some(progress) = progress {
                progress(&machine, result.as_ref().copied());
            }
            (machine, result.map(|()| true))
        }
    }
}

/// Reads a machine, with its tags, and returns `true` if it is expired; `None` if it is deleted.
async fn is_expired(
    client: &Client,
    criteria: &Criteria,
    id: &str,
    now: Timestamp,
) -> Result<Option<bool>, WorkflowError> {
    let machines = client.virtual_machines();
    match machines.get(VirtualMachineLookup::id(id)).send().await {
        Ok(response) => Ok(Some(criteria.is_expired(&response.virtual_machine, now))),
        Err(error) if error.is_gone() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl DesiredState for Sweep {
    type Item = LeasedMachine;

    async fn plan(&self) -> Result<Plan<LeasedMachine>, WorkflowError> {
        self.plan().await
    }

    async fn apply(&self) -> Result<Plan<LeasedMachine>, WorkflowError> {
        self.apply().await
    }
}

impl fmt::Debug for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sweep")
            .field("organization", &self.organization)
            .field("criteria", &self.criteria)
            .finish_non_exhaustive()
    }
}
