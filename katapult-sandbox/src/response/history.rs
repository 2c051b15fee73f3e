//! Differences between the API's responses and its document, now and in the past: rules in
//! `data/response_history.json`, by projection.

use std::collections::HashMap;

use serde_json::Value;

const RULES: &str = include_str!("../../data/response_history.json");

/// A month after all rules.
const NEWEST: u32 = u32::MAX;

/// The fields that responses have in a month.
#[derive(Debug)]
pub(crate) struct ResponseHistory {
    rules: HashMap<String, Vec<FieldRule>>,
    /// Fields next to the object in a response, with the month in which they were added.
    response_fields: HashMap<String, u32>,
    /// Former success statuses: operation, month of the change, status.
    statuses: Vec<(String, u32, u16)>,
    /// In the form 202412.
    month: u32,
}

/// The place of a projection in a response.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place<'a> {
    /// The id of the response's operation.
    pub(crate) operation: &'a str,
    /// The name of the projection that contains it.
    pub(crate) parent: Option<&'a str>,
}

#[derive(Debug)]
struct FieldRule {
    except: Option<String>,
    within: Option<String>,
    operation: Option<String>,
    only: Option<Vec<String>>,
    never: Vec<String>,
    since: HashMap<String, u32>,
}

impl ResponseHistory {
    /// Returns the newest responses.
    pub(crate) fn newest() -> Self {
        Self::in_month(NEWEST)
    }

    /// Returns the responses of a month.
    pub(crate) fn as_of(year: u16, month: u8) -> Self {
        Self::in_month(u32::from(year) * 100 + u32::from(month))
    }

    fn in_month(month: u32) -> Self {
        Self::read(&serde_json::from_str(RULES).unwrap_or_default(), month)
    }

    fn read(root: &Value, month: u32) -> Self {
        let mut rules: HashMap<String, Vec<FieldRule>> = HashMap::new();
        for rule in root
            .get("rules")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let text = |name: &str| rule.get(name).and_then(Value::as_str).map(str::to_owned);
            let texts = |name: &str| {
                let items = rule.get(name)?.as_array()?;
                Some(
                    items
                        .iter()
                        .filter_map(Value::as_str)
                        .map(str::to_owned)
                        .collect::<Vec<_>>(),
                )
            };
            rules
                .entry(text("of").unwrap_or_default())
                .or_default()
                .push(FieldRule {
                    except: text("except"),
                    within: text("within"),
                    operation: text("operation"),
                    only: texts("only"),
                    never: texts("never").unwrap_or_default(),
                    since: months(rule.get("since")),
                });
        }
        Self {
            rules,
            response_fields: months(root.get("response_fields")),
            statuses: statuses(root.get("status")),
            month,
        }
    }

    /// Returns `true` if a projection has a field in a place.
    pub(crate) fn has_field(
        &self,
        projection: Option<&str>,
        place: Place<'_>,
        field: &str,
    ) -> bool {
        let Some(name) = projection else {
            return true;
        };
        // `VirtualMachine.virtual_machines.list` is a projection of `VirtualMachine`.
        let type_name = name.split_once('.').map(|(type_name, _)| type_name);
        let rules = [Some(name), type_name].into_iter().flatten();
        let rules = rules.filter_map(|name| self.rules.get(name)).flatten();
        let mut rules = rules.filter(|rule| {
            rule.except.as_deref() != Some(name)
                && (rule.within.is_none() || rule.within.as_deref() == place.parent)
                && (rule.operation.is_none() || rule.operation.as_deref() == Some(place.operation))
        });
        rules.all(|rule| {
            let known = rule
                .only
                .as_ref()
                .is_none_or(|only| only.iter().any(|name| name == field));
            known
                && !rule.never.iter().any(|name| name == field)
                && rule
                    .since
                    .get(field)
                    .is_none_or(|month| self.month >= *month)
        })
    }

    /// Returns the success status of an operation in that month, if it was a different one.
    pub(crate) fn status(&self, operation: &str) -> Option<u16> {
        let old = self
            .statuses
            .iter()
            .find(|(of, until, _)| of == operation && self.month < *until);
        old.map(|(_, _, status)| *status)
    }

    /// Returns `true` if responses have a field next to the object.
    pub(crate) fn has_response_field(&self, field: &str) -> bool {
        self.response_fields
            .get(field)
            .is_none_or(|month| self.month >= *month)
    }
}

fn statuses(node: Option<&Value>) -> Vec<(String, u32, u16)> {
    let rules = node.and_then(Value::as_array).into_iter().flatten();
    let rules = rules.filter_map(|rule| {
        let number = |name: &str| rule.get(name).and_then(Value::as_u64);
        let status = u16::try_from(number("status")?).ok()?;
        Some((
            rule.get("of")?.as_str()?.to_owned(),
            u32::try_from(number("until")?).ok()?,
            status,
        ))
    });
    rules.collect()
}

fn months(node: Option<&Value>) -> HashMap<String, u32> {
    let months = node.and_then(Value::as_object).into_iter().flatten();
    months
        .filter_map(|(name, month)| Some((name.clone(), u32::try_from(month.as_u64()?).ok()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_depend_on_projection_parent_and_month() {
        let machine = "VirtualMachine.virtual_machines.delete";
        let listed = "VirtualMachine.virtual_machines.list";
        let package = "VirtualMachinePackage.virtual_machine_packages.get";
        let bandwidth = "monthly_bandwidth_allowance_in_gb";
        let cases = [
            (NEWEST, machine, None, "suspended", true),
            (202512, machine, None, "suspended", false),
            (NEWEST, listed, None, "suspended", false),
            (NEWEST, machine, None, "hypervisor", false),
            (NEWEST, listed, None, "hypervisor", false),
            (NEWEST, machine, Some("IpAddressAllocation"), "state", false),
            (NEWEST, machine, Some("IpAddressAllocation"), "name", true),
            (202001, "Zone.zones.list", None, "name", true),
            (NEWEST, package, Some(machine), bandwidth, true),
        ];
        for (month, of, parent, field, expected) in cases {
            let place = Place {
                operation: "virtual_machines.get",
                parent,
            };
            assert_eq!(
                ResponseHistory::in_month(month).has_field(Some(of), place, field),
                expected,
                "{month} {of} {field}"
            );
        }
        let list = Place {
            operation: "virtual_machine_packages.list",
            parent: None,
        };
        assert!(!ResponseHistory::newest().has_field(Some(package), list, bandwidth));
        assert!(
            !ResponseHistory::in_month(202406).has_response_field("annotations")
                && ResponseHistory::newest().has_response_field("annotations")
        );
    }
}
