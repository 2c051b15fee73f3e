//! The quickstart with the SDK, to measure the size of its program. `baseline-app` is the same without the SDK.

use std::error::Error;

use katapult_core::Client;
use katapult_core::prelude::*;
use katapult_core::types::{OrganizationLookup, VirtualMachineLookup};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let katapult = Client::from_env()?;
    let acme = OrganizationLookup::sub_domain("acme");
    let mut machines = katapult.virtual_machines().list(&acme).per_page(2).items();
    while let Some(machine) = machines.try_next().await? {
        println!(
            "{} {}",
            machine.id,
            machine.fqdn.as_deref().unwrap_or("unknown")
        );
    }
    let web = VirtualMachineLookup::fqdn("web-1.acme.example");
    let machine = katapult.virtual_machines().get(&web).send().await?;
    println!("{} is {}", machine.id, state(machine.state.as_ref()));
    let task = katapult.virtual_machines().shutdown(&web).wait().await?;
    println!("{} is done", task.id);
    let machine = katapult.virtual_machines().get(&web).send().await?;
    println!("{} is {}", machine.id, state(machine.state.as_ref()));
    let nobody = VirtualMachineLookup::fqdn("nobody.acme.example");
    match katapult.virtual_machines().get(&nobody).send().await {
        Err(error) if error.is_not_found() => println!("nobody is not there"),
        found => println!("nobody is {}", state(found?.state.as_ref())),
    }
    Ok(())
}

fn state(state: Option<&katapult_core::types::VirtualMachineState>) -> String {
    state.map_or_else(|| "unknown".to_owned(), ToString::to_string)
}
