//! The metadata of responses and pages, the results of waiters, and the scopes of a program.

use std::time::Duration;

use katapult_consumer::{Result, builder, start_sandbox};
use katapult_core::prelude::*;
use katapult_core::types::{
    DataCenterLookup, DiskLookup, OrganizationLookup, TaskStatus, VirtualMachineLookup,
};
use katapult_core::{Operation, PollPolicy, disks, required_scopes, virtual_machines};
use katapult_sandbox::{Sandbox, Token};

#[tokio::test]
async fn response_has_metadata_and_yields_its_subject() -> Result {
    let sandbox = start_sandbox().await?;
    let katapult = builder(&sandbox).build()?;

    let web = VirtualMachineLookup::id(sandbox.add_machine("web-9", "pebble-1", "started")?);
    let response = katapult.virtual_machines().get(&web).send().await?;

    assert!(response.status().is_success() && response.attempts() == 1);
    assert!(response.request_id().is_some());
    assert!(response.headers().contains_key("content-type"));
    let quota = response.rate_limit().ok_or("no quota")?;
    assert!(quota.remaining < quota.limit);
    let json = response.json().ok_or("no JSON")?;
    assert_eq!(json["virtual_machine"]["id"], response.id);
    assert!(!response.bytes().is_empty());
    let machine = response.into_subject();
    assert_eq!(machine.name.as_deref(), Some("web-9"));
    Ok(())
}

#[tokio::test]
async fn pages_and_items_have_their_json() -> Result {
    let sandbox = start_sandbox().await?;
    let katapult = builder(&sandbox).build()?;
    let acme = OrganizationLookup::sub_domain("acme");
    let list = katapult.virtual_machines().list(&acme).per_page(1);

    let mut pages = list.clone().pages();
    while let Some(page) = pages.try_next().await? {
        assert!(page.status().is_success() && page.request_id().is_some());
        for (machine, json) in page.items().iter().zip(page.raw_items()) {
            assert_eq!(json["id"], machine.id);
        }
    }

    let mut machines = list.items().with_json();
    let mut count = 0;
    while let Some((machine, json)) = machines.try_next().await? {
        assert_eq!(json["id"], machine.id);
        count += 1;
    }
    assert!(count > 0);
    Ok(())
}

#[tokio::test]
async fn created_disk_is_the_result_of_its_waiter() -> Result {
    let sandbox = start_sandbox().await?;
    let katapult = builder(&sandbox).build()?;
    let poll = PollPolicy::default().initial_interval(Duration::from_millis(100));

    let acme = OrganizationLookup::sub_domain("acme");
    let north = DataCenterLookup::permalink("north-1");
    let create = katapult.disks().create(&acme, &north, "data", 10);
    let disk = create.wait().poll(poll.clone()).await?;

    assert_eq!(disk.task().status, Some(TaskStatus::Completed));
    let disk = DiskLookup::id(&disk.id);
    let built = katapult.disks().get(&disk).send().await?;
    assert_eq!(built.name.as_deref(), Some("data"));

    // Without a resource in the response, the result is the task.
    let web = VirtualMachineLookup::id(sandbox.add_machine("web-9", "pebble-1", "started")?);
    let stopped = katapult
        .virtual_machines()
        .shutdown(&web)
        .wait()
        .poll(poll)
        .await?;
    assert_eq!(stopped.status, Some(TaskStatus::Completed));
    Ok(())
}

#[tokio::test]
async fn token_with_the_chosen_scopes_is_enough() -> Result {
    let required = required_scopes([
        virtual_machines::List::INFO,
        virtual_machines::Shutdown::INFO,
        disks::List::INFO,
    ]);
    for (operation, scopes) in &required.alternatives {
        assert!(!scopes.is_empty(), "{operation}");
    }
    let token = Token::new("narrow").scopes(required.choice);
    let sandbox = Sandbox::builder().token(token).start().await?;
    let katapult = builder(&sandbox).build()?;

    let acme = OrganizationLookup::sub_domain("acme");
    let machines = katapult.virtual_machines().list(&acme).send().await?;
    katapult.disks().list(&acme).send().await?;
    let web = VirtualMachineLookup::id(sandbox.add_machine("web-9", "pebble-1", "started")?);
    katapult.virtual_machines().shutdown(&web).send().await?;

    let first = machines.virtual_machines.first().ok_or("no machine")?;
    let delete = katapult
        .virtual_machines()
        .delete(VirtualMachineLookup::id(&first.id));
    assert!(delete.send().await.is_err_and(|error| error.is_forbidden()));
    Ok(())
}
