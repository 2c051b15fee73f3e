//! Builds of virtual machines: `pending`, `building`, `complete`; then the machine starts.

use serde_json::{Map, Value, json};

use super::virtual_machines::fqdn;
use super::{build_spec_xml, default, provisioning, tasks};
use crate::response::context::{OperationContext, OperationResult, ResponseFields};
use crate::response::refusal::Refusal;
use crate::world::{Change, World};

/// The time until a build starts, has its machine, and is complete, in milliseconds.
const START_DELAY: u64 = 1_000;
const MACHINE_DELAY: u64 = 4_000;
const DURATION: u64 = 20_000;
/// The state transitions of the new machine, in milliseconds since the request.
const TRANSITIONS: &[(u64, &str, &str)] = &[
    (20_000, "stopped", "allocating"),
    (22_000, "allocating", "starting"),
    (27_000, "starting", "started"),
];

/// The end of the task that starts the new machine, in milliseconds since the request. It takes some
/// seconds more than the machine needs to be `started`, and other tasks on the machine wait for it.
const STARTUP_END: u64 = 40_000;

/// Parts of random host names.
const ADJECTIVES: &[&str] = &[
    "amber", "brave", "calm", "dusty", "early", "fancy", "gentle", "happy", "icy", "jolly", "kind",
    "lucky",
];
const NOUNS: &[&str] = &[
    "anchor", "bee", "cloud", "drum", "engine", "falcon", "garden", "harbor", "island", "jacket",
    "kite", "lamp",
];

pub(crate) fn run(ctx: &mut OperationContext<'_>, action: &str) -> Option<OperationResult> {
    Some(match action {
        "create" => create(ctx),
        "create_from_spec" => create_from_spec(ctx),
        _ => return None,
    })
}

fn create(ctx: &mut OperationContext<'_>) -> OperationResult {
    let mut plan = Map::new();
    for name in [
        "zone",
        "data_center",
        "package",
        "disk_template",
        "hostname",
    ] {
        if !ctx.text(name).is_empty() {
            plan.insert(name.into(), json!(ctx.text(name)));
        }
    }
    if let Some(disks) = ctx
        .arguments
        .get("disks")
        .filter(|disks| disks.as_array().is_some_and(|disks| !disks.is_empty()))
    {
        let systems = disks
            .as_array()
            .into_iter()
            .flatten()
            .filter(|disk| disk.get("system") == Some(&json!(true)));
        // The API boots from exactly one of the disks.
        if systems.count() != 1 {
            return Err(ctx.refusal(
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
    if !ctx.text("network").is_empty() {
        plan.insert(
            "interfaces".into(),
            json!([{"network": ctx.text("network"), "addresses": [{"version": "ipv4"}]}]),
        );
    }
    start(ctx, plan, String::new())
}

fn create_from_spec(ctx: &mut OperationContext<'_>) -> OperationResult {
    let xml = ctx.text("xml");
    let plan = build_spec_xml::read(ctx.world, &ctx.text("organization"), &xml);
    let plan = plan.map_err(|errors| {
        ctx.refusal(
            "invalid_spec_xml",
            400,
            "The spec XML provided is invalid",
            json!({"errors": errors}),
        )
    })?;
    start(ctx, plan, xml)
}

/// Returns the zone of a plan, or the first one of its data center.
fn zone_of(world: &World, plan: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| plan.get(name).and_then(Value::as_str);
    let center = text("data_center");
    text("zone").map(str::to_owned).or_else(|| {
        let mut zones = world.by_kind("Zone");
        zones
            .find(|zone| center.is_some_and(|center| zone.text("data_center") == center))
            .map(|zone| zone.id.clone())
    })
}

fn start(
    ctx: &mut OperationContext<'_>,
    mut plan: Map<String, Value>,
    xml: String,
) -> OperationResult {
    let organization = ctx.text("organization");
    let Some(zone) = zone_of(ctx.world, &plan) else {
        return Err(ctx.refusal(
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
        _ => random_hostname(ctx.world),
    };
    let taken = ctx
        .world
        .find_by(
            "VirtualMachine",
            "fqdn",
            &fqdn(ctx.world, &organization, &hostname),
        )
        .next()
        .is_some();
    // A pending build reserves its host name.
    let planned = ctx.world.by_kind("VirtualMachineBuild").any(|build| {
        matches!(build.text("state"), "pending" | "building")
            && build.text("organization") == organization
            && build.text("hostname") == hostname
    });
    if taken || planned {
        return Err(Refusal::invalid("Hostname has already been taken"));
    }
    // The response always has a specification, even for a build without one.
    let xml = if xml.is_empty() {
        format!("<VirtualMachineSpec><Zone>{zone}</Zone></VirtualMachineSpec>")
    } else {
        xml
    };
    let fields = json!({
        "organization": organization, "state": "pending", "spec_xml": xml, "plan": plan, "hostname": hostname,
        "annotations": ctx.arguments.get("annotations"), "virtual_machine": null,
    });
    let build = ctx.world.create("VirtualMachineBuild", fields);
    ctx.world.schedule(
        START_DELAY,
        Change::Transition(build.clone(), "pending", "building"),
    );
    ctx.world
        .schedule(MACHINE_DELAY, Change::CreateMachine(build.clone()));
    ctx.world
        // Builds are kept like tasks.
        .schedule(tasks::RETENTION, Change::Remove(build.clone()));
    ctx.world.schedule(
        DURATION,
        Change::Transition(build.clone(), "building", "complete"),
    );
    let task = tasks::start_with_duration(
        ctx.world,
        "Build virtual machine",
        &build,
        DURATION,
        Vec::new(),
    );
    let mut response: ResponseFields = ctx.rendered(&build);
    ctx.render_as(&mut response, "task", &task);
    response.insert("hostname".into(), json!(hostname));
    if let Some(object) = ctx.world.get(&build).cloned() {
        default::render_annotations(ctx, &mut response, &object);
    }
    Ok(response)
}

fn random_hostname(world: &mut World) -> String {
    let rng = &mut world.rng;
    let (adjective, noun) = (*rng.choose(ADJECTIVES), *rng.choose(NOUNS));
    format!("{adjective}-{noun}-{}", rng.next_u64() % 1000)
}

/// Creates the machine of a build, which fails if there is no free IP address.
pub(crate) fn finish(world: &mut World, id: &str) {
    let Some(build) = world
        .get(id)
        .cloned()
        .filter(|build| build.text("state") == "building")
    else {
        return;
    };
    let plan = build.fields.get("plan").cloned().unwrap_or_default();
    let machine = provisioning::create_machine(
        world,
        build.text("organization"),
        build.text("hostname"),
        &plan,
    );
    let Some(machine) = machine else {
        // The state of the build reports the failure, its task does not.
        world.set(id, "state", "failed");
        return;
    };
    if let Some(annotations) = build.fields.get("annotations") {
        world.set(&machine, "annotations", annotations.clone());
    }
    world.set(id, "virtual_machine", machine.as_str());
    let busy_until = world.now + STARTUP_END - MACHINE_DELAY;
    world.set(&machine, tasks::BUSY_UNTIL, busy_until);
    for (at, from, to) in TRANSITIONS {
        world.schedule(
            at - MACHINE_DELAY,
            Change::Transition(machine.clone(), from, to),
        );
    }
    world.schedule(
        TRANSITIONS.last().map_or(0, |last| last.0) - MACHINE_DELAY,
        Change::SetAttachment(machine, "attached"),
    );
}
