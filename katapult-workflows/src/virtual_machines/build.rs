//! Building a virtual machine and waiting until it runs.

use std::fmt;
use std::time::Duration;

use katapult_core::error_codes::ErrorDetail;
use katapult_core::prelude::*;
use katapult_core::types::{
    OrganizationLookup, VirtualMachine, VirtualMachineBuild, VirtualMachineBuildLookup,
    VirtualMachineLookup, VirtualMachinePackageLookup, VirtualMachineState as State,
};
use katapult_core::virtual_machine_builds::{Create, CreateFromSpec};
use katapult_core::virtual_machines::Start;
use katapult_core::{Call, Client, Error, IntoLookup, PollPolicy, WaitError};

use crate::converge::ConvergeLoop;
use crate::error::WorkflowError;
use crate::progress::Progress;
use crate::steps::Step;
use crate::virtual_machines::find::{VISIBLE_AFTER_LOSS, find_machine, machines_of_name};
use crate::virtual_machines::power::get_machine;
use katapult_build_spec::{BuildSpec, ValidationError};

/// The default time for which the host name must be free before a build is requested.
// Longer than a machine needs to become visible, since searches are 5 s apart.
const BUILD_VISIBILITY_DELAY: Duration = Duration::from_secs(45);
/// The time for which a machine that is found stopped may still be started by its build.
// A new machine is `stopped` until its build starts it.
const STARTUP_GRACE: Duration = Duration::from_secs(180);

/// The progress of a build.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum BuildStage {
    /// Searching for a machine of that host name, which an earlier run built.
    Searching,
    /// Requesting the build.
    Requesting,
    /// The build, in its current state.
    Building(VirtualMachineBuild),
    /// The machine, in its current state, until it runs.
    Starting(VirtualMachine),
}

/// The call that requests the build.
enum BuildCall {
    // Boxed, because it is much larger than the other.
    Package(Box<Call<Create>>),
    Spec(Call<CreateFromSpec>),
}

/// Builds a virtual machine and waits until it runs.
///
/// The host name identifies the machine: if the organization has one of that name (compared without case), it is waited
/// for, and started if it remains stopped; no second one is built. So the workflow can be run again after any failure.
///
/// The machine of a build becomes visible after a delay (up to 25 s in production), and builds cannot be listed. To be
/// sure that an earlier run has no build in progress, the name must be free for
/// [a time](BuildMachine::visibility_delay) before a build is requested.
///
/// ```no_run
/// use katapult_core::types::{DataCenterLookup, DiskTemplateLookup};
/// use katapult_core::types::{OrganizationLookup, VirtualMachinePackageLookup};
/// use katapult_workflows::BuildMachine;
///
/// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let acme = OrganizationLookup::sub_domain("acme");
/// let package = VirtualMachinePackageLookup::permalink("rock-3");
/// let machine = BuildMachine::from_package(&katapult, acme, package, "web-9")
///     .configure_call(|build| {
///         build
///             .data_center(DataCenterLookup::permalink("uk-lon-01"))
///             .disk_template(DiskTemplateLookup::permalink("templates/ubuntu-24-04"))
///     })
///     .run()
///     .await?;
/// println!("{} runs", machine.id);
/// # Ok(()) }
/// ```
pub struct BuildMachine {
    client: Client,
    organization: OrganizationLookup,
    hostname: String,
    call: BuildCall,
    visibility_delay: Duration,
    reconcile_for: Duration,
    poll: PollPolicy,
    progress: Progress<BuildStage>,
}

impl BuildMachine {
    /// Creates a workflow that builds from a package; [`configure_call`](BuildMachine::configure_call) sets more.
    pub fn from_package(
        client: &Client,
        organization: impl IntoLookup<OrganizationLookup>,
        package: impl IntoLookup<VirtualMachinePackageLookup>,
        hostname: impl Into<String>,
    ) -> Self {
        let (organization, hostname) = (organization.into(), hostname.into());
        let builds = client.virtual_machine_builds();
        let call = builds
            .create(&organization, package)
            .hostname(hostname.clone());
        Self::new(
            client,
            organization,
            hostname,
            BuildCall::Package(Box::new(call)),
        )
    }

    /// Creates a workflow that builds from a specification, which must have a host name.
    ///
    /// # Errors
    ///
    /// [`WorkflowError::InvalidInput`] if the specification is invalid or has no host name.
    pub fn from_spec(
        client: &Client,
        organization: impl IntoLookup<OrganizationLookup>,
        spec: &BuildSpec,
    ) -> Result<Self, WorkflowError> {
        let invalid = |error: ValidationError| WorkflowError::InvalidInput(error.to_string());
        let xml = spec.to_xml().map_err(invalid)?;
        let hostname = spec.hostname.clone().ok_or_else(|| {
            WorkflowError::InvalidInput("the specification has no host name".to_owned())
        })?;
        let organization = organization.into();
        let call = client
            .virtual_machine_builds()
            .create_from_spec(&organization, xml);
        Ok(Self::new(
            client,
            organization,
            hostname,
            BuildCall::Spec(call),
        ))
    }

    fn new(
        client: &Client,
        organization: OrganizationLookup,
        hostname: String,
        call: BuildCall,
    ) -> Self {
        Self {
            client: client.clone(),
            organization,
            hostname,
            call,
            visibility_delay: BUILD_VISIBILITY_DELAY,
            reconcile_for: VISIBLE_AFTER_LOSS,
            poll: PollPolicy::default(),
            progress: Progress::default(),
        }
    }

    /// Changes the call that requests a build from a package, such as to set the data center, the template and the disks.
    /// Has no effect on a build from a specification.
    #[must_use]
    pub fn configure_call(mut self, configure: impl FnOnce(Call<Create>) -> Call<Create>) -> Self {
        if let BuildCall::Package(call) = self.call {
            self.call = BuildCall::Package(Box::new(configure(*call)));
        }
        self
    }

    /// Sets the time for which the host name must be free before a build is requested. Default: 45 s. With zero, there
    /// is one search, which is enough for a name that was never used.
    #[must_use]
    pub fn visibility_delay(mut self, time: Duration) -> Self {
        self.visibility_delay = time;
        self
    }

    /// Sets how long after the loss of a response the machine is searched for before a build is requested again.
    /// Default: 75 s.
    ///
    /// The API may execute a request 45 s after its response was lost, and the machine becomes visible up to 30 s after
    /// that: a shorter time risks a second machine.
    #[must_use]
    pub fn reconcile_for(mut self, time: Duration) -> Self {
        self.reconcile_for = time;
        self
    }

    /// Sets the intervals at which the state is polled. Default: [`PollPolicy::default`].
    #[must_use]
    pub fn poll(mut self, policy: PollPolicy) -> Self {
        self.poll = policy;
        self
    }

    /// Sets a callback for the progress. Default: none.
    #[must_use]
    pub fn progress(mut self, progress: impl FnMut(&BuildStage) + Send + 'static) -> Self {
        self.progress = Progress::new(progress);
        self
    }

    /// Runs the workflow and returns the started machine.
    ///
    /// # Errors
    ///
    /// If a call, the build or the machine fails, or if the build takes longer than 30 min or the start longer than
    /// 10 min. [`WorkflowError::Duplicate`] if another run built a machine of the host name at the same time: both run,
    /// and neither is deleted.
    pub async fn run(mut self) -> Result<VirtualMachine, WorkflowError> {
        self.validate()?;
        let mut converge = ConvergeLoop::default();
        let mut delay = self.visibility_delay;
        loop {
            converge.next_step()?;
            self.progress.report(&BuildStage::Searching);
            if let Some(id) =
                find_machine(&self.client, &self.organization, &self.hostname, delay).await?
            {
                let machine = VirtualMachineLookup::id(id);
                return self.wait_until_started(&machine).await;
            }
            self.progress.report(&BuildStage::Requesting);
            let build = match self.request_build().await {
                Err(error) if is_name_taken(&error) => {
                    converge.or_recheck_refused(Err(error)).await?
                }
                other => converge.or_recheck(other).await?,
            };
            if let Some(id) = build {
                let machine = self.wait_for_build(&id).await?;
                let machine = self.wait_until_started(&machine).await?;
                let ids =
                    machines_of_name(&self.client, &self.organization, &self.hostname).await?;
                return match ids.iter().all(|id| *id == machine.id) {
                    true => Ok(machine),
                    false => Err(WorkflowError::Duplicate {
                        description: format!(
                            "virtual machines with the host name {}",
                            self.hostname
                        ),
                        ids,
                    }),
                };
            }
            // The response was lost, or the build of another run has the name: only the machine itself shows that.
            delay = self.reconcile_for;
        }
    }

    /// Searches for the machine once, and returns the steps that remain.
    ///
    /// # Errors
    ///
    /// If a read fails. [`WorkflowError::InvalidInput`] if the host name is empty.
    pub async fn steps(&self) -> Result<Vec<Step>, WorkflowError> {
        self.validate()?;
        let ids = machines_of_name(&self.client, &self.organization, &self.hostname).await?;
        let wait = Step::wait("wait until the machine is started");
        let Some(id) = ids.into_iter().next() else {
            let text = format!("request the build of {}", self.hostname);
            let request = match &self.call {
                BuildCall::Package(_) => Step::request::<Create>(text),
                BuildCall::Spec(_) => Step::request::<CreateFromSpec>(text),
            };
            let wait_for_build = Step::wait("wait until the build is complete");
            return Ok(vec![request, wait_for_build, wait]);
        };
        let machine = get_machine(&self.client, &VirtualMachineLookup::id(id)).await?;
        Ok(match machine.state {
            Some(State::Started) => Vec::new(),
            Some(State::Stopped) => {
                let text = "start the machine, unless its build starts it";
                vec![Step::request::<Start>(text).conditional(), wait]
            }
            _ => vec![wait],
        })
    }

    fn validate(&self) -> Result<(), WorkflowError> {
        match self.hostname.is_empty() {
            false => Ok(()),
            true => Err(WorkflowError::InvalidInput(
                "the host name is empty".to_owned(),
            )),
        }
    }

    /// Requests the build and returns its id.
    async fn request_build(&mut self) -> Result<VirtualMachineBuildLookup, Error> {
        let id = match &self.call {
            BuildCall::Package(call) => {
                let response = call.as_ref().clone().send().await?;
                response.into_inner().virtual_machine_build.id
            }
            BuildCall::Spec(call) => {
                let response = call.clone().send().await?;
                response.into_inner().virtual_machine_build.id
            }
        };
        Ok(VirtualMachineBuildLookup::id(id))
    }

    /// Waits for a build and returns its machine.
    async fn wait_for_build(
        &mut self,
        build: &VirtualMachineBuildLookup,
    ) -> Result<VirtualMachineLookup, WorkflowError> {
        let wait = self.client.virtual_machine_builds().wait(build);
        let mut states = wait.poll(self.poll.clone()).states();
        let mut machine = None;
        while let Some(build) = states.try_next().await? {
            machine = build
                .virtual_machine
                .as_ref()
                .map(|machine| machine.id.clone());
            self.progress.report(&BuildStage::Building(build));
        }
        match machine {
            Some(id) => Ok(VirtualMachineLookup::id(id)),
            None => Err(WorkflowError::Failed {
                description: format!("the build of {} completed without a machine", self.hostname),
            }),
        }
    }

    /// Waits until a machine runs. A build starts its machine; one that remains stopped was built before, and is started.
    async fn wait_until_started(
        &mut self,
        machine: &VirtualMachineLookup,
    ) -> Result<VirtualMachine, WorkflowError> {
        let mut converge = ConvergeLoop::default();
        let machines = self.client.virtual_machines();
        loop {
            converge.next_step()?;
            let timeout = match machines.get(machine).send().await?.virtual_machine.state {
                Some(State::Stopped) => STARTUP_GRACE,
                _ => Duration::from_secs(600),
            };
            let wait = machines.wait_for(machine, State::Started).timeout(timeout);
            let mut states = wait.poll(self.poll.clone()).states();
            let mut last = None;
            let result = loop {
                match states.try_next().await {
                    Ok(Some(machine)) => {
                        self.progress.report(&BuildStage::Starting(machine.clone()));
                        last = Some(machine);
                    }
                    Ok(None) => break Ok(last),
                    Err(error) => break Err(error),
                }
            };
            match result {
                Ok(Some(machine)) => return Ok(machine),
                Ok(None) => {}
                Err(error @ WaitError::TimedOut { .. }) => {
                    match error.state().and_then(|machine| machine.state.as_ref()) {
                        // Its build is over: somebody stopped the machine.
                        Some(State::Stopped) => {
                            converge
                                .or_recheck(machines.start(machine).send().await)
                                .await?;
                        }
                        _ => return Err(error.into()),
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Returns `true` if a build is refused because a machine, or another build, has its host name.
fn is_name_taken(error: &Error) -> bool {
    match error.detail() {
        Some(ErrorDetail::ValidationError(detail)) => {
            let mut errors = detail.errors.iter().flatten();
            // The API has no code for it.
            errors.any(|text| text.to_lowercase().starts_with("hostname"))
        }
        _ => false,
    }
}

impl fmt::Debug for BuildMachine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BuildMachine")
            .field("organization", &self.organization)
            .field("hostname", &self.hostname)
            .field("visibility_delay", &self.visibility_delay)
            .finish_non_exhaustive()
    }
}
