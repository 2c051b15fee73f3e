//! The decision whether a machine is to be deleted.

use std::fmt;
use std::time::Duration;

use katapult_core::Timestamp;
use katapult_core::types::VirtualMachine;

use crate::virtual_machines::lease::Lease;

/// A machine that a [`Sweep`](crate::Sweep) deletes.
///
/// Displayed, it has the host name, the id, and the time at which it may be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeasedMachine {
    /// The id of the machine.
    pub id: String,
    /// The host name, without its domain.
    pub hostname: String,
    /// The end of the lease; for a machine that is leased by its tag, of the maximum age.
    pub expires_at: Timestamp,
}

impl fmt::Display for LeasedMachine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}), leased until {}",
            self.hostname, self.id, self.expires_at
        )
    }
}

/// The machines that may be deleted, and when.
#[derive(Clone, Debug, Default)]
pub(super) struct Criteria {
    pub(super) prefix: Option<String>,
    pub(super) tag: Option<(String, Duration)>,
    pub(super) grace: Duration,
}

/// The place of a machine in a sweep.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Selection {
    /// The machine has no lease, or one that the criteria exclude.
    NotLeased,
    /// The lease has not ended.
    Leased,
    /// The lease has ended.
    Expired(LeasedMachine),
    /// The machine is old enough, if it has the tag.
    ExpiredIfTagged(LeasedMachine),
}

impl Criteria {
    /// Returns the place of a machine of the list, which has no tags.
    pub(super) fn select(&self, machine: &VirtualMachine, now: Timestamp) -> Selection {
        let hostname = machine.hostname.as_deref().unwrap_or_default();
        // A machine without id cannot be named.
        if machine.id.is_empty() || hostname.is_empty() {
            return Selection::NotLeased;
        }
        let leased_until = |expires_at| LeasedMachine {
            id: machine.id.clone(),
            hostname: hostname.to_owned(),
            expires_at,
        };
        if let Ok(lease) = hostname.parse::<Lease>() {
            if self
                .prefix
                .as_ref()
                .is_some_and(|prefix| prefix != lease.prefix())
            {
                return Selection::NotLeased;
            }
            return match plus(lease.expires_at(), self.grace) <= now {
                true => Selection::Expired(leased_until(lease.expires_at())),
                false => Selection::Leased,
            };
        }
        let Some((_, max_age)) = &self.tag else {
            return Selection::NotLeased;
        };
        if self
            .prefix
            .as_ref()
            .is_some_and(|prefix| !has_prefix(hostname, prefix))
        {
            return Selection::NotLeased;
        }
        match machine
            .created_at
            .map(|created_at| plus(created_at, *max_age))
        {
            Some(end) if end <= now => Selection::ExpiredIfTagged(leased_until(end)),
            // Of unknown age, or too young: the tag makes no difference.
            _ => Selection::NotLeased,
        }
    }

    /// Returns `true` if a machine that was read by itself, with its tags, is expired.
    pub(super) fn is_expired(&self, machine: &VirtualMachine, now: Timestamp) -> bool {
        match self.select(machine, now) {
            Selection::Expired(_) => true,
            Selection::ExpiredIfTagged(_) => self.tag.as_ref().is_some_and(|(name, _)| {
                let mut tags = machine.tags.iter().flatten();
                tags.any(|tag| tag.name.as_ref() == Some(name))
            }),
            Selection::NotLeased | Selection::Leased => false,
        }
    }
}

pub(super) fn plus(time: Timestamp, duration: Duration) -> Timestamp {
    let secs = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_secs(time.as_secs().saturating_add(secs))
}

fn has_prefix(hostname: &str, prefix: &str) -> bool {
    let rest = hostname.to_ascii_lowercase();
    rest.strip_prefix(prefix)
        .is_some_and(|rest| rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine of the list.
    fn machine(hostname: &str, created_at: i64) -> VirtualMachine {
        let json = format!(r#"{{"id":"vm_1","hostname":"{hostname}","created_at":{created_at}}}"#);
        katapult_core::serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn only_machines_with_an_ended_lease_are_selected() {
        let end: Timestamp = "ci-until-20260704t093000z-7k2m9d"
            .parse::<Lease>()
            .unwrap()
            .expires_at();
        let at = |secs: i64| Timestamp::from_secs(end.as_secs() + secs);
        let name = "ci-until-20260704t093000z-7k2m9d";
        let no_tag = Criteria {
            grace: Duration::from_secs(300),
            ..Criteria::default()
        };
        let prefix = |prefix: &str| Criteria {
            prefix: Some(prefix.to_owned()),
            ..no_tag.clone()
        };
        let tag = |criteria: Criteria| Criteria {
            tag: Some(("ephemeral".to_owned(), Duration::from_secs(60))),
            ..criteria
        };
        // Criteria, host name, time after the end of the lease, result. All machines were created at that end.
        let table = [
            (no_tag.clone(), name, 299, "leased"),
            (no_tag.clone(), name, 300, "expired"),
            (no_tag.clone(), "web-1", 1_000_000, "not leased"),
            (
                no_tag.clone(),
                "ci-until-20260704t093000z",
                1_000_000,
                "not leased",
            ),
            (no_tag.clone(), "", 1_000_000, "not leased"),
            (prefix("ci"), name, 300, "expired"),
            (prefix("ci"), name, 0, "leased"),
            (prefix("c"), name, 300, "not leased"),
            (prefix("db"), name, 300, "not leased"),
            (tag(no_tag.clone()), name, 300, "expired"),
            // A lease takes precedence over a tag.
            (tag(no_tag.clone()), name, 60, "leased"),
            (tag(no_tag.clone()), "web-1", 59, "not leased"),
            (tag(no_tag.clone()), "web-1", 60, "expired if tagged"),
            (tag(prefix("web")), "WEB-1", 60, "expired if tagged"),
            (tag(prefix("web")), "webber-1", 60, "not leased"),
            (tag(prefix("db")), "web-1", 60, "not leased"),
        ];
        for (criteria, hostname, secs, expected) in table {
            let machine = machine(hostname, end.as_secs());
            let selected = match criteria.select(&machine, at(secs)) {
                Selection::NotLeased => "not leased",
                Selection::Leased => "leased",
                Selection::Expired(_) => "expired",
                Selection::ExpiredIfTagged(_) => "expired if tagged",
            };
            assert_eq!(
                selected, expected,
                "{hostname:?} {secs} s after, {criteria:?}"
            );
        }
        let mut unknown_age = machine("web-1", 0);
        unknown_age.created_at = None;
        let criteria = tag(no_tag);
        assert_eq!(criteria.select(&unknown_age, at(0)), Selection::NotLeased);
    }
}
