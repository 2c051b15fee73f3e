//! Giving a machine another package.

use std::time::Duration;

use katapult_core::types::{
    VirtualMachine, VirtualMachineLookup, VirtualMachinePackage, VirtualMachinePackageLookup,
    VirtualMachineState as State,
};

use crate::power::{look, start};
use crate::rounds::Rounds;
use crate::{StopMachine, WorkflowError};
use katapult_core::Client;
use katapult_core::PollPolicy;
use katapult_core::prelude::*;

/// Gives a virtual machine another package.
///
/// A machine that runs can be given a larger one; for one with fewer cores or less memory it must be off, and is
/// stopped and started for it only with [leave](ResizeMachine::may_stop). A machine that has the package is left alone.
/// It gives the machine.
#[derive(Debug)]
pub struct ResizeMachine {
    client: Client,
    machine: VirtualMachineLookup,
    package: VirtualMachinePackageLookup,
    may_stop: bool,
    limit: Option<Duration>,
    poll: PollPolicy,
}

impl ResizeMachine {
    /// Of this machine, to this package.
    pub fn new(
        client: &Client,
        virtual_machine: impl Into<VirtualMachineLookup>,
        package: impl Into<VirtualMachinePackageLookup>,
    ) -> Self {
        Self {
            client: client.clone(),
            machine: virtual_machine.into(),
            package: package.into(),
            may_stop: false,
            limit: None,
            poll: PollPolicy::default(),
        }
    }

    /// Lets it stop the machine if that is needed. Default: it does not.
    ///
    /// With this it ends with a machine that runs, also one that was found off: a run that was broken off after it
    /// stopped the machine can't be told from that when it is repeated.
    #[must_use]
    pub fn may_stop(mut self) -> Self {
        self.may_stop = true;
        self
    }

    /// How long the guest is given to shut down before the machine is switched off. Default 2 min.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
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
    /// When a call fails, a task fails, or something is not done after 10 min; and refused when the machine would have to
    /// be stopped, but may not be.
    pub async fn run(self) -> Result<VirtualMachine, WorkflowError> {
        let mut rounds = Rounds::default();
        let packages = self.client.virtual_machine_packages();
        let wanted = packages.get(&self.package).send().await?;
        let wanted = &wanted.virtual_machine_package;
        loop {
            rounds.begin()?;
            let machine = look(&self.client, &self.machine).await?;
            if has(&machine, wanted) {
                return match self.may_stop {
                    true => start(&self.client, &self.machine, &self.poll).await,
                    false => Ok(machine),
                };
            }
            if is_smaller(wanted, &machine) && machine.state != Some(State::Stopped) {
                self.stop(wanted).await?;
            }
            let machines = self.client.virtual_machines();
            let set = machines.set_package(&self.machine, &self.package);
            let set = set.wait().poll(self.poll.clone()).await;
            rounds.settle_wait(set).await?;
        }
    }

    async fn stop(&self, wanted: &VirtualMachinePackage) -> Result<(), WorkflowError> {
        if !self.may_stop {
            let package = wanted.name.as_deref().unwrap_or(&wanted.id);
            return Err(WorkflowError::Refused(format!(
                "the package {package} is smaller than what the machine ({}) has, and can be given to it only while it \
                 is stopped: stop it, or allow that with `may_stop`",
                self.machine
            )));
        }
        let mut stop = StopMachine::new(&self.client, &self.machine).poll(self.poll.clone());
        if let Some(limit) = self.limit {
            stop = stop.limit(limit);
        }
        stop.run().await.map(drop)
    }
}

fn has(machine: &VirtualMachine, wanted: &VirtualMachinePackage) -> bool {
    let package = machine.package.as_ref();
    package.is_some_and(|package| package.id == wanted.id)
}

/// Whether a package has less of anything than the machine; what isn't told doesn't count.
fn is_smaller(wanted: &VirtualMachinePackage, machine: &VirtualMachine) -> bool {
    let package = machine.package.as_ref();
    let cores = machine
        .cpu_cores
        .or(package.and_then(|package| package.cpu_cores));
    let memory = machine
        .memory_in_gb
        .or(package.and_then(|package| package.memory_in_gb));
    let less = |wanted: Option<i64>, has: Option<i64>| matches!((wanted, has), (Some(wanted), Some(has)) if wanted < has);
    less(wanted.cpu_cores, cores) || less(wanted.memory_in_gb, memory)
}
