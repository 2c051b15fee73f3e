use katapult_core::Client;
use katapult_core::types::{OrganizationLookup, VirtualMachine};

pub fn lookups(katapult: Client, acme: OrganizationLookup, machine: VirtualMachine) {
    let machines = katapult.virtual_machines();
    let _ = machines.get("web-1.acme.example"); //~ `&str` is not a `VirtualMachineLookup`, and does not convert to one
    let _ = machines.get(acme); //~ `OrganizationLookup` is not a `VirtualMachineLookup`, and does not convert to one
    let _ = machines.get(&machine); //~ `&VirtualMachine` is not a `VirtualMachineLookup`, and does not convert to one
}

//~ name the object by one of the keys of `VirtualMachineLookup`, such as `VirtualMachineLookup::id(…)`
//~ text is read by `text.parse::<VirtualMachineLookup>()?`
