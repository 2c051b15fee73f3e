//! Stopping gently, and restarting.

use std::fmt;
use std::time::Duration;

use katapult_core::types::{VirtualMachine, VirtualMachineLookup, VirtualMachineState as State};

use crate::WorkflowError;
use crate::rounds::Rounds;
use katapult_core::Client;
use katapult_core::PollPolicy;
use katapult_core::WaitError;
use katapult_core::prelude::*;

/// How long a guest is given to shut down.
const LIMIT: Duration = Duration::from_secs(120);

type Progress = Box<dyn FnMut(&VirtualMachine) + Send>;

/// Stops a virtual machine: asks its guest to shut down, and after a limit switches it off.
///
/// It gives the machine, stopped. One that is stopped already is fine, and one that is on its way up or down is waited
/// for first.
pub struct StopMachine {
    client: Client,
    machine: VirtualMachineLookup,
    limit: Duration,
    poll: PollPolicy,
    progress: Option<Progress>,
}

impl StopMachine {
    /// Of this machine.
    pub fn new(client: &Client, virtual_machine: impl Into<VirtualMachineLookup>) -> Self {
        Self {
            client: client.clone(),
            machine: virtual_machine.into(),
            limit: LIMIT,
            poll: PollPolicy::default(),
            progress: None,
        }
    }

    /// How long the guest is given to shut down before the machine is switched off. Default 2 min; zero switches it off
    /// at once.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// When to look how far it is. Default [`PollPolicy::default`].
    #[must_use]
    pub fn poll(mut self, policy: PollPolicy) -> Self {
        self.poll = policy;
        self
    }

    /// Calls this with the machine as it is seen on the way.
    #[must_use]
    pub fn progress(mut self, progress: impl FnMut(&VirtualMachine) + Send + 'static) -> Self {
        self.progress = Some(Box::new(progress));
        self
    }

    /// Does it.
    ///
    /// # Errors
    ///
    /// When a call fails, the task that switches it off fails, or the machine is not off after 10 min more.
    pub async fn run(mut self) -> Result<VirtualMachine, WorkflowError> {
        let mut rounds = Rounds::default();
        let mut asked = self.limit.is_zero();
        loop {
            rounds.begin()?;
            let machine = look(&self.client, &self.machine).await?;
            if let Some(progress) = &mut self.progress {
                progress(&machine);
            }
            match &machine.state {
                Some(State::Stopped) => return Ok(machine),
                Some(State::ShuttingDown) if !asked => {
                    asked = true;
                    self.stopped_in_time().await?;
                }
                Some(State::Stopping) => self.reached(State::Stopped).await?,
                Some(state) if is_rising(state) => self.reached(State::Started).await?,
                _ if !asked => {
                    let shutdown = self.client.virtual_machines().shutdown(&self.machine);
                    if rounds.settle(shutdown.send().await).await?.is_some() {
                        asked = true;
                        self.stopped_in_time().await?;
                    }
                }
                _ => {
                    let stop = self.client.virtual_machines().stop(&self.machine);
                    let stopped = stop.wait().poll(self.poll.clone()).await;
                    if rounds.settle_wait(stopped).await?.is_some() {
                        self.reached(State::Stopped).await?;
                    }
                }
            }
        }
    }

    /// Waits for the guest; that it takes too long is for the next look to see.
    async fn stopped_in_time(&mut self) -> Result<(), WorkflowError> {
        let wait = self
            .client
            .virtual_machines()
            .wait_for(&self.machine, State::Stopped)
            .poll(self.poll.clone())
            .timeout(self.limit);
        let mut states = wait.states();
        loop {
            match states.try_next().await {
                Ok(Some(machine)) => {
                    if let Some(progress) = &mut self.progress {
                        progress(&machine);
                    }
                }
                Ok(None) | Err(WaitError::TimedOut { .. }) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn reached(&mut self, state: State) -> Result<(), WorkflowError> {
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
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// Stops a virtual machine, as [`StopMachine`] does, and starts it.
///
/// It gives the machine, started. Run again after a failure, it starts a machine that is off, and restarts one
/// that is up, since it can't know whether that was by itself.
#[derive(Debug)]
pub struct RestartMachine {
    stop: StopMachine,
}

impl RestartMachine {
    /// Of this machine.
    pub fn new(client: &Client, virtual_machine: impl Into<VirtualMachineLookup>) -> Self {
        Self {
            stop: StopMachine::new(client, virtual_machine),
        }
    }

    /// How long the guest is given to shut down before the machine is switched off. Default 2 min; zero switches it off
    /// at once.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.stop = self.stop.limit(limit);
        self
    }

    /// When to look how far it is. Default [`PollPolicy::default`].
    #[must_use]
    pub fn poll(mut self, policy: PollPolicy) -> Self {
        self.stop = self.stop.poll(policy);
        self
    }

    /// Calls this with the machine as it is seen on the way down.
    #[must_use]
    pub fn progress(mut self, progress: impl FnMut(&VirtualMachine) + Send + 'static) -> Self {
        self.stop = self.stop.progress(progress);
        self
    }

    /// Does it.
    ///
    /// # Errors
    ///
    /// Those of [`StopMachine::run`], and the same of starting.
    pub async fn run(self) -> Result<VirtualMachine, WorkflowError> {
        let (client, machine) = (self.stop.client.clone(), self.stop.machine.clone());
        let poll = self.stop.poll.clone();
        self.stop.run().await?;
        start(&client, &machine, &poll).await
    }
}

/// The machine as it is.
pub(crate) async fn look(
    client: &Client,
    machine: &VirtualMachineLookup,
) -> Result<VirtualMachine, WorkflowError> {
    let reply = client.virtual_machines().get(machine).send().await?;
    Ok(reply.into_inner().virtual_machine)
}

/// Whether a machine is on its way to being started.
pub(crate) fn is_rising(state: &State) -> bool {
    matches!(
        state,
        State::Allocating
            | State::Allocated
            | State::Starting
            | State::Migrating
            | State::Resetting
    )
}

/// Starts a machine that is off, and waits until it runs.
pub(crate) async fn start(
    client: &Client,
    machine: &VirtualMachineLookup,
    poll: &PollPolicy,
) -> Result<VirtualMachine, WorkflowError> {
    let mut rounds = Rounds::default();
    let machines = client.virtual_machines();
    let reach = |state| machines.wait_for(machine, state).poll(poll.clone());
    loop {
        rounds.begin()?;
        let now = look(client, machine).await?;
        match &now.state {
            Some(State::Started) => return Ok(now),
            Some(State::ShuttingDown | State::Stopping) => drop(reach(State::Stopped).await?),
            Some(State::Stopped) => {
                let started = machines.start(machine).wait().poll(poll.clone()).await;
                if rounds.settle_wait(started).await?.is_some() {
                    return Ok(reach(State::Started).await?);
                }
            }
            _ => return Ok(reach(State::Started).await?),
        }
    }
}
