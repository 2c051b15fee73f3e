//! Deleting the machines whose leases have ended.

use std::fmt;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use katapult_core::prelude::*;
use katapult_core::types::{OrganizationLookup, VirtualMachine, VirtualMachineLookup};
use katapult_core::{Client, PollPolicy, Timestamp};
use tokio::task::JoinSet;

use crate::error::WorkflowError;
use crate::reconcile::plan::Plan;
use crate::virtual_machines::delete::DeleteMachine;
use crate::virtual_machines::lease::Lease;

/// The default time after the end of a lease.
// The run that holds the lease deletes its machine at the end; clocks differ, and the deletion takes a time.
const GRACE: Duration = Duration::from_secs(300);
/// The default number of machines that are deleted at the same time.
// A deletion is about 15 requests in 40 s: eight use a fifth of the quota.
const CONCURRENCY: usize = 8;
/// The number of machines in a page: the maximum of the API.
const PER_PAGE: i64 = 100;

/// A machine that a [`Sweep`] deletes.
///
/// Displayed, it has the host name, the id, and the time at which it may be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeasedMachine {
    /// The id of the machine.
    pub id: String,
    /// The host name, without its domain.
    pub hostname: String,
    /// The end of the lease; for a machine that is leased by its tag, of the maximum age.
    pub expires_at: Timestamp,
}

impl fmt::Display for LeasedMachine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}), leased until {}",
            self.hostname, self.id, self.expires_at
        )
    }
}

/// The machines that may be deleted, and when.
#[derive(Clone, Debug, Default)]
struct Criteria {
    prefix: Option<String>,
    tag: Option<(String, Duration)>,
    grace: Duration,
}

/// The place of a machine in a sweep.
#[derive(Clone, Debug, PartialEq)]
enum Selection {
    /// The machine has no lease, or one that the criteria exclude.
    NotLeased,
    /// The lease has not ended.
    Leased,
    /// The lease has ended.
    Expired(LeasedMachine),
    /// The machine is old enough, if it has the tag.
    ExpiredIfTagged(LeasedMachine),
}

impl Criteria {
    fn select(&self, machine: &VirtualMachine, now: Timestamp) -> Selection {
        let hostname = machine.hostname.as_deref().unwrap_or_default();
        // A machine without id cannot be named.
        if machine.id.is_empty() || hostname.is_empty() {
            return Selection::NotLeased;
        }
        let leased_until = |expires_at| LeasedMachine {
            id: machine.id.clone(),
            hostname: hostname.to_owned(),
            expires_at,
        };
        if let Ok(lease) = hostname.parse::<Lease>() {
            if self
                .prefix
                .as_ref()
                .is_some_and(|prefix| prefix != lease.prefix())
            {
                return Selection::NotLeased;
            }
            return match plus(lease.expires_at(), self.grace) <= now {
                true => Selection::Expired(leased_until(lease.expires_at())),
                false => Selection::Leased,
            };
        }
        let Some((_, max_age)) = &self.tag else {
            return Selection::NotLeased;
        };
        if self
            .prefix
            .as_ref()
            .is_some_and(|prefix| !has_prefix(hostname, prefix))
        {
            return Selection::NotLeased;
        }
        match machine
            .created_at
            .map(|created_at| plus(created_at, *max_age))
        {
            Some(end) if end <= now => Selection::ExpiredIfTagged(leased_until(end)),
            // Of unknown age, or too young: the tag makes no difference.
            _ => Selection::NotLeased,
        }
    }
}

fn plus(time: Timestamp, duration: Duration) -> Timestamp {
    let secs = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_secs(time.as_secs().saturating_add(secs))
}

fn has_prefix(hostname: &str, prefix: &str) -> bool {
    let rest = hostname.to_ascii_lowercase();
    rest.strip_prefix(prefix)
        .is_some_and(|rest| rest.starts_with('-'))
}

fn has_tag(machine: &VirtualMachine, name: &str) -> bool {
    let mut tags = machine.tags.iter().flatten();
    tags.any(|tag| tag.name.as_deref() == Some(name))
}

fn deletions(machines: Vec<LeasedMachine>, unchanged: usize) -> Plan<LeasedMachine> {
    let machines = machines.into_iter();
    Plan::deletions(
        machines.map(|machine| (machine.id.clone(), machine)),
        unchanged,
    )
}

type Progress = dyn Fn(&LeasedMachine, Result<(), &WorkflowError>) + Send + Sync;

/// Deletes the machines of an organization whose [leases](Lease) have ended, permanently.
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
    pub fn new(client: &Client, organization: impl Into<OrganizationLookup>) -> Self {
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

    /// Deletes the machines of the current plan, and returns the deletions.
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
            while running.len() < self.concurrency
                && let Some(machine) = expired.next()
            {
                running.spawn(self.delete(machine));
            }
            match running.join_next().await {
                None => break,
                Some(Ok((machine, Ok(())))) => deleted.push(machine),
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
        let now = self.now.unwrap_or_else(SystemTime::now);
        let secs = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let now = plus(Timestamp::from_secs(0), Duration::from_secs(secs));
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
                    if self.is_tagged(&machine.id).await? {
                        expired.push(machine);
                    }
                }
            }
        }
        Ok((expired, leased))
    }

    fn delete(
        &self,
        machine: LeasedMachine,
    ) -> impl Future<Output = (LeasedMachine, Result<(), WorkflowError>)> + Send + use<> {
        // By id: the host name may be that of another machine by now.
        let mut delete = DeleteMachine::new(&self.client, VirtualMachineLookup::id(&machine.id));
        delete = delete.poll(self.poll.clone());
        if self.release_addresses {
            delete = delete.release_addresses();
        }
        let progress = self.progress.clone();
        async move {
            let result = delete.run().await;
            if let Some(progress) = progress {
                progress(&machine, result.as_ref().copied());
            }
            (machine, result)
        }
    }

    async fn is_tagged(&self, id: &str) -> Result<bool, WorkflowError> {
        let Some((name, _)) = &self.criteria.tag else {
            return Ok(false);
        };
        let get = self
            .client
            .virtual_machines()
            .get(VirtualMachineLookup::id(id));
        match get.send().await {
            Ok(response) => Ok(has_tag(&response.virtual_machine, name)),
            // Deleted since it was listed.
            Err(error) if error.is_gone() => Ok(false),
            Err(error) => Err(error.into()),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine of the list.
    fn machine(hostname: &str, created_at: i64) -> VirtualMachine {
        let json = format!(r#"{{"id":"vm_1","hostname":"{hostname}","created_at":{created_at}}}"#);
        katapult_core::serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn only_machines_with_an_ended_lease_are_selected() {
        let end: Timestamp = "ci-until-20260704t093000z-7k2m9d"
            .parse::<Lease>()
            .unwrap()
            .expires_at();
        let at = |secs: i64| Timestamp::from_secs(end.as_secs() + secs);
        let name = "ci-until-20260704t093000z-7k2m9d";
        let no_tag = Criteria {
            grace: Duration::from_secs(300),
            ..Criteria::default()
        };
        let prefix = |prefix: &str| Criteria {
            prefix: Some(prefix.to_owned()),
            ..no_tag.clone()
        };
        let tag = |criteria: Criteria| Criteria {
            tag: Some(("ephemeral".to_owned(), Duration::from_secs(60))),
            ..criteria
        };
        // Criteria, host name, time after the end of the lease, result. All machines were created at that end.
        let table = [
            (no_tag.clone(), name, 299, "leased"),
            (no_tag.clone(), name, 300, "expired"),
            (no_tag.clone(), "web-1", 1_000_000, "not leased"),
            (
                no_tag.clone(),
                "ci-until-20260704t093000z",
                1_000_000,
                "not leased",
            ),
            (no_tag.clone(), "", 1_000_000, "not leased"),
            (prefix("ci"), name, 300, "expired"),
            (prefix("ci"), name, 0, "leased"),
            (prefix("c"), name, 300, "not leased"),
            (prefix("db"), name, 300, "not leased"),
            (tag(no_tag.clone()), name, 300, "expired"),
            // A lease takes precedence over a tag.
            (tag(no_tag.clone()), name, 60, "leased"),
            (tag(no_tag.clone()), "web-1", 59, "not leased"),
            (tag(no_tag.clone()), "web-1", 60, "expired if tagged"),
            (tag(prefix("web")), "WEB-1", 60, "expired if tagged"),
            (tag(prefix("web")), "webber-1", 60, "not leased"),
            (tag(prefix("db")), "web-1", 60, "not leased"),
        ];
        for (criteria, hostname, secs, expected) in table {
            let machine = machine(hostname, end.as_secs());
            let selected = match criteria.select(&machine, at(secs)) {
                Selection::NotLeased => "not leased",
                Selection::Leased => "leased",
                Selection::Expired(_) => "expired",
                Selection::ExpiredIfTagged(_) => "expired if tagged",
            };
            assert_eq!(
                selected, expected,
                "{hostname:?} {secs} s after, {criteria:?}"
            );
        }
        let mut unknown_age = machine("web-1", 0);
        unknown_age.created_at = None;
        let criteria = tag(no_tag);
        assert_eq!(criteria.select(&unknown_age, at(0)), Selection::NotLeased);
    }
}
