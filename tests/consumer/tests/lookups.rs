//! Lookups from text, as a program reads them from its arguments and its environment.

use std::str::FromStr;

use katapult_consumer::{Result, builder, start_sandbox};
use katapult_core::LookupError;
use katapult_core::types::{
    DataCenterLookup, OrganizationLookup, TaskLookup, VirtualMachineLookup,
};

/// Reads an argument, as clap does for a field of that type.
fn argument<L: FromStr<Err = LookupError>>(text: &str) -> Result<L> {
    Ok(text.parse()?)
}

#[tokio::test]
async fn machine_is_found_by_the_text_of_its_name_and_of_its_id() -> Result {
    let sandbox = start_sandbox().await?;
    let katapult = builder(&sandbox).build()?;
    let by_name: VirtualMachineLookup = argument("web-1.acme.example")?;
    let machine = katapult.virtual_machines().get(&by_name).send().await?;

    let by_id: VirtualMachineLookup = argument(&machine.id)?;
    assert_eq!(
        by_id,
        VirtualMachineLookup::try_from(&machine.virtual_machine)?
    );
    let same = katapult.virtual_machines().get(&by_id).send().await?;
    assert_eq!(same.fqdn, machine.fqdn);

    let acme: OrganizationLookup = argument("acme")?;
    let organization = katapult.organizations().get(&acme).send().await?;
    let by_id: OrganizationLookup = argument(&organization.id)?;
    assert_eq!(by_id, OrganizationLookup::id(&organization.id));

    // Refused before anything is sent.
    let error = argument::<TaskLookup>(&machine.id).err().ok_or("read")?;
    assert!(
        error
            .to_string()
            .ends_with("is the id of a virtual machine, not of a task"),
        "{error}"
    );
    Ok(())
}

#[test]
fn lookup_is_written_as_the_text_that_is_read() -> Result {
    for text in ["north-1", "dc_1", "permalink=dc_1"] {
        assert_eq!(argument::<DataCenterLookup>(text)?.to_string(), text);
    }
    Ok(())
}
