//! The rules of the sandbox's world: what holds of every object, whatever was asked.

use katapult_sandbox::{Object, World};
use serde_json::Value;

/// A rule: of which type of object, in words, and whether it holds.
type Rule = (&'static str, &'static str, fn(&World, &Object) -> bool);

/// The rules. An empty type is any.
pub const RULES: &[Rule] = &[
    (
        "",
        "belongs to an organization that is there",
        |world, it| is_there(world, it, "organization"),
    ),
    (
        "",
        "is in the trash by a trash object that keeps it",
        |world, it| {
            let trash = it.trash.as_deref().map(|trash| world.get(trash));
            trash.is_none_or(|trash| trash.is_some_and(|trash| trash.text("object_id") == it.id))
        },
    ),
    ("AddressListEntry", "is of a list", |world, it| {
        names(world, it, "address_list")
    }),
    ("ConsoleSession", "is of a machine", |world, it| {
        names(world, it, "virtual_machine")
    }),
    ("DataCenter", "has one default network", |world, it| {
        let networks = world.by_kind("Network");
        let default =
            |network: &&Object| network.text("data_center") == it.id && network.flag("default");
        networks.filter(default).count() == 1
    }),
    (
        "Disk",
        "belongs to a machine that is there, or to none",
        |world, it| is_there(world, it, "virtual_machine"),
    ),
    (
        "Disk",
        "is attached only where it belongs to a machine",
        |_, it| it.text("attachment") != "attached" || !it.text("virtual_machine").is_empty(),
    ),
    ("Disk", "has a size", |_, it| {
        it.number("size_in_gb").is_some_and(|size| size > 0)
    }),
    ("DiskBackupPolicy", "has a target", |world, it| {
        names(world, it, "target")
    }),
    ("DnsRecord", "is of a zone", |world, it| {
        names(world, it, "dns_zone")
    }),
    ("DnsZone", "has a name of its own", |world, it| {
        is_unique(world, it, "name", "")
    }),
    (
        "FileStorageVolume",
        "is associated with what is there",
        |world, it| all_there(world, it, "associations"),
    ),
    ("IpAddress", "is in one place", |world, it| {
        is_unique(world, it, "address", "")
    }),
    ("IpAddress", "is of a network that is there", |world, it| {
        names(world, it, "network")
    }),
    (
        "IpAddress",
        "is allocated to what is there, or to nothing",
        |world, it| is_there(world, it, "allocation"),
    ),
    (
        "IpAddress",
        "is on an interface of the machine that it is allocated to",
        |world, it| {
            let interface = world.get(it.text("interface"));
            let free = it.text("interface").is_empty();
            free || interface
                .is_some_and(|interface| interface.text("virtual_machine") == it.text("allocation"))
        },
    ),
    ("LoadBalancer", "is in a data center", |world, it| {
        names(world, it, "data_center")
    }),
    ("LoadBalancer", "passes on to what is there", |world, it| {
        all_there(world, it, "resource_ids") && all_there(world, it, "standby_vms")
    }),
    ("LoadBalancer", "has an address", |world, it| {
        world
            .find_by("IpAddress", "allocation", &it.id)
            .next()
            .is_some()
    }),
    ("LoadBalancerRule", "is of a load balancer", |world, it| {
        names(world, it, "load_balancer")
    }),
    (
        "LoadBalancerRule",
        "listens alone on its port",
        |world, it| {
            let rules = world.find_by(
                "LoadBalancerRule",
                "load_balancer",
                it.text("load_balancer"),
            );
            let same = rules.filter(|rule| rule.number("listen_port") == it.number("listen_port"));
            same.count() == 1
        },
    ),
    ("ObjectStorageAccessKey", "is of a cluster", |world, it| {
        names(world, it, "object_storage_cluster")
    }),
    (
        "ObjectStorageBucket",
        "has a name of its own",
        |world, it| is_unique(world, it, "name", ""),
    ),
    (
        "Organization",
        "has a sub-domain of its own",
        |world, it| is_unique(world, it, "sub_domain", ""),
    ),
    (
        "Organization",
        "is managed by one that is there",
        |world, it| is_there(world, it, "parent"),
    ),
    (
        "SecurityGroup",
        "is associated with what is there",
        |world, it| all_there(world, it, "associations"),
    ),
    ("SecurityGroupRule", "is of a group", |world, it| {
        names(world, it, "security_group")
    }),
    ("Tag", "has a name of its own", |world, it| {
        is_unique(world, it, "name", "organization")
    }),
    ("Task", "is of an object, or over", |world, it| {
        let over = matches!(it.text("status"), "completed" | "failed");
        over || names(world, it, "target")
    }),
    ("Task", "is over when it has an end", |_, it| {
        let over = matches!(it.text("status"), "completed" | "failed");
        over == it.number("finished_at").is_some()
    }),
    ("Task", "has all its progress when it is done", |_, it| {
        let progress = it.number("progress");
        match it.text("status") {
            "pending" => progress == Some(0),
            "completed" => progress == Some(100),
            _ => progress.is_some_and(|progress| progress < 100),
        }
    }),
    ("TrashObject", "keeps an object", |world, it| {
        let kept = world.get(it.text("object_id"));
        kept.is_some_and(|kept| kept.trash.as_deref() == Some(&it.id))
    }),
    ("VirtualMachine", "is in a zone", |world, it| {
        names(world, it, "zone")
    }),
    ("VirtualMachine", "has resources", |world, it| {
        names(world, it, "package") || it.number("cpu_cores").is_some()
    }),
    (
        "VirtualMachine",
        "is in a group that is there, or in none",
        |world, it| is_there(world, it, "group"),
    ),
    ("VirtualMachine", "has tags that are there", |world, it| {
        all_there(world, it, "tags")
    }),
    (
        "VirtualMachine",
        "has a name in the network of its own",
        |world, it| is_unique(world, it, "fqdn", ""),
    ),
    ("VirtualMachine", "is off in the trash", |_, it| {
        it.trash.is_none() || it.text("state") == "stopped"
    }),
    (
        "VirtualMachine",
        "starts from one disk at most",
        |world, it| {
            let disks = world.find_by("Disk", "virtual_machine", &it.id);
            disks.filter(|disk| disk.flag("boot")).count() <= 1
        },
    ),
    (
        "VirtualMachineBuild",
        "has its machine when it is complete, until that is gone",
        |world, it| is_there(world, it, "virtual_machine"),
    ),
    (
        "VirtualMachineNetworkInterface",
        "is of a machine",
        |world, it| names(world, it, "virtual_machine"),
    ),
    (
        "VirtualMachineNetworkInterface",
        "is in a network",
        |world, it| names(world, it, "network") != names(world, it, "virtual_network"),
    ),
];

/// What is broken, in words.
pub fn broken(world: &World) -> Option<String> {
    world.objects().find_map(|it| {
        let rules = RULES.iter();
        let mut rules = rules.filter(|(kind, _, _)| kind.is_empty() || *kind == it.kind);
        let (_, rule, _) = rules.find(|(_, _, holds)| !holds(world, it))?;
        Some(format!(
            "not every {} {rule}: {} {:?}",
            it.kind, it.id, it.fields
        ))
    })
}

/// The field names an object that is there.
fn names(world: &World, it: &Object, field: &str) -> bool {
    world.get(it.text(field)).is_some()
}

/// The field is empty, or names an object that is there.
fn is_there(world: &World, it: &Object, field: &str) -> bool {
    it.text(field).is_empty() || names(world, it, field)
}

/// The field's list names objects that are there.
fn all_there(world: &World, it: &Object, field: &str) -> bool {
    let ids = it.fields.get(field).and_then(Value::as_array);
    let mut ids = ids.into_iter().flatten().filter_map(Value::as_str);
    ids.all(|id| world.get(id).is_some())
}

/// No other object of the type has the same in this field, within what another field names.
fn is_unique(world: &World, it: &Object, field: &str, within: &str) -> bool {
    let others = world.find_by(&it.kind, field, it.text(field));
    let mut others =
        others.filter(|other| within.is_empty() || other.text(within) == it.text(within));
    others.all(|other| other.id == it.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use katapult_sandbox::Sandbox;

    const WORLD: &str = include_str!("../../../../katapult-sandbox/data/world.json");

    #[tokio::test]
    async fn a_broken_world_is_told() {
        let breaks = [
            ("VirtualMachine", "zone", "is in a zone"),
            ("VirtualMachine", "group", "is in a group that is there"),
            ("IpAddress", "allocation", "is allocated to what is there"),
            ("Disk", "virtual_machine", "belongs to a machine"),
            ("Network", "organization", "belongs to an organization"),
        ];
        let sandbox = Sandbox::start().await.unwrap();
        assert_eq!(sandbox.world(broken), None);
        for (kind, field, rule) in breaks {
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
            let found = sandbox.world(broken).unwrap();
            assert!(found.contains(rule), "{kind} {field}: {found}");
        }
    }
}
