//! Waits for a task with a progress bar: one that another program queued, by its id, or one of its own.
//!
//! `cargo run --example watch_task -- [TASK]`. With a token in `KATAPULT_API_KEY` it uses the real API, which it only
//! reads, and needs the id.

mod common;

use common::{ExampleResult, Session, arguments, bar, or_unknown};
use katapult_core::WaitError;
use katapult_core::prelude::*;
use katapult_core::types::{TaskLookup, VirtualMachineLookup};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExampleResult<()> {
    let session = Session::start(|_| Ok(())).await?;
    let katapult = &session.katapult;
    let task: TaskLookup = match arguments().into_iter().next() {
        Some(text) => text.parse()?,
        None if session.is_real() => return Err("give the id of a task".into()),
        None => {
            let web = VirtualMachineLookup::fqdn("web-1.acme.example");
            let response = katapult.virtual_machines().shutdown(web).send().await?;
            TaskLookup::try_from(&response.task)?
        }
    };

    let bar = bar(100, &task.to_string());
    let waiter = katapult.tasks().wait(task).poll(session.poll.clone());
    let mut states = waiter.states();
    loop {
        match states.try_next().await {
            Ok(Some(task)) => {
                bar.set_position(task.progress.unwrap_or_default().unsigned_abs());
                bar.set_message(or_unknown(&task.status));
                if task
                    .status
                    .as_ref()
                    .is_some_and(|status| status == "completed")
                {
                    println!("{} ({}) is completed", task.id, or_unknown(&task.name));
                }
            }
            Ok(None) => break,
            Err(WaitError::Failed { state, .. }) => {
                return Err(format!("{} failed", state.id).into());
            }
            Err(error) => return Err(error.into()),
        }
    }
    bar.finish();
    Ok(())
}
