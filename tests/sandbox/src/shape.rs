//! Where the API gives less than its document says: rules in `data/shapes.json`, by projection.

use std::collections::HashMap;

use serde_json::Value;

const RULES: &str = include_str!("../data/shapes.json");

/// The year of the newest shapes.
pub(crate) const NEWEST: u16 = u16::MAX;

/// Which fields of the projections come.
#[derive(Debug)]
pub(crate) struct Shapes {
    rules: HashMap<String, Vec<Rule>>,
    reply: HashMap<String, u16>,
    year: u16,
}

#[derive(Debug)]
struct Rule {
    within: Option<String>,
    only: Option<Vec<String>>,
    never: Vec<String>,
    since: HashMap<String, u16>,
}

impl Shapes {
    /// The shapes of a year.
    pub(crate) fn of(year: u16) -> Self {
        Self::read(&serde_json::from_str(RULES).unwrap_or_default(), year)
    }

    fn read(root: &Value, year: u16) -> Self {
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
                    since: years(rule.get("since")),
                });
        }
        Self {
            rules,
            reply: years(root.get("reply")),
            year,
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
                && !rule.since.get(field).is_some_and(|year| self.year < *year)
        })
    }

    /// Whether a field that stands beside the object in a reply comes.
    pub(crate) fn has_beside(&self, field: &str) -> bool {
        !self.reply.get(field).is_some_and(|year| self.year < *year)
    }
}

fn years(node: Option<&Value>) -> HashMap<String, u16> {
    let years = node.and_then(Value::as_object).into_iter().flatten();
    years
        .filter_map(|(name, year)| Some((name.clone(), u16::try_from(year.as_u64()?).ok()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_by_place_and_year() {
        let machine = Some("VirtualMachine.virtual_machines.delete");
        let cases = [
            (NEWEST, machine, None, "suspended", true),
            (2025, machine, None, "suspended", false),
            (NEWEST, machine, None, "hypervisor", false),
            (NEWEST, machine, Some("IpAddressAllocation"), "state", false),
            (NEWEST, machine, Some("IpAddressAllocation"), "name", true),
            (2020, Some("Zone.zones.list"), None, "name", true),
        ];
        for (year, of, within, field, expected) in cases {
            assert_eq!(
                Shapes::of(year).has(of, within, field),
                expected,
                "{year} {of:?} {field}"
            );
        }
        assert!(
            !Shapes::of(2024).has_beside("annotations")
                && Shapes::of(NEWEST).has_beside("annotations")
        );
    }
}
