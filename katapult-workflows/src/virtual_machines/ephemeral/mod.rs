//! A machine that exists only as long as a job.

mod cleanup;
mod error;
mod ready;

use std::any::Any;
use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use katapult_build_spec::BuildSpec;
use katapult_core::types::{OrganizationLookup, VirtualMachine, VirtualMachinePackageLookup};
use katapult_core::virtual_machine_builds::Create;
use katapult_core::{Call, Client, IntoLookup, PollPolicy};
use tokio::time::timeout;

use crate::error::WorkflowError;
use crate::steps::Step;
use crate::virtual_machines::build::{BuildMachine, BuildStage};
use crate::virtual_machines::ephemeral::cleanup::{Cleanup, CleanupGuard};
use crate::virtual_machines::ephemeral::ready::{ReadyCheck, wait_until_ready};
use crate::virtual_machines::lease::Lease;

pub use error::EphemeralError;

/// The default time in which a machine that runs becomes ready.
// A first boot with cloud-init takes one to three minutes.
const READY_TIMEOUT: Duration = Duration::from_secs(300);

type Cancel = Pin<Box<dyn Future<Output = ()> + Send>>;
type Panic = Box<dyn Any + Send>;

/// The progress of an ephemeral machine.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum EphemeralStage {
    /// The machine is built.
    Building(BuildStage),
    /// The machine runs, and is not ready yet.
    WaitingUntilReady(VirtualMachine),
    /// The job runs.
    Running(VirtualMachine),
    /// The job has ended, and the machine is deleted.
    Deleting,
}

/// Builds a virtual machine, runs a job on it, and deletes it permanently: when the job returns, fails or panics, when the
/// run is [cancelled](Self::cancel_on), and when its [deadline](Self::deadline) passes.
///
/// If the future of the run is dropped, the deletion is spawned in the background, which a program that ends does not
/// complete. The guarantee is the [`Lease`] in the host name of the machine: a [`Sweep`](crate::Sweep), run at intervals
/// from anywhere, deletes each machine whose lease has ended.
///
/// ```no_run
/// use std::time::Duration;
/// use katapult_core::types::{DataCenterLookup, OrganizationLookup, VirtualMachinePackageLookup};
/// use katapult_workflows::{EphemeralMachine, Lease};
///
/// # async fn test_suite(address: &str) -> Result<u32, std::io::Error> { Ok(0) }
/// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let acme = OrganizationLookup::sub_domain("acme");
/// let package = VirtualMachinePackageLookup::permalink("rock-3");
/// let lease = Lease::new("ci", Duration::from_secs(3600))?;
/// let failures = EphemeralMachine::from_package(&katapult, acme, package, &lease)
///     .configure_call(|build| build.data_center(DataCenterLookup::permalink("uk-lon-01")))
///     .ready_when_port_opens(22)
///     .cancel_on(async { drop(tokio::signal::ctrl_c().await) })
///     .run(async |machine| {
///         let addresses = machine.ip_addresses.unwrap_or_default();
///         let address = addresses.first().and_then(|ip| ip.address.as_deref());
///         test_suite(address.unwrap_or_default()).await
///     })
///     .await?;
/// println!("{failures} tests failed; the machine is deleted");
/// # Ok(()) }
/// ```
pub struct EphemeralMachine {
    build: BuildMachine,
    lease: Lease,
    cleanup: Cleanup,
    checks: Vec<ReadyCheck>,
    ready_timeout: Duration,
    deadline: Option<Duration>,
    // A mutex, so that the run is `Sync`, and futures that borrow it are `Send`.
    cancel: Mutex<Option<Cancel>>,
    progress: Arc<dyn Fn(&EphemeralStage) + Send + Sync>,
}

impl EphemeralMachine {
    /// Creates a run on a machine that is built from a package; [`configure_call`](Self::configure_call) sets more.
    pub fn from_package(
        client: &Client,
        organization: impl IntoLookup<OrganizationLookup>,
        package: impl IntoLookup<VirtualMachinePackageLookup>,
        lease: &Lease,
    ) -> Self {
        let organization = organization.into();
        let hostname = lease.to_string();
        let build = BuildMachine::from_package(client, &organization, package, hostname);
        Self::new(client, organization, build, lease)
    }

    /// Creates a run on a machine that is built from a specification, whose host name becomes the lease.
    ///
    /// # Errors
    ///
    /// [`WorkflowError::InvalidInput`] if the specification is invalid.
    pub fn from_spec(
        client: &Client,
        organization: impl IntoLookup<OrganizationLookup>,
        spec: BuildSpec,
        lease: &Lease,
    ) -> Result<Self, WorkflowError> {
        let organization = organization.into();
        let spec = spec.hostname(lease.to_string());
        let build = BuildMachine::from_spec(client, &organization, &spec)?;
        Ok(Self::new(client, organization, build, lease))
    }

    fn new(
        client: &Client,
        organization: OrganizationLookup,
        build: BuildMachine,
        lease: &Lease,
    ) -> Self {
        Self {
            // The host name is random, so that no earlier run can have requested a build.
            build: build.visibility_delay(Duration::ZERO),
            lease: lease.clone(),
            cleanup: Cleanup::new(client, &organization, lease.to_string()),
            checks: Vec::new(),
            ready_timeout: READY_TIMEOUT,
            deadline: None,
            cancel: Mutex::default(),
            progress: Arc::new(|_| ()),
        }
    }

    /// Changes the call that requests a build from a package, such as to set the data center, the template and the disks.
    /// Has no effect on a build from a specification.
    #[must_use]
    pub fn configure_call(mut self, configure: impl FnOnce(Call<Create>) -> Call<Create>) -> Self {
        self.build = self.build.configure_call(configure);
        self
    }

    /// Starts the job only when one of the addresses of the machine accepts a TCP connection on this port. Default: when
    /// the machine runs. Several checks are made in order.
    #[must_use]
    pub fn ready_when_port_opens(mut self, port: u16) -> Self {
        self.checks.push(ReadyCheck::port(port));
        self
    }

    /// Starts the job only when this check returns `true`; it is repeated every 2 s. Default: when the machine runs.
    /// Several checks are made in order.
    #[must_use]
    pub fn ready_when<F>(
        mut self,
        check: impl Fn(VirtualMachine) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = bool> + Send + 'static,
    {
        let description = "the check of the caller passes".to_owned();
        self.checks.push(ReadyCheck::new(description, check));
        self
    }

    /// Sets the time in which a machine that runs must become ready. Default: 5 min.
    #[must_use]
    pub fn ready_timeout(mut self, timeout: Duration) -> Self {
        self.ready_timeout = timeout;
        self
    }

    /// Sets the time for the build and the job together, after which the machine is deleted. Default, and maximum: until
    /// the lease ends.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Cancels the run when this future completes, such as `tokio::signal::ctrl_c()`: the job is dropped, and the machine
    /// deleted. Default: never.
    #[must_use]
    pub fn cancel_on(mut self, cancel: impl Future<Output = ()> + Send + 'static) -> Self {
        self.cancel = Mutex::new(Some(Box::pin(cancel)));
        self
    }

    /// Also releases the IP addresses of the machine. Default: they remain with the organization, which pays for them.
    #[must_use]
    pub fn release_addresses(mut self) -> Self {
        self.cleanup.release_addresses = true;
        self
    }

    /// Sets the intervals at which the state is polled. Default: [`PollPolicy::default`].
    #[must_use]
    pub fn poll(mut self, policy: PollPolicy) -> Self {
        self.cleanup.poll = policy.clone();
        self.build = self.build.poll(policy);
        self
    }

    /// Sets a callback for the progress. Default: none.
    #[must_use]
    pub fn progress(mut self, progress: impl Fn(&EphemeralStage) + Send + Sync + 'static) -> Self {
        self.progress = Arc::new(progress);
        self
    }

    /// Returns the steps of a run, and those of the deletion of a new machine.
    ///
    /// # Errors
    ///
    /// If the machines cannot be listed.
    pub async fn steps(&self) -> Result<Vec<Step>, WorkflowError> {
        let mut steps = self.build.steps().await?;
        let checks = self.checks.iter();
        steps.extend(checks.map(|check| Step::wait(format!("wait until {check:?}"))));
        steps.push(Step::wait("run the job"));
        steps.extend(self.cleanup.steps());
        Ok(steps)
    }

    /// Builds the machine, runs the job, deletes the machine, and returns the value of the job.
    ///
    /// A panic of the job is resumed after the deletion, where panics unwind.
    ///
    /// A repeated run with the same lease uses the machine of the earlier one, if it exists.
    ///
    /// # Errors
    ///
    /// See [`EphemeralError`].
    pub async fn run<T, E, F>(
        self,
        job: impl FnOnce(VirtualMachine) -> F,
    ) -> Result<T, EphemeralError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let Self {
            build,
            lease,
            cleanup,
            checks,
            ready_timeout,
            deadline,
            cancel,
            progress,
        } = self;
        let guard = CleanupGuard::new(&cleanup);
        let remaining = lease.remaining();
        let limit = deadline.map_or(remaining, |deadline| deadline.min(remaining));
        let (traces, building) = (cleanup.clone(), Arc::clone(&progress));
        let build = build.progress(move |stage| {
            traces.record(stage);
            building(&EphemeralStage::Building(stage.clone()));
        });
        let work = async {
            // A timer of zero would let the first request be sent.
            if limit.is_zero() {
                return Err(EphemeralError::DeadlineExceeded);
            }
            let machine = build.run().await.map_err(|error| {
                if is_refused(&error) {
                    cleanup.record_refusal();
                }
                EphemeralError::NotReady(error)
            })?;
            progress(&EphemeralStage::WaitingUntilReady(machine.clone()));
            let ready = wait_until_ready(&checks, &machine, ready_timeout).await;
            ready.map_err(EphemeralError::NotReady)?;
            progress(&EphemeralStage::Running(machine.clone()));
            job(machine).await.map_err(EphemeralError::Job)
        };
        let cancel = cancel.into_inner().unwrap_or_else(PoisonError::into_inner);
        let outcome = catch_panic(async {
            match timeout(limit, unless_cancelled(work, cancel)).await {
                Ok(Some(result)) => result,
                Ok(None) => Err(EphemeralError::Cancelled),
                Err(_) => Err(EphemeralError::DeadlineExceeded),
            }
        });
        let outcome = outcome.await;
        progress(&EphemeralStage::Deleting);
        let deletion = guard.complete().await;
        let outcome = outcome.unwrap_or_else(|panic| resume_unwind(panic));
        match deletion {
            Ok(()) => outcome,
            Err(error) => Err(EphemeralError::NotDeleted {
                hostname: lease.to_string(),
                error,
                previous: outcome.err().map(Box::new),
            }),
        }
    }
}

impl fmt::Debug for EphemeralMachine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EphemeralMachine")
            .field("build", &self.build)
            .field("checks", &self.checks)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// Returns `true` if the error of a build excludes that its request is executed later.
fn is_refused(error: &WorkflowError) -> bool {
    match error {
        WorkflowError::Call(error) => !error.may_have_happened() && !error.is_unconfirmed(),
        WorkflowError::PreconditionFailed(_) | WorkflowError::InvalidInput(_) => true,
        _ => false,
    }
}

/// Returns the output of `work`, or `None` if `cancel` completes first.
async fn unless_cancelled<T>(work: impl Future<Output = T>, cancel: Option<Cancel>) -> Option<T> {
    let Some(mut cancel) = cancel else {
        return Some(work.await);
    };
    let mut work = pin!(work);
    poll_fn(move |cx| match work.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => cancel.as_mut().poll(cx).map(|()| None),
    })
    .await
}

/// Returns the output of a future, or the payload of its panic.
async fn catch_panic<T>(future: impl Future<Output = T>) -> Result<T, Panic> {
    let mut future = pin!(future);
    poll_fn(move |cx| {
        // The future is not polled again after a panic.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    })
    .await
}
