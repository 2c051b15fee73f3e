//! What an organization may have, what it costs, and what stands in the way of its end.

use serde_json::{Map, Value, json};

use crate::reply::{Call, Parts};
use crate::world::World;

/// What is limited: its name, the type that is counted, how many there may be, in what it is counted.
const LIMITS: &[(&str, Count, i64, Option<&str>)] = &[
    ("certificates", Count::Of("Certificate"), 50, None),
    ("disk_iops", Count::None, 10_000, Some("IOPS")),
    (
        "disk_space",
        Count::Sum("Disk", "size_in_gb"),
        20_000,
        Some("GB"),
    ),
    ("dns_zones", Count::Of("DnsZone"), 500, None),
    (
        "file_storage_volumes",
        Count::Of("FileStorageVolume"),
        50,
        None,
    ),
    ("isos", Count::Of("Iso"), 10, None),
    ("load_balancers", Count::Of("LoadBalancer"), 50, None),
    ("managed_organizations", Count::Of("Organization"), 50, None),
    ("network_speed", Count::None, 10_000, Some("Mbit/s")),
    ("security_groups", Count::Of("SecurityGroup"), 200, None),
    ("unallocated_ip_addresses", Count::Free, 50, None),
    ("virtual_machine_memory", Count::Memory, 2_000, Some("GB")),
    ("virtual_machines", Count::Of("VirtualMachine"), 500, None),
    ("virtual_networks", Count::Of("VirtualNetwork"), 50, None),
];
/// What must be gone before an organization can be deleted.
const STEPS: &[(&str, &str)] = &[
    ("disk_backup_policies", "DiskBackupPolicy"),
    ("disks", "Disk"),
    ("dns_zones", "DnsZone"),
    ("empty_trash", "TrashObject"),
    ("file_storage_volumes", "FileStorageVolume"),
    ("ip_addresses", "IpAddress"),
    ("isos", "Iso"),
    ("load_balancers", "LoadBalancer"),
    ("managed_organizations", "Organization"),
    ("object_storage", "ObjectStorageAccount"),
    ("virtual_machines", "VirtualMachine"),
    ("virtual_networks", "VirtualNetwork"),
];

/// How what is limited is counted.
#[derive(Clone, Copy)]
enum Count {
    /// It is not.
    None,
    Of(&'static str),
    Sum(&'static str, &'static str),
    Free,
    Memory,
}

/// The objects of a type that belong to an organization.
fn owned<'a>(
    world: &'a World,
    kind: &'a str,
    organization: &'a str,
) -> impl Iterator<Item = &'a crate::world::Object> + 'a {
    let field = if kind == "Organization" {
        "parent"
    } else {
        "organization"
    };
    world.having(kind, field, organization)
}

/// A sum that has an end, whatever people ask for.
pub(super) fn total(numbers: impl Iterator<Item = i64>) -> i64 {
    numbers.fold(0, i64::saturating_add)
}

fn count(world: &World, organization: &str, count: Count) -> Option<i64> {
    let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    Some(match count {
        Count::None => return None,
        Count::Of(kind) => whole(owned(world, kind, organization).count()),
        Count::Sum(kind, field) => {
            let objects = owned(world, kind, organization);
            total(objects.filter_map(|object| object.number(field)))
        }
        Count::Free => {
            let addresses = owned(world, "IpAddress", organization);
            whole(
                addresses
                    .filter(|address| address.text("allocation").is_empty())
                    .count(),
            )
        }
        Count::Memory => {
            let machines = owned(world, "VirtualMachine", organization);
            let memory = machines.map(|machine| {
                let package = world.get(machine.text("package"));
                let of_package = package.and_then(|package| package.number("memory_in_gb"));
                machine.number("memory_in_gb").or(of_package)
            });
            total(memory.flatten())
        }
    })
}

/// What an organization has of what it may have.
pub(super) fn policy(call: &Call<'_>) -> Parts {
    let organization = call.text("organization");
    let mut limits: Map<String, Value> = LIMITS
        .iter()
        .map(|(name, counted, limit, unit)| {
            let current = count(call.world, &organization, *counted);
            let shown = json!({"current": current, "limit": limit, "unit": unit});
            ((*name).to_owned(), shown)
        })
        .collect();
    let balance = json!({"current": 0.0, "limit": 1000.0, "currency": currency(call)});
    limits.insert("uninvoiced_balance".into(), balance);
    let permitted = json!({"permitted": true});
    let features = [
        "flexible_virtual_machine_resources",
        "suspension",
        "zone_selection",
    ];
    let features = features.map(|name| (name.to_owned(), permitted.clone()));
    call.filled([
        ("limits", Value::Object(limits)),
        ("features", Value::Object(features.into_iter().collect())),
        ("policy_name", json!("Standard")),
        ("policy_type", json!("auto")),
    ])
}

/// What an organization may have.
pub(super) fn policy_limits(call: &Call<'_>) -> Parts {
    let mut limits: Map<String, Value> = LIMITS
        .iter()
        .map(|(name, _, limit, _)| {
            let limit = json!({"unlimited": false, "value": limit});
            (format!("maximum_{name}"), limit)
        })
        .collect();
    let more = json!({
        "allow_suspension": true, "flexible_virtual_machine_resources": true,
        "maximum_disk_size": {"unlimited": true, "value": null}, "minimum_disk_size": {"value": 1},
        "maximum_uninvoiced_balance": {"unlimited": false, "value": 1000.0},
    });
    limits.extend(more.as_object().cloned().unwrap_or_default());
    call.filled([("policy_limits", Value::Object(limits))])
}

/// What stands in the way of an organization's end, and what no longer does.
pub(super) fn deletion_steps(call: &Call<'_>) -> Parts {
    call.filled([("steps", steps(call))])
}

/// Each step, with whether it is done.
pub(super) fn steps(call: &Call<'_>) -> Value {
    let organization = call.text("organization");
    let step = |name: &str, satisfied: bool| {
        let words = name.replace('_', " ");
        let description = match name.strip_prefix("ensure_") {
            Some(_) => format!("{words}."),
            None => format!("There are no {words} left."),
        };
        (
            name.to_owned(),
            json!({"description": description, "satisfied": satisfied}),
        )
    };
    let counted = STEPS.iter().map(|(name, kind)| {
        let left = owned(call.world, kind, &organization).next();
        step(name, left.is_none())
    });
    // There are no templates of organizations here, and no money.
    let free = [
        "disk_templates",
        "ensure_no_outstanding_invoices",
        "ensure_zero_balance",
    ];
    let free = free.iter().map(|name| step(name, true));
    Value::Object(counted.chain(free).collect())
}

/// The currency of the organization that is asked about, else the one that is asked for.
pub(super) fn currency(call: &Call<'_>) -> Value {
    let organization = call.named("organization");
    let of_organization =
        organization.and_then(|organization| organization.fields.get("currency").cloned());
    let asked = call.arguments.get("currency").cloned();
    let first = || {
        let first = call.world.of_kind("Currency").next();
        first.map(|currency| json!(currency.id))
    };
    let known = of_organization.filter(|currency| !currency.is_null());
    known.or(asked).or_else(first).unwrap_or_default()
}

/// What an hour of each package costs.
fn packages(world: &World) -> impl Iterator<Item = (String, String, f64)> + '_ {
    world.of_kind("VirtualMachinePackage").map(|package| {
        let number = |field: &str| package.number(field).unwrap_or_default();
        let thousandths = number("cpu_cores") * 4 + number("memory_in_gb") * 5;
        let permalink = package.text("permalink").to_owned();
        let name = package.text("name").to_owned();
        (permalink, name, thousandths as f64 / 1000.0)
    })
}

/// What things cost an organization.
pub(super) fn prices(call: &Call<'_>) -> Parts {
    let prices = packages(call.world).map(|(permalink, name, price)| {
        json!({"category": "virtual_machine_packages", "description": name, "resource": permalink, "price": price, "variants": []})
    });
    let prices = prices.collect();
    call.filled([("prices", prices), ("currency", currency(call))])
}

/// What things cost, in each currency.
pub(super) fn list_prices(call: &Call<'_>) -> Parts {
    let currencies: Vec<_> = call
        .world
        .of_kind("Currency")
        .map(|currency| json!(currency.id))
        .collect();
    let prices = packages(call.world).map(|(permalink, name, price)| {
        let each = currencies.iter().enumerate();
        let each = each.map(|(index, currency)| json!({"id": format!("{permalink}-{index}"), "currency": [currency], "price": price}));
        let variant = json!({"id": null, "description": null, "default": true, "prices": each.collect::<Vec<_>>()});
        json!({"category": "virtual_machine_packages", "description": name, "resource": permalink, "variants": [variant]})
    });
    let prices = prices.collect();
    call.filled([("prices", prices)])
}

/// Hours of a month, as bills count them.
const HOURS: f64 = 672.0;
/// The tax, in parts of one.
const TAX: f64 = 0.2;

/// What some resources cost.
pub(super) fn estimate(call: &Call<'_>) -> Parts {
    let wanted = call.arguments.get("resources").and_then(Value::as_array);
    let lines = wanted.into_iter().flatten().filter_map(|wanted| {
        let resource = wanted.get("resource")?.as_str()?;
        let quantity = wanted.get("quantity").and_then(Value::as_i64).unwrap_or(1);
        let (permalink, name, each) =
            packages(call.world).find(|(permalink, _, _)| permalink == resource)?;
        let package = call
            .world
            .having("VirtualMachinePackage", "permalink", &permalink)
            .next()?;
        let line = json!({
            "resource": resource, "quantity": quantity, "description": name, "package": package.id,
            "per_hour_each": each, "per_month_each": each * HOURS,
        });
        Some((line, each * quantity as f64))
    });
    let mut total = 0.0;
    let mut resources = Vec::new();
    for (mut line, hour) in lines {
        total += hour;
        sums(&mut line, hour);
        resources.push(line);
    }
    let mut estimate = json!({
        "currency": currency(call), "tax_rate": TAX * 100.0, "resources": resources,
        "pdf_url": "https://katapult.example/estimate.pdf",
    });
    sums(&mut estimate, total);
    call.filled([("estimate", estimate)])
}

fn sums(line: &mut Value, hour: f64) {
    line["per_hour"] = json!(hour);
    line["per_hour_inc_tax"] = json!(hour * (1.0 + TAX));
    line["per_month"] = json!(hour * HOURS);
    line["per_month_inc_tax"] = json!(hour * HOURS * (1.0 + TAX));
}
