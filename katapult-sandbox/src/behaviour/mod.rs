//! What has a life of its own, one file each. Every other operation does what its action says
//! (`generic`).

mod address_lists;
pub(crate) mod addresses;
mod api_tokens;
mod backup_policies;
pub(crate) mod builds;
mod disks;
mod dns;
mod file_storage;
mod interfaces;
pub(crate) mod life;
mod load_balancers;
mod machines;
mod object_storage;
mod organizations;
mod policy;
mod power;
mod public;
mod security;
mod small;
mod spec;
pub(crate) mod tasks;
pub(crate) mod trash;

use crate::generic;
use crate::refusal::Refusal;
use crate::reply::{Call, Outcome};

/// Does an operation.
pub(crate) fn run(call: &mut Call<'_>) -> Outcome {
    let id = call.operation.id.clone();
    let (resource, action) = id.split_once('.').unwrap_or((&id, ""));
    let done = match resource {
        "address_list_entries" => address_lists::run(call, action),
        "api_tokens" => api_tokens::run(call, action),
        "disk_backup_policies" => backup_policies::run(call, action),
        "disks" => disks::run(call, action),
        "dns_records" | "dns_zones" => dns::run(call, resource, action),
        "file_storage_volumes" => file_storage::run(call, action),
        "ip_addresses" => addresses::run(call, action),
        "load_balancers" | "load_balancer_rules" => load_balancers::run(call, resource, action),
        "access_keys" | "buckets" | "object_storage" => object_storage::run(call, resource, action),
        "managed_organizations" | "organizations" => organizations::run(call, resource, action),
        "public" => public::run(call, action),
        "security_groups" | "security_group_rules" => security::run(call, resource, action),
        "trash_objects" => trash::run(call, action),
        "virtual_machine_builds" => builds::run(call, action),
        "virtual_machine_network_interfaces" => interfaces::run(call, action),
        "virtual_machines" => machines::run(call, action),
        _ => small::run(call, &id),
    };
    done.unwrap_or_else(|| generic::run(call))
}

/// A field that may not be empty.
pub(crate) fn present(call: &Call<'_>, field: &str) -> Result<(), Refusal> {
    let wanted = call.wanted();
    match wanted.get(field).and_then(|value| value.as_str()) {
        Some(text) if !text.trim().is_empty() => Ok(()),
        _ => Err(Refusal::invalid(format!("{} can't be blank", title(field)))),
    }
}

/// A field that, if it is set, may not be empty.
pub(crate) fn present_if_set(call: &Call<'_>, field: &str) -> Result<(), Refusal> {
    if call.wanted().contains_key(field) {
        present(call, field)
    } else {
        Ok(())
    }
}

/// Whether no other object of a type has this name.
pub(crate) fn unused(call: &Call<'_>, kind: &str, name: &str, but: &str) -> Result<(), Refusal> {
    let mut others = call.world.having(kind, "name", name);
    if others.any(|other| other.id != but) {
        return Err(Refusal::invalid("Name has already been taken"));
    }
    Ok(())
}

/// A field's name at the beginning of a sentence.
pub(crate) fn title(field: &str) -> String {
    let words = field.replace('_', " ");
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
