//! Operations of the public API: data centers, prices, sign-up, statistics.

use serde_json::{Value, json};

use super::limits_and_pricing;
use crate::response::context::{OperationContext, OperationResult, ResponseFields};

pub(crate) fn run(ctx: &mut OperationContext<'_>, action: &str) -> Option<OperationResult> {
    Some(Ok(match action {
        "list_data_centers" => data_centers(ctx),
        "estimate_price" => limits_and_pricing::estimate(ctx),
        "list_prices" => limits_and_pricing::list_prices(ctx),
        "sign_up" => sign_up(ctx),
        "get_stats" => stats(ctx),
        _ => return None,
    }))
}

/// Returns the data centers, with the name of the country.
fn data_centers(ctx: &OperationContext<'_>) -> ResponseFields {
    let centers = ctx.world.by_kind("DataCenter").map(|center| {
        let country = ctx.world.get(center.text("country"));
        // The document has the name here, and an object elsewhere.
        let country = country.map(|country| country.text("name"));
        json!({"id": center.id, "name": center.text("name"), "permalink": center.text("permalink"), "country": country})
    });
    let centers = centers.collect();
    ctx.render_fields([("data_centers", centers)])
}

fn sign_up(ctx: &mut OperationContext<'_>) -> ResponseFields {
    let fields = ctx.requested_fields();
    let id = ctx.world.create("Signup", fields);
    let email = ctx.arguments.get("email_address").cloned();
    let url = format!("https://katapult.example/sign-up/{id}");
    ctx.render_fields([
        ("id", json!(id)),
        ("email_address", email.unwrap_or_default()),
        ("url", json!(url)),
    ])
}

fn stats(ctx: &OperationContext<'_>) -> ResponseFields {
    let sum = |kind: &str, field: &str| -> i64 {
        let objects = ctx.world.by_kind(kind);
        limits_and_pricing::total(objects.filter_map(|object| object.number(field)))
    };
    let of_packages = |field: &str| -> i64 {
        let machines = ctx.world.by_kind("VirtualMachine");
        let packages = machines.filter_map(|machine| ctx.world.get(machine.text("package")));
        limits_and_pricing::total(packages.filter_map(|package| package.number(field)))
    };
    let machines = ctx.world.count("VirtualMachine");
    let figures: [(&str, Value); 5] = [
        ("total_block_storage", json!(sum("Disk", "size_in_gb"))),
        ("total_cpu_cores", json!(of_packages("cpu_cores"))),
        ("total_memory", json!(of_packages("memory_in_gb"))),
        (
            "total_organizations",
            json!(ctx.world.count("Organization")),
        ),
        ("total_virtual_machines_launched", json!(machines)),
    ];
    ctx.render_fields(figures)
}
