//! Invariants of the sandbox's world: true of every object after any request.

use katapult_sandbox::{Object, World};
use serde_json::Value;

/// A condition on an object.
enum Condition {
    /// The field has the id of an existing object.
    Exists(&'static str),
    /// The field is empty or has the id of an existing object.
    ExistsOrEmpty(&'static str),
    /// Every item of the field is the id of an existing object.
    AllExist(&'static str),
    /// No other object of the type has the same value in the field.
    Unique(&'static str),
    /// Anything else.
    Holds(fn(&World, &Object) -> bool),
}
use Condition::{AllExist, Exists, ExistsOrEmpty, Holds, Unique};

/// A type of object, or an empty text for all of them; a description; and the condition.
type Invariant = (&'static str, &'static str, Condition);

#[rustfmt::skip] // one line each, as a table
const INVARIANTS: &[Invariant] = &[
    ("", "belongs to an organization that exists", ExistsOrEmpty("organization")),
    ("", "is in the trash with a trash object of its own", Holds(|world, it| {
        let trash = it.trash.as_deref().map(|trash| world.get(trash));
        trash.is_none_or(|trash| trash.is_some_and(|trash| trash.text("object_id") == it.id))
    })),
    ("AddressListEntry", "belongs to a list", Exists("address_list")),
    ("ConsoleSession", "belongs to a virtual machine", Exists("virtual_machine")),
    ("DataCenter", "has one default network", Holds(|world, it| {
        let networks = world.by_kind("Network");
        let default = |network: &&Object| network.text("data_center") == it.id && network.flag("default");
        networks.filter(default).count() == 1
    })),
    ("Disk", "belongs to a virtual machine that exists, or to none", ExistsOrEmpty("virtual_machine")),
    ("Disk", "is attached only to a virtual machine", Holds(|_, it| {
        it.text("attachment") != "attached" || !it.text("virtual_machine").is_empty()
    })),
    ("Disk", "has a positive size", Holds(|_, it| it.number("size_in_gb").is_some_and(|size| size > 0))),
    ("DiskBackupPolicy", "has a target", Exists("target")),
    ("DnsRecord", "belongs to a zone", Exists("dns_zone")),
    ("DnsZone", "has a unique name", Unique("name")),
    ("FileStorageVolume", "is associated with objects that exist", AllExist("associations")),
    ("IpAddress", "has a unique address", Unique("address")),
    ("IpAddress", "belongs to a network that exists", Exists("network")),
    ("IpAddress", "is allocated to an object that exists, or to none", ExistsOrEmpty("allocation")),
    ("IpAddress", "is on an interface of the virtual machine that it is allocated to", Holds(|world, it| {
        let interface = world.get(it.text("interface"));
        let on_allocation =
            |interface: &Object| interface.text("virtual_machine") == it.text("allocation");
        it.text("interface").is_empty() || interface.is_some_and(on_allocation)
    })),
    ("LoadBalancer", "is in a data center", Exists("data_center")),
    ("LoadBalancer", "balances objects that exist", AllExist("resource_ids")),
    ("LoadBalancer", "has standby virtual machines that exist", AllExist("standby_vms")),
    ("LoadBalancer", "has an address", Holds(|world, it| {
        world.find_by("IpAddress", "allocation", &it.id).next().is_some()
    })),
    ("LoadBalancerRule", "belongs to a load balancer", Exists("load_balancer")),
    ("LoadBalancerRule", "has a listen port that is unique in its load balancer", Holds(|world, it| {
        let load_balancer = it.text("load_balancer");
        let rules = world.find_by("LoadBalancerRule", "load_balancer", load_balancer);
        let same = rules.filter(|rule| rule.number("listen_port") == it.number("listen_port"));
        same.count() == 1
    })),
    ("ObjectStorageAccessKey", "belongs to a cluster", Exists("object_storage_cluster")),
    ("ObjectStorageBucket", "has a unique name", Unique("name")),
    ("Organization", "has a unique sub-domain", Unique("sub_domain")),
    ("Organization", "is managed by an organization that exists, or by none", ExistsOrEmpty("parent")),
    ("SecurityGroup", "is associated with objects that exist", AllExist("associations")),
    ("SecurityGroupRule", "belongs to a group", Exists("security_group")),
    ("Tag", "has a name that is unique in its organization", Holds(|world, it| {
        let tags = world.find_by("Tag", "name", it.text("name"));
        let mut tags = tags.filter(|tag| tag.text("organization") == it.text("organization"));
        tags.all(|tag| tag.id == it.id)
    })),
    ("Task", "has a target until it is finished", Holds(|world, it| {
        is_finished(it) || world.get(it.text("target")).is_some()
    })),
    ("Task", "is finished if it has an end", Holds(|_, it| {
        is_finished(it) == it.number("finished_at").is_some()
    })),
    ("Task", "has the progress of its status", Holds(|_, it| {
        let progress = it.number("progress");
        match it.text("status") {
            "pending" => progress == Some(0),
            "completed" => progress == Some(100),
            _ => progress.is_some_and(|progress| progress < 100),
        }
    })),
    ("TrashObject", "belongs to an object in the trash", Holds(|world, it| {
        let object = world.get(it.text("object_id"));
        object.is_some_and(|object| object.trash.as_deref() == Some(&it.id))
    })),
    ("VirtualMachine", "is in a zone", Exists("zone")),
    ("VirtualMachine", "has resources", Holds(|world, it| {
        world.get(it.text("package")).is_some() || it.number("cpu_cores").is_some()
    })),
    ("VirtualMachine", "is in a group that exists, or in none", ExistsOrEmpty("group")),
    ("VirtualMachine", "has tags that exist", AllExist("tags")),
    ("VirtualMachine", "has a unique host name", Unique("fqdn")),
    ("VirtualMachine", "is stopped in the trash", Holds(|_, it| {
        it.trash.is_none() || it.text("state") == "stopped"
    })),
    ("VirtualMachine", "boots from one disk at most", Holds(|world, it| {
        let disks = world.find_by("Disk", "virtual_machine", &it.id);
        disks.filter(|disk| disk.flag("boot")).count() <= 1
    })),
    ("VirtualMachineBuild", "has a virtual machine that exists, or none", ExistsOrEmpty("virtual_machine")),
    ("VirtualMachineNetworkInterface", "belongs to a virtual machine", Exists("virtual_machine")),
    ("VirtualMachineNetworkInterface", "is in a network or a virtual network", Holds(|world, it| {
        let exists = |field| world.get(it.text(field)).is_some();
        exists("network") != exists("virtual_network")
    })),
];

/// Returns a description of the first violated invariant.
pub fn violation(world: &World) -> Option<String> {
    world.objects().find_map(|it| {
        let mut invariants = INVARIANTS
            .iter()
            .filter(|(kind, _, _)| kind.is_empty() || *kind == it.kind);
        let (_, invariant, _) =
            invariants.find(|(_, _, condition)| !holds(condition, world, it))?;
        Some(format!(
            "not every {} {invariant}: {} {:?}",
            it.kind, it.id, it.fields
        ))
    })
}

fn holds(condition: &Condition, world: &World, it: &Object) -> bool {
    let exists = |id| world.get(id).is_some();
    match condition {
        Exists(field) => exists(it.text(field)),
        ExistsOrEmpty(field) => it.text(field).is_empty() || exists(it.text(field)),
        AllExist(field) => {
            let ids = it.fields.get(*field).and_then(Value::as_array);
            let mut ids = ids.into_iter().flatten().filter_map(Value::as_str);
            ids.all(exists)
        }
        Unique(field) => {
            let mut same = world.find_by(&it.kind, field, it.text(field));
            same.all(|other| other.id == it.id)
        }
        Holds(condition) => condition(world, it),
    }
}

fn is_finished(task: &Object) -> bool {
    matches!(task.text("status"), "completed" | "failed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use katapult_sandbox::Sandbox;

    const WORLD: &str = include_str!("../../../../katapult-sandbox/data/world.json");

    #[tokio::test]
    async fn violated_invariant_is_reported() {
        let cases = [
            ("VirtualMachine", "zone", "is in a zone"),
            ("VirtualMachine", "group", "is in a group that exists"),
            (
                "IpAddress",
                "allocation",
                "is allocated to an object that exists",
            ),
            ("Disk", "virtual_machine", "belongs to a virtual machine"),
            ("Network", "organization", "belongs to an organization"),
        ];
        let sandbox = Sandbox::start().await.unwrap();
        assert_eq!(sandbox.world(violation), None);
        for (kind, field, invariant) in cases {
            let mut world: Value = serde_json::from_str(WORLD).unwrap();
            let objects = world["objects"].as_array_mut().unwrap();
            let object = objects
                .iter_mut()
                .find(|object| object["type"] == kind)
                .unwrap();
            object[field] = "nobody".into();
            let sandbox = Sandbox::builder()
                .world(world.to_string())
                .start()
                .await
                .unwrap();
            let found = sandbox.world(violation).unwrap();
            assert!(found.contains(invariant), "{kind} {field}: {found}");
        }
    }
}
