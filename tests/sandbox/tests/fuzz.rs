//! A client that asks at random, valid and not: no failure of the sandbox's own, and the rules of its
//! world hold after each request. `SANDBOX_FUZZ=100000` makes it longer.

mod support;

use std::collections::HashSet;
use std::time::Duration;

use katapult_sandbox::{Sandbox, Time, Token, World};
use serde_json::Value;
use support::Documents;

/// The rules of the world; what breaks one is told.
fn broken(world: &World) -> Option<String> {
    let mut addresses = HashSet::new();
    for object in world.objects() {
        let names =
            |field: &str| object.text(field).is_empty() || world.get(object.text(field)).is_some();
        let wrong = match object.kind.as_str() {
            "IpAddress" if !addresses.insert(object.text("address")) => {
                "is an address in two places"
            }
            "IpAddress" if !names("allocation") || !names("interface") => "is allocated to nothing",
            "IpAddress"
                if !object.text("interface").is_empty()
                    && world
                        .get(object.text("interface"))
                        .is_some_and(|interface| {
                            interface.text("virtual_machine") != object.text("allocation")
                        }) =>
            {
                "is on an interface of another machine"
            }
            "Task" if !names("target") => "is a task of no object",
            "VirtualMachine" if world.get(object.text("zone")).is_none() => {
                "is a machine without a zone"
            }
            "VirtualMachine" if !names("group") => "is in a group that is not there",
            "Disk" | "VirtualMachineNetworkInterface" if !names("virtual_machine") => {
                "belongs to a machine that is not there"
            }
            "TrashObject"
                if world
                    .get(object.text("object_id"))
                    .is_none_or(|kept| kept.trash.as_deref() != Some(&object.id)) =>
            {
                "keeps nothing"
            }
            "LoadBalancerRule" if world.get(object.text("load_balancer")).is_none() => {
                "is a rule of no balancer"
            }
            "DnsRecord" if world.get(object.text("dns_zone")).is_none() => "is a record of no zone",
            "SecurityGroupRule" if world.get(object.text("security_group")).is_none() => {
                "is a rule of no group"
            }
            _ => continue,
        };
        return Some(format!("{} {wrong}: {:?}", object.id, object.fields));
    }
    None
}

#[tokio::test]
async fn nothing_breaks_the_world() {
    let count = std::env::var("SANDBOX_FUZZ")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(3_000_u64);
    let builder = Sandbox::builder()
        .time(Time::Manual)
        .remember(1)
        .token(Token::new("all").permitted(u32::MAX));
    let sandbox = builder.start().await.unwrap();
    let documents = Documents::load();
    let mut state = 7_u64;
    let mut random = move |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut statuses = std::collections::BTreeMap::new();
    for number in 0..count {
        let operation = &documents.operations[random(documents.operations.len())];
        if operation.id.starts_with("managed_organizations.delete") {
            continue;
        }
        let (query, body) = if random(3) == 0 {
            let mut cases = operation.invalid(&sandbox);
            if cases.is_empty() {
                operation.sample(&sandbox)
            } else {
                let (_, query, body) = cases.swap_remove(random(cases.len()));
                (query, body)
            }
        } else {
            operation.sample(&sandbox)
        };
        let mut body = body;
        if let Some(name) = body
            .as_mut()
            .and_then(|body| body.get_mut("properties"))
            .and_then(|properties| properties.get_mut("name"))
        {
            *name = Value::String(format!("name-{number}"));
        }
        let text = body.as_ref().map(Value::to_string).unwrap_or_default();
        let asked = sandbox.ask(
            &operation.method,
            &format!("{}?{query}", operation.path),
            &text,
        );
        *statuses.entry(asked.status).or_insert(0) += 1;
        assert!(asked.status < 500, "{}", asked.line());
        if random(4) == 0 {
            sandbox.advance(Duration::from_secs(u64::try_from(random(40)).unwrap()));
        }
        if let Some(why) = sandbox.world(broken) {
            panic!("request {number}, {} {text}: {why}", asked.line());
        }
    }
    println!("{count} requests: {statuses:?}");
}
