//! Network interfaces of virtual machines, and the addresses on them.

use serde_json::{Value, json};

use super::{default, ip_addresses, tasks};
use crate::response::context::{OperationContext, OperationResult};
use crate::response::refusal::Refusal;
use crate::world::{Change, World};

/// The argument that names an interface.
const INTERFACE: &str = "virtual_machine_network_interface";

pub(crate) fn run(ctx: &mut OperationContext<'_>, action: &str) -> Option<OperationResult> {
    Some(match action {
        "create" => create(ctx),
        "attach" => attach(ctx, "attached"),
        "detach" => attach(ctx, "detached"),
        "allocate_ip" => allocate_ip(ctx),
        "allocate_new_ip" => allocate_new_ip(ctx),
        "available_ips" => available_ips(ctx),
        "update_speed_profile" => update_speed_profile(ctx),
        _ => return None,
    })
}

/// Creates an interface and returns its id.
pub(crate) fn create_interface(
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
    // The first byte marks a locally administered address.
    let mac = world.rng.hex(10);
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
    world.create("VirtualMachineNetworkInterface", fields)
}

fn create(ctx: &mut OperationContext<'_>) -> OperationResult {
    let (network, virtual_network) = (ctx.text("network"), ctx.text("virtual_network"));
    // The document has both arguments as optional.
    if network.is_empty() == virtual_network.is_empty() {
        return Err(Refusal::invalid(
            "Exactly one of network and virtual network must be given",
        ));
    }
    let id = create_interface(
        ctx.world,
        &ctx.text("virtual_machine"),
        &network,
        &virtual_network,
        &ctx.text("speed_profile"),
    );
    Ok(ctx.rendered(&id))
}

fn attach(ctx: &mut OperationContext<'_>, state: &'static str) -> OperationResult {
    let interface = ctx.require_object(INTERFACE)?;
    if interface.text("state") == state {
        let code = format!("virtual_machine_network_interface_already_{state}");
        let description = format!("This virtual machine network interface is already {state}");
        return Err(ctx.refusal(&code, 422, &description, json!({})));
    }
    let name = if state == "attached" {
        "Attach network interface"
    } else {
        "Detach network interface"
    };
    let changes = vec![Change::Set(interface.id.clone(), "state", json!(state))];
    let task = tasks::start(ctx.world, name, &interface.id, changes);
    let mut response = ctx.rendered(&interface.id);
    ctx.render_as(&mut response, "task", &task);
    Ok(response)
}

fn allocate_ip(ctx: &mut OperationContext<'_>) -> OperationResult {
    let interface = ctx.require_object(INTERFACE)?;
    let address = ctx.require_object("ip_address")?;
    ip_addresses::require_unallocated(ctx, &address)?;
    if address.text("network") != interface.text("network") {
        return Err(ctx.refusal(
            "invalid_ip",
            422,
            "This IP address is not valid for this network interface",
            json!({}),
        ));
    }
    ip_addresses::allocate(
        ctx.world,
        &address.id,
        interface.text("virtual_machine"),
        &interface.id,
    );
    Ok(ctx.rendered(&interface.id))
}

fn allocate_new_ip(ctx: &mut OperationContext<'_>) -> OperationResult {
    let interface = ctx.require_object(INTERFACE)?;
    let version = ctx.text("address_version");
    let Some(address) = ip_addresses::create_in_network(
        ctx.world,
        interface.text("organization"),
        interface.text("network"),
        &version,
    ) else {
        return Err(ctx.refusal(
            "no_available_addresses",
            503,
            "Our pool of addresses for that version seems to have run dry",
            json!({}),
        ));
    };
    ip_addresses::allocate(
        ctx.world,
        &address,
        interface.text("virtual_machine"),
        &interface.id,
    );
    Ok(ctx.rendered(&address))
}

fn available_ips(ctx: &mut OperationContext<'_>) -> OperationResult {
    let interface = ctx.require_object(INTERFACE)?;
    let six = ctx.text("address_version") == "ipv6";
    let free = ctx
        .world
        .find_by("IpAddress", "network", interface.text("network"))
        .filter(|address| {
            address.text("allocation").is_empty() && address.text("address").contains(':') == six
        });
    let items: Vec<_> = free.map(|address| json!(address.id)).collect();
    Ok(ctx.page("ip_addresses", &items))
}

fn update_speed_profile(ctx: &mut OperationContext<'_>) -> OperationResult {
    let interface = ctx.require_object(INTERFACE)?;
    let profile = ctx.text("speed_profile");
    if interface.text("speed_profile") == profile {
        return Err(ctx.refusal("speed_profile_already_assigned", 422, "This network speed profile is already assigned to this virtual machine network interface", json!({})));
    }
    let changes = vec![Change::Set(
        interface.id.clone(),
        "speed_profile",
        json!(profile),
    )];
    let task = tasks::start(
        ctx.world,
        "Change network interface speed profile",
        &interface.id,
        changes,
    );
    default::render_with_task(ctx, &interface.id).map(|mut response| {
        ctx.render_as(&mut response, "task", &task);
        response
    })
}
