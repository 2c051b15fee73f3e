//! Allocating and releasing IP addresses.

use katapult_core::Client;
use katapult_core::prelude::*;
use katapult_core::types::{
    IpAddress, IpAddressLookup, IpAddressVersion, VirtualMachineLookup,
    VirtualMachineNetworkInterface, VirtualMachineNetworkInterfaceLookup,
};

use crate::converge::ConvergeLoop;
use crate::error::WorkflowError;

/// Allocates an IP address to a virtual machine: a new one, or one that the organization has.
///
/// A machine that has the address already is a success; for a new one, a machine that has any address of the version.
#[derive(Debug)]
pub struct AllocateAddress {
    client: Client,
    machine: VirtualMachineLookup,
    source: AddressSource,
    network: Option<String>,
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
        virtual_machine: impl Into<VirtualMachineLookup>,
        version: IpAddressVersion,
    ) -> Self {
        Self {
            client: client.clone(),
            machine: virtual_machine.into(),
            source: AddressSource::New(version),
            network: None,
        }
    }

    /// Creates a workflow that allocates this address, which must be free.
    pub fn existing(
        client: &Client,
        virtual_machine: impl Into<VirtualMachineLookup>,
        ip_address: impl Into<IpAddressLookup>,
    ) -> Self {
        Self {
            client: client.clone(),
            machine: virtual_machine.into(),
            source: AddressSource::Existing(ip_address.into()),
            network: None,
        }
    }

    /// Sets the network of the interface, by id. Default: the first interface for a new address, and the API's choice
    /// for an existing one.
    #[must_use]
    pub fn network(mut self, network_id: impl Into<String>) -> Self {
        self.network = Some(network_id.into());
        self
    }

    /// Runs the workflow and returns the address.
    ///
    /// # Errors
    ///
    /// If a call fails. [`WorkflowError::PreconditionFailed`] if the machine has no interface to the network, or if the
    /// address is allocated to another object.
    pub async fn run(self) -> Result<IpAddress, WorkflowError> {
        let mut converge = ConvergeLoop::default();
        loop {
            converge.next_step()?;
            let interface = match (&self.source, &self.network) {
                (AddressSource::Existing(_), None) => None,
                _ => Some(self.interface().await?),
            };
            let allocated = match (&self.source, interface) {
                (AddressSource::New(version), Some(interface)) => {
                    if let Some(address) = address_of_version(&interface, version) {
                        return Ok(address);
                    }
                    if !converge.may_create().await {
                        continue;
                    }
                    let interfaces = self.client.virtual_machine_network_interfaces();
                    let id = VirtualMachineNetworkInterfaceLookup::id(interface.id);
                    let call = interfaces.allocate_new_ip(id, version.clone());
                    let response = converge.or_recheck(call.send().await).await?;
                    response.map(|response| response.into_inner().ip_address)
                }
                (AddressSource::Existing(address), interface) => {
                    if let Some(ip_address) = self.allocated(address).await? {
                        return Ok(ip_address);
                    }
                    self.allocate(address, interface, &mut converge).await?;
                    // The next step reads the address and confirms the allocation.
                    None
                }
                (AddressSource::New(_), None) => None,
            };
            if let Some(address) = allocated {
                return Ok(address);
            }
        }
    }

    async fn interface(&self) -> Result<VirtualMachineNetworkInterface, WorkflowError> {
        let interfaces = self.client.virtual_machine_network_interfaces();
        let mut all = interfaces.list(&self.machine).items();
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
            Some(network) => format!(
                "the machine ({}) has no interface to the network {network}",
                self.machine
            ),
            None => format!("the machine ({}) has no network interface", self.machine),
        }))
    }

    /// Returns the address if the machine has it, or `None` if it is free.
    async fn allocated(
        &self,
        address: &IpAddressLookup,
    ) -> Result<Option<IpAddress>, WorkflowError> {
        let get = self.client.ip_addresses().get(address);
        let ip = get.send().await?.into_inner().ip_address;
        if ip.allocation_id.is_none() {
            return Ok(None);
        }
        let machine = self.client.virtual_machines().get(&self.machine);
        let machine = machine.send().await?.into_inner().virtual_machine;
        let mut addresses = machine.ip_addresses.iter().flatten();
        match addresses.any(|address| address.id == ip.id) {
            true => Ok(Some(ip)),
            false => Err(WorkflowError::PreconditionFailed(format!(
                "the address ({address}) is allocated to another object: release it first"
            ))),
        }
    }

    async fn allocate(
        &self,
        address: &IpAddressLookup,
        interface: Option<VirtualMachineNetworkInterface>,
        converge: &mut ConvergeLoop,
    ) -> Result<(), WorkflowError> {
        let result = match interface {
            Some(interface) => {
                let interfaces = self.client.virtual_machine_network_interfaces();
                let id = VirtualMachineNetworkInterfaceLookup::id(interface.id);
                interfaces.allocate_ip(id, address).send().await.map(drop)
            }
            None => {
                let machines = self.client.virtual_machines();
                machines
                    .allocate_ip(&self.machine, address)
                    .send()
                    .await
                    .map(drop)
            }
        };
        converge.or_recheck(result).await?;
        Ok(())
    }
}

fn address_of_version(
    interface: &VirtualMachineNetworkInterface,
    version: &IpAddressVersion,
) -> Option<IpAddress> {
    let mut addresses = interface.ip_addresses.iter().flatten();
    // The addresses of an interface do not state their version.
    let six = *version == IpAddressVersion::Ipv6;
    let is_version = |ip: &&IpAddress| {
        ip.address
            .as_ref()
            .is_some_and(|text| text.contains(':') == six)
    };
    addresses.find(is_version).cloned()
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
    pub fn new(client: &Client, ip_address: impl Into<IpAddressLookup>) -> Self {
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
            let in_use = match addresses.get(&self.address).send().await {
                Ok(response) => {
                    // From now on by id: another customer may get the address when it is deleted.
                    self.address = IpAddressLookup::id(&response.ip_address.id);
                    response.ip_address.allocation_id.is_some()
                }
                Err(error) if error.is_not_found() => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            if in_use {
                match addresses.unallocate(&self.address).send().await {
                    // Another run unallocated it.
                    Err(error) if error.code().is_some_and(|code| code == "no_allocation") => {}
                    other => drop(converge.or_recheck(other).await?),
                }
            } else if self.keep_allocated {
                return Ok(());
            } else {
                match addresses.delete(&self.address).send().await {
                    Err(error) if error.is_not_found() => return Ok(()),
                    other => {
                        if converge.or_recheck(other).await?.is_some() {
                            return Ok(());
                        }
                    }
                }
            }
        }
    }
}
