//! Waits for several objects at once, for objects of any resource, and by another process.

use std::time::Duration;

use katapult_consumer::{Result, builder, start_sandbox};
use katapult_core::types::{
    ObjectStorageBucketLookup, ObjectStorageBucketState, ObjectStorageClusterLookup,
    OrganizationLookup, VirtualMachineLookup, VirtualMachineState,
};
use katapult_core::{PollPolicy, WaitToken, prelude::*, wait_all};

fn eager() -> PollPolicy {
    PollPolicy::default().initial_interval(Duration::from_millis(50))
}

#[tokio::test]
async fn machines_are_stopped_together_and_their_tasks_awaited_as_a_stream() -> Result {
    let sandbox = start_sandbox().await?;
    let katapult = builder(&sandbox).poll_share(0.5).build()?;
    let mut stops = Vec::new();
    for name in ["a", "b", "c"] {
        let machine = VirtualMachineLookup::id(sandbox.add_machine(name, "pebble-1", "started")?);
        stops.push((
            name,
            katapult
                .virtual_machines()
                .stop(machine)
                .wait()
                .poll(eager()),
        ));
    }
    let mut stops = wait_all(stops).deadline(Duration::from_secs(60));
    while let Some((name, stopped)) = stops.next().await {
        println!("{name} {:?}: {}", stopped?.task().status, stops.progress());
    }
    assert_eq!(stops.unfinished().count(), 0);
    assert_eq!(stops.progress().to_string(), "3 of 3 waits ended");
    Ok(())
}

#[tokio::test]
async fn bucket_has_a_waiter_without_code_for_buckets() -> Result {
    let sandbox = start_sandbox().await?;
    let katapult = builder(&sandbox).build()?;
    let acme = OrganizationLookup::sub_domain("acme");
    let cluster = ObjectStorageClusterLookup::region("north-1");
    katapult
        .object_storage()
        .enable(&acme, &cluster)
        .send()
        .await?;
    katapult.object_storage().wait(&acme, &cluster).await?;
    let created = katapult.buckets().create(&acme, &cluster, "backups");
    created.send().await?;
    let bucket = ObjectStorageBucketLookup::name("backups");
    let bucket = katapult.buckets().get(&cluster, bucket);
    let bucket = bucket.wait().poll(eager()).await?;
    assert_eq!(bucket.state, Some(ObjectStorageBucketState::Configured));
    Ok(())
}

#[tokio::test]
async fn wait_is_continued_by_another_process() -> Result {
    let sandbox = start_sandbox().await?;
    let web = VirtualMachineLookup::id(sandbox.add_machine("web", "pebble-1", "started")?);
    let text = {
        let katapult = builder(&sandbox).build()?;
        let shutdown = katapult.virtual_machines().shutdown(&web).wait();
        let (_, waiter) = shutdown.start().await?;
        waiter.resume_token().to_string()
    };
    // Another process has nothing but the text.
    let katapult = builder(&sandbox).build()?;
    let token: WaitToken = text.parse()?;
    katapult.tasks().resume_wait(&token)?.poll(eager()).await?;
    let machine = katapult.virtual_machines().get(&web).send().await?;
    assert_eq!(machine.state, Some(VirtualMachineState::Stopped));
    Ok(())
}
