//! Builds: pending, building, and then there is a machine, which starts.

use serde_json::{Map, Value, json};

use super::machines::{fqdn, tags_of};
use super::{addresses, interfaces, spec, tasks};
use crate::generic;
use crate::refusal::Refusal;
use crate::reply::{Call, Outcome, Parts};
use crate::world::{Change, World};

/// When a build begins, has its machine, is complete, in milliseconds.
const BEGINS: u64 = 1_000;
const MACHINE: u64 = 4_000;
const COMPLETE: u64 = 20_000;
/// What the machine is after that, and when.
const COURSE: &[(u64, &str, &str)] = &[
    (20_000, "stopped", "allocating"),
    (22_000, "allocating", "starting"),
    (27_000, "starting", "started"),
];

const WORDS: &[&str] = &[
    "amber", "brave", "calm", "dusty", "early", "fancy", "gentle", "happy", "icy", "jolly", "kind",
    "lucky",
];
const THINGS: &[&str] = &[
    "anchor", "bee", "cloud", "drum", "engine", "falcon", "garden", "harbor", "island", "jacket",
    "kite", "lamp",
];

pub(crate) fn run(call: &mut Call<'_>, action: &str) -> Option<Outcome> {
    Some(match action {
        "create" => create(call),
        "create_from_spec" => from_spec(call),
        _ => return None,
    })
}

fn create(call: &mut Call<'_>) -> Outcome {
    let mut plan = Map::new();
    for name in [
        "zone",
        "data_center",
        "package",
        "disk_template",
        "hostname",
    ] {
        if !call.text(name).is_empty() {
            plan.insert(name.into(), json!(call.text(name)));
        }
    }
    if let Some(disks) = call
        .arguments
        .get("disks")
        .filter(|disks| disks.as_array().is_some_and(|disks| !disks.is_empty()))
    {
        let systems = disks
            .as_array()
            .into_iter()
            .flatten()
            .filter(|disk| disk.get("system") == Some(&json!(true)));
        if systems.count() != 1 {
            return Err(call.refusal(
                "one_system_disk_required",
                422,
                "You must provide one system disk",
                json!({}),
            ));
        }
        let sizes = disks.as_array().into_iter().flatten();
        let mut sizes = sizes.filter_map(|disk| disk.get("size_in_gb")?.as_i64());
        if sizes.any(|size| size < 1) {
            return Err(Refusal::invalid("Size in GB must be greater than 0"));
        }
        plan.insert("disks".into(), disks.clone());
    }
    if !call.text("network").is_empty() {
        plan.insert(
            "interfaces".into(),
            json!([{"network": call.text("network"), "addresses": [{"version": "ipv4"}]}]),
        );
    }
    start(call, plan, String::new())
}

fn from_spec(call: &mut Call<'_>) -> Outcome {
    let xml = call.text("xml");
    let plan = spec::read(call.world, &call.text("organization"), &xml);
    let plan = plan.map_err(|errors| {
        call.refusal(
            "invalid_spec_xml",
            400,
            "The spec XML provided is invalid",
            json!({"errors": errors}),
        )
    })?;
    start(call, plan.fields, xml)
}

/// The zone of a plan: its own, or any of its data center.
fn zone_of(world: &World, plan: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| plan.get(name).and_then(Value::as_str);
    let center = text("data_center");
    text("zone").map(str::to_owned).or_else(|| {
        let mut zones = world.of_kind("Zone");
        zones
            .find(|zone| center.is_some_and(|center| zone.text("data_center") == center))
            .map(|zone| zone.id.clone())
    })
}

fn start(call: &mut Call<'_>, mut plan: Map<String, Value>, xml: String) -> Outcome {
    let organization = call.text("organization");
    let Some(zone) = zone_of(call.world, &plan) else {
        return Err(call.refusal(
            "location_required",
            422,
            "A zone or a data_center argument must be provided",
            json!({}),
        ));
    };
    plan.insert("zone".into(), json!(zone));
    if !plan.contains_key("package") && !plan.contains_key("cpu_cores") {
        return Err(Refusal::invalid("Package must exist"));
    }
    let hostname = match plan.get("hostname").and_then(Value::as_str) {
        Some(name) if !name.is_empty() => name.to_lowercase(),
        _ => random_name(call.world),
    };
    let taken = call
        .world
        .having(
            "VirtualMachine",
            "fqdn",
            &fqdn(call.world, &organization, &hostname),
        )
        .next()
        .is_some();
    let planned = call.world.of_kind("VirtualMachineBuild").any(|build| {
        matches!(build.text("state"), "pending" | "building")
            && build.text("organization") == organization
            && build.text("hostname") == hostname
    });
    if taken || planned {
        return Err(Refusal::invalid("Hostname has already been taken"));
    }
    let xml = if xml.is_empty() {
        format!("<VirtualMachineSpec><Zone>{zone}</Zone></VirtualMachineSpec>")
    } else {
        xml
    };
    let fields = json!({
        "organization": organization, "state": "pending", "spec_xml": xml, "plan": plan, "hostname": hostname,
        "annotations": call.arguments.get("annotations"), "virtual_machine": null,
    });
    let build = call.world.create(
        "VirtualMachineBuild",
        fields.as_object().cloned().unwrap_or_default(),
    );
    call.world
        .later(BEGINS, Change::State(build.clone(), "pending", "building"));
    call.world.later(MACHINE, Change::Build(build.clone()));
    call.world
        .later(tasks::REMEMBERED, Change::Remove(build.clone()));
    call.world.later(
        COMPLETE,
        Change::State(build.clone(), "building", "complete"),
    );
    let task = tasks::start_for(
        call.world,
        "Build virtual machine",
        &build,
        COMPLETE,
        Vec::new(),
    );
    let mut parts: Parts = call.shown(&build);
    call.show(&mut parts, "task", &task);
    parts.insert("hostname".into(), json!(hostname));
    if let Some(object) = call.world.get(&build).cloned() {
        generic::annotations(call, &mut parts, &object);
    }
    Ok(parts)
}

fn random_name(world: &mut World) -> String {
    let pick = |words: &[&'static str], number: u64| words[(number % words.len() as u64) as usize];
    let (first, second, third) = (
        world.random.next(),
        world.random.next(),
        world.random.next() % 1000,
    );
    format!("{}-{}-{third}", pick(WORDS, first), pick(THINGS, second))
}

/// The machine of a build comes to be.
pub(crate) fn build(world: &mut World, id: &str) {
    let Some(build) = world
        .get(id)
        .cloned()
        .filter(|build| build.text("state") == "building")
    else {
        return;
    };
    let plan = build.fields.get("plan").cloned().unwrap_or_default();
    let made = make(
        world,
        build.text("organization"),
        build.text("hostname"),
        &plan,
    );
    let Some(machine) = made else {
        world.set(id, "state", "failed");
        return;
    };
    if let Some(annotations) = build.fields.get("annotations") {
        world.set(&machine, "annotations", annotations.clone());
    }
    world.set(id, "virtual_machine", machine.as_str());
    for (at, from, to) in COURSE {
        world.later(at - MACHINE, Change::State(machine.clone(), from, to));
    }
    world.later(
        COURSE.last().map_or(0, |last| last.0) - MACHINE,
        Change::Attached(machine, "attached"),
    );
}

/// Makes a machine that is stopped, with its disks and interfaces; `None` when there is no address
/// for one.
pub(crate) fn make(
    world: &mut World,
    organization: &str,
    hostname: &str,
    plan: &Value,
) -> Option<String> {
    let text = |name: &str| plan.get(name).and_then(Value::as_str).unwrap_or_default();
    let tags = tags_of(
        world,
        organization,
        plan.get("tag_names").unwrap_or(&Value::Null),
    );
    let or_null = |name: &str| plan.get(name).cloned().unwrap_or_default();
    let password = world.random.letters(14);
    let fields = json!({
        "organization": organization, "zone": text("zone"), "package": or_null("package"), "group": or_null("group"),
        "cpu_cores": or_null("cpu_cores"), "memory_in_gb": or_null("memory_in_gb"), "attached_iso": or_null("attached_iso"),
        "name": if text("name").is_empty() { hostname } else { text("name") },
        "description": or_null("description"), "hostname": hostname, "fqdn": fqdn(world, organization, hostname),
        "state": "stopped", "initial_root_password": password, "tags": tags, "gpus": [], "suspended": false,
    });
    let machine = world.create(
        "VirtualMachine",
        fields.as_object().cloned().unwrap_or_default(),
    );
    let disks = plan
        .get("disks")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_else(|| {
            let size = world
                .get(text("package"))
                .and_then(|package| package.number("storage_in_gb"))
                .unwrap_or(10);
            vec![json!({"name": "System Disk", "size_in_gb": size})]
        });
    let system = disks
        .iter()
        .position(|disk| disk.get("system") == Some(&json!(true)))
        .unwrap_or(0);
    for (index, disk) in disks.iter().enumerate() {
        make_disk(
            world,
            organization,
            &machine,
            text("disk_template"),
            text("zone"),
            disk,
            index == system,
        );
    }
    if !make_interfaces(world, organization, &machine, text("zone"), plan) {
        super::trash::remove_with_all(world, &machine);
        return None;
    }
    Some(machine)
}

fn make_disk(
    world: &mut World,
    organization: &str,
    machine: &str,
    template: &str,
    zone: &str,
    wanted: &Value,
    boot: bool,
) {
    let io_profile = wanted
        .get("io_profile")
        .filter(|profile| !profile.is_null())
        .cloned();
    let io_profile = io_profile.or_else(|| {
        world
            .of_kind("DiskIoProfile")
            .next()
            .map(|profile| json!(profile.id))
    });
    let center = world
        .get(zone)
        .map(|zone| zone.text("data_center").to_owned())
        .unwrap_or_default();
    let installation = installation(world, template).filter(|_| boot);
    let fields = json!({
        "organization": organization, "virtual_machine": machine, "boot": boot, "attach_on_boot": true,
        "attachment": "detached", "state": "built", "bus_type": "scsi", "data_center": center, "io_profile": io_profile,
        "name": wanted.get("name").filter(|name| !name.is_null()).cloned().unwrap_or(json!("Disk")),
        "size_in_gb": wanted.get("size_in_gb"), "wwn": world.random.hex(16), "installation": installation,
        "storage_speed": wanted.get("storage_speed").filter(|speed| !speed.is_null()).cloned().unwrap_or(json!("nvme")),
    });
    world.create("Disk", fields.as_object().cloned().unwrap_or_default());
}

/// What a template installs on a system disk.
fn installation(world: &mut World, template: &str) -> Option<Value> {
    let version = world.get(template)?.text("latest_version").to_owned();
    let password = world.random.letters(14);
    let attributes = json!([{
        "key": "root_password", "label": "Root password", "value": password, "protect": true,
        "description": "The password that was set for the root user.",
    }]);
    let fields = json!({"attributes": attributes, "disk_template_version": version});
    Some(json!(world.create(
        "DiskInstallation",
        fields.as_object().cloned().unwrap_or_default()
    )))
}

/// Makes a machine's interfaces; false when there is no address for one.
fn make_interfaces(
    world: &mut World,
    organization: &str,
    machine: &str,
    zone: &str,
    plan: &Value,
) -> bool {
    let center = world
        .get(zone)
        .map(|zone| zone.text("data_center").to_owned())
        .unwrap_or_default();
    let default = world
        .of_kind("Network")
        .find(|network| network.text("data_center") == center && network.is("default"));
    let default = default.map(|network| network.id.clone());
    let wanted = plan.get("interfaces").and_then(Value::as_array).cloned();
    let wanted = wanted
        .unwrap_or_else(|| vec![json!({"network": default, "addresses": [{"version": "ipv4"}]})]);
    let profile = world
        .of_kind("NetworkSpeedProfile")
        .next()
        .map(|profile| profile.id.clone())
        .unwrap_or_default();
    for interface in wanted {
        let text = |name: &str| {
            interface
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let speed = if text("speed_profile").is_empty() {
            &profile
        } else {
            text("speed_profile")
        };
        let made = interfaces::make(
            world,
            machine,
            text("network"),
            text("virtual_network"),
            speed,
        );
        for address in interface
            .get("addresses")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let id = match address.as_str() {
                Some(id) => world
                    .get(id)
                    .filter(|address| address.text("allocation").is_empty())
                    .map(|address| address.id.clone()),
                None => {
                    let version = address
                        .get("version")
                        .and_then(Value::as_str)
                        .unwrap_or("ipv4");
                    addresses::take(world, organization, text("network"), version)
                }
            };
            let Some(id) = id else { return false };
            addresses::allocate(world, &id, machine, &made);
        }
    }
    true
}
