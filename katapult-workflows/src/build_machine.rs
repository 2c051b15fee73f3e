//! Building a machine until it runs.

use std::fmt;
use std::time::Duration;

use katapult_core::types::{
    OrganizationLookup, VirtualMachine, VirtualMachineBuild, VirtualMachineBuildLookup,
    VirtualMachineLookup, VirtualMachinePackageLookup, VirtualMachineState as State,
};
use katapult_core::virtual_machine_builds::{Create, CreateFromSpec};
use tokio::time::{Instant, sleep};

use crate::WorkflowError;
use crate::rounds::Rounds;
use katapult_core::Call;
use katapult_core::Client;
use katapult_core::PollPolicy;
use katapult_core::WaitError;
use katapult_core::prelude::*;

/// Until a machine shows after its build was asked for: 25 s at most in what was recorded, and some to spare.
const SETTLE: Duration = Duration::from_secs(45);
/// Between two looks for it.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long a machine that is found stopped may still be in the making.
const IN_THE_MAKING: Duration = Duration::from_secs(180);

/// How far a build is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum BuildStage {
    /// Looking whether there is a machine of that name; it is the one that an earlier run built.
    Looking,
    /// The build, as it is seen.
    Building(VirtualMachineBuild),
    /// The machine, as it is seen while it comes up.
    Starting(VirtualMachine),
}

/// How the build is asked for.
enum Ask {
    Package(Box<Call<Create>>),
    Spec(Call<CreateFromSpec>),
}

/// Builds a virtual machine, and waits until it runs.
///
/// The host name says which machine it is: if the organization has one of that name (compared without case), then
/// that one is waited for, and started if it is off for good; none is built. So the same can be run again after any
/// failure.
///
/// A build shows its machine only after a while (up to 25 s were seen), and builds can't be listed. To be sure that
/// no earlier run has one under way, the name has to be free for [a time](BuildMachine::settle) before one is asked for.
///
/// ```no_run
/// use katapult_core::types::{DataCenterLookup, DiskTemplateLookup, OrganizationLookup, VirtualMachinePackageLookup};
/// use katapult_workflows::BuildMachine;
///
/// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let acme = OrganizationLookup::sub_domain("acme");
/// let package = VirtualMachinePackageLookup::permalink("rock-3");
/// let machine = BuildMachine::from_package(&katapult, acme, package, "web-9")
///     .with(|build| {
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
    ask: Ask,
    settle: Duration,
    poll: PollPolicy,
    progress: Box<dyn FnMut(&BuildStage) + Send>,
}

impl BuildMachine {
    /// From a package, with what [`with`](BuildMachine::with) adds.
    pub fn from_package(
        client: &Client,
        organization: impl Into<OrganizationLookup>,
        package: impl Into<VirtualMachinePackageLookup>,
        hostname: impl Into<String>,
    ) -> Self {
        let (organization, hostname) = (organization.into(), hostname.into());
        let builds = client.virtual_machine_builds();
        let call = builds
            .create(&organization, package)
            .hostname(hostname.clone());
        Self::new(client, organization, hostname, Ask::Package(Box::new(call)))
    }

    /// From a specification in XML, whose host name must be the one given here.
    pub fn from_spec(
        client: &Client,
        organization: impl Into<OrganizationLookup>,
        xml: impl Into<String>,
        hostname: impl Into<String>,
    ) -> Self {
        let organization = organization.into();
        let call = client
            .virtual_machine_builds()
            .create_from_spec(&organization, xml);
        Self::new(client, organization, hostname.into(), Ask::Spec(call))
    }

    fn new(client: &Client, organization: OrganizationLookup, hostname: String, ask: Ask) -> Self {
        Self {
            client: client.clone(),
            organization,
            hostname,
            ask,
            settle: SETTLE,
            poll: PollPolicy::default(),
            progress: Box::new(|_| ()),
        }
    }

    /// Adds to the call that asks for a build from a package: where, from which template, with which disks. Does
    /// nothing to a build from a specification.
    #[must_use]
    pub fn with(mut self, add: impl FnOnce(Call<Create>) -> Call<Create>) -> Self {
        if let Ask::Package(call) = self.ask {
            self.ask = Ask::Package(Box::new(add(*call)));
        }
        self
    }

    /// For how long the host name has to be free before a build is asked for. Default 45 s; with zero it is looked
    /// once, which suffices for a name that was just made up.
    #[must_use]
    pub fn settle(mut self, time: Duration) -> Self {
        self.settle = time;
        self
    }

    /// When to look how far it is. Default [`PollPolicy::default`].
    #[must_use]
    pub fn poll(mut self, policy: PollPolicy) -> Self {
        self.poll = policy;
        self
    }

    /// Calls this with what is seen on the way.
    #[must_use]
    pub fn progress(mut self, progress: impl FnMut(&BuildStage) + Send + 'static) -> Self {
        self.progress = Box::new(progress);
        self
    }

    /// Does it, and gives the machine, started.
    ///
    /// # Errors
    ///
    /// When a call fails, the build or the machine fails, or it takes longer than 30 min to build or 10 min to start.
    pub async fn run(mut self) -> Result<VirtualMachine, WorkflowError> {
        let mut rounds = Rounds::default();
        let mut settle = self.settle;
        loop {
            rounds.begin()?;
            (self.progress)(&BuildStage::Looking);
            if let Some(id) = self.find(settle).await? {
                return self.found(&VirtualMachineLookup::id(id)).await;
            }
            let build = match &self.ask {
                Ask::Package(call) => {
                    let reply = rounds.settle(call.as_ref().clone().send().await).await?;
                    reply.map(|reply| reply.virtual_machine_build.id.clone())
                }
                Ask::Spec(call) => {
                    let reply = rounds.settle(call.clone().send().await).await?;
                    reply.map(|reply| reply.virtual_machine_build.id.clone())
                }
            };
            match build {
                Some(build) => return self.built(&VirtualMachineBuildLookup::id(build)).await,
                // Its reply was lost: only the machine itself can show that it is under way.
                None => settle = settle.max(SETTLE),
            }
        }
    }

    /// The id of the machine of that host name; none if the name stays free for this long.
    async fn find(&mut self, settle: Duration) -> Result<Option<String>, WorkflowError> {
        let until = Instant::now() + settle;
        loop {
            let mut machines = self
                .client
                .virtual_machines()
                .list(&self.organization)
                .items();
            while let Some(machine) = machines.try_next().await? {
                let named = machine.hostname.as_deref().unwrap_or_default();
                if named.eq_ignore_ascii_case(&self.hostname) {
                    return Ok(Some(machine.id));
                }
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            sleep(left.min(LOOK_EVERY)).await;
        }
    }

    /// Waits for a build, and then for its machine.
    async fn built(
        mut self,
        build: &VirtualMachineBuildLookup,
    ) -> Result<VirtualMachine, WorkflowError> {
        let wait = self.client.virtual_machine_builds().wait(build);
        let mut states = wait.poll(self.poll.clone()).states();
        let mut machine = None;
        while let Some(build) = states.try_next().await? {
            machine = build
                .virtual_machine
                .as_ref()
                .map(|machine| machine.id.clone());
            (self.progress)(&BuildStage::Building(build));
        }
        match machine {
            Some(id) => self.found(&VirtualMachineLookup::id(id)).await,
            None => Err(WorkflowError::Failed {
                what: format!("the build of {} names no machine", self.hostname),
            }),
        }
    }

    /// Waits until a machine runs. It comes up by itself after its build; one that doesn't was off before, and is started.
    async fn found(
        mut self,
        machine: &VirtualMachineLookup,
    ) -> Result<VirtualMachine, WorkflowError> {
        let mut rounds = Rounds::default();
        let machines = self.client.virtual_machines();
        loop {
            rounds.begin()?;
            let patience = match machines.get(machine).send().await?.virtual_machine.state {
                Some(State::Stopped) => IN_THE_MAKING,
                _ => Duration::from_secs(600),
            };
            let wait = machines.wait_for(machine, State::Started).timeout(patience);
            let mut states = wait.poll(self.poll.clone()).states();
            let mut last = None;
            let ended = loop {
                match states.try_next().await {
                    Ok(Some(machine)) => {
                        (self.progress)(&BuildStage::Starting(machine.clone()));
                        last = Some(machine);
                    }
                    Ok(None) => break Ok(last),
                    Err(error) => break Err(error),
                }
            };
            match ended {
                Ok(Some(machine)) => return Ok(machine),
                Ok(None) => {}
                Err(error @ WaitError::TimedOut { .. }) => {
                    match error.state().and_then(|machine| machine.state.as_ref()) {
                        Some(State::Stopped) => {
                            rounds.settle(machines.start(machine).send().await).await?;
                        }
                        _ => return Err(error.into()),
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl fmt::Debug for BuildMachine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BuildMachine")
            .field("organization", &self.organization)
            .field("hostname", &self.hostname)
            .field("settle", &self.settle)
            .finish_non_exhaustive()
    }
}
