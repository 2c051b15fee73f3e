//! Virtual machines: packages, groups, tags, names, consoles. Power is in `power`.

use serde_json::{Value, json};

use super::{addresses, power, present_if_set, tasks};
use crate::generic;
use crate::refusal::Refusal;
use crate::reply::{Call, Outcome, Parts};
use crate::world::{Change, Object, World};

/// How long a console session is open, in seconds.
const SESSION: u64 = 300;

pub(crate) fn run(call: &mut Call<'_>, action: &str) -> Option<Outcome> {
    Some(match action {
        "start" | "stop" | "shutdown" | "reset" => power::run(call, action),
        "set_package" => set_package(call),
        "set_flexible_resources" => set_flexible_resources(call),
        "update" => update(call),
        "allocate_ip" => allocate_ip(call),
        "create_console_session" => console(call),
        _ => return None,
    })
}

/// Whether a change of resources makes a machine smaller.
pub(crate) fn is_smaller(old: (i64, i64), new: (i64, i64)) -> bool {
    new.0 < old.0 || new.1 < old.1
}

fn resources(object: &Object) -> (i64, i64) {
    (
        object.number("cpu_cores").unwrap_or_default(),
        object.number("memory_in_gb").unwrap_or_default(),
    )
}

fn current(world: &World, machine: &Object) -> (i64, i64) {
    if machine.number("cpu_cores").is_some() {
        return resources(machine);
    }
    world
        .get(machine.text("package"))
        .map(resources)
        .unwrap_or_default()
}

fn set_package(call: &mut Call<'_>) -> Outcome {
    let (Some(machine), Some(package)) = (
        call.named("virtual_machine"),
        call.named("virtual_machine_package"),
    ) else {
        return Ok(Parts::new());
    };
    resize(
        call,
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

fn set_flexible_resources(call: &mut Call<'_>) -> Outcome {
    let Some(machine) = call.named("virtual_machine") else {
        return Ok(Parts::new());
    };
    let wanted = call.arguments.get("resources").cloned().unwrap_or_default();
    let number = |name: &str| wanted.get(name).and_then(Value::as_i64).unwrap_or_default();
    let (cores, memory) = (number("cpu_cores"), number("memory_in_gb"));
    if cores < 1 || memory < 1 {
        return Err(Refusal::queueing(
            "A virtual machine needs a core and a gigabyte of memory",
        ));
    }
    let dedicated = wanted
        .get("use_dedicated_cpus")
        .cloned()
        .unwrap_or(json!(false));
    resize(
        call,
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
    call: &mut Call<'_>,
    machine: &Object,
    new: (i64, i64),
    name: &str,
    changes: Vec<Change>,
) -> Outcome {
    let state = machine.text("state");
    if is_smaller(current(call.world, machine), new) && state != "stopped" {
        return Err(Refusal::queueing(
            "The virtual machine must be stopped to be made smaller",
        ));
    }
    if !matches!(state, "started" | "starting" | "stopped") {
        return Err(Refusal::queueing(&format!(
            "The virtual machine is {state}"
        )));
    }
    let task = tasks::start(call.world, name, &machine.id, changes);
    Ok(call.shown(&task))
}

fn update(call: &mut Call<'_>) -> Outcome {
    let Some(machine) = call.named("virtual_machine") else {
        return Ok(Parts::new());
    };
    present_if_set(call, "name")?;
    present_if_set(call, "hostname")?;
    let mut wanted = call.wanted();
    if let Some(Value::String(hostname)) = wanted.remove("hostname") {
        let hostname = hostname.to_lowercase();
        let fqdn = fqdn(call.world, machine.text("organization"), &hostname);
        if call
            .world
            .having("VirtualMachine", "fqdn", &fqdn)
            .any(|other| other.id != machine.id)
        {
            return Err(Refusal::invalid("Hostname has already been taken"));
        }
        call.world.set(&machine.id, "hostname", hostname);
        call.world.set(&machine.id, "fqdn", fqdn);
    }
    if let Some(names) = wanted.remove("tag_names") {
        let tags = tags_of(call.world, machine.text("organization"), &names);
        call.world.set(&machine.id, "tags", tags);
    }
    call.arguments
        .insert("properties".into(), Value::Object(wanted));
    generic::update(call)
}

/// A machine's whole host name.
pub(crate) fn fqdn(world: &World, organization: &str, hostname: &str) -> String {
    let domain = world
        .get(organization)
        .map(|organization| organization.text("infrastructure_domain"))
        .unwrap_or_default();
    format!("{hostname}.{domain}")
}

/// The ids of tags by their names; those that are not there are made.
pub(crate) fn tags_of(world: &mut World, organization: &str, names: &Value) -> Value {
    let names = names
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let tags = names.map(|name| {
        let found = world
            .having("Tag", "name", name)
            .find(|tag| ["", organization].contains(&tag.text("organization")));
        match found {
            Some(tag) => json!(tag.id),
            None => {
                let fields =
                    json!({"name": name, "organization": organization, "color": "light_blue"});
                json!(world.create("Tag", fields.as_object().cloned().unwrap_or_default()))
            }
        }
    });
    tags.collect()
}

fn allocate_ip(call: &mut Call<'_>) -> Outcome {
    let (Some(machine), Some(address)) = (call.named("virtual_machine"), call.named("ip_address"))
    else {
        return Ok(Parts::new());
    };
    let mut interfaces = call.world.having(
        "VirtualMachineNetworkInterface",
        "virtual_machine",
        &machine.id,
    );
    let interface = interfaces
        .find(|interface| interface.text("network") == address.text("network"))
        .map(|interface| interface.id.clone());
    drop(interfaces);
    addresses::free(call, &address)?;
    let Some(interface) = interface else {
        return Err(call.refusal(
            "no_interface_available",
            422,
            "The virtual machine has no network interface in the network of the IP address",
            json!({}),
        ));
    };
    addresses::allocate(call.world, &address.id, &machine.id, &interface);
    Ok(call.shown(&address.id))
}

fn console(call: &mut Call<'_>) -> Outcome {
    let Some(machine) = call.named("virtual_machine") else {
        return Ok(Parts::new());
    };
    if machine.text("state") != "started" {
        let detail = json!({"current_state": machine.text("state")});
        return Err(call.refusal(
            "virtual_machine_must_be_started",
            406,
            "Virtual machines must be in a started state to create console sessions",
            detail,
        ));
    }
    let secret = call.world.random.letters(32);
    let fields = json!({
        "virtual_machine": machine.id,
        "expires_at": call.world.seconds() + SESSION,
        "url": format!("https://console.katapult.example/{secret}"),
    });
    let session = call.world.create(
        "ConsoleSession",
        fields.as_object().cloned().unwrap_or_default(),
    );
    call.world
        .later(SESSION * 1000, Change::Remove(session.clone()));
    Ok(call.shown(&session))
}
