//! Builds a machine and waits until it runs, with a progress bar.
//!
//! `cargo run -p katapult-workflows --example build_machine -- [HOSTNAME]`. With a token in `KATAPULT_API_KEY` it uses
//! the real API, where it builds only with `--write`, in the data center `KATAPULT_DATA_CENTER` and from the template
//! `KATAPULT_DISK_TEMPLATE` (ids or permalinks).

#[path = "../../examples/common/mod.rs"]
mod common;

use std::time::Duration;

use common::{ExampleResult, Session, arguments, bar, or_unknown};
use katapult_core::types::{DataCenterLookup, DiskTemplateLookup, VirtualMachinePackageLookup};
use katapult_workflows::{BuildMachine, BuildStage};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExampleResult<()> {
    let session = Session::start(|_| Ok(())).await?;
    if !session.may_write() {
        return Ok(());
    }
    let hostname = arguments()
        .into_iter()
        .next()
        .unwrap_or_else(|| "web-9".into());
    let (data_center, template) = match session.is_real() {
        true => (
            DataCenterLookup::from_env()?,
            DiskTemplateLookup::from_env()?,
        ),
        false => ("north-1".parse()?, "templates/ubuntu-24-04".parse()?),
    };

    // The second run finds the machine and builds none.
    for _ in 0..2 {
        let bar = bar(4, &hostname);
        let progress = bar.clone();
        let package = VirtualMachinePackageLookup::permalink("pebble-3");
        let build =
            BuildMachine::from_package(&session.katapult, &session.acme, package, &hostname)
                .configure_call(|call| call.data_center(&data_center).disk_template(&template))
                // The sandbox is faster than the API.
                .visibility_delay(Duration::from_secs(1))
                .poll(session.poll.clone())
                .progress(move |stage| match stage {
                    BuildStage::Searching => progress.set_message("searching"),
                    BuildStage::Building(build) => {
                        progress.set_position(if build.virtual_machine.is_some() {
                            2
                        } else {
                            1
                        });
                        progress.set_message(format!("build {}", or_unknown(&build.state)));
                    }
                    BuildStage::Starting(machine) => {
                        progress.set_position(3);
                        progress.set_message(or_unknown(&machine.state));
                    }
                    _ => {}
                });
        let machine = build.run().await?;
        bar.finish_with_message("started");
        println!(
            "{hostname}: {} is {}",
            machine.id,
            or_unknown(&machine.state)
        );
    }
    Ok(())
}
