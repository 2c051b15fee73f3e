//! What is public: prices, signing up, figures.

use serde_json::{Value, json};

use super::policy;
use crate::reply::{Call, Outcome, Parts};

pub(crate) fn run(call: &mut Call<'_>, action: &str) -> Option<Outcome> {
    Some(Ok(match action {
        "list_data_centers" => data_centers(call),
        "estimate_price" => policy::estimate(call),
        "list_prices" => policy::list_prices(call),
        "sign_up" => sign_up(call),
        "get_stats" => stats(call),
        _ => return None,
    }))
}

/// Data centers, with the country by its name.
fn data_centers(call: &Call<'_>) -> Parts {
    let centers = call.world.of_kind("DataCenter").map(|center| {
        let country = call.world.get(center.text("country"));
        let country = country.map(|country| country.text("name"));
        json!({"id": center.id, "name": center.text("name"), "permalink": center.text("permalink"), "country": country})
    });
    let centers = centers.collect();
    call.filled([("data_centers", centers)])
}

fn sign_up(call: &mut Call<'_>) -> Parts {
    let fields = call.wanted();
    let id = call.world.create("Signup", fields);
    let email = call.arguments.get("email_address").cloned();
    let url = format!("https://katapult.example/sign-up/{id}");
    call.filled([
        ("id", json!(id)),
        ("email_address", email.unwrap_or_default()),
        ("url", json!(url)),
    ])
}

fn stats(call: &Call<'_>) -> Parts {
    let sum = |kind: &str, field: &str| -> i64 {
        let objects = call.world.of_kind(kind);
        policy::total(objects.filter_map(|object| object.number(field)))
    };
    let of_packages = |field: &str| -> i64 {
        let machines = call.world.of_kind("VirtualMachine");
        let packages = machines.filter_map(|machine| call.world.get(machine.text("package")));
        policy::total(packages.filter_map(|package| package.number(field)))
    };
    let machines = call.world.count("VirtualMachine");
    let figures: [(&str, Value); 5] = [
        ("total_block_storage", json!(sum("Disk", "size_in_gb"))),
        ("total_cpu_cores", json!(of_packages("cpu_cores"))),
        ("total_memory", json!(of_packages("memory_in_gb"))),
        (
            "total_organizations",
            json!(call.world.count("Organization")),
        ),
        ("total_virtual_machines_launched", json!(machines)),
    ];
    call.filled(figures)
}
