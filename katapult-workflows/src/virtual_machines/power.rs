//! Stopping and restarting a virtual machine.

use std::fmt;
use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::types::{VirtualMachine, VirtualMachineLookup, VirtualMachineState as State};
use katapult_core::{Client, IntoLookup, PollPolicy, WaitError};

use crate::converge::ConvergeLoop;
use crate::error::WorkflowError;
use crate::progress::Progress;
use crate::steps::Step;
use crate::virtual_machines::power_steps::{PowerStep, start_steps, stop_steps};

/// The default time that a guest has to shut down.
// systemd stops services for up to 90 s; this leaves time for the rest.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(120);

/// Stops a virtual machine: requests a shutdown from its guest, and after a timeout stops it by force.
///
/// A machine that is stopped already is a success. One that is starting or stopping is waited for first.
pub struct StopMachine {
    client: Client,
    machine: VirtualMachineLookup,
    shutdown_timeout: Duration,
    poll: PollPolicy,
    progress: Progress<VirtualMachine>,
}

impl StopMachine {
    /// Creates a workflow that stops this machine.
    pub fn new(client: &Client, virtual_machine: impl IntoLookup<VirtualMachineLookup>) -> Self {
        Self {
            client: client.clone(),
            machine: virtual_machine.into(),
            shutdown_timeout: SHUTDOWN_TIMEOUT,
            poll: PollPolicy::default(),
            progress: Progress::default(),
        }
    }

    /// Sets the time that the guest has to shut down before the machine is stopped by force. Default: 2 min. Zero stops
    /// it by force at once.
    #[must_use]
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = timeout;
        self
    }

    /// Sets the intervals at which the state is polled. Default: [`PollPolicy::default`].
    #[must_use]
    pub fn poll(mut self, policy: PollPolicy) -> Self {
        self.poll = policy;
        self
    }

    /// Sets a callback for each state of the machine. Default: none.
    #[must_use]
    pub fn progress(mut self, progress: impl FnMut(&VirtualMachine) + Send + 'static) -> Self {
        self.progress = Progress::new(progress);
        self
    }

    /// Runs the workflow and returns the stopped machine.
    ///
    /// # Errors
    ///
    /// If a call or the task of the stop by force fails, or if the machine is not stopped 10 min after it.
    pub async fn run(mut self) -> Result<VirtualMachine, WorkflowError> {
        self.stop(&mut ConvergeLoop::default()).await
    }

    /// Runs the workflow, and waits until no lost request can stop the machine again after it is started.
    pub(crate) async fn run_until_settled(mut self) -> Result<VirtualMachine, WorkflowError> {
        let mut converge = ConvergeLoop::default();
        let stopped = self.stop(&mut converge).await?;
        converge.settle().await;
        Ok(stopped)
    }

    async fn stop(&mut self, converge: &mut ConvergeLoop) -> Result<VirtualMachine, WorkflowError> {
        let mut force = self.shutdown_timeout.is_zero();
        loop {
            converge.next_step()?;
            let machine = get_machine(&self.client, &self.machine).await?;
            // From now on by id: another machine may get the host name.
            self.machine = VirtualMachineLookup::id(&machine.id);
            self.progress.report(&machine);
            match stop_steps(machine.state.as_ref(), force).first() {
                None => return Ok(machine),
                Some(PowerStep::WaitForShutdown) => {
                    force = true;
                    self.wait_for_shutdown().await?;
                }
                Some(PowerStep::WaitUntilStopped) => self.wait_for(State::Stopped).await?,
                Some(PowerStep::WaitUntilStarted) => self.wait_for(State::Started).await?,
                Some(PowerStep::Shutdown) => {
                    let shutdown = self.client.virtual_machines().shutdown(&self.machine);
                    if converge.or_recheck(shutdown.send().await).await?.is_some() {
                        force = true;
                        self.wait_for_shutdown().await?;
                    }
                }
                // The guest did not shut down in time. A start is never a step of a stop.
                Some(PowerStep::Stop | PowerStep::StopUnlessShutDown | PowerStep::Start) => {
                    let stop = self.client.virtual_machines().stop(&self.machine);
                    let stopped = stop.wait().poll(self.poll.clone()).await;
                    if converge.or_recheck_wait(stopped).await?.is_some() {
                        self.wait_for(State::Stopped).await?;
                    }
                }
            }
        }
    }

    /// Reads the machine and returns the steps that remain.
    ///
    /// # Errors
    ///
    /// If the machine cannot be read.
    pub async fn steps(&self) -> Result<Vec<Step>, WorkflowError> {
        let machine = get_machine(&self.client, &self.machine).await?;
        Ok(self.remaining(machine.state.as_ref()))
    }

    pub(super) fn remaining(&self, state: Option<&State>) -> Vec<Step> {
        let steps = stop_steps(state, self.shutdown_timeout.is_zero()).iter();
        steps
            .map(|step| step.describe(self.shutdown_timeout))
            .collect()
    }

    /// Waits for the guest. A timeout is not an error: the next step then stops the machine by force.
    async fn wait_for_shutdown(&mut self) -> Result<(), WorkflowError> {
        let wait = self
            .client
            .virtual_machines()
            .wait_for(&self.machine, State::Stopped)
            .poll(self.poll.clone())
            .timeout(self.shutdown_timeout);
        let mut states = wait.states();
        loop {
            match states.try_next().await {
                Ok(Some(machine)) => {
                    self.progress.report(&machine);
                }
                Ok(None) | Err(WaitError::TimedOut { .. }) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn wait_for(&mut self, state: State) -> Result<(), WorkflowError> {
        let wait = self
            .client
            .virtual_machines()
            .wait_for(&self.machine, state);
        wait.poll(self.poll.clone()).await?;
        Ok(())
    }
}

impl fmt::Debug for StopMachine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StopMachine")
            .field("machine", &self.machine)
            .field("shutdown_timeout", &self.shutdown_timeout)
            .finish_non_exhaustive()
    }
}

/// Stops a virtual machine like [`StopMachine`], and starts it.
///
/// Run again after a failure, it starts a stopped machine and restarts a running one: the state does not show whether an
/// earlier run restarted it.
#[derive(Debug)]
pub struct RestartMachine {
    stop: StopMachine,
}

impl RestartMachine {
    /// Creates a workflow that restarts this machine.
    pub fn new(client: &Client, virtual_machine: impl IntoLookup<VirtualMachineLookup>) -> Self {
        Self {
            stop: StopMachine::new(client, virtual_machine),
        }
    }

    /// Sets the time that the guest has to shut down before the machine is stopped by force. Default: 2 min. Zero stops
    /// it by force at once.
    #[must_use]
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.stop = self.stop.shutdown_timeout(timeout);
        self
    }

    /// Sets the intervals at which the state is polled. Default: [`PollPolicy::default`].
    #[must_use]
    pub fn poll(mut self, policy: PollPolicy) -> Self {
        self.stop = self.stop.poll(policy);
        self
    }

    /// Sets a callback for each state of the machine until it is stopped. Default: none.
    #[must_use]
    pub fn progress(mut self, progress: impl FnMut(&VirtualMachine) + Send + 'static) -> Self {
        self.stop = self.stop.progress(progress);
        self
    }

    /// Runs the workflow and returns the started machine.
    ///
    /// # Errors
    ///
    /// Those of [`StopMachine::run`], and if the start fails or takes longer than 10 min.
    pub async fn run(self) -> Result<VirtualMachine, WorkflowError> {
        let (client, poll) = (self.stop.client.clone(), self.stop.poll.clone());
        let stopped = self.stop.run_until_settled().await?;
        start(&client, &VirtualMachineLookup::id(&stopped.id), &poll).await
    }

    /// Reads the machine and returns the steps of a run.
    ///
    /// # Errors
    ///
    /// If the machine cannot be read.
    pub async fn steps(&self) -> Result<Vec<Step>, WorkflowError> {
        let mut steps = self.stop.steps().await?;
        steps.push(PowerStep::Start.describe(self.stop.shutdown_timeout));
        Ok(steps)
    }
}

/// Reads the machine.
pub(crate) async fn get_machine(
    client: &Client,
    machine: &VirtualMachineLookup,
) -> Result<VirtualMachine, WorkflowError> {
    let response = client.virtual_machines().get(machine).send().await?;
    Ok(response.into_inner().virtual_machine)
}

/// Starts a stopped machine and waits until it runs.
pub(crate) async fn start(
    client: &Client,
    machine: &VirtualMachineLookup,
    poll: &PollPolicy,
) -> Result<VirtualMachine, WorkflowError> {
    let mut converge = ConvergeLoop::default();
    let machines = client.virtual_machines();
    let wait_for = |state| machines.wait_for(machine, state).poll(poll.clone());
    loop {
        converge.next_step()?;
        let current = get_machine(client, machine).await?;
        match start_steps(current.state.as_ref()).first() {
            None => return Ok(current),
            Some(PowerStep::WaitUntilStopped) => drop(wait_for(State::Stopped).await?),
            Some(PowerStep::Start) => {
                let started = machines.start(machine).wait().poll(poll.clone()).await;
                if converge.or_recheck_wait(started).await?.is_some() {
                    return Ok(wait_for(State::Started).await?);
                }
            }
            Some(_) => return Ok(wait_for(State::Started).await?),
        }
    }
}
