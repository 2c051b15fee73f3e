//! The states of virtual machines.

use katapult_gen::types::{VirtualMachine, VirtualMachineLookup, VirtualMachineState};
use katapult_gen::virtual_machines::{Get, GetResponse, VirtualMachines};

use super::{ResourceCondition, describe_state};
use crate::transport::HttpTransport;
use crate::waiter::{WaitState, Waiter};

/// The condition that a virtual machine is in a state.
pub type VirtualMachineCondition = ResourceCondition<Get, VirtualMachine>;

/// The condition that a virtual machine does not exist.
pub type VirtualMachineDeletedCondition = ResourceCondition<Get, Option<VirtualMachine>>;

/// Waiters for virtual machines.
pub trait VirtualMachinesWaitExt {
    /// Returns a waiter until a virtual machine is in this state.
    ///
    /// It fails if the virtual machine is `failed` or `orphaned`, unless that is the requested state. Default
    /// [timeout](Waiter::timeout): 10 min.
    ///
    /// ```no_run
    /// use katapult_core::{prelude::*, types::{VirtualMachineLookup, VirtualMachineState}};
    ///
    /// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let web = VirtualMachineLookup::fqdn("web-1.acme.example");
    /// let mut states = katapult
    ///     .virtual_machines()
    ///     .wait_for(&web, VirtualMachineState::Started)
    ///     .states();
    /// while let Some(machine) = states.try_next().await? {
    ///     println!("{:?}", machine.state);
    /// }
    /// # Ok(()) }
    /// ```
    fn wait_for(
        &self,
        virtual_machine: impl Into<VirtualMachineLookup>,
        state: VirtualMachineState,
    ) -> Waiter<VirtualMachineCondition>;

    /// Returns a waiter until a virtual machine does not exist: a 404. A virtual machine in the trash still exists,
    /// and polling it is [an error](crate::Error::is_in_trash). Default [timeout](Waiter::timeout): 10 min.
    fn wait_until_gone(
        &self,
        virtual_machine: impl Into<VirtualMachineLookup>,
    ) -> Waiter<VirtualMachineDeletedCondition>;
}

fn describe(machine: &VirtualMachine) -> String {
    let state = machine.state.as_ref().map(VirtualMachineState::as_str);
    describe_state("virtual machine", &machine.id, state)
}

impl VirtualMachinesWaitExt for VirtualMachines<HttpTransport> {
    fn wait_for(
        &self,
        virtual_machine: impl Into<VirtualMachineLookup>,
        state: VirtualMachineState,
    ) -> Waiter<VirtualMachineCondition> {
        let extract = |response: GetResponse| response.virtual_machine;
        let evaluate = move |machine: &VirtualMachine| match &machine.state {
            Some(current) if *current == state => WaitState::Succeeded,
            Some(VirtualMachineState::Failed | VirtualMachineState::Orphaned) => WaitState::Failed,
            _ => WaitState::Pending,
        };
        ResourceCondition::new(self.get(virtual_machine), extract, evaluate, describe).into_waiter()
    }

    fn wait_until_gone(
        &self,
        virtual_machine: impl Into<VirtualMachineLookup>,
    ) -> Waiter<VirtualMachineDeletedCondition> {
        let extract = |response: GetResponse| Some(response.virtual_machine);
        let evaluate = |machine: &Option<VirtualMachine>| match machine {
            None => WaitState::Succeeded,
            Some(_) => WaitState::Pending,
        };
        let get = self.get(virtual_machine);
        let mut condition = ResourceCondition::new(get, extract, evaluate, |machine| {
            machine
                .as_ref()
                .map_or_else(|| "no virtual machine".to_owned(), describe)
        });
        condition.on_not_found = Some(|| None);
        condition.into_waiter()
    }
}
