//! Where the API gives less than its document says: rules in `data/shapes.json`, by projection.

use std::collections::HashMap;

use serde_json::Value;

const RULES: &str = include_str!("../data/shapes.json");

/// The month of the newest shapes.
pub(crate) const NEWEST: u32 = u32::MAX;

/// Which fields of the projections come.
#[derive(Debug)]
pub(crate) struct Shapes {
    rules: HashMap<String, Vec<Rule>>,
    reply: HashMap<String, u32>,
    statuses: Vec<(String, u32, u16)>,
    month: u32,
}

#[derive(Debug)]
struct Rule {
    within: Option<String>,
    only: Option<Vec<String>>,
    never: Vec<String>,
    since: HashMap<String, u32>,
}

impl Shapes {
    /// The shapes of a month: 202412.
    pub(crate) fn of(month: u32) -> Self {
        Self::read(&serde_json::from_str(RULES).unwrap_or_default(), month)
    }

    fn read(root: &Value, month: u32) -> Self {
        let mut rules: HashMap<String, Vec<Rule>> = HashMap::new();
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
                .push(Rule {
                    within: text("within"),
                    only: texts("only"),
                    never: texts("never").unwrap_or_default(),
                    since: months(rule.get("since")),
                });
        }
        Self {
            rules,
            reply: months(root.get("reply")),
            statuses: statuses(root.get("status")),
            month,
        }
    }

    /// Whether a field of a projection comes, inside of another.
    pub(crate) fn has(&self, of: Option<&str>, within: Option<&str>, field: &str) -> bool {
        let rules = of.and_then(|of| self.rules.get(of)).into_iter().flatten();
        let mut rules =
            rules.filter(|rule| rule.within.is_none() || rule.within.as_deref() == within);
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

    /// The status of success that an operation had, when it was another.
    pub(crate) fn status(&self, operation: &str) -> Option<u16> {
        let old = self
            .statuses
            .iter()
            .find(|(of, until, _)| of == operation && self.month < *until);
        old.map(|(_, _, status)| *status)
    }

    /// Whether a field that stands beside the object in a reply comes.
    pub(crate) fn has_beside(&self, field: &str) -> bool {
        self.reply
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
    fn fields_come_by_place_and_month() {
        let machine = Some("VirtualMachine.virtual_machines.delete");
        let cases = [
            (NEWEST, machine, None, "suspended", true),
            (202512, machine, None, "suspended", false),
            (NEWEST, machine, None, "hypervisor", false),
            (NEWEST, machine, Some("IpAddressAllocation"), "state", false),
            (NEWEST, machine, Some("IpAddressAllocation"), "name", true),
            (202001, Some("Zone.zones.list"), None, "name", true),
        ];
        for (month, of, within, field, expected) in cases {
            assert_eq!(
                Shapes::of(month).has(of, within, field),
                expected,
                "{month} {of:?} {field}"
            );
        }
        assert!(
            !Shapes::of(202406).has_beside("annotations")
                && Shapes::of(NEWEST).has_beside("annotations")
        );
    }
}
