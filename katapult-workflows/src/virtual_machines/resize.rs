//! Changing the package of a virtual machine.

use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::types::{
    VirtualMachine, VirtualMachineLookup, VirtualMachinePackage, VirtualMachinePackageLookup,
    VirtualMachineState as State,
};
use katapult_core::virtual_machines::SetPackage;
use katapult_core::{Client, IntoLookup, PollPolicy};

use crate::converge::ConvergeLoop;
use crate::error::WorkflowError;
use crate::steps::Step;
use crate::virtual_machines::power::{StopMachine, get_machine, start};
use crate::virtual_machines::power_steps::start_steps;

/// Changes the package of a virtual machine.
///
/// A running machine can have a larger package. For fewer cores or less memory it must be stopped; the workflow stops and
/// starts it only if that is [allowed](ResizeMachine::allow_stop). A machine that has the package already is a success.
#[derive(Debug)]
pub struct ResizeMachine {
    client: Client,
    machine: VirtualMachineLookup,
    package: VirtualMachinePackageLookup,
    allow_stop: bool,
    shutdown_timeout: Option<Duration>,
    poll: PollPolicy,
}

impl ResizeMachine {
    /// Creates a workflow that changes the machine to this package.
    pub fn new(
        client: &Client,
        virtual_machine: impl IntoLookup<VirtualMachineLookup>,
        package: impl IntoLookup<VirtualMachinePackageLookup>,
    ) -> Self {
        Self {
            client: client.clone(),
            machine: virtual_machine.into(),
            package: package.into(),
            allow_stop: false,
            shutdown_timeout: None,
            poll: PollPolicy::default(),
        }
    }

    /// Allows the workflow to stop the machine if necessary. Default: not allowed.
    ///
    /// The machine runs at the end then, even if it was stopped before: a repeated run cannot know whether an interrupted
    /// one stopped it.
    #[must_use]
    pub fn allow_stop(mut self) -> Self {
        self.allow_stop = true;
        self
    }

    /// Sets the time that the guest has to shut down before the machine is stopped by force. Default: 2 min.
    #[must_use]
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = Some(timeout);
        self
    }

    /// Sets the intervals at which the state is polled. Default: [`PollPolicy::default`].
    #[must_use]
    pub fn poll(mut self, policy: PollPolicy) -> Self {
        self.poll = policy;
        self
    }

    /// Runs the workflow and returns the machine.
    ///
    /// # Errors
    ///
    /// If a call or a task fails, or if a state is not reached within 10 min. [`WorkflowError::PreconditionFailed`] if the
    /// machine must be stopped and that is not allowed.
    pub async fn run(mut self) -> Result<VirtualMachine, WorkflowError> {
        let mut converge = ConvergeLoop::default();
        let machines = self.client.virtual_machines();
        let wanted = &self.wanted_package().await?;
        self.package = VirtualMachinePackageLookup::id(&wanted.id);
        loop {
            converge.next_step()?;
            let machine = get_machine(&self.client, &self.machine).await?;
            // From now on by id: another machine may get the host name.
            self.machine = VirtualMachineLookup::id(&machine.id);
            if has_package(&machine, wanted) {
                // An earlier run may have stopped it for the change.
                return match self.allow_stop {
                    true => start(&self.client, &self.machine, &self.poll).await,
                    false => Ok(machine),
                };
            }
            if is_smaller(wanted, &machine) && machine.state != Some(State::Stopped) {
                self.require_stop(wanted)?;
                self.stop_machine().run_until_settled().await?;
            }
            let set = machines.set_package(&self.machine, &self.package);
            let set = set.wait().poll(self.poll.clone()).await;
            converge.or_recheck_wait(set).await?;
        }
    }

    /// Reads the machine and returns the steps that remain.
    ///
    /// # Errors
    ///
    /// If a read fails. [`WorkflowError::PreconditionFailed`] as for [`run`](Self::run).
    pub async fn steps(&self) -> Result<Vec<Step>, WorkflowError> {
        let wanted = self.wanted_package().await?;
        let machine = get_machine(&self.client, &self.machine).await?;
        let state = machine.state.as_ref();
        let stop = self.stop_machine();
        let start = |state: Option<&State>| {
            let steps = start_steps(state).iter();
            // Only a stop has the timeout.
            steps
                .map(|step| step.describe(Duration::ZERO))
                .collect::<Vec<_>>()
        };
        let mut steps = Vec::new();
        let mut state_after = state;
        if !has_package(&machine, &wanted) {
            if is_smaller(&wanted, &machine) && state != Some(&State::Stopped) {
                self.require_stop(&wanted)?;
                steps.extend(stop.remaining(state));
                state_after = Some(&State::Stopped);
            }
            let name = wanted.name.as_deref().unwrap_or(&wanted.id);
            let text = format!("change the package of the machine to {name}");
            steps.push(Step::request::<SetPackage>(text));
        }
        if self.allow_stop {
            steps.extend(start(state_after));
        }
        Ok(steps)
    }

    async fn wanted_package(&self) -> Result<VirtualMachinePackage, WorkflowError> {
        // Before the package is read: the machine would be refused only after it.
        self.client
            .virtual_machines()
            .get(&self.machine)
            .validate()?;
        let packages = self.client.virtual_machine_packages();
        let wanted = packages.get(&self.package).send().await?;
        Ok(wanted.into_subject())
    }

    fn require_stop(&self, wanted: &VirtualMachinePackage) -> Result<(), WorkflowError> {
        if self.allow_stop {
            return Ok(());
        }
        let package = wanted.name.as_deref().unwrap_or(&wanted.id);
        Err(WorkflowError::PreconditionFailed(format!(
            "the package {package} is smaller than that of the machine ({}), and requires a stopped machine: stop it, or \
             allow that with `allow_stop`",
            self.machine
        )))
    }

    fn stop_machine(&self) -> StopMachine {
        let stop = StopMachine::new(&self.client, &self.machine).poll(self.poll.clone());
        match self.shutdown_timeout {
            Some(timeout) => stop.shutdown_timeout(timeout),
            None => stop,
        }
    }
}

fn has_package(machine: &VirtualMachine, wanted: &VirtualMachinePackage) -> bool {
    let package = machine.package.as_ref();
    package.is_some_and(|package| package.id == wanted.id)
}

/// Returns `true` if a package has fewer cores or less memory than the machine. Unknown values do not count.
fn is_smaller(wanted: &VirtualMachinePackage, machine: &VirtualMachine) -> bool {
    let package = machine.package.as_ref();
    // The figures of the machine itself are optional.
    let cores = machine
        .cpu_cores
        .or(package.and_then(|package| package.cpu_cores));
    let memory = machine
        .memory_in_gb
        .or(package.and_then(|package| package.memory_in_gb));
    let less = |wanted: Option<i64>, has: Option<i64>| matches!((wanted, has), (Some(wanted), Some(has)) if wanted < has);
    less(wanted.cpu_cores, cores) || less(wanted.memory_in_gb, memory)
}
