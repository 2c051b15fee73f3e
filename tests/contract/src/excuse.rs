//! Recorded requests that cannot be sent again, by rule: `excused.yaml`.

use serde::Deserialize;

use crate::request::{Difference, Kind};

const RULES: &str = include_str!("../excused.yaml");

/// The rules.
#[derive(Debug, Default)]
pub struct Excuses(Vec<Rule>);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    operation: String,
    place: String,
    kind: Kind,
    reason: String,
}

impl Excuses {
    /// The project's own.
    ///
    /// # Errors
    ///
    /// When the file is not in its form.
    pub fn load() -> Result<Self, String> {
        Self::parse(RULES)
    }

    /// Reads rules from their text.
    ///
    /// # Errors
    ///
    /// When a rule is not in its form, or gives no reason.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rules: Vec<Rule> =
            serde_saphyr::from_str(text).map_err(|error| format!("excused.yaml: {error}"))?;
        match rules.iter().find(|rule| rule.reason.trim().is_empty()) {
            Some(rule) => Err(format!(
                "excused.yaml: the rule for {} of {} gives no reason",
                rule.place, rule.operation
            )),
            None => Ok(Self(rules)),
        }
    }

    /// Whether every difference of a request is excused.
    pub fn cover(&self, operation: &str, differences: &[Difference]) -> bool {
        differences.iter().all(|difference| {
            self.0.iter().any(|rule| {
                (rule.operation == "*" || rule.operation == operation)
                    && rule.place == difference.place.general
                    && rule.kind == difference.kind
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Place;

    fn difference(kind: Kind) -> Difference {
        let place = Place::default().key("body").key("items").item(3);
        Difference {
            place,
            kind,
            why: String::new(),
        }
    }

    #[test]
    fn a_rule_excuses_what_it_names_and_no_more() {
        let rules =
            "- {operation: disks.create, place: 'body.items[]', kind: not_sent, reason: old}";
        let excuses = Excuses::parse(rules).unwrap();
        assert!(excuses.cover("disks.create", &[difference(Kind::NotSent)]));
        assert!(!excuses.cover("disks.create", &[difference(Kind::AnotherValue)]));
        assert!(!excuses.cover("disks.update", &[difference(Kind::NotSent)]));
        let both = [difference(Kind::NotSent), difference(Kind::SentTooMuch)];
        assert!(!excuses.cover("disks.create", &both));
    }

    #[test]
    fn a_rule_has_a_reason() {
        let rules = "- {operation: '*', place: body, kind: not_sent, reason: ''}";
        assert!(Excuses::parse(rules).unwrap_err().contains("reason"));
        assert!(Excuses::load().is_ok());
    }
}
