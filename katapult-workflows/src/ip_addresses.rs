//! Allocating and releasing IP addresses.

use std::time::Duration;

use katapult_core::ip_addresses::{Delete, Unallocate};
use katapult_core::prelude::*;
use katapult_core::types::{
    IpAddress, IpAddressLookup, IpAddressVersion, VirtualMachineLookup,
    VirtualMachineNetworkInterface, VirtualMachineNetworkInterfaceLookup,
};
use katapult_core::virtual_machine_network_interfaces::{
    AllocateIp as AllocateToInterface, AllocateNewIp,
};
use katapult_core::virtual_machines::AllocateIp as AllocateToMachine;
use katapult_core::{Client, IntoLookup};

use crate::converge::{ConvergeLoop, RECONCILE_FOR};
use crate::error::WorkflowError;
use crate::steps::Step;

/// Allocates an IP address to a virtual machine: a new one, or one that the organization has.
///
/// A machine that has the address already is a success; for a new one, a machine that has any address of the version.
#[derive(Debug)]
pub struct AllocateAddress {
    client: Client,
    machine: VirtualMachineLookup,
    source: AddressSource,
    network: Option<String>,
    reconcile_for: Duration,
}

#[derive(Debug)]
enum AddressSource {
    New(IpAddressVersion),
    Existing(IpAddressLookup),
}

impl AllocateAddress {
    /// Creates a workflow that allocates a new address of this version if the machine has none.
    pub fn new(
        client: &Client,
        virtual_machine: impl IntoLookup<VirtualMachineLookup>,
        version: IpAddressVersion,
    ) -> Self {
        Self {
            client: client.clone(),
            machine: virtual_machine.into(),
            source: AddressSource::New(version),
            network: None,
            reconcile_for: RECONCILE_FOR,
        }
    }

    /// Creates a workflow that allocates this address, which must be free.
    pub fn existing(
        client: &Client,
        virtual_machine: impl IntoLookup<VirtualMachineLookup>,
        ip_address: impl IntoLookup<IpAddressLookup>,
    ) -> Self {
        Self {
            client: client.clone(),
            machine: virtual_machine.into(),
            source: AddressSource::Existing(ip_address.into()),
            network: None,
            reconcile_for: RECONCILE_FOR,
        }
    }

    /// Sets the network of the interface, by id. Default: the first interface for a new address, and the API's choice
    /// for an existing one.
    #[must_use]
    pub fn network(mut self, network_id: impl Into<String>) -> Self {
        self.network = Some(network_id.into());
        self
    }

    /// Sets how long after the loss of a response the state is read before a creation is sent again. Default: 45 s.
    ///
    /// The API may execute a request so long after its response was lost: a shorter time risks a second object.
    #[must_use]
    pub fn reconcile_for(mut self, time: Duration) -> Self {
        self.reconcile_for = time;
        self
    }

    /// Runs the workflow and returns the address.
    ///
    /// # Errors
    ///
    /// If a call fails. [`WorkflowError::PreconditionFailed`] if the machine has no interface to the network, or if the
    /// address is allocated to another object. [`WorkflowError::Duplicate`] if another run allocated a new address at
    /// the same time: the machine has both, and neither is released.
    pub async fn run(self) -> Result<IpAddress, WorkflowError> {
        let machine = self.resolve_machine().await?;
        match &self.source {
            AddressSource::New(version) => self.allocate_new(&machine, version).await,
            AddressSource::Existing(address) => self.allocate_existing(&machine, address).await,
        }
    }

    /// Reads the addresses and returns the steps that remain.
    ///
    /// # Errors
    ///
    /// If a read fails. [`WorkflowError::PreconditionFailed`] as for [`run`](Self::run).
    pub async fn steps(&self) -> Result<Vec<Step>, WorkflowError> {
        let machine = self.resolve_machine().await?;
        let step = match &self.source {
            AddressSource::New(version) => {
                let interface = self.interface(&machine).await?;
                let has_none = addresses_of_version(&interface, version).is_empty();
                let text = format!("allocate a new {version} address to the machine");
                has_none.then(|| Step::request::<AllocateNewIp>(text))
            }
            AddressSource::Existing(address) => {
                let ip = self.client.ip_addresses().get(address).send().await?;
                let ip = ip.into_inner().ip_address;
                match (&ip.allocation_id, &self.network) {
                    (Some(_), _) => {
                        self.allocated_to(&machine, ip).await?;
                        None
                    }
                    (None, Some(_)) => {
                        self.interface(&machine).await?;
                        let text = "allocate the address to the interface of the machine";
                        Some(Step::request::<AllocateToInterface>(text))
                    }
                    (None, None) => Some(Step::request::<AllocateToMachine>(
                        "allocate the address to the machine",
                    )),
                }
            }
        };
        Ok(step.into_iter().collect())
    }

    /// Returns the machine by its id.
    async fn resolve_machine(&self) -> Result<VirtualMachineLookup, WorkflowError> {
        // Before anything is read: the address would be refused only after the machine.
        let machines = self.client.virtual_machines();
        machines.get(&self.machine).validate()?;
        if let AddressSource::Existing(address) = &self.source {
            self.client.ip_addresses().get(address).validate()?;
        }
        // From now on by id: another machine may get the host name.
        match &self.machine {
            by_id @ VirtualMachineLookup::Id(_) => Ok(by_id.clone()),
            by_name => {
                let machine = machines.get(by_name).send().await?;
                Ok(VirtualMachineLookup::id(&machine.virtual_machine.id))
            }
        }
    }

    async fn allocate_new(
        &self,
        machine: &VirtualMachineLookup,
        version: &IpAddressVersion,
    ) -> Result<IpAddress, WorkflowError> {
        let mut converge = ConvergeLoop::reconcile_for(self.reconcile_for);
        let mut may_have_created = false;
        loop {
            converge.next_step()?;
            let interface = self.interface(machine).await?;
            match &addresses_of_version(&interface, version)[..] {
                [] => {}
                [first, _, ..] if !may_have_created => return Ok(first.clone()),
                [only] => return Ok(only.clone()),
                several => {
                    let ids = several.iter().map(|address| address.id.clone()).collect();
                    let what = format!("{version} addresses of the machine ({machine})");
                    return Err(WorkflowError::Duplicate {
                        description: what,
                        ids,
                    });
                }
            }
            if converge.may_create().await {
                let interfaces = self.client.virtual_machine_network_interfaces();
                let id = VirtualMachineNetworkInterfaceLookup::id(interface.id);
                let call = interfaces.allocate_new_ip(id, version.clone());
                may_have_created = true;
                // The next step reads the addresses: another run may have allocated one too.
                converge.or_recheck(call.send().await).await?;
            }
        }
    }

    async fn allocate_existing(
        &self,
        machine: &VirtualMachineLookup,
        address: &IpAddressLookup,
    ) -> Result<IpAddress, WorkflowError> {
        let mut converge = ConvergeLoop::reconcile_for(self.reconcile_for);
        let mut address = address.clone();
        loop {
            converge.next_step()?;
            let ip = self.client.ip_addresses().get(&address).send().await?;
            let ip = ip.into_inner().ip_address;
            // From now on by id: another customer may get the address.
            address = IpAddressLookup::id(&ip.id);
            if ip.allocation_id.is_some() {
                return self.allocated_to(machine, ip).await;
            }
            // The next step reads the address and confirms the allocation.
            match &self.network {
                Some(_) => {
                    let interface = self.interface(machine).await?;
                    let interfaces = self.client.virtual_machine_network_interfaces();
                    let id = VirtualMachineNetworkInterfaceLookup::id(interface.id);
                    let allocate = interfaces.allocate_ip(id, &address);
                    converge.or_recheck_refused(allocate.send().await).await?;
                }
                None => {
                    let machines = self.client.virtual_machines();
                    let allocate = machines.allocate_ip(machine, &address);
                    converge.or_recheck_refused(allocate.send().await).await?;
                }
            }
        }
    }

    async fn interface(
        &self,
        machine: &VirtualMachineLookup,
    ) -> Result<VirtualMachineNetworkInterface, WorkflowError> {
        let interfaces = self.client.virtual_machine_network_interfaces();
        let mut all = interfaces.list(machine).items();
        while let Some(interface) = all.try_next().await? {
            let network = interface.network.as_ref().map(|network| &network.id);
            if self.network.is_none() || network == self.network.as_ref() {
                // The list does not have the addresses.
                let id = VirtualMachineNetworkInterfaceLookup::id(interface.id);
                let response = interfaces.get(id).send().await?;
                return Ok(response.into_inner().virtual_machine_network_interface);
            }
        }
        Err(WorkflowError::PreconditionFailed(match &self.network {
            Some(network) => {
                format!("the machine ({machine}) has no interface to the network {network}")
            }
            None => format!("the machine ({machine}) has no network interface"),
        }))
    }

    /// Returns the address if the machine has it.
    async fn allocated_to(
        &self,
        machine: &VirtualMachineLookup,
        ip: IpAddress,
    ) -> Result<IpAddress, WorkflowError> {
        let machine = self.client.virtual_machines().get(machine).send().await?;
        let mut addresses = machine.virtual_machine.ip_addresses.iter().flatten();
        match addresses.any(|address| address.id == ip.id) {
            true => Ok(ip),
            false => Err(WorkflowError::PreconditionFailed(format!(
                "the address {} ({}) is allocated to another object: release it first",
                ip.address.as_deref().unwrap_or_default(),
                ip.id
            ))),
        }
    }
}

fn addresses_of_version(
    interface: &VirtualMachineNetworkInterface,
    version: &IpAddressVersion,
) -> Vec<IpAddress> {
    let addresses = interface.ip_addresses.iter().flatten();
    // The addresses of an interface do not state their version.
    let six = *version == IpAddressVersion::Ipv6;
    let is_version = |ip: &&IpAddress| {
        ip.address
            .as_ref()
            .is_some_and(|text| text.contains(':') == six)
    };
    addresses.filter(is_version).cloned().collect()
}

/// Unallocates an IP address and deletes it.
///
/// An address that is free already, or that does not exist, is a success.
#[derive(Debug)]
pub struct ReleaseAddress {
    client: Client,
    address: IpAddressLookup,
    keep_allocated: bool,
}

impl ReleaseAddress {
    /// Creates a workflow that releases this address.
    pub fn new(client: &Client, ip_address: impl IntoLookup<IpAddressLookup>) -> Self {
        Self {
            client: client.clone(),
            address: ip_address.into(),
            keep_allocated: false,
        }
    }

    /// Keeps the address allocated to the organization, free for another object. Default: it is deleted.
    #[must_use]
    pub fn keep_allocated(mut self) -> Self {
        self.keep_allocated = true;
        self
    }

    /// Runs the workflow.
    ///
    /// # Errors
    ///
    /// If a call fails, such as that for an address which its object requires.
    pub async fn run(mut self) -> Result<(), WorkflowError> {
        let mut converge = ConvergeLoop::default();
        let addresses = self.client.ip_addresses();
        loop {
            converge.next_step()?;
            let Some(ip) = self.read().await? else {
                return Ok(());
            };
            // From now on by id: another customer may get the address when it is deleted.
            self.address = IpAddressLookup::id(&ip.id);
            match self.remaining(&ip).first() {
                None => return Ok(()),
                Some(ReleaseStep::Unallocate) => {
                    match addresses.unallocate(&self.address).send().await {
                        // Another run unallocated it.
                        Err(error) if error.code().is_some_and(|code| code == "no_allocation") => {}
                        other => drop(converge.or_recheck(other).await?),
                    }
                }
                Some(ReleaseStep::Delete) => match addresses.delete(&self.address).send().await {
                    Err(error) if error.is_not_found() => return Ok(()),
                    other => {
                        if converge.or_recheck(other).await?.is_some() {
                            return Ok(());
                        }
                    }
                },
            }
        }
    }

    /// Reads the address and returns the steps that remain.
    ///
    /// # Errors
    ///
    /// If the address cannot be read.
    pub async fn steps(&self) -> Result<Vec<Step>, WorkflowError> {
        let ip = self.read().await?;
        let remaining = ip.map_or(&[][..], |ip| self.remaining(&ip));
        Ok(remaining.iter().map(|step| step.describe()).collect())
    }

    async fn read(&self) -> Result<Option<IpAddress>, WorkflowError> {
        match self.client.ip_addresses().get(&self.address).send().await {
            Ok(response) => Ok(Some(response.into_inner().ip_address)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn remaining(&self, ip: &IpAddress) -> &'static [ReleaseStep] {
        release_steps(ip.allocation_id.is_some(), self.keep_allocated)
    }
}

/// A step of a release.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ReleaseStep {
    Unallocate,
    Delete,
}

impl ReleaseStep {
    pub(crate) fn describe(self) -> Step {
        match self {
            ReleaseStep::Unallocate => Step::request::<Unallocate>("unallocate the IP address"),
            ReleaseStep::Delete => Step::request::<Delete>("delete the IP address"),
        }
    }
}

/// Returns the steps that release an address, or keep it free.
pub(crate) fn release_steps(is_allocated: bool, keep: bool) -> &'static [ReleaseStep] {
    match (is_allocated, keep) {
        (true, true) => &[ReleaseStep::Unallocate],
        (true, false) => &[ReleaseStep::Unallocate, ReleaseStep::Delete],
        (false, true) => &[],
        (false, false) => &[ReleaseStep::Delete],
    }
}
