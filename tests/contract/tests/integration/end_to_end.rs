//! Workflows against the sandbox from end to end: a machine is built, changed, connected and purged,
//! after which all lists and the sandbox are as at the start.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use katapult_contract::sdk::lists;
use katapult_core::prelude::*;
use katapult_core::types::{
    AddressListLookup, DataCenterLookup, DiskLookup, DnsZoneLookup, IpAddressLookup,
    IpAddressVersion, LoadBalancerLookup, NetworkLookup, OrganizationLookup, SecurityGroupLookup,
    SecurityGroupRuleProtocol as Protocol, TaskLookup, TaskStatus, TrashObjectLookup,
    VirtualMachineLookup, VirtualMachinePackageLookup, ZoneLookup,
};
use katapult_core::{Client, ErrorKind, PollPolicy, RateLimit};
use katapult_openapi::Spec;
use katapult_sandbox::{Sandbox, Time, Token};
use katapult_workflows::{
    AllocateAddress, AttachDisk, BuildMachine, DeleteMachine, DetachDisk, EnsureLoadBalancer,
    EnsureRecords, EnsureRules, ForwardingRule, Record, RecordContent, ReleaseAddress,
    ResizeMachine, Rule,
};
use serde_json::Value;

/// The factor by which the sandbox's time is faster.
const SPEED: f64 = 200.0;

fn poll() -> PollPolicy {
    let wait = Duration::from_millis(20);
    PollPolicy::default()
        .initial_interval(wait)
        .max_interval(wait)
}

async fn read_all_lists(sandbox: &Sandbox, client: &Client) -> BTreeMap<String, Vec<Value>> {
    let documents = Spec::embedded().unwrap();
    let world = |look: &mut dyn FnMut(&katapult_sandbox::World)| sandbox.world(|world| look(world));
    lists::read_all(&documents, client, world).await.unwrap()
}

/// The operations of these lists.
fn operations(lists: &BTreeMap<String, Vec<Value>>) -> BTreeSet<&str> {
    let names = lists.keys().filter_map(|name| name.split(' ').next());
    names.collect()
}

fn object_ids(sandbox: &Sandbox) -> BTreeSet<String> {
    sandbox.world(|world| world.objects().map(|object| object.id.clone()).collect())
}

#[tokio::test]
async fn full_life_cycle_leaves_all_lists_as_they_were() {
    let builder = Sandbox::builder().time(Time::Scaled(SPEED));
    let builder = builder.token(Token::new("any").permitted(u32::MAX));
    let sandbox = builder.start().await.unwrap();
    let client = Client::builder()
        .base_url(sandbox.url())
        .token(sandbox.token());
    let client = client.rate_limit(RateLimit::Off).build().unwrap();
    let objects = object_ids(&sandbox);
    let before = read_all_lists(&sandbox, &client).await;
    let acme = || OrganizationLookup::sub_domain("acme");
    let machine = BuildMachine::from_package(
        &client,
        acme(),
        VirtualMachinePackageLookup::permalink("pebble-3"),
        "Built-1",
    )
    .configure_call(|build| {
        build
            .zone(ZoneLookup::permalink("north-1-a"))
            .network(NetworkLookup::permalink("north-1-public"))
    })
    .visibility_delay(Duration::ZERO)
    .poll(poll())
    .run()
    .await
    .unwrap();
    assert_eq!(machine.fqdn.as_deref(), Some("built-1.acme.example"));
    let vm = VirtualMachineLookup::id(&machine.id);

    let larger = VirtualMachinePackageLookup::permalink("stone-6");
    let resized = ResizeMachine::new(&client, vm.clone(), larger)
        .poll(poll())
        .run()
        .await
        .unwrap();
    assert_eq!(resized.memory_in_gb, Some(6));

    let disk = client
        .disks()
        .create(acme(), DataCenterLookup::permalink("north-1"), "data", 10)
        .send()
        .await
        .unwrap();
    let disk = DiskLookup::id(&disk.disk.id);
    AttachDisk::new(&client, disk.clone(), &machine.id)
        .poll(poll())
        .run()
        .await
        .unwrap();

    let six = AllocateAddress::new(&client, vm.clone(), IpAddressVersion::Ipv6)
        .run()
        .await
        .unwrap();

    let balancer = client
        .load_balancers()
        .create(acme(), DataCenterLookup::permalink("north-1"), "front")
        .send()
        .await
        .unwrap();
    let balancer = LoadBalancerLookup::id(&balancer.load_balancer.id);
    let ensure = EnsureLoadBalancer::existing(&client, balancer.clone())
        .machines([&machine.id])
        .rule(ForwardingRule::tcp(443).destination_port(8443));
    assert!(!ensure.apply().await.unwrap().is_empty());
    assert!(ensure.plan().await.unwrap().is_empty());

    let zone = client
        .dns_zones()
        .create(acme())
        .name("life.example")
        .send()
        .await
        .unwrap();
    let zone = DnsZoneLookup::id(&zone.dns_zone.id);
    let address = six.address.clone().unwrap();
    let ensure = EnsureRecords::new(&client, zone.clone())
        .record(Record::new("www", RecordContent::Aaaa(address)));
    assert!(!ensure.apply().await.unwrap().is_empty());
    assert!(ensure.plan().await.unwrap().is_empty());

    let group = client.security_groups().create(acme(), "web");
    let group = group.send().await.unwrap().security_group.id.clone();
    let group = SecurityGroupLookup::id(&group);
    let https = Rule::inbound(Protocol::Tcp).ports("443");
    let rules = EnsureRules::new(&client, group.clone()).rule(https);
    assert!(!rules.apply().await.unwrap().is_empty());
    let list = client.address_lists().create(acme()).name("friends");
    let list = list.send().await.unwrap().address_list.id.clone();
    let list = AddressListLookup::id(&list);
    let entry = client.address_list_entries().create(list.clone());
    entry.address("192.0.2.7").send().await.unwrap();

    let between = read_all_lists(&sandbox, &client).await;
    assert_eq!(
        operations(&between).len(),
        lists::count(),
        "every list was read"
    );
    let more = between
        .iter()
        .filter(|(name, items)| before.get(*name) != Some(items))
        .count();
    assert!(more >= 8, "only {more} lists have changed");

    client.address_lists().delete(list).send().await.unwrap();
    client.security_groups().delete(group).send().await.unwrap();
    client.dns_zones().delete(zone).send().await.unwrap();
    client
        .load_balancers()
        .delete(balancer)
        .send()
        .await
        .unwrap();
    let disk_ = DetachDisk::new(&client, disk.clone())
        .poll(poll())
        .run()
        .await
        .unwrap();
    let trash = client
        .disks()
        .delete(DiskLookup::id(&disk_.id))
        .send()
        .await
        .unwrap();
    let trash = TrashObjectLookup::id(&trash.trash_object.id);
    client
        .trash_objects()
        .purge(trash)
        .wait()
        .poll(poll())
        .await
        .unwrap();
    let whole = client.virtual_machines().get(&vm).send().await.unwrap();
    for address in whole.ip_addresses.iter().flatten() {
        ReleaseAddress::new(&client, IpAddressLookup::id(&address.id))
            .run()
            .await
            .unwrap();
    }
    DeleteMachine::new(&client, vm.clone())
        .poll(poll())
        .run()
        .await
        .unwrap();
    let gone = client.virtual_machines().get(&vm).send().await.unwrap_err();
    assert!(gone.is_not_found(), "{gone}");

    let after = read_all_lists(&sandbox, &client).await;
    let all = before.keys().chain(after.keys()).collect::<BTreeSet<_>>();
    let other: Vec<_> = all
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .collect();
    assert!(other.is_empty(), "these lists have changed: {other:#?}");
    // Tasks and builds are removed after a day.
    sandbox.advance(Duration::from_secs(25 * 60 * 60));
    assert_eq!(object_ids(&sandbox), objects);
}

#[tokio::test]
async fn shutdown_passes_its_states_and_refuses_a_second_one() {
    let builder = Sandbox::builder().time(Time::Manual);
    let sandbox = builder.start().await.unwrap();
    let katapult = Client::builder()
        .base_url(sandbox.url())
        .token(sandbox.token())
        .build()
        .unwrap();
    let web = VirtualMachineLookup::fqdn("web-1.acme.example");
    let state = async |expected: &str| {
        let machine = katapult.virtual_machines().get(&web).send().await.unwrap();
        assert_eq!(machine.state.as_ref().unwrap().to_string(), expected);
    };
    state("started").await;
    let machines = katapult.virtual_machines();
    let response = machines.shutdown(&web).send().await.unwrap();
    state("shutting_down").await;
    let error = machines.shutdown(&web).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    let mut states = Vec::new();
    for seconds in [0, 1, 2, 3] {
        sandbox.advance(Duration::from_secs(seconds));
        let task = katapult.tasks().get(TaskLookup::id(&response.task.id));
        let task = task.send().await.unwrap().into_inner().task;
        states.push((task.status.unwrap(), task.progress));
    }
    use TaskStatus::{Completed, Pending, Running};
    let expected = [(Pending, 0), (Running, 5), (Running, 50), (Completed, 100)];
    assert_eq!(
        states,
        expected.map(|(status, progress)| (status, Some(progress)))
    );
    state("stopped").await;
}
