//! Behaviour that the document cannot describe, one file per resource. Every other operation is
//! executed by its action, in [`default`].

mod address_lists;
mod api_tokens;
mod build_spec_xml;
mod builds;
mod default;
mod disk_backup_policies;
mod disks;
mod dns;
mod file_storage;
mod ip_addresses;
mod limits_and_pricing;
mod load_balancers;
mod misc;
mod network_interfaces;
mod object_storage;
mod organizations;
mod power;
pub(crate) mod provisioning;
mod public;
mod security_groups;
mod tasks;
pub(crate) mod timeline;
mod trash;
mod validation;
mod virtual_machines;

use crate::response::context::{OperationContext, OperationResult};

/// Executes an operation.
pub(crate) fn run(ctx: &mut OperationContext<'_>) -> OperationResult {
    let id = ctx.operation.id.clone();
    let (resource, action) = id.split_once('.').unwrap_or((&id, ""));
    let result = match resource {
        "address_list_entries" => address_lists::run(ctx, action),
        "api_tokens" => api_tokens::run(ctx, action),
        "disk_backup_policies" => disk_backup_policies::run(ctx, action),
        "disks" => disks::run(ctx, action),
        "dns_records" | "dns_zones" => dns::run(ctx, resource, action),
        "file_storage_volumes" => file_storage::run(ctx, action),
        "ip_addresses" => ip_addresses::run(ctx, action),
        "load_balancers" | "load_balancer_rules" => load_balancers::run(ctx, resource, action),
        "access_keys" | "buckets" | "object_storage" => object_storage::run(ctx, resource, action),
        "managed_organizations" | "organizations" => organizations::run(ctx, resource, action),
        "public" => public::run(ctx, action),
        "security_groups" | "security_group_rules" => security_groups::run(ctx, resource, action),
        "trash_objects" => trash::run(ctx, action),
        "virtual_machine_builds" => builds::run(ctx, action),
        "virtual_machine_network_interfaces" => network_interfaces::run(ctx, action),
        "virtual_machines" => virtual_machines::run(ctx, action),
        _ => misc::run(ctx, &id),
    };
    result.unwrap_or_else(|| default::run(ctx))
}
