//! Recorded requests that the typed API cannot reproduce, by rule: `known_deviations.yaml`.

use serde::Deserialize;

use crate::replay::compare_request::{Difference, Kind};

const RULES: &str = include_str!("../../known_deviations.yaml");

/// The rules.
#[derive(Debug, Default)]
pub(crate) struct KnownDeviations(Vec<Rule>);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    operation: String,
    path: String,
    kind: Kind,
    reason: String,
}

impl KnownDeviations {
    /// Loads the project's rules.
    ///
    /// # Errors
    ///
    /// If the file is invalid.
    pub(crate) fn load() -> Result<Self, String> {
        Self::parse(RULES)
    }

    /// Parses rules.
    ///
    /// # Errors
    ///
    /// If a rule is invalid, or has no reason.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let rules: Vec<Rule> = serde_saphyr::from_str(text)
            .map_err(|error| format!("known_deviations.yaml: {error}"))?;
        // A deviation without a reason could hide a bug.
        match rules.iter().find(|rule| rule.reason.trim().is_empty()) {
            Some(rule) => Err(format!(
                "known_deviations.yaml: the rule for {} of {} has no reason",
                rule.path, rule.operation
            )),
            None => Ok(Self(rules)),
        }
    }

    /// Returns `true` if every difference of a request is covered by a rule.
    pub(crate) fn cover(&self, operation: &str, differences: &[Difference]) -> bool {
        differences.iter().all(|difference| {
            self.0.iter().any(|rule| {
                (rule.operation == "*" || rule.operation == operation)
                    && rule.path == difference.path.general
                    && rule.kind == difference.kind
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::path::JsonPath;

    fn difference(kind: Kind) -> Difference {
        let path = JsonPath::default().key("body").key("items").item(3);
        Difference {
            path,
            kind,
            why: String::new(),
        }
    }

    #[test]
    fn rule_covers_the_difference_that_it_names_only() {
        let rules =
            "- {operation: disks.create, path: 'body.items[]', kind: not_sent, reason: old}";
        let deviations = KnownDeviations::parse(rules).unwrap();
        assert!(deviations.cover("disks.create", &[difference(Kind::NotSent)]));
        assert!(!deviations.cover("disks.create", &[difference(Kind::AnotherValue)]));
        assert!(!deviations.cover("disks.update", &[difference(Kind::NotSent)]));
        let both = [difference(Kind::NotSent), difference(Kind::SentTooMuch)];
        assert!(!deviations.cover("disks.create", &both));
    }

    #[test]
    fn rule_without_reason_is_invalid() {
        let rules = "- {operation: '*', path: body, kind: not_sent, reason: ''}";
        assert!(
            KnownDeviations::parse(rules)
                .unwrap_err()
                .contains("reason")
        );
        assert!(KnownDeviations::load().is_ok());
    }
}
