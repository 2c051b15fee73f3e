//! Giving a machine an address, and taking one away.

use katapult_core::types::IpAddressLookup;

use crate::WorkflowError;
use crate::rounds::Rounds;
use katapult_core::Client;

pub use give::GiveAddress;

mod give {
    use katapult_core::types::{
        IpAddress, IpAddressVersion, VirtualMachineLookup, VirtualMachineNetworkInterface,
        VirtualMachineNetworkInterfaceLookup,
    };

    use super::*;
    use katapult_core::prelude::*;

    /// Gives a virtual machine an address, either a new one or one that the organization has.
    ///
    /// It gives the address. A machine that has it already, or any of the version if a new one was asked for, is left
    /// alone.
    #[derive(Debug)]
    pub struct GiveAddress {
        client: Client,
        machine: VirtualMachineLookup,
        which: Which,
        network: Option<String>,
    }

    #[derive(Debug)]
    enum Which {
        New(IpAddressVersion),
        Existing(IpAddressLookup),
    }

    impl GiveAddress {
        /// Sees to it that the machine has an address of this version: a new one if it has none.
        pub fn new(
            client: &Client,
            virtual_machine: impl Into<VirtualMachineLookup>,
            version: IpAddressVersion,
        ) -> Self {
            Self {
                client: client.clone(),
                machine: virtual_machine.into(),
                which: Which::New(version),
                network: None,
            }
        }

        /// Gives it this address, which must be free.
        pub fn existing(
            client: &Client,
            virtual_machine: impl Into<VirtualMachineLookup>,
            ip_address: impl Into<IpAddressLookup>,
        ) -> Self {
            Self {
                client: client.clone(),
                machine: virtual_machine.into(),
                which: Which::Existing(ip_address.into()),
                network: None,
            }
        }

        /// On its interface to the network with this id. Default: on its first interface, when the address is new; an
        /// existing one goes where the API puts it.
        #[must_use]
        pub fn network(mut self, network_id: impl Into<String>) -> Self {
            self.network = Some(network_id.into());
            self
        }

        /// Does it.
        ///
        /// # Errors
        ///
        /// When a call fails; and refused when the machine has no interface to the network, or the address is another's.
        pub async fn run(self) -> Result<IpAddress, WorkflowError> {
            let mut rounds = Rounds::default();
            loop {
                rounds.begin()?;
                let interface = match (&self.which, &self.network) {
                    (Which::Existing(_), None) => None,
                    _ => Some(self.interface().await?),
                };
                let given = match (&self.which, interface) {
                    (Which::New(version), Some(interface)) => {
                        if let Some(has) = has(&interface, version) {
                            return Ok(has);
                        }
                        let interfaces = self.client.virtual_machine_network_interfaces();
                        let id = VirtualMachineNetworkInterfaceLookup::id(interface.id);
                        let call = interfaces.allocate_new_ip(id, version.clone());
                        let given = rounds.settle(call.send().await).await?;
                        given.map(|reply| reply.into_inner().ip_address)
                    }
                    (Which::Existing(address), interface) => {
                        if let Some(has) = self.existing_is_there(address).await? {
                            return Ok(has);
                        }
                        self.allocate(address, interface, &mut rounds).await?;
                        None
                    }
                    (Which::New(_), None) => None,
                };
                if let Some(address) = given {
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
                    // The list tells no addresses.
                    let id = VirtualMachineNetworkInterfaceLookup::id(interface.id);
                    let reply = interfaces.get(id).send().await?;
                    return Ok(reply.into_inner().virtual_machine_network_interface);
                }
            }
            Err(WorkflowError::Refused(match &self.network {
                Some(network) => format!(
                    "the machine ({}) has no interface to the network {network}",
                    self.machine
                ),
                None => format!("the machine ({}) has no network interface", self.machine),
            }))
        }

        /// The address if it is the machine's; none if it is free.
        async fn existing_is_there(
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
            let mut its = machine.ip_addresses.iter().flatten();
            match its.any(|its| its.id == ip.id) {
                true => Ok(Some(ip)),
                false => Err(WorkflowError::Refused(format!(
                    "the address ({address}) is allocated elsewhere: take it from there first"
                ))),
            }
        }

        async fn allocate(
            &self,
            address: &IpAddressLookup,
            interface: Option<VirtualMachineNetworkInterface>,
            rounds: &mut Rounds,
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
            rounds.settle(result).await?;
            Ok(())
        }
    }

    fn has(
        interface: &VirtualMachineNetworkInterface,
        version: &IpAddressVersion,
    ) -> Option<IpAddress> {
        let mut its = interface.ip_addresses.iter().flatten();
        let six = *version == IpAddressVersion::Ipv6;
        let is = |ip: &&IpAddress| {
            ip.address
                .as_ref()
                .is_some_and(|text| text.contains(':') == six)
        };
        its.find(is).cloned()
    }
}

/// Takes an address from what holds it, and deletes it.
///
/// One that is free already, or not there at all, is fine.
#[derive(Debug)]
pub struct TakeAddress {
    client: Client,
    address: IpAddressLookup,
    keep: bool,
}

impl TakeAddress {
    /// Of this address.
    pub fn new(client: &Client, ip_address: impl Into<IpAddressLookup>) -> Self {
        Self {
            client: client.clone(),
            address: ip_address.into(),
            keep: false,
        }
    }

    /// Keeps the address for the organization, and only takes it from what holds it. Default: it is deleted.
    #[must_use]
    pub fn keep(mut self) -> Self {
        self.keep = true;
        self
    }

    /// Does it.
    ///
    /// # Errors
    ///
    /// When a call fails: the API refuses to take it from what can't be without.
    pub async fn run(self) -> Result<(), WorkflowError> {
        let mut rounds = Rounds::default();
        let addresses = self.client.ip_addresses();
        loop {
            rounds.begin()?;
            let held = match addresses.get(&self.address).send().await {
                Ok(reply) => reply.ip_address.allocation_id.is_some(),
                Err(error) if error.is_not_found() => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            if held {
                match addresses.unallocate(&self.address).send().await {
                    Err(error) if error.code().is_some_and(|code| code == "no_allocation") => {}
                    other => drop(rounds.settle(other).await?),
                }
            } else if self.keep {
                return Ok(());
            } else {
                match addresses.delete(&self.address).send().await {
                    Err(error) if error.is_not_found() => return Ok(()),
                    other => {
                        if rounds.settle(other).await?.is_some() {
                            return Ok(());
                        }
                    }
                }
            }
        }
    }
}
