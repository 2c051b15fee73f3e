//! The blocking interface: a call, a list, a waiter and a misuse, in a program whose own code is not async.

use std::time::Duration;

use katapult_consumer::{Result, builder, start_sandbox};
use katapult_core::prelude::*;
use katapult_core::types::{
    OrganizationLookup, TaskLookup, VirtualMachineLookup, VirtualMachineState,
};
use katapult_core::{Client, WaitError, wait_all};
use katapult_sandbox::Sandbox;
use tokio::runtime::Runtime;

/// Returns the server with the runtime that it runs on. The client does not use that runtime.
fn start() -> Result<(Runtime, Sandbox, Client)> {
    let runtime = Runtime::new()?;
    let sandbox = runtime.block_on(start_sandbox())?;
    let katapult = builder(&sandbox).build()?;
    Ok((runtime, sandbox, katapult))
}

#[test]
fn call_list_and_waiter_block_the_thread() -> Result {
    let (_runtime, _sandbox, katapult) = start()?;
    let machines = katapult.virtual_machines();

    let acme: OrganizationLookup = "acme".parse()?;
    let mut hosts = Vec::new();
    for machine in machines.list(&acme).per_page(2).items_blocking() {
        hosts.extend(machine?.fqdn);
    }
    assert!(
        hosts.contains(&"web-1.acme.example".to_owned()),
        "{hosts:?}"
    );
    let pages = machines.list(&acme).per_page(2).pages_blocking();
    let sizes: std::result::Result<Vec<usize>, _> = pages
        .map(|page| page.map(|page| page.items().len()))
        .collect();
    assert_eq!(sizes?.iter().sum::<usize>(), hosts.len());

    let web: VirtualMachineLookup = "web-1.acme.example".parse()?;
    let task = machines.shutdown(&web).wait_blocking()?;
    assert_eq!(task.response().task.id, task.task().id);
    let again = katapult.tasks().wait(TaskLookup::try_from(task.task())?);
    let again = again.timeout(Duration::from_secs(5)).wait_blocking()?;
    assert_eq!(again.id, task.task().id);
    let machine = machines.get(&web).send_blocking()?;
    assert_eq!(machine.state, Some(VirtualMachineState::Stopped));

    let nobody: VirtualMachineLookup = "nobody.acme.example".parse()?;
    let error = machines.get(&nobody).send_blocking();
    assert!(error.is_err_and(|error| error.is_not_found()));
    Ok(())
}

#[test]
fn many_waits_block_the_thread_until_all_have_ended() -> Result {
    let (_runtime, _sandbox, katapult) = start()?;
    let task = katapult
        .virtual_machines()
        .shutdown(VirtualMachineLookup::fqdn("web-1.acme.example"))
        .send_blocking()?;
    let ids = [task.id.clone(), "task_none".to_owned()];
    let waits = ids.map(|id| (id.clone(), katapult.tasks().wait(TaskLookup::id(id))));
    let outcome = wait_all(waits).wait_blocking()?;
    let succeeded: Vec<_> = outcome.succeeded.iter().map(|(id, _)| id).collect();
    let failed: Vec<_> = outcome.failed.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!((succeeded, failed), (vec![&task.id], vec!["task_none"]));
    Ok(())
}

#[test]
fn iterator_continues_at_its_resume_token() -> Result {
    let (_runtime, _sandbox, katapult) = start()?;
    let acme = OrganizationLookup::sub_domain("acme");
    let list = katapult.virtual_machines().list(&acme).per_page(2);
    let mut items = list.clone().items_blocking();
    let first = items.next().ok_or("no machine")??;
    let token = items.resume_token().ok_or("no token")?;
    let rest: std::result::Result<Vec<_>, _> = list.items().resume(token).into_blocking().collect();
    let rest = rest?;
    assert!(!rest.is_empty());
    assert!(rest.iter().all(|machine| machine.id != first.id));
    Ok(())
}

#[test]
fn async_task_gets_an_error_and_blocking_thread_a_response() -> Result {
    let (runtime, _sandbox, katapult) = start()?;
    let web = VirtualMachineLookup::fqdn("web-1.acme.example");
    let acme = OrganizationLookup::sub_domain("acme");
    runtime.block_on(async {
        let machines = katapult.virtual_machines();
        let error = machines.get(&web).send_blocking().err().ok_or("sent")?;
        assert!(error.is_build());
        assert_eq!(error.attempts(), 0);
        let text = error.to_string();
        assert!(text.contains("inside an async runtime"), "{text}");

        let error = machines.shutdown(&web).wait_blocking().err();
        assert!(matches!(error, Some(WaitError::Blocking(_))), "{error:?}");

        let mut items = machines.list(&acme).items_blocking();
        assert!(matches!(items.next(), Some(Err(error)) if error.is_build()));
        // Where the thread may block, the same iterator works.
        let next = tokio::task::spawn_blocking(move || items.next().transpose()).await??;
        assert!(next.is_some());
        Ok(())
    })
}
