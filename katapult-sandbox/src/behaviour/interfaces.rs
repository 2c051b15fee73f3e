//! Network interfaces of virtual machines, and the addresses on them.

use serde_json::{Value, json};

use super::{addresses, tasks};
use crate::generic;
use crate::refusal::Refusal;
use crate::reply::{Call, Outcome, Parts};
use crate::world::{Change, World};

/// The argument that names an interface.
const INTERFACE: &str = "virtual_machine_network_interface";

pub(crate) fn run(call: &mut Call<'_>, action: &str) -> Option<Outcome> {
    Some(match action {
        "create" => create(call),
        "attach" => attach(call, "attached"),
        "detach" => attach(call, "detached"),
        "allocate_ip" => allocate_ip(call),
        "allocate_new_ip" => allocate_new_ip(call),
        "available_ips" => available_ips(call),
        "update_speed_profile" => update_speed_profile(call),
        _ => return None,
    })
}

/// Makes an interface and gives its id.
pub(crate) fn make(
    world: &mut World,
    machine: &str,
    network: &str,
    virtual_network: &str,
    speed_profile: &str,
) -> String {
    let or_null = |id: &str| {
        if id.is_empty() {
            Value::Null
        } else {
            json!(id)
        }
    };
    let started = world
        .get(machine)
        .is_some_and(|machine| machine.text("state") == "started");
    let mac = world.random.hex(10);
    let mac: Vec<_> = (0..5).map(|index| &mac[index * 2..index * 2 + 2]).collect();
    let fields = json!({
        "virtual_machine": machine,
        "organization": world.get(machine).map(|machine| machine.text("organization")).unwrap_or_default(),
        "network": or_null(network),
        "virtual_network": or_null(virtual_network),
        "speed_profile": or_null(speed_profile),
        "mac_address": format!("3a:{}", mac.join(":")),
        "state": if started { "attached" } else { "detached" },
    });
    world.create(
        "VirtualMachineNetworkInterface",
        fields.as_object().cloned().unwrap_or_default(),
    )
}

fn create(call: &mut Call<'_>) -> Outcome {
    let (network, virtual_network) = (call.text("network"), call.text("virtual_network"));
    if network.is_empty() == virtual_network.is_empty() {
        return Err(Refusal::invalid(
            "Exactly one of network and virtual network must be given",
        ));
    }
    let id = make(
        call.world,
        &call.text("virtual_machine"),
        &network,
        &virtual_network,
        &call.text("speed_profile"),
    );
    Ok(call.shown(&id))
}

fn attach(call: &mut Call<'_>, state: &'static str) -> Outcome {
    let Some(interface) = call.named(INTERFACE) else {
        return Ok(Parts::new());
    };
    if interface.text("state") == state {
        let code = format!("virtual_machine_network_interface_already_{state}");
        let description = format!("This virtual machine network interface is already {state}");
        return Err(call.refusal(&code, 422, &description, json!({})));
    }
    let name = if state == "attached" {
        "Attach network interface"
    } else {
        "Detach network interface"
    };
    let changes = vec![Change::Set(interface.id.clone(), "state", json!(state))];
    let task = tasks::start(call.world, name, &interface.id, changes);
    let mut parts = call.shown(&interface.id);
    call.show(&mut parts, "task", &task);
    Ok(parts)
}

fn allocate_ip(call: &mut Call<'_>) -> Outcome {
    let (Some(interface), Some(address)) = (call.named(INTERFACE), call.named("ip_address")) else {
        return Ok(Parts::new());
    };
    addresses::free(call, &address)?;
    if address.text("network") != interface.text("network") {
        return Err(call.refusal(
            "invalid_ip",
            422,
            "This IP address is not valid for this network interface",
            json!({}),
        ));
    }
    addresses::allocate(
        call.world,
        &address.id,
        interface.text("virtual_machine"),
        &interface.id,
    );
    Ok(call.shown(&interface.id))
}

fn allocate_new_ip(call: &mut Call<'_>) -> Outcome {
    let Some(interface) = call.named(INTERFACE) else {
        return Ok(Parts::new());
    };
    let version = call.text("address_version");
    let Some(address) = addresses::take(
        call.world,
        interface.text("organization"),
        interface.text("network"),
        &version,
    ) else {
        return Err(call.refusal(
            "no_available_addresses",
            503,
            "Our pool of addresses for that version seems to have run dry",
            json!({}),
        ));
    };
    addresses::allocate(
        call.world,
        &address,
        interface.text("virtual_machine"),
        &interface.id,
    );
    Ok(call.shown(&address))
}

fn available_ips(call: &mut Call<'_>) -> Outcome {
    let Some(interface) = call.named(INTERFACE) else {
        return Ok(Parts::new());
    };
    let six = call.text("address_version") == "ipv6";
    let free = call
        .world
        .having("IpAddress", "network", interface.text("network"))
        .filter(|address| {
            address.text("allocation").is_empty() && address.text("address").contains(':') == six
        });
    let items: Vec<_> = free.map(|address| json!(address.id)).collect();
    Ok(call.page("ip_addresses", &items))
}

fn update_speed_profile(call: &mut Call<'_>) -> Outcome {
    let (Some(interface), profile) = (call.named(INTERFACE), call.text("speed_profile")) else {
        return Ok(Parts::new());
    };
    if interface.text("speed_profile") == profile {
        return Err(call.refusal("speed_profile_already_assigned", 422, "This network speed profile is already assigned to this virtual machine network interface", json!({})));
    }
    let changes = vec![Change::Set(
        interface.id.clone(),
        "speed_profile",
        json!(profile),
    )];
    let task = tasks::start(
        call.world,
        "Change network interface speed profile",
        &interface.id,
        changes,
    );
    generic::shown_with_task(call, &interface.id).map(|mut parts| {
        call.show(&mut parts, "task", &task);
        parts
    })
}
