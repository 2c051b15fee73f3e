//! Faults of the sandbox, built with the ids of the operations, and from text.

use katapult_consumer::{Result, builder};
use katapult_core::prelude::*;
use katapult_core::types::OrganizationLookup;
use katapult_core::{Operation, RetryPolicy, data_centers, virtual_machines};
use katapult_sandbox::{Fault, Sandbox};

#[tokio::test]
async fn operation_has_the_faults_that_were_built_for_it() -> Result {
    let sandbox = Sandbox::builder()
        .fault(
            Fault::unavailable()
                .on(virtual_machines::List::ID)
                .script([false, true]),
        )
        .fault(Fault::reset_before().on(data_centers::List::ID).times(1))
        .fault(Fault::revoked().probability(0.0))
        .start()
        .await?;
    let katapult = builder(&sandbox)
        .retry(RetryPolicy::default().initial_backoff(std::time::Duration::from_millis(1)))
        .build()?;
    let acme = OrganizationLookup::sub_domain("acme");

    let list = katapult.virtual_machines().list(&acme);
    assert_eq!(list.clone().send().await?.attempts(), 1);
    assert_eq!(list.clone().send().await?.attempts(), 2);
    assert_eq!(katapult.data_centers().list().send().await?.attempts(), 2);

    let faults: Vec<_> = sandbox
        .requests()
        .into_iter()
        .flat_map(|r| r.faults)
        .collect();
    assert_eq!(faults, ["unavailable", "reset_before"]);

    sandbox.add_fault(Fault::unavailable().on(virtual_machines::List::ID));
    let error = list.retry(RetryPolicy::none()).send().await.err();
    assert!(error.is_some_and(|error| error.is_unavailable()));
    Ok(())
}

#[test]
fn text_of_a_fault_is_for_a_command_line_or_a_log() -> Result {
    let fault = Fault::reset_after()
        .on(virtual_machines::Shutdown::ID)
        .times(2);
    assert_eq!(fault.to_string(), "virtual_machines.shutdown:reset_after#2");
    assert_eq!(fault.to_string().parse::<Fault>()?, fault);
    Ok(())
}
