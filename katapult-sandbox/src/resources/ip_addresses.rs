//! IP addresses: created from the subnets of a network, allocated to one object at a time.

use serde_json::{Value, json};

use super::default;
use crate::response::context::{OperationContext, OperationResult, ResponseFields};
use crate::response::refusal::Refusal;
use crate::world::{Object, World};

pub(crate) fn run(ctx: &mut OperationContext<'_>, action: &str) -> Option<OperationResult> {
    Some(match action {
        "create" => create(ctx),
        "update" => update(ctx),
        "get" => get(ctx),
        "list" => list(ctx),
        "delete" => delete(ctx),
        "unallocate" => unallocate(ctx),
        _ => return None,
    })
}

/// Creates an address in a network and returns its id; `None` if no subnet has a free one.
pub(crate) fn create_in_network(
    world: &mut World,
    organization: &str,
    network: &str,
    version: &str,
) -> Option<String> {
    let requested = if version == "ipv6" { 6 } else { 4 };
    let subnets: Vec<_> = world
        .find_by("Subnet", "network", network)
        .filter(|subnet| subnet.number("version") == Some(requested))
        .cloned()
        .collect();
    for subnet in subnets {
        let size = capacity(subnet.number("mask").unwrap_or(24), requested);
        // Counts on from the last address, so that a deleted one is not reused at once.
        let first = subnet.number("next_host").unwrap_or(2).unsigned_abs();
        // At most 65,536 steps: an IPv6 subnet has too many addresses to try them all.
        for step in 0..size.saturating_sub(2).min(1 << 16) {
            let host = 2 + (first - 2 + step) % (size - 2);
            let address = nth_address(subnet.text("address"), host);
            if world
                .find_by("IpAddress", "address", &address)
                .next()
                .is_none()
            {
                world.set(&subnet.id, "next_host", host + 1);
                let fields = json!({
                    "address": address, "network": network, "organization": organization, "subnet": subnet.id,
                    "vip": false, "label": null, "allocation": null, "interface": null,
                });
                return Some(world.create("IpAddress", fields));
            }
        }
    }
    None
}

/// Returns the number of addresses of a subnet, without the broadcast address.
fn capacity(mask: i64, version: i64) -> u64 {
    let bits = if version == 6 { 128 - mask } else { 32 - mask };
    (1_u64 << bits.clamp(2, 32)) - 1
}

/// Returns the n-th address of a subnet.
fn nth_address(subnet: &str, host: u64) -> String {
    if let Ok(first) = subnet.parse::<std::net::Ipv4Addr>() {
        let number = u32::from(first).wrapping_add(u32::try_from(host).unwrap_or_default());
        return std::net::Ipv4Addr::from(number).to_string();
    }
    let first = subnet
        .parse::<std::net::Ipv6Addr>()
        .unwrap_or(std::net::Ipv6Addr::LOCALHOST);
    std::net::Ipv6Addr::from(u128::from(first).wrapping_add(u128::from(host))).to_string()
}

/// Returns an error if an address is allocated.
pub(crate) fn require_unallocated(
    ctx: &OperationContext<'_>,
    address: &Object,
) -> Result<(), Refusal> {
    if address.text("allocation").is_empty() {
        return Ok(());
    }
    let description = "This IP address has already been allocated to another resource";
    Err(ctx.refusal("ip_already_allocated", 422, description, json!({})))
}

/// Allocates an address to an object, on an interface unless `interface` is empty.
pub(crate) fn allocate(world: &mut World, address: &str, holder: &str, interface: &str) {
    world.set(address, "allocation", holder);
    world.set(
        address,
        "interface",
        if interface.is_empty() {
            Value::Null
        } else {
            json!(interface)
        },
    );
}

fn require_label(vip: bool, label: &str) -> Result<(), Refusal> {
    if vip && label.trim().is_empty() {
        Err(Refusal::invalid("Label can't be blank"))
    } else {
        Ok(())
    }
}

fn create(ctx: &mut OperationContext<'_>) -> OperationResult {
    let vip = ctx.arguments.get("vip") == Some(&json!(true));
    require_label(vip, &ctx.text("label"))?;
    let (organization, network, version) = (
        ctx.text("organization"),
        ctx.text("network"),
        ctx.text("version"),
    );
    let Some(id) = create_in_network(ctx.world, &organization, &network, &version) else {
        return Err(Refusal::invalid(
            "There are no addresses available in the network",
        ));
    };
    if vip {
        ctx.world.set(&id, "vip", true);
        ctx.world.set(&id, "label", ctx.text("label"));
    }
    Ok(ctx.rendered(&id))
}

fn update(ctx: &mut OperationContext<'_>) -> OperationResult {
    let address = ctx.require_object("ip_address")?;
    let vip = ctx
        .arguments
        .get("vip")
        .and_then(Value::as_bool)
        .unwrap_or(address.flag("vip"));
    let label = match ctx.arguments.get("label") {
        Some(label) => label.as_str().unwrap_or_default().to_owned(),
        None => address.text("label").to_owned(),
    };
    require_label(vip, &label)?;
    if !vip {
        // Only a VIP has a label.
        ctx.arguments.insert("label".into(), Value::Null);
    }
    default::update(ctx)
}

fn get(ctx: &mut OperationContext<'_>) -> OperationResult {
    let address = ctx.require_object("ip_address")?;
    let mut response = ctx.rendered(&address.id);
    if let Some(node) = ctx.schema_at("allocation") {
        let rendered = ctx.renderer().value(node, address.fields.get("allocation"));
        response.insert("allocation".into(), rendered);
    }
    Ok(response)
}

fn list(ctx: &mut OperationContext<'_>) -> OperationResult {
    let organization = ctx.text("organization");
    let requested = ctx.arguments.get("allocated").and_then(Value::as_bool);
    let found = ctx
        .world
        .find_by("IpAddress", "organization", &organization);
    let found = found.filter(|address| {
        requested.is_none_or(|requested| requested != address.text("allocation").is_empty())
    });
    let items: Vec<_> = found.map(|address| json!(address.id)).collect();
    Ok(ctx.page("ip_addresses", &items))
}

fn delete(ctx: &mut OperationContext<'_>) -> OperationResult {
    let address = ctx.require_object("ip_address")?;
    if !address.text("allocation").is_empty() {
        return Err(unallocation_unsupported(ctx));
    }
    ctx.world.remove(&address.id);
    Ok(ResponseFields::new())
}

fn unallocation_unsupported(ctx: &OperationContext<'_>) -> Refusal {
    let description =
        "The resource that this IP address belongs to does not allow you to unallocate it";
    ctx.refusal(
        "resource_does_not_support_unallocation",
        409,
        description,
        json!({}),
    )
}

fn unallocate(ctx: &mut OperationContext<'_>) -> OperationResult {
    let address = ctx.require_object("ip_address")?;
    match ctx
        .world
        .get(address.text("allocation"))
        .map(|holder| holder.kind.as_str())
    {
        None => Err(ctx.refusal(
            "no_allocation",
            422,
            "This IP address is not currently allocated to any object",
            json!({}),
        )),
        // The address of a load balancer belongs to it until it is deleted.
        Some("VirtualMachine") => {
            ctx.world.set(&address.id, "allocation", Value::Null);
            ctx.world.set(&address.id, "interface", Value::Null);
            Ok(ResponseFields::new())
        }
        Some(_) => Err(unallocation_unsupported(ctx)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_a_subnet_are_consecutive() {
        let cases = [
            ("192.0.2.0", 2, "192.0.2.2"),
            ("198.51.100.0", 300, "198.51.101.44"),
            ("2001:db8:1::", 17, "2001:db8:1::11"),
        ];
        for (subnet, host, expected) in cases {
            assert_eq!(nth_address(subnet, host), expected);
        }
        assert_eq!((capacity(24, 4), capacity(30, 4)), (255, 3));
    }
}
