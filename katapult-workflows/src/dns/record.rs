//! A model of DNS records.

use std::fmt;

use katapult_core::types::DnsRecord;

use crate::dns::content::RecordContent;
use crate::dns::name::{full_name, relative_name};

/// The least time to live that the API accepts, in seconds.
const MIN_TTL: i64 = 60;

/// A DNS record, in its current or its wanted state. Displayed, it is a line of a zone file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// The name within the zone, in lower case; `@` is the zone itself. With a dot at the end, it is the full name.
    pub name: String,
    /// The type and its data.
    pub content: RecordContent,
    /// The time to live in seconds, at least 60; `None` is the default of the zone.
    pub ttl: Option<i64>,
    /// The priority, for MX and SRV; the lowest is used first.
    pub priority: Option<i64>,
}

impl Record {
    /// Creates a record of this name within the zone; `@`, or an empty name, is the zone itself, and a name with a dot at
    /// the end is the full name. Names are compared without case.
    pub fn new(name: impl Into<String>, content: RecordContent) -> Self {
        Self {
            name: normalize_name(&name.into()),
            content,
            ttl: None,
            priority: None,
        }
    }

    /// Sets the time to live in seconds, at least 60. Default: that of the zone for a new record, and unchanged for an
    /// existing one.
    #[must_use]
    pub fn ttl(mut self, seconds: i64) -> Self {
        self.ttl = Some(seconds);
        self
    }

    /// Sets the priority, for MX and SRV.
    #[must_use]
    pub fn priority(mut self, priority: i64) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Converts a record of the API, or returns `None` if [`RecordContent`] does not have its type. A record without a TTL
    /// has the default of the zone.
    pub(crate) fn from_api(
        record: &DnsRecord,
        zone: &str,
        default_ttl: Option<i64>,
    ) -> Option<Self> {
        let type_ = record.type_.as_ref()?;
        let content = match &record.content_attributes {
            Some(attributes) => RecordContent::from_attributes(type_, attributes),
            None => None,
        };
        // The attributes are optional; the text is enough for a type with one value.
        let content =
            content.or_else(|| RecordContent::from_text(type_, record.content.as_deref()?))?;
        Some(Self {
            name: relative_name(&full_name(record, zone), zone)?,
            content,
            ttl: record.ttl.or(default_ttl),
            priority: record.priority,
        })
    }

    /// Returns the reason why the API would refuse the record, if it would.
    pub(crate) fn invalid_reason(&self) -> Option<String> {
        let reason = match self.ttl {
            Some(ttl) if ttl < MIN_TTL => {
                format!("the TTL must be at least {MIN_TTL} s, found {ttl}")
            }
            _ => self.content.invalid_reason()?.to_owned(),
        };
        Some(format!("record {self}: {reason}"))
    }

    /// Returns `true` if both records have the same name and type.
    pub(crate) fn is_same_set(&self, other: &Self) -> bool {
        self.name == other.name && self.content.record_type() == other.content.record_type()
    }

    /// Returns `true` if both records have the same name, type and data.
    pub(crate) fn is_same_value(&self, other: &Self) -> bool {
        self.is_same_set(other) && self.content.is_equivalent(&other.content)
    }

    /// Returns `true` if the record has all values of the wanted one. Values that `wanted` does not set do not count.
    pub(crate) fn satisfies(&self, wanted: &Self) -> bool {
        let is_wanted = |is: Option<i64>, want: Option<i64>| want.is_none() || is == want;
        self.is_same_value(wanted)
            && is_wanted(self.ttl, wanted.ttl)
            && is_wanted(self.priority, wanted.priority)
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        if let Some(ttl) = self.ttl {
            write!(f, " {ttl}")?;
        }
        write!(f, " {}", self.content.record_type())?;
        if let Some(priority) = self.priority {
            write!(f, " {priority}")?;
        }
        write!(f, " {}", self.content)
    }
}

/// Returns a name in lower case, and `@` for the zone itself.
pub(crate) fn normalize_name(name: &str) -> String {
    match name {
        "" => "@".to_owned(),
        name => name.to_ascii_lowercase(),
    }
}
