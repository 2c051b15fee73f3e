//! The lease of a machine: a host name that states until when the machine may exist.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use katapult_core::Timestamp;

use crate::error::WorkflowError;

/// The word between the prefix and the time.
const SEPARATOR: &str = "-until-";
/// The length of a time: `20260704t093000z`.
const TIME_LENGTH: usize = 16;
/// The length of the random id.
// 36⁶ are two thousand million names for each second: two leases of one name are improbable.
const ID_LENGTH: usize = 6;
/// The maximum length of a prefix.
// A label of a host name has at most 63 characters (RFC 1035).
const MAX_PREFIX: usize = 63 - SEPARATOR.len() - TIME_LENGTH - 1 - ID_LENGTH;
/// The digits of the random id: the characters that a host name may have, without the hyphen.
const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// The lease of a virtual machine: a host name that states until when the machine may exist.
///
/// A lease is part of the request that builds the machine, so no machine is ever without it, and it is in the list of
/// machines. Its text is `PREFIX-until-TIME-ID`, in UTC and with a random id:
///
/// ```
/// use katapult_workflows::Lease;
///
/// let lease: Lease = "ci-until-20260704t093000z-7k2m9d".parse()?;
/// assert_eq!(lease.prefix(), "ci");
/// assert_eq!(lease.expires_at().to_string(), "2026-07-04T09:30:00Z");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lease {
    prefix: String,
    expires_at: Timestamp,
    id: String,
}

impl Lease {
    /// Creates a lease that ends after `lifetime`, from now on by the local clock, with a random id.
    ///
    /// # Errors
    ///
    /// [`WorkflowError::InvalidInput`] if the prefix is no beginning of a host name: 1 to 33 lower-case letters,
    /// digits and hyphens, with no hyphen at either end.
    pub fn new(prefix: impl Into<String>, lifetime: Duration) -> Result<Self, WorkflowError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let end = now.unwrap_or_default().saturating_add(lifetime);
        // Rounded up, so that the lease is not shorter than requested.
        let secs = end
            .as_secs()
            .saturating_add(u64::from(end.subsec_nanos() > 0));
        let expires_at = Timestamp::from_secs(i64::try_from(secs).unwrap_or(i64::MAX));
        // The standard library seeds its hash maps with random numbers of the operating system.
        Self::from_parts(prefix.into(), expires_at, RandomState::new().hash_one(secs))
    }

    fn from_parts(
        prefix: String,
        expires_at: Timestamp,
        random: u64,
    ) -> Result<Self, WorkflowError> {
        if !is_prefix(&prefix) {
            return Err(WorkflowError::InvalidInput(format!(
                "the prefix of the lease, {prefix:?}, must have 1 to {MAX_PREFIX} lower-case letters, digits and hyphens, \
                 with no hyphen at either end"
            )));
        }
        if time_text(expires_at).is_none() {
            return Err(WorkflowError::InvalidInput(format!(
                "the lease ends in a year that has no four digits: {expires_at}"
            )));
        }
        let mut random = random;
        let id = (0..ID_LENGTH).map(|_| {
            let digit = DIGITS[(random % 36) as usize];
            random /= 36;
            char::from(digit)
        });
        let id = id.collect();
        Ok(Self {
            prefix,
            expires_at,
            id,
        })
    }

    /// Returns the prefix: the caller's name for a group of machines.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Returns the end of the lease.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Returns the time until the end, by the local clock; zero if it has passed.
    pub(crate) fn remaining(&self) -> Duration {
        let end = self.expires_at.to_system_time();
        end.duration_since(SystemTime::now()).unwrap_or_default()
    }
}

/// Writes the host name.
impl fmt::Display for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = time_text(self.expires_at).unwrap_or_default();
        write!(f, "{}{SEPARATOR}{time}-{}", self.prefix, self.id)
    }
}

/// Reads a host name without its domain. The case of letters is ignored.
impl FromStr for Lease {
    type Err = WorkflowError;

    fn from_str(hostname: &str) -> Result<Self, WorkflowError> {
        parse(&hostname.to_ascii_lowercase()).ok_or_else(|| {
            WorkflowError::InvalidInput(format!(
                "{hostname:?} is no lease: expected PREFIX{SEPARATOR}TIME-ID, such as \
                 ci-until-20260704t093000z-7k2m9d"
            ))
        })
    }
}

/// Reads a host name from its end, since a prefix may have hyphens too.
fn parse(hostname: &str) -> Option<Lease> {
    let (rest, id) = hostname.rsplit_once('-')?;
    let (prefix, time) = rest.rsplit_once(SEPARATOR)?;
    let is_id = id.len() == ID_LENGTH && id.bytes().all(|byte| DIGITS.contains(&byte));
    if !is_id || !is_prefix(prefix) {
        return None;
    }
    Some(Lease {
        prefix: prefix.to_owned(),
        expires_at: parse_time(time)?,
        id: id.to_owned(),
    })
}

fn is_prefix(text: &str) -> bool {
    let is_valid = |byte: u8| byte == b'-' || DIGITS.contains(&byte);
    (1..=MAX_PREFIX).contains(&text.len())
        && text.bytes().all(is_valid)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Returns a time as `20260704t093000z`; `None` if its year has not four digits.
fn time_text(time: Timestamp) -> Option<String> {
    let text = time.to_string().replace(['-', ':'], "").to_lowercase();
    (text.len() == TIME_LENGTH && !text.starts_with('+')).then_some(text)
}

/// Reads a time such as `20260704t093000z`.
fn parse_time(text: &str) -> Option<Timestamp> {
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then_some(())?;
        digits.parse().ok()
    };
    let days = days_since_epoch(number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hours, minutes, seconds) = (number(9, 11)?, number(11, 13)?, number(13, 15)?);
    let time = Timestamp::from_secs(((days * 24 + hours) * 60 + minutes) * 60 + seconds);
    // A date such as 30 February is written as another one.
    (time_text(time)? == text).then_some(time)
}

/// Returns the number of days from the Unix epoch to a date.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin on 1 March end with the leap day.
    let (year, month_from_march) = match month {
        ..=2 => (year - 1, month + 9),
        _ => (year, month - 3),
    };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    // From 0000-03-01 to the epoch.
    year * 365 + leap_days + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_name_is_a_lease_only_in_its_exact_form() {
        // The end as seconds since the epoch, or `None` for a name that is no lease.
        let table = [
            (
                "ci-until-20260704t093000z-7k2m9d",
                Some(("ci", 1_783_157_400)),
            ),
            (
                "CI-Until-20260704T093000Z-7K2M9D",
                Some(("ci", 1_783_157_400)),
            ),
            ("ci-until-19700101t000000z-000000", Some(("ci", 0))),
            (
                "ci-until-20240229t235959z-zzzzzz",
                Some(("ci", 1_709_251_199)),
            ),
            (
                "ci-until-99991231t235959z-zzzzzz",
                Some(("ci", 253_402_300_799)),
            ),
            (
                "a-b-until-c-until-20260704t093000z-7k2m9d",
                Some(("a-b-until-c", 1_783_157_400)),
            ),
            ("", None),
            ("web-1", None),
            ("until-20260704t093000z-7k2m9d", None),
            ("-until-20260704t093000z-7k2m9d", None),
            ("-ci-until-20260704t093000z-7k2m9d", None),
            ("ci--until-20260704t093000z-7k2m9d", None),
            ("ci-until-20260704t093000z", None),
            ("ci-until-20260704t093000z-", None),
            ("ci-until-20260704t093000z-7k2m9", None),
            ("ci-until-20260704t093000z-7k2m9d0", None),
            ("ci-until-20260704t093000z-7k2_9d", None),
            ("ci-until-20260704t093000-7k2m9d", None),
            ("ci-until-2026070409300z-7k2m9d", None),
            ("ci-until-+260704t093000z-7k2m9d", None),
            ("ci-until-20260704x093000z-7k2m9d", None),
            ("ci-until-20261304t093000z-7k2m9d", None),
            ("ci-until-20260230t093000z-7k2m9d", None),
            ("ci-until-20250229t093000z-7k2m9d", None),
            ("ci-until-20260704t240000z-7k2m9d", None),
            ("ci-until-20260704t096000z-7k2m9d", None),
            ("ci-until-20260704t093060z-7k2m9d", None),
            ("ci_x-until-20260704t093000z-7k2m9d", None),
            ("ci until-20260704t093000z-7k2m9d", None),
            ("ci-until-20260704t093000z-7k2m9d.acme.example", None),
            ("é-until-20260704t093000z-7k2m9d", None),
            ("ci-until-20260704t0é3000z-7k2m9d", None),
        ];
        for (hostname, expected) in table {
            let lease = hostname.parse::<Lease>().ok();
            let parts = lease
                .as_ref()
                .map(|lease| (lease.prefix(), lease.expires_at().as_secs()));
            assert_eq!(parts, expected, "{hostname}");
            if let Some(lease) = lease {
                assert_eq!(lease.to_string(), hostname.to_lowercase());
            }
        }
        let longest = "a".repeat(MAX_PREFIX);
        let text = format!("{longest}-until-20260704t093000z-7k2m9d");
        assert_eq!((text.len(), text.parse::<Lease>().is_ok()), (63, true));
        assert!(format!("a{text}").parse::<Lease>().is_err());
    }

    #[test]
    fn new_lease_is_the_lease_that_its_host_name_states() {
        let day = Duration::from_secs(86_400);
        let lease = Lease::new("ci-runner", day).unwrap();
        assert_eq!(lease.to_string().parse::<Lease>().unwrap(), lease);
        let left = lease.remaining();
        assert!(left > day - Duration::from_secs(60) && left <= day + Duration::from_secs(1));
        assert_ne!(Lease::new("ci-runner", day).unwrap().id, lease.id);
        for secs in (-62_135_596_800..253_402_300_799).step_by(86_400 * 31 + 12_345) {
            let time = Timestamp::from_secs(secs);
            let text = time_text(time).unwrap();
            assert_eq!(parse_time(&text), Some(time), "{text}");
        }
    }

    #[test]
    fn prefix_that_is_no_part_of_a_host_name_is_refused() {
        let long = "a".repeat(MAX_PREFIX + 1);
        for prefix in ["", "-", "ci-", "-ci", "CI", "ci.x", "ci x", "é", &long] {
            let error = Lease::new(prefix, Duration::ZERO).unwrap_err();
            assert!(error.is_invalid_input(), "{prefix}: {error}");
        }
        assert!(Lease::new("ci", Duration::MAX).is_err());
    }
}
