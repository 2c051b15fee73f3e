//! Puts machines behind a load balancer, and has it listen for them.
//!
//! `cargo run --example load_balancer --features workflows -- [ID MACHINE…]`. With a token in `KATAPULT_API_KEY` it
//! uses the real API, where it shows the plan, and applies it only with `--write`.

mod common;

use common::{Outcome, Session, arguments};
use katapult_core::types::LoadBalancerLookup;
use katapult_core::workflows::EnsureBalanced;
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let session = Session::start(|world| {
        world.machine("web-1", "rock-1", "started");
        world.machine("web-2", "rock-1", "started");
        world.add(
            "load_balancers",
            json!({"name": "web", "resource_type": "virtual_machines", "resource_ids": ["vm_1"]}),
        );
    })
    .await?;
    let (balancer, machines) = match &arguments()[..] {
        [balancer, machines @ ..] => (balancer.clone(), machines.to_vec()),
        [] => (
            "lb_1".to_owned(),
            vec!["vm_1".to_owned(), "vm_2".to_owned()],
        ),
    };

    let mut ensure = EnsureBalanced::new(&session.katapult, LoadBalancerLookup::id(balancer))
        .listen(80, 8080, "HTTP")
        .listen(443, 8443, "TCP");
    for machine in machines {
        ensure = ensure.machine(machine);
    }
    println!("The plan:\n{}", ensure.plan().await?);
    if session.may_write() {
        println!(
            "\nApplied: {} changes",
            ensure.apply().await?.changes().len()
        );
        println!("\nThe plan after that:\n{}", ensure.plan().await?);
    }
    Ok(())
}
