//! The states of virtual machines.

use katapult_gen::types::{VirtualMachine, VirtualMachineLookup, VirtualMachineState};
use katapult_gen::virtual_machines::{self, VirtualMachines};

use super::*;

/// A virtual machine, waited for until it is in a state.
pub type VirtualMachineCondition = ResourceCondition<virtual_machines::Get, VirtualMachine>;

/// A virtual machine, waited for until there is none.
pub type VirtualMachineDeletedCondition =
    ResourceCondition<virtual_machines::Get, Option<VirtualMachine>>;

/// Waiting for the state of a virtual machine.
pub trait VirtualMachinesWaitExt {
    /// Waits until a machine is in this state.
    ///
    /// It fails if the machine is `failed` or `orphaned`, unless that is what was waited for. The time is 10 min unless
    /// [said otherwise](Wait::timeout).
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

    /// Waits until there is no such machine: a 404, and not only that it is in the trash, which is
    /// [an error](crate::Error::is_in_trash).
    fn wait_until_gone(
        &self,
        virtual_machine: impl Into<VirtualMachineLookup>,
    ) -> Waiter<VirtualMachineDeletedCondition>;
}

fn describe(machine: &VirtualMachine) -> String {
    let state = machine.state.as_ref().map(VirtualMachineState::as_str);
    in_words("virtual machine", &machine.id, state)
}

impl VirtualMachinesWaitExt for VirtualMachines<HttpTransport> {
    fn wait_for(
        &self,
        virtual_machine: impl Into<VirtualMachineLookup>,
        state: VirtualMachineState,
    ) -> Waiter<VirtualMachineCondition> {
        let judge = move |machine: &VirtualMachine| match &machine.state {
            Some(now) if *now == state => WaitState::Succeeded,
            Some(VirtualMachineState::Failed | VirtualMachineState::Orphaned) => WaitState::Failed,
            _ => WaitState::Pending,
        };
        let take = |response: virtual_machines::GetResponse| response.virtual_machine;
        super::wait(ResourceCondition::new(
            self.get(virtual_machine),
            take,
            judge,
            describe,
        ))
    }

    fn wait_until_gone(
        &self,
        virtual_machine: impl Into<VirtualMachineLookup>,
    ) -> Waiter<VirtualMachineDeletedCondition> {
        let judge = |machine: &Option<VirtualMachine>| match machine {
            None => WaitState::Succeeded,
            Some(_) => WaitState::Pending,
        };
        let take = |response: virtual_machines::GetResponse| Some(response.virtual_machine);
        let mut object =
            ResourceCondition::new(self.get(virtual_machine), take, judge, |machine| {
                machine
                    .as_ref()
                    .map_or_else(|| "no virtual machine".to_owned(), describe)
            });
        object.gone = Some(|| None);
        super::wait(object)
    }
}
