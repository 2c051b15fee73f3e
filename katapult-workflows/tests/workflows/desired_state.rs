//! The workflows of the desired-state family: a plan, its application, and then nothing more to do; and what they keep.

use std::fmt::Display;

use crate::support::fixtures::*;
use crate::support::{Connection, Fault, World};
use crate::sweeps::{leased, sweep};
use katapult_core::Client;
use katapult_core::types::LoadBalancerLookup;
use katapult_sandbox::Sandbox;
use katapult_workflows::*;
use serde_json::json;

/// Asserts that a workflow has a plan, which it applies once, and then none.
async fn assert_applies_its_plan_once<W>(
    seed: fn(&Sandbox),
    workflow: fn(&Client) -> W,
) -> Plan<W::Item>
where
    W: DesiredState,
    W::Item: Display,
{
    let world = World::new().await;
    seed(world.now());
    let workflow = workflow(&Connection::new(&world).client());
    let planned = workflow.plan().await.unwrap();
    assert!(!planned.is_empty());
    assert!(only_reads(&world, 0), "a plan only reads");
    let applied = workflow.apply().await.unwrap();
    assert_eq!(sorted_lines(&applied), sorted_lines(&planned));
    assert!(workflow.plan().await.unwrap().is_empty());
    let requests = world.now().requests().len();
    assert!(workflow.apply().await.unwrap().is_empty());
    assert!(only_reads(&world, requests), "a second apply only reads");
    planned
}

/// Returns the lines of a plan: objects that are changed at the same time are in any order.
fn sorted_lines<T: Display>(plan: &Plan<T>) -> Vec<String> {
    let mut lines: Vec<_> = plan.to_string().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn only_reads(world: &World, from: usize) -> bool {
    let requests = world.now().requests();
    requests[from..]
        .iter()
        .all(|request| request.method == "GET")
}

/// Asserts that a workflow applies once what its plan displays.
async fn assert_applies<W>(seed: fn(&Sandbox), workflow: fn(&Client) -> W, expected: &[&str])
where
    W: DesiredState,
    W::Item: Display,
{
    let plan = assert_applies_its_plan_once(seed, workflow).await;
    assert_eq!(plan.to_string(), expected.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn every_workflow_applies_its_plan_once() {
    assert_applies(
        zone,
        records,
        &[
            "+ @ MX 10 mail.acme.example",
            "~ api 60 CNAME www.acme.example. -> api 300 CNAME WWW.acme.example",
            "~ www 300 A 192.0.2.8 -> www 300 A 192.0.2.2",
            "- www 300 A 192.0.2.9",
            "- old 300 TXT \"to go\"",
            "5 changes; 1 unchanged",
        ],
    )
    .await;
    assert_applies(
        group,
        rules,
        &[
            "+ inbound allow ICMP [all:ipv4]",
            "~ inbound allow TCP 22 [all:ipv4] -> inbound allow TCP 22 [192.0.2.0/24] \"SSH\"",
            "- inbound allow UDP 53 [all:ipv4]",
            "3 changes; 1 unchanged",
        ],
    )
    .await;
    assert_applies(balancer, load_balancer, &[
        "~ virtual machines vm_4bHM5gHLaEllhTZg -> virtual machines vm_4bHM5gHLaEllhTZg, vm_eEbPNR4Dwu4AIhsB",
        "+ HTTP port 80 to 8080",
        "~ TCP port 443 to 8443 check_enabled=false -> TCP port 443 to 8443 check_enabled=true",
        "3 changes; 0 unchanged",
    ])
    .await;
    assert_applies(
        balancer,
        named_load_balancer,
        &[
            "~ virtual machines vm_4bHM5gHLaEllhTZg -> virtual machines vm_eEbPNR4Dwu4AIhsB",
            "+ HTTP port 80 to 8080",
            "~ TCP port 443 to 8443 check_enabled=false -> TCP port 443 to 8443 check_enabled=true",
            "- TCP port 8080 to 8080",
            "4 changes; 0 unchanged",
        ],
    )
    .await;
    assert_applies(
        unseeded,
        named_load_balancer,
        &[
            "+ load balancer web with virtual machines vm_eEbPNR4Dwu4AIhsB",
            "+ HTTP port 80 to 8080",
            "+ TCP port 443 to 8443 check_enabled=true check_interval=20",
            "3 changes; 0 unchanged",
        ],
    )
    .await;
    assert_applies(
        balancer,
        absent_load_balancer,
        &[
            "- load balancer web with virtual machines vm_4bHM5gHLaEllhTZg",
            "1 change; 0 unchanged",
        ],
    )
    .await;
    let plan = assert_applies_its_plan_once(leased, sweep).await;
    assert_eq!(plan.changes().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn changes_with_lost_responses_are_among_the_applied_ones() {
    let world = World::new().await;
    group(world.now());
    let connection = Connection::new(&world);
    let applied = rules(&connection.client()).apply().await.unwrap();
    let expected = sorted_lines(&applied);
    for at in 0..connection.sent() {
        let world = World::new().await;
        group(world.now());
        let connection = Connection::with_fault(&world, at, Fault::ResponseLost);
        let applied = rules(&connection.client()).apply().await.unwrap();
        assert_eq!(sorted_lines(&applied), expected, "request {at}");
    }
}

/// Returns the fields of all objects of a kind, as one text for each.
fn values(world: &World, kind: &str, fields: &[&str]) -> Vec<String> {
    let sandbox = world.now();
    let mut values: Vec<_> = sandbox.world(|world| {
        let objects = world.by_kind(kind);
        objects
            .map(|object| {
                let texts = fields.iter().map(|field| {
                    object
                        .fields
                        .get(*field)
                        .cloned()
                        .unwrap_or_default()
                        .to_string()
                });
                texts.collect::<Vec<_>>().join(" ")
            })
            .collect()
    });
    values.sort();
    values
}

#[tokio::test(start_paused = true)]
async fn objects_that_are_not_named_are_kept_by_default() {
    let world = World::new().await;
    for seed in [zone, group, balancer] {
        seed(world.now());
    }
    let katapult = Connection::new(&world).client();
    records(&katapult).prune(false).apply().await.unwrap();
    rules(&katapult).prune(false).apply().await.unwrap();
    named_load_balancer(&katapult)
        .prune(false)
        .apply()
        .await
        .unwrap();
    let records = values(&world, "DnsRecord", &["type", "content"]);
    assert!(
        records.contains(&r#""TXT" "to go""#.to_owned()),
        "{records:?}"
    );
    let rules = values(&world, "SecurityGroupRule", &["protocol", "ports"]);
    assert!(rules.contains(&r#""UDP" "53""#.to_owned()), "{rules:?}");
    let rules = values(&world, "LoadBalancerRule", &["listen_port"]);
    assert_eq!(rules, ["443", "80", "8080"]);
    let members = values(&world, "LoadBalancer", &["resource_ids"]);
    assert_eq!(members, [format!("[\"{WEB_2}\",\"{WEB}\"]")]);
}

#[tokio::test(start_paused = true)]
async fn update_of_a_rule_has_only_the_fields_that_differ() {
    let world = World::new().await;
    balancer(world.now());
    load_balancer(&Connection::new(&world).client())
        .apply()
        .await
        .unwrap();
    let requests = world.now().requests();
    let mut updates = requests.iter().filter(|request| {
        request.method == "PATCH" && request.target.contains("rules/load_balancer_rule")
    });
    let body: serde_json::Value = serde_json::from_str(&updates.next().unwrap().body).unwrap();
    assert_eq!(body["properties"], json!({"check_enabled": true}));
    assert!(updates.next().is_none());
}

#[tokio::test(start_paused = true)]
async fn members_of_another_kind_are_replaced_only_if_pruned() {
    let world = World::new().await;
    balancer(world.now());
    let tag = put(world.now(), "Tag", json!({"name": "web"}));
    let ensure = load_balancer(&Connection::new(&world).client()).tags([&tag]);
    let error = ensure.apply().await.unwrap_err();
    assert!(error.is_precondition_failed(), "{error}");
    ensure.prune(true).apply().await.unwrap();
    let members = values(&world, "LoadBalancer", &["resource_type", "resource_ids"]);
    assert_eq!(members, [format!("\"tags\" [\"{tag}\"]")]);
}

#[tokio::test(start_paused = true)]
async fn members_stay_if_none_are_named() {
    let world = World::new().await;
    balancer(world.now());
    let katapult = Connection::new(&world).client();
    let web = LoadBalancerLookup::api_reference("web");
    let ensure = EnsureLoadBalancer::existing(&katapult, web).prune(true);
    ensure.apply().await.unwrap();
    let members = values(&world, "LoadBalancer", &["resource_ids"]);
    assert_eq!(members, [format!("[\"{WEB_2}\"]")]);
    assert!(values(&world, "LoadBalancerRule", &[]).is_empty());
}

#[tokio::test(start_paused = true)]
async fn several_load_balancers_of_a_name_are_reported() {
    let world = World::new().await;
    balancer(world.now());
    put(world.now(), "LoadBalancer", json!({"name": "web"}));
    let katapult = Connection::new(&world).client();
    for ensure in [
        named_load_balancer(&katapult),
        absent_load_balancer(&katapult),
    ] {
        let error = ensure.apply().await.unwrap_err();
        assert!(error.is_duplicate(), "{error}");
    }
}
