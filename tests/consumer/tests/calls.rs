//! Typed calls: a list, an object by its natural key, and an error.

use katapult_consumer::{Result, builder, start_sandbox};
use katapult_core::types::{OrganizationLookup, VirtualMachineLookup};

#[tokio::test]
async fn machine_is_listed_read_and_missed() -> Result {
    let sandbox = start_sandbox().await?;
    let katapult = builder(&sandbox).build()?;

    let acme = OrganizationLookup::sub_domain("acme");
    let page = katapult.virtual_machines().list(&acme).send().await?;
    let first = page.virtual_machines.first().ok_or("no machine")?;

    let lookup = VirtualMachineLookup::id(&first.id);
    let machine = katapult.virtual_machines().get(&lookup).send().await?;
    assert_eq!(machine.fqdn, first.fqdn);

    let nobody = VirtualMachineLookup::fqdn("nobody.acme.example");
    let error = katapult.virtual_machines().get(&nobody).send().await;
    assert!(error.is_err_and(|error| error.is_not_found()));
    Ok(())
}
