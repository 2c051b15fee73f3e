//! The members of a load balancer.

use std::fmt;

use katapult_core::types::{LoadBalancer, LoadBalancerResourceType as Kind};

use crate::error::WorkflowError;

/// The members of a load balancer, to which it forwards: virtual machines, or those of groups or with tags.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadBalancerMembers {
    /// The kind of objects that the ids are of.
    pub kind: Kind,
    /// The ids, in any order.
    pub ids: Vec<String>,
}

impl LoadBalancerMembers {
    pub(crate) fn new(kind: Kind, ids: impl IntoIterator<Item = String>) -> Self {
        let mut members = Self {
            kind,
            ids: Vec::new(),
        };
        members.extend(ids);
        members
    }

    /// Returns the members of a load balancer.
    pub(crate) fn of(balancer: &LoadBalancer) -> Self {
        // One without a type has no members yet.
        let kind = balancer.resource_type.clone();
        Self::new(
            kind.unwrap_or(Kind::VirtualMachines),
            balancer.resource_ids.clone().unwrap_or_default(),
        )
    }

    fn extend(&mut self, ids: impl IntoIterator<Item = String>) {
        for id in ids {
            if !self.ids.contains(&id) {
                self.ids.push(id);
            }
        }
    }

    /// Refuses an id that no object of the kind can have.
    pub(crate) fn check(&self) -> Result<(), WorkflowError> {
        let prefix = match self.kind {
            Kind::VirtualMachines => "vm_",
            Kind::VirtualMachineGroups => "vmgrp_",
            Kind::Tags => "tag_",
            _ => "",
        };
        match self.ids.iter().find(|id| !id.starts_with(prefix)) {
            Some(id) => Err(WorkflowError::InvalidInput(format!(
                "{id:?} is not an id of {} ({prefix}…)",
                self.kind_name()
            ))),
            None => Ok(()),
        }
    }

    /// Returns the members that a load balancer is to have: the wanted ones, and the existing ones unless they are pruned.
    /// Returns `None` if those of another kind would have to be pruned.
    pub(crate) fn merged(&self, wanted: &Self, prune: bool) -> Option<Self> {
        if prune || self.ids.is_empty() {
            return Some(wanted.clone());
        }
        if self.kind != wanted.kind {
            return None;
        }
        let mut merged = self.clone();
        merged.extend(wanted.ids.iter().cloned());
        Some(merged)
    }

    /// Returns `true` if both have the same members, in any order.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.ids.len() == other.ids.len()
            && self.ids.iter().all(|id| other.ids.contains(id))
    }

    /// Returns the kind in words.
    pub(crate) fn kind_name(&self) -> String {
        self.kind.to_string().replace('_', " ")
    }
}

impl fmt::Display for LoadBalancerMembers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.ids[..] {
            [] => write!(f, "no {}", self.kind_name()),
            ids => write!(f, "{} {}", self.kind_name(), ids.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(kind: Kind, ids: &[&str]) -> LoadBalancerMembers {
        LoadBalancerMembers::new(kind, ids.iter().map(|id| (*id).to_owned()))
    }

    #[test]
    fn members_are_kept_unless_pruned() {
        let vms = |ids: &[&str]| members(Kind::VirtualMachines, ids);
        let tags = |ids: &[&str]| members(Kind::Tags, ids);
        let table = [
            (
                vms(&["vm_1"]),
                vms(&["vm_2"]),
                false,
                Some(vms(&["vm_1", "vm_2"])),
            ),
            (vms(&["vm_1"]), vms(&["vm_2"]), true, Some(vms(&["vm_2"]))),
            (vms(&["vm_1"]), vms(&[]), true, Some(vms(&[]))),
            (vms(&["vm_1"]), tags(&["tag_1"]), false, None),
            (
                vms(&["vm_1"]),
                tags(&["tag_1"]),
                true,
                Some(tags(&["tag_1"])),
            ),
            (vms(&[]), tags(&["tag_1"]), false, Some(tags(&["tag_1"]))),
        ];
        for (existing, wanted, prune, expected) in table {
            let merged = existing.merged(&wanted, prune);
            assert_eq!(merged, expected, "{existing}; {wanted}; {prune}");
        }
    }

    #[test]
    fn ids_of_another_kind_are_refused() {
        let table = [
            (members(Kind::VirtualMachines, &["vm_1", "vm_2"]), true),
            (members(Kind::VirtualMachines, &["vm_1", ""]), false),
            (members(Kind::VirtualMachines, &["vmgrp_1"]), false),
            (members(Kind::VirtualMachineGroups, &["vmgrp_1"]), true),
            (members(Kind::Tags, &["tag_1"]), true),
            (members(Kind::Tags, &["web"]), false),
        ];
        for (members, valid) in table {
            assert_eq!(members.check().is_ok(), valid, "{members}");
        }
    }

    #[test]
    fn order_of_members_has_no_meaning() {
        let one = members(Kind::Tags, &["tag_1", "tag_2", "tag_1"]);
        assert!(one.is_same(&members(Kind::Tags, &["tag_2", "tag_1"])));
        assert!(!one.is_same(&members(Kind::Tags, &["tag_2"])));
    }
}
