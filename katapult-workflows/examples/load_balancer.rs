//! Adds machines and listeners to a load balancer.
//!
//! `cargo run -p katapult-workflows --example load_balancer -- [ID MACHINE…]`. With a token in `KATAPULT_API_KEY` it
//! uses the real API, where it prints the plan, and applies it only with `--write`.

#[path = "../../katapult-core/examples/common/mod.rs"]
mod common;

use common::{ExampleResult, Session, arguments};
use katapult_core::types::{LoadBalancerLookup, LoadBalancerRuleProtocol, VirtualMachineLookup};
use katapult_workflows::EnsureLoadBalancer;
use serde_json::json;

/// The id of the load balancer in the sandbox.
const BALANCER: &str = "lb_0000000000000001";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExampleResult<()> {
    let session = Session::start(|sandbox| {
        let acme = sandbox.id_of("Organization", "sub_domain", "acme")?;
        let web = sandbox.id_of("VirtualMachine", "name", "web-1")?;
        let balancer = json!({
            "id": BALANCER, "name": "web", "organization": acme,
            "resource_type": "virtual_machines", "resource_ids": [web],
        });
        sandbox.insert_object("LoadBalancer", balancer).map(drop)
    })
    .await?;
    let (balancer, machines) = match &arguments()[..] {
        [balancer, machines @ ..] => (balancer.clone(), machines.to_vec()),
        [] => {
            let mut machines = Vec::new();
            for name in ["web-1.acme.example", "web-2.acme.example"] {
                let machine = VirtualMachineLookup::fqdn(name);
                let machine = session.katapult.virtual_machines().get(machine);
                machines.push(machine.send().await?.id.clone());
            }
            (BALANCER.to_owned(), machines)
        }
    };

    let mut ensure = EnsureLoadBalancer::new(&session.katapult, LoadBalancerLookup::id(balancer))
        .listen(80, 8080, LoadBalancerRuleProtocol::Http)
        .listen(443, 8443, LoadBalancerRuleProtocol::Tcp);
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
