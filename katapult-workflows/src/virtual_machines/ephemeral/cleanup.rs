//! Deleting the machine of a run, however the run ends.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use katapult_core::types::{
    OrganizationLookup, VirtualMachineLookup, VirtualMachineState as State,
};
use katapult_core::{Client, PollPolicy};
use tokio::runtime::Handle;

use crate::error::WorkflowError;
use crate::steps::Step;
use crate::virtual_machines::build::BuildStage;
use crate::virtual_machines::delete::DeleteMachine;
use crate::virtual_machines::find::{VISIBLE_AFTER_LOSS, find_machine};

/// The traces that a run has left.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Traces {
    /// No build was requested by this run.
    #[default]
    None,
    /// A build was requested, whose machine may not be visible yet.
    Requested,
    /// A machine with this id exists.
    Machine(String),
}

impl Traces {
    /// Returns the traces after a stage of the build.
    fn after(self, stage: &BuildStage) -> Self {
        match (self, stage) {
            (Traces::Machine(id), _) => Traces::Machine(id),
            (_, BuildStage::Starting(machine)) => Traces::Machine(machine.id.clone()),
            (traces, BuildStage::Building(build)) => match &build.virtual_machine {
                Some(machine) if !machine.id.is_empty() => Traces::Machine(machine.id.clone()),
                _ => traces,
            },
            (_, BuildStage::Requesting) => Traces::Requested,
            (traces, _) => traces,
        }
    }
}

/// The deletion of the machine.
#[derive(Clone, Debug)]
pub(super) struct Cleanup {
    pub(super) client: Client,
    pub(super) organization: OrganizationLookup,
    pub(super) hostname: String,
    pub(super) release_addresses: bool,
    pub(super) poll: PollPolicy,
    // Written by the progress callback of the build, read when the run ends.
    traces: Arc<Mutex<Traces>>,
}

impl Cleanup {
    pub(super) fn new(
        client: &Client,
        organization: &OrganizationLookup,
        hostname: String,
    ) -> Self {
        Self {
            client: client.clone(),
            organization: organization.clone(),
            hostname,
            release_addresses: false,
            poll: PollPolicy::default(),
            traces: Arc::default(),
        }
    }

    fn traces(&self) -> MutexGuard<'_, Traces> {
        // A value of one assignment is whole, even if another thread panicked.
        self.traces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a stage of the build.
    pub(super) fn record(&self, stage: &BuildStage) {
        let mut traces = self.traces();
        *traces = std::mem::take(&mut *traces).after(stage);
    }

    /// Records that the build ended with an error that excludes a late execution.
    pub(super) fn record_refusal(&self) {
        let mut traces = self.traces();
        if *traces == Traces::Requested {
            *traces = Traces::None;
        }
    }

    /// Deletes the machine, if there is one.
    pub(super) async fn run(self) -> Result<(), WorkflowError> {
        let traces = self.traces().clone();
        let id = match traces {
            Traces::None => None,
            Traces::Requested => {
                let (client, organization) = (&self.client, &self.organization);
                find_machine(client, organization, &self.hostname, VISIBLE_AFTER_LOSS).await?
            }
            Traces::Machine(id) => Some(id),
        };
        let Some(id) = id else {
            return Ok(());
        };
        self.deletion(VirtualMachineLookup::id(id)).run().await
    }

    /// Returns the steps that delete the machine when it runs.
    pub(super) fn steps(&self) -> Vec<Step> {
        // The lookup is never sent.
        let deletion = self.deletion(VirtualMachineLookup::fqdn(self.hostname.as_str()));
        // A build allocates one address, unless its specification has other interfaces.
        deletion.remaining(false, Some(&State::Started), 1)
    }

    fn deletion(&self, machine: VirtualMachineLookup) -> DeleteMachine {
        let delete = DeleteMachine::new(&self.client, machine).poll(self.poll.clone());
        match self.release_addresses {
            true => delete.release_addresses(),
            false => delete,
        }
    }
}

/// Runs the cleanup in the background when it is dropped, unless it was completed.
pub(super) struct CleanupGuard {
    cleanup: Option<Cleanup>,
}

impl CleanupGuard {
    pub(super) fn new(cleanup: &Cleanup) -> Self {
        Self {
            cleanup: Some(cleanup.clone()),
        }
    }

    /// Runs the cleanup. Dropped before its end, it continues in the background.
    pub(super) async fn complete(mut self) -> Result<(), WorkflowError> {
        let result = match &self.cleanup {
            Some(cleanup) => cleanup.clone().run().await,
            None => Ok(()),
        };
        self.cleanup = None;
        result
    }
}

impl Drop for CleanupGuard {
    fn drop(&mut self) {
        // Without a runtime, the lease is what remains.
        if let (Some(cleanup), Ok(runtime)) = (self.cleanup.take(), Handle::try_current()) {
            runtime.spawn(cleanup.run());
        }
    }
}

#[cfg(test)]
mod tests {
    use katapult_core::serde_json::from_str;

    use super::*;

    #[test]
    fn traces_follow_the_stages_of_a_build() {
        let building = |json: &str| BuildStage::Building(from_str(json).unwrap());
        let pending = building(r#"{"id":"vmbuild_1","state":"pending"}"#);
        let with_machine = building(r#"{"id":"vmbuild_1","virtual_machine":{"id":"vm_1"}}"#);
        let starting = BuildStage::Starting(from_str(r#"{"id":"vm_2"}"#).unwrap());
        let machine = |id: &str| Traces::Machine(id.to_owned());
        let table = [
            (Traces::None, BuildStage::Searching, Traces::None),
            (Traces::None, BuildStage::Requesting, Traces::Requested),
            (Traces::None, starting.clone(), machine("vm_2")),
            (Traces::Requested, BuildStage::Searching, Traces::Requested),
            (Traces::Requested, pending, Traces::Requested),
            (Traces::Requested, with_machine.clone(), machine("vm_1")),
            (machine("vm_1"), starting, machine("vm_1")),
            (machine("vm_2"), with_machine, machine("vm_2")),
            (machine("vm_1"), BuildStage::Requesting, machine("vm_1")),
        ];
        for (before, stage, after) in table {
            assert_eq!(before.clone().after(&stage), after, "{before:?} {stage:?}");
        }
    }
}
