//! Values: enumerations from text, times, and responses that are stored, compared and described.

use katapult_consumer::{Result, builder, start_sandbox};
use katapult_core::types::{OrganizationLookup, TagColor, VirtualMachine, VirtualMachineLookup};
use katapult_core::{ExposeSecrets, Secret, Timestamp, jiff, schemars, serde_json, tags};

#[tokio::test]
async fn machine_is_stored_and_compared() -> Result {
    let sandbox = start_sandbox().await?;
    let katapult = builder(&sandbox).build()?;
    let web = VirtualMachineLookup::fqdn("web-1.acme.example");

    let response = katapult.virtual_machines().get(&web).send().await?;
    let mut machine = response.into_inner().virtual_machine;
    machine.initial_root_password = Some(Secret::from("x8-Tz"));

    let dump = serde_json::to_string_pretty(&machine)?;
    assert!(dump.contains("[REDACTED]") && !dump.contains("x8-Tz"));

    let stored = serde_json::to_vec(&ExposeSecrets(&machine))?;
    let read: VirtualMachine = serde_json::from_slice(&stored)?;
    assert_eq!(read, machine);

    let again = katapult.virtual_machines().get(&web).send().await?;
    assert_ne!(again.virtual_machine, machine);
    machine.initial_root_password = again.initial_root_password.clone();
    assert_eq!(again.virtual_machine, machine);
    Ok(())
}

#[tokio::test]
async fn request_is_stored_and_sent_later() -> Result {
    let sandbox = start_sandbox().await?;
    let katapult = builder(&sandbox).build()?;

    let acme = OrganizationLookup::sub_domain("acme");
    let color: TagColor = "green".parse()?;
    let call = katapult.tags().create(&acme, "queued").color(color);
    let queue = serde_json::to_string(call.operation())?;

    let stored: tags::Create = serde_json::from_str(&queue)?;
    assert_eq!(stored, *call.operation());
    let created = katapult.call(stored).send().await?;
    assert_eq!(created.color, Some(TagColor::Green));
    Ok(())
}

#[tokio::test]
async fn color_that_is_misspelled_is_refused_before_the_request() -> Result {
    let sandbox = start_sandbox().await?;
    let katapult = builder(&sandbox).build()?;

    let error = "blau".parse::<TagColor>().unwrap_err();
    assert_eq!(error.text(), "blau");
    assert!(error.known().contains(&"green"), "{error}");

    // The API decides about a value that is sent on purpose.
    let acme = OrganizationLookup::sub_domain("acme");
    let call = katapult.tags().create(&acme, "a");
    let refused = call.color(TagColor::unknown("blau")).send().await;
    assert!(refused.is_err_and(|error| error.is_validation()));
    Ok(())
}

#[tokio::test]
async fn times_are_those_of_jiff() -> Result {
    let sandbox = start_sandbox().await?;
    let katapult = builder(&sandbox).build()?;
    let web = VirtualMachineLookup::fqdn("web-1.acme.example");

    let machine = katapult.virtual_machines().get(&web).send().await?;
    let created = machine.created_at.ok_or("no time")?;
    let time = jiff::Timestamp::try_from(created)?;
    assert_eq!(time.to_string(), created.to_string());
    assert_eq!(Timestamp::from(time), created);
    Ok(())
}

#[test]
fn schema_describes_what_a_form_needs() -> Result {
    let schema = schemars::schema_for!(tags::Create);
    let text = serde_json::to_string(&schema)?;
    // The definitions have the colors to choose from, and accept others.
    assert!(
        text.contains("TagColor") && text.contains("\"green\""),
        "{text}"
    );
    Ok(())
}
