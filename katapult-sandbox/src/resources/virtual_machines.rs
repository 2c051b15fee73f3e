//! Virtual machines: packages, tags, host names, consoles. Power is in [`power`].

use serde_json::{Value, json};

use super::validation::require_present_if_set;
use super::{default, ip_addresses, power, tasks};
use crate::response::context::{OperationContext, OperationResult};
use crate::response::refusal::Refusal;
use crate::world::{Change, Object, World};

/// The lifetime of a console session, in seconds.
const SESSION_LIFETIME: u64 = 300;

pub(crate) fn run(ctx: &mut OperationContext<'_>, action: &str) -> Option<OperationResult> {
    Some(match action {
        "start" | "stop" | "shutdown" | "reset" => power::run(ctx, action),
        "set_package" => set_package(ctx),
        "set_flexible_resources" => set_flexible_resources(ctx),
        "update" => update(ctx),
        "allocate_ip" => allocate_ip(ctx),
        "create_console_session" => console(ctx),
        _ => return None,
    })
}

/// Returns `true` if new resources (cores, memory) are smaller in one of them.
fn is_smaller(old: (i64, i64), new: (i64, i64)) -> bool {
    new.0 < old.0 || new.1 < old.1
}

fn resources(object: &Object) -> (i64, i64) {
    (
        object.number("cpu_cores").unwrap_or_default(),
        object.number("memory_in_gb").unwrap_or_default(),
    )
}

fn current_resources(world: &World, machine: &Object) -> (i64, i64) {
    if machine.number("cpu_cores").is_some() {
        return resources(machine);
    }
    world
        .get(machine.text("package"))
        .map(resources)
        .unwrap_or_default()
}

fn set_package(ctx: &mut OperationContext<'_>) -> OperationResult {
    let machine = ctx.require_object("virtual_machine")?;
    let package = ctx.require_object("virtual_machine_package")?;
    resize(
        ctx,
        &machine,
        resources(&package),
        "Change package",
        vec![
            Change::Set(machine.id.clone(), "package", json!(package.id)),
            Change::Set(machine.id.clone(), "cpu_cores", Value::Null),
            Change::Set(machine.id.clone(), "memory_in_gb", Value::Null),
        ],
    )
}

fn set_flexible_resources(ctx: &mut OperationContext<'_>) -> OperationResult {
    let machine = ctx.require_object("virtual_machine")?;
    let requested = ctx.arguments.get("resources").cloned().unwrap_or_default();
    let number = |name: &str| {
        requested
            .get(name)
            .and_then(Value::as_i64)
            .unwrap_or_default()
    };
    let (cores, memory) = (number("cpu_cores"), number("memory_in_gb"));
    if cores < 1 || memory < 1 {
        return Err(Refusal::task_queueing(
            "A virtual machine needs a core and a gigabyte of memory",
        ));
    }
    let dedicated = requested
        .get("use_dedicated_cpus")
        .cloned()
        .unwrap_or(json!(false));
    resize(
        ctx,
        &machine,
        (cores, memory),
        "Change resources",
        vec![
            Change::Set(machine.id.clone(), "cpu_cores", json!(cores)),
            Change::Set(machine.id.clone(), "memory_in_gb", json!(memory)),
            Change::Set(machine.id.clone(), "use_dedicated_cpus", dedicated),
        ],
    )
}

fn resize(
    ctx: &mut OperationContext<'_>,
    machine: &Object,
    new: (i64, i64),
    name: &str,
    changes: Vec<Change>,
) -> OperationResult {
    let state = machine.text("state");
    // A running machine can grow, but not shrink.
    if is_smaller(current_resources(ctx.world, machine), new) && state != "stopped" {
        return Err(Refusal::task_queueing(
            "The virtual machine must be stopped to be made smaller",
        ));
    }
    if !matches!(state, "started" | "starting" | "stopped") {
        return Err(Refusal::task_queueing(&format!(
            "The virtual machine is {state}"
        )));
    }
    let task = tasks::start(ctx.world, name, &machine.id, changes);
    Ok(ctx.rendered(&task))
}

fn update(ctx: &mut OperationContext<'_>) -> OperationResult {
    let machine = ctx.require_object("virtual_machine")?;
    require_present_if_set(ctx, "name")?;
    require_present_if_set(ctx, "hostname")?;
    let mut requested = ctx.requested_fields();
    if let Some(Value::String(hostname)) = requested.remove("hostname") {
        let hostname = hostname.to_lowercase();
        let fqdn = fqdn(ctx.world, machine.text("organization"), &hostname);
        if ctx
            .world
            .find_by("VirtualMachine", "fqdn", &fqdn)
            .any(|other| other.id != machine.id)
        {
            return Err(Refusal::invalid("Hostname has already been taken"));
        }
        ctx.world.set(&machine.id, "hostname", hostname);
        ctx.world.set(&machine.id, "fqdn", fqdn);
    }
    if let Some(names) = requested.remove("tag_names") {
        let tags = tag_ids(ctx.world, machine.text("organization"), &names);
        ctx.world.set(&machine.id, "tags", tags);
    }
    ctx.arguments
        .insert("properties".into(), Value::Object(requested));
    default::update(ctx)
}

/// Returns the full host name of a machine.
pub(crate) fn fqdn(world: &World, organization: &str, hostname: &str) -> String {
    // The domain of the organization, as the API forms it.
    let domain = world
        .get(organization)
        .map(|organization| organization.text("infrastructure_domain"))
        .unwrap_or_default();
    format!("{hostname}.{domain}")
}

/// Returns the ids of tags by their names, and creates the missing ones.
pub(crate) fn tag_ids(world: &mut World, organization: &str, names: &Value) -> Value {
    let names = names
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let tags = names.map(|name| {
        let found = world
            .find_by("Tag", "name", name)
            .find(|tag| ["", organization].contains(&tag.text("organization")));
        match found {
            Some(tag) => json!(tag.id),
            None => {
                let fields =
                    json!({"name": name, "organization": organization, "color": "light_blue"});
                json!(world.create("Tag", fields))
            }
        }
    });
    tags.collect()
}

fn allocate_ip(ctx: &mut OperationContext<'_>) -> OperationResult {
    let machine = ctx.require_object("virtual_machine")?;
    let address = ctx.require_object("ip_address")?;
    let mut interfaces = ctx.world.find_by(
        "VirtualMachineNetworkInterface",
        "virtual_machine",
        &machine.id,
    );
    let interface = interfaces
        .find(|interface| interface.text("network") == address.text("network"))
        .map(|interface| interface.id.clone());
    drop(interfaces);
    ip_addresses::require_unallocated(ctx, &address)?;
    let Some(interface) = interface else {
        return Err(ctx.refusal(
            "no_interface_available",
            422,
            "The virtual machine has no network interface in the network of the IP address",
            json!({}),
        ));
    };
    ip_addresses::allocate(ctx.world, &address.id, &machine.id, &interface);
    Ok(ctx.rendered(&address.id))
}

fn console(ctx: &mut OperationContext<'_>) -> OperationResult {
    let machine = ctx.require_object("virtual_machine")?;
    if machine.text("state") != "started" {
        let detail = json!({"current_state": machine.text("state")});
        return Err(ctx.refusal(
            "virtual_machine_must_be_started",
            406,
            "Virtual machines must be in a started state to create console sessions",
            detail,
        ));
    }
    let secret = ctx.world.rng.alphanumeric(32);
    let fields = json!({
        "virtual_machine": machine.id,
        "expires_at": ctx.world.now_secs() + SESSION_LIFETIME,
        "url": format!("https://console.katapult.example/{secret}"),
    });
    let session = ctx.world.create("ConsoleSession", fields);
    ctx.world
        // An expired session is gone, so that sessions do not accumulate.
        .schedule(SESSION_LIFETIME * 1000, Change::Remove(session.clone()));
    Ok(ctx.rendered(&session))
}
