//! IP addresses: taken from the subnets of a network, allocated to one thing at a time.

use serde_json::{Value, json};

use crate::generic;
use crate::refusal::Refusal;
use crate::reply::{Call, Outcome, Parts};
use crate::world::{Object, World};

pub(crate) fn run(call: &mut Call<'_>, action: &str) -> Option<Outcome> {
    Some(match action {
        "create" => create(call),
        "update" => update(call),
        "get" => get(call),
        "list" => list(call),
        "delete" => delete(call),
        "unallocate" => unallocate(call),
        _ => return None,
    })
}

/// Takes a new address of a network; `None` when its subnets have none left.
pub(crate) fn take(
    world: &mut World,
    organization: &str,
    network: &str,
    version: &str,
) -> Option<String> {
    let wanted = if version == "ipv6" { 6 } else { 4 };
    let subnets: Vec<_> = world
        .having("Subnet", "network", network)
        .filter(|subnet| subnet.number("version") == Some(wanted))
        .cloned()
        .collect();
    for subnet in subnets {
        let size = capacity(subnet.number("mask").unwrap_or(24), wanted);
        let first = subnet.number("next_host").unwrap_or(2).unsigned_abs();
        for step in 0..size.saturating_sub(2).min(1 << 16) {
            let host = 2 + (first - 2 + step) % (size - 2);
            let address = nth(subnet.text("address"), host);
            if world
                .having("IpAddress", "address", &address)
                .next()
                .is_none()
            {
                world.set(&subnet.id, "next_host", host + 1);
                let fields = json!({
                    "address": address, "network": network, "organization": organization, "subnet": subnet.id,
                    "vip": false, "label": null, "allocation": null, "interface": null,
                });
                return Some(
                    world.create("IpAddress", fields.as_object().cloned().unwrap_or_default()),
                );
            }
        }
    }
    None
}

/// How many hosts a subnet numbers, without its last.
fn capacity(mask: i64, version: i64) -> u64 {
    let bits = if version == 6 { 128 - mask } else { 32 - mask };
    (1_u64 << bits.clamp(2, 32)) - 1
}

/// An address of a subnet by its number.
fn nth(subnet: &str, host: u64) -> String {
    if let Ok(first) = subnet.parse::<std::net::Ipv4Addr>() {
        let number = u32::from(first).wrapping_add(u32::try_from(host).unwrap_or_default());
        return std::net::Ipv4Addr::from(number).to_string();
    }
    let first = subnet
        .parse::<std::net::Ipv6Addr>()
        .unwrap_or(std::net::Ipv6Addr::LOCALHOST);
    std::net::Ipv6Addr::from(u128::from(first).wrapping_add(u128::from(host))).to_string()
}

/// Whether an address is nobody's.
pub(crate) fn free(call: &Call<'_>, address: &Object) -> Result<(), Refusal> {
    if address.text("allocation").is_empty() {
        return Ok(());
    }
    let description = "This IP address has already been allocated to another resource";
    Err(call.refusal("ip_already_allocated", 422, description, json!({})))
}

/// Gives an address to a thing.
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

fn labelled(vip: bool, label: &str) -> Result<(), Refusal> {
    if vip && label.trim().is_empty() {
        Err(Refusal::invalid("Label can't be blank"))
    } else {
        Ok(())
    }
}

fn create(call: &mut Call<'_>) -> Outcome {
    let vip = call.arguments.get("vip") == Some(&json!(true));
    labelled(vip, &call.text("label"))?;
    let (organization, network, version) = (
        call.text("organization"),
        call.text("network"),
        call.text("version"),
    );
    let Some(id) = take(call.world, &organization, &network, &version) else {
        return Err(Refusal::invalid(
            "There are no addresses available in the network",
        ));
    };
    if vip {
        call.world.set(&id, "vip", true);
        call.world.set(&id, "label", call.text("label"));
    }
    Ok(call.shown(&id))
}

fn update(call: &mut Call<'_>) -> Outcome {
    let Some(address) = call.named("ip_address") else {
        return Ok(Parts::new());
    };
    let vip = call
        .arguments
        .get("vip")
        .and_then(Value::as_bool)
        .unwrap_or(address.is("vip"));
    let label = match call.arguments.get("label") {
        Some(label) => label.as_str().unwrap_or_default().to_owned(),
        None => address.text("label").to_owned(),
    };
    labelled(vip, &label)?;
    if !vip {
        // Only a virtual address has a label.
        call.arguments.insert("label".into(), Value::Null);
    }
    generic::update(call)
}

fn get(call: &mut Call<'_>) -> Outcome {
    let Some(address) = call.named("ip_address") else {
        return Ok(Parts::new());
    };
    let mut parts = call.shown(&address.id);
    if let Some(node) = call.slot("allocation") {
        let shown = call
            .renderer()
            .value(node, address.fields.get("allocation"));
        parts.insert("allocation".into(), shown);
    }
    Ok(parts)
}

fn list(call: &mut Call<'_>) -> Outcome {
    let organization = call.text("organization");
    let wanted = call.arguments.get("allocated").and_then(Value::as_bool);
    let found = call
        .world
        .having("IpAddress", "organization", &organization);
    let found = found.filter(|address| {
        wanted.is_none_or(|wanted| wanted != address.text("allocation").is_empty())
    });
    let items: Vec<_> = found.map(|address| json!(address.id)).collect();
    Ok(call.page("ip_addresses", &items))
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let Some(address) = call.named("ip_address") else {
        return Ok(Parts::new());
    };
    if !address.text("allocation").is_empty() {
        return Err(held(call));
    }
    call.world.remove(&address.id);
    Ok(Parts::new())
}

fn held(call: &Call<'_>) -> Refusal {
    let description =
        "The resource that this IP address belongs to does not allow you to unallocate it";
    call.refusal(
        "resource_does_not_support_unallocation",
        409,
        description,
        json!({}),
    )
}

fn unallocate(call: &mut Call<'_>) -> Outcome {
    let Some(address) = call.named("ip_address") else {
        return Ok(Parts::new());
    };
    match call
        .world
        .get(address.text("allocation"))
        .map(|holder| holder.kind.as_str())
    {
        None => Err(call.refusal(
            "no_allocation",
            422,
            "This IP address is not currently allocated to any object",
            json!({}),
        )),
        Some("VirtualMachine") => {
            call.world.set(&address.id, "allocation", Value::Null);
            call.world.set(&address.id, "interface", Value::Null);
            Ok(Parts::new())
        }
        Some(_) => Err(held(call)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_count_on() {
        let cases = [
            ("192.0.2.0", 2, "192.0.2.2"),
            ("198.51.100.0", 300, "198.51.101.44"),
            ("2001:db8:1::", 17, "2001:db8:1::11"),
        ];
        for (subnet, host, expected) in cases {
            assert_eq!(nth(subnet, host), expected);
        }
        assert_eq!((capacity(24, 4), capacity(30, 4)), (255, 3));
    }
}
