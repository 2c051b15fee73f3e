//! Limits, prices and deletion steps of organizations.

use serde_json::{Map, Value, json};

use crate::response::context::{OperationContext, ResponseFields};
use crate::world::World;

/// The limits: name, what is counted, limit, unit.
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
    (
        "unallocated_ip_addresses",
        Count::UnallocatedAddresses,
        50,
        None,
    ),
    ("virtual_machine_memory", Count::Memory, 2_000, Some("GB")),
    ("virtual_machines", Count::Of("VirtualMachine"), 500, None),
    ("virtual_networks", Count::Of("VirtualNetwork"), 50, None),
];
/// The deletion steps, each with the type whose objects must be deleted first.
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

/// The current value of a limit.
#[derive(Clone, Copy)]
enum Count {
    /// Not counted.
    None,
    /// The number of objects.
    Of(&'static str),
    /// The sum of a field of objects.
    Sum(&'static str, &'static str),
    /// The unallocated IP addresses.
    UnallocatedAddresses,
    /// The memory of virtual machines, by package or by their own setting.
    Memory,
}

/// Returns the objects of a type that belong to an organization.
fn owned<'a>(
    world: &'a World,
    kind: &'a str,
    organization: &'a str,
) -> impl Iterator<Item = &'a crate::world::Object> + 'a {
    // Managed organizations name their owner differently.
    let field = if kind == "Organization" {
        "parent"
    } else {
        "organization"
    };
    world.find_by(kind, field, organization)
}

/// Returns a sum that does not overflow, whatever sizes users request.
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
        Count::UnallocatedAddresses => {
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

/// Returns an organization's policy: limits with their current values, features.
pub(super) fn policy(ctx: &OperationContext<'_>) -> ResponseFields {
    let organization = ctx.text("organization");
    let mut limits: Map<String, Value> = LIMITS
        .iter()
        .map(|(name, counted, limit, unit)| {
            let current = count(ctx.world, &organization, *counted);
            let rendered = json!({"current": current, "limit": limit, "unit": unit});
            ((*name).to_owned(), rendered)
        })
        .collect();
    let balance = json!({"current": 0.0, "limit": 1000.0, "currency": currency(ctx)});
    limits.insert("uninvoiced_balance".into(), balance);
    let permitted = json!({"permitted": true});
    let features = [
        "flexible_virtual_machine_resources",
        "suspension",
        "zone_selection",
    ];
    let features = features.map(|name| (name.to_owned(), permitted.clone()));
    ctx.render_fields([
        ("limits", Value::Object(limits)),
        ("features", Value::Object(features.into_iter().collect())),
        ("policy_name", json!("Standard")),
        ("policy_type", json!("auto")),
    ])
}

/// Returns an organization's limits.
pub(super) fn policy_limits(ctx: &OperationContext<'_>) -> ResponseFields {
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
    ctx.render_fields([("policy_limits", Value::Object(limits))])
}

/// Returns the deletion steps of an organization.
pub(super) fn deletion_steps(ctx: &OperationContext<'_>) -> ResponseFields {
    ctx.render_fields([("steps", steps(ctx))])
}

/// Returns each deletion step, with its description and whether it is satisfied.
pub(super) fn steps(ctx: &OperationContext<'_>) -> Value {
    let organization = ctx.text("organization");
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
        let left = owned(ctx.world, kind, &organization).next();
        step(name, left.is_none())
    });
    // The sandbox has neither templates of organizations nor invoices.
    let free = [
        "disk_templates",
        "ensure_no_outstanding_invoices",
        "ensure_zero_balance",
    ];
    let free = free.iter().map(|name| step(name, true));
    Value::Object(counted.chain(free).collect())
}

/// Returns the currency of the named organization, or the requested one.
pub(super) fn currency(ctx: &OperationContext<'_>) -> Value {
    let organization = ctx.object("organization");
    let of_organization =
        organization.and_then(|organization| organization.fields.get("currency").cloned());
    let requested = ctx.arguments.get("currency").cloned();
    let first = || {
        let first = ctx.world.by_kind("Currency").next();
        first.map(|currency| json!(currency.id))
    };
    let known = of_organization.filter(|currency| !currency.is_null());
    known.or(requested).or_else(first).unwrap_or_default()
}

/// Returns each package: permalink, name, price per hour.
fn packages(world: &World) -> impl Iterator<Item = (String, String, f64)> + '_ {
    world.by_kind("VirtualMachinePackage").map(|package| {
        let number = |field: &str| package.number(field).unwrap_or_default();
        let thousandths = number("cpu_cores") * 4 + number("memory_in_gb") * 5;
        let permalink = package.text("permalink").to_owned();
        let name = package.text("name").to_owned();
        (permalink, name, thousandths as f64 / 1000.0)
    })
}

/// Returns the prices of an organization.
pub(super) fn prices(ctx: &OperationContext<'_>) -> ResponseFields {
    let prices = packages(ctx.world).map(|(permalink, name, price)| {
        json!({"category": "virtual_machine_packages", "description": name, "resource": permalink, "price": price, "variants": []})
    });
    let prices = prices.collect();
    ctx.render_fields([("prices", prices), ("currency", currency(ctx))])
}

/// Returns the prices in each currency.
pub(super) fn list_prices(ctx: &OperationContext<'_>) -> ResponseFields {
    let currencies: Vec<_> = ctx
        .world
        .by_kind("Currency")
        .map(|currency| json!(currency.id))
        .collect();
    let prices = packages(ctx.world).map(|(permalink, name, price)| {
        let each = currencies.iter().enumerate();
        let each = each.map(|(index, currency)| json!({"id": format!("{permalink}-{index}"), "currency": [currency], "price": price}));
        let variant = json!({"id": null, "description": null, "default": true, "prices": each.collect::<Vec<_>>()});
        json!({"category": "virtual_machine_packages", "description": name, "resource": permalink, "variants": [variant]})
    });
    let prices = prices.collect();
    ctx.render_fields([("prices", prices)])
}

/// The hours of a month as invoices count them: 28 days.
const HOURS_PER_MONTH: f64 = 672.0;
/// The tax rate.
const TAX_RATE: f64 = 0.2;

/// Returns a price estimate.
pub(super) fn estimate(ctx: &OperationContext<'_>) -> ResponseFields {
    let requested = ctx.arguments.get("resources").and_then(Value::as_array);
    let lines = requested.into_iter().flatten().filter_map(|requested| {
        let resource = requested.get("resource")?.as_str()?;
        let quantity = requested
            .get("quantity")
            .and_then(Value::as_i64)
            .unwrap_or(1);
        let (permalink, name, each) =
            packages(ctx.world).find(|(permalink, _, _)| permalink == resource)?;
        let package = ctx
            .world
            .find_by("VirtualMachinePackage", "permalink", &permalink)
            .next()?;
        let line = json!({
            "resource": resource, "quantity": quantity, "description": name, "package": package.id,
            "per_hour_each": each, "per_month_each": each * HOURS_PER_MONTH,
        });
        Some((line, each * quantity as f64))
    });
    let mut total = 0.0;
    let mut resources = Vec::new();
    for (mut line, hour) in lines {
        total += hour;
        add_totals(&mut line, hour);
        resources.push(line);
    }
    let mut estimate = json!({
        "currency": currency(ctx), "tax_rate": TAX_RATE * 100.0, "resources": resources,
        "pdf_url": "https://katapult.example/estimate.pdf",
    });
    add_totals(&mut estimate, total);
    ctx.render_fields([("estimate", estimate)])
}

fn add_totals(line: &mut Value, hour: f64) {
    line["per_hour"] = json!(hour);
    line["per_hour_inc_tax"] = json!(hour * (1.0 + TAX_RATE));
    line["per_month"] = json!(hour * HOURS_PER_MONTH);
    line["per_month_inc_tax"] = json!(hour * HOURS_PER_MONTH * (1.0 + TAX_RATE));
}
