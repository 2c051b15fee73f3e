//! A model of DNS records.

use std::fmt;

use katapult_core::types::{
    DnsAArguments, DnsAaaaArguments, DnsAliasArguments, DnsCaaArguments, DnsCnameArguments,
    DnsMxArguments, DnsNsArguments, DnsPtrArguments, DnsRecord, DnsRecordContent,
    DnsRecordContentArguments, DnsRecordType, DnsSrvArguments, DnsTxtArguments,
};

/// A DNS record, in its current or its wanted state. Displayed, it is a line of a zone file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// The name within the zone, in lower case; `@` is the zone itself.
    pub name: String,
    /// The type and its data.
    pub content: RecordContent,
    /// The time to live in seconds; `None` is the default of the zone.
    pub ttl: Option<i64>,
    /// The priority, for MX and SRV; the lowest is used first.
    pub priority: Option<i64>,
}

impl Record {
    /// Creates a record of this name within the zone; `@`, or an empty name, is the zone itself. Names are compared without
    /// case.
    pub fn new(name: impl Into<String>, content: RecordContent) -> Self {
        Self {
            name: normalize_name(&name.into()),
            content,
            ttl: None,
            priority: None,
        }
    }

    /// Sets the time to live in seconds. Default: that of the zone for a new record, and unchanged for an existing one.
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

    /// Converts a record of the API, or returns `None` if [`RecordContent`] does not have its type.
    pub(crate) fn from_api(record: &DnsRecord) -> Option<Self> {
        let type_ = record.type_.as_ref()?;
        let content = match &record.content_attributes {
            Some(attributes) => RecordContent::from_attributes(type_, attributes),
            None => None,
        };
        // The attributes are optional; the text is enough for a type with one value.
        let content =
            content.or_else(|| RecordContent::from_text(type_, record.content.as_deref()?))?;
        Some(Self {
            name: normalize_name(record.name.as_deref().unwrap_or_default()),
            content,
            ttl: record.ttl,
            priority: record.priority,
        })
    }

    /// Returns `true` if both records have the same name and type.
    pub(crate) fn is_same_set(&self, other: &Self) -> bool {
        self.name == other.name && self.content.kind() == other.content.kind()
    }

    /// Returns `true` if the record has all values of the wanted one. Values that `wanted` does not set do not count.
    pub(crate) fn satisfies(&self, wanted: &Self) -> bool {
        let is_wanted = |is: Option<i64>, want: Option<i64>| want.is_none() || is == want;
        self.is_same_set(wanted)
            && self.content.is_equivalent(&wanted.content)
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
        write!(f, " {}", self.content.kind())?;
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

/// The type of a DNS record and its data.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordContent {
    /// An IPv4 address.
    A(String),
    /// An IPv6 address.
    Aaaa(String),
    /// An alias for another host name, also allowed at the top of a zone.
    Alias(String),
    /// An alias for another host name.
    Cname(String),
    /// The host name of a mail server.
    Mx(String),
    /// The host name of a name server.
    Ns(String),
    /// The host name of an address.
    Ptr(String),
    /// A text, without quotes or escapes.
    Txt(String),
    /// A certificate authority that may issue certificates.
    Caa {
        /// `0`, or `128` (critical): an authority that does not know the tag must not issue.
        flag: String,
        /// `issue`, `issuewild` or `iodef`.
        tag: String,
        /// The domain of the authority, or a URL for `iodef`.
        value: String,
    },
    /// The location of a service.
    Srv {
        /// The share of requests, relative to other records of the same priority.
        weight: String,
        /// The port of the service.
        port: String,
        /// The host name of the service.
        target: String,
    },
}

impl RecordContent {
    /// Returns the type of the record.
    pub fn kind(&self) -> DnsRecordType {
        match self {
            RecordContent::A(_) => DnsRecordType::A,
            RecordContent::Aaaa(_) => DnsRecordType::Aaaa,
            RecordContent::Alias(_) => DnsRecordType::Alias,
            RecordContent::Cname(_) => DnsRecordType::Cname,
            RecordContent::Mx(_) => DnsRecordType::Mx,
            RecordContent::Ns(_) => DnsRecordType::Ns,
            RecordContent::Ptr(_) => DnsRecordType::Ptr,
            RecordContent::Txt(_) => DnsRecordType::Txt,
            RecordContent::Caa { .. } => DnsRecordType::Caa,
            RecordContent::Srv { .. } => DnsRecordType::Srv,
        }
    }

    /// Returns `true` if both are the same. Host names are compared without case and without the dot at the end.
    fn is_equivalent(&self, other: &Self) -> bool {
        match (self, other) {
            // Case and dots have a meaning in them.
            (RecordContent::Txt(_), _) | (RecordContent::Caa { .. }, _) => self == other,
            _ => {
                let plain = |content: &Self| {
                    let text = content.to_string().to_ascii_lowercase();
                    text.strip_suffix('.').map(str::to_owned).unwrap_or(text)
                };
                self.kind() == other.kind() && plain(self) == plain(other)
            }
        }
    }

    /// Converts the attributes of a response.
    fn from_attributes(type_: &DnsRecordType, content: &DnsRecordContent) -> Option<Self> {
        let content = content.clone();
        Some(match type_ {
            DnsRecordType::A => RecordContent::A(content.a?.ip_address?),
            DnsRecordType::Aaaa => RecordContent::Aaaa(content.aaaa?.ip_address?),
            DnsRecordType::Alias => RecordContent::Alias(content.alias?.hostname?),
            DnsRecordType::Cname => RecordContent::Cname(content.cname?.hostname?),
            DnsRecordType::Mx => RecordContent::Mx(content.mx?.hostname?),
            DnsRecordType::Ns => RecordContent::Ns(content.ns?.hostname?),
            DnsRecordType::Ptr => RecordContent::Ptr(content.ptr?.hostname?),
            DnsRecordType::Txt => RecordContent::Txt(content.txt?.content?),
            DnsRecordType::Caa => {
                let caa = content.caa?;
                RecordContent::Caa {
                    flag: caa.flag?,
                    tag: caa.tag?,
                    value: caa.value?,
                }
            }
            DnsRecordType::Srv => {
                let srv = content.srv?;
                RecordContent::Srv {
                    weight: srv.weight?,
                    port: srv.port?,
                    target: srv.target?,
                }
            }
            _ => return None,
        })
    }

    /// Converts the text of a response, for types with one value.
    fn from_text(type_: &DnsRecordType, text: &str) -> Option<Self> {
        let text = text.to_owned();
        Some(match type_ {
            DnsRecordType::A => RecordContent::A(text),
            DnsRecordType::Aaaa => RecordContent::Aaaa(text),
            DnsRecordType::Alias => RecordContent::Alias(text),
            DnsRecordType::Cname => RecordContent::Cname(text),
            DnsRecordType::Mx => RecordContent::Mx(text),
            DnsRecordType::Ns => RecordContent::Ns(text),
            DnsRecordType::Ptr => RecordContent::Ptr(text),
            DnsRecordType::Txt => RecordContent::Txt(text),
            _ => return None,
        })
    }

    /// Returns the arguments of a request.
    pub(crate) fn arguments(&self) -> DnsRecordContentArguments {
        let content = DnsRecordContentArguments::new();
        match self.clone() {
            RecordContent::A(ip) => content.a(DnsAArguments::new().ip_address(ip)),
            RecordContent::Aaaa(ip) => content.aaaa(DnsAaaaArguments::new().ip_address(ip)),
            RecordContent::Alias(name) => content.alias(DnsAliasArguments::new().hostname(name)),
            RecordContent::Cname(name) => content.cname(DnsCnameArguments::new().hostname(name)),
            RecordContent::Mx(name) => content.mx(DnsMxArguments::new().hostname(name)),
            RecordContent::Ns(name) => content.ns(DnsNsArguments::new().hostname(name)),
            RecordContent::Ptr(name) => content.ptr(DnsPtrArguments::new().hostname(name)),
            RecordContent::Txt(text) => content.txt(DnsTxtArguments::new().content(text)),
            RecordContent::Caa { flag, tag, value } => {
                content.caa(DnsCaaArguments::new().flag(flag).tag(tag).value(value))
            }
            RecordContent::Srv {
                weight,
                port,
                target,
            } => content.srv(
                DnsSrvArguments::new()
                    .weight(weight)
                    .port(port)
                    .target(target),
            ),
        }
    }
}

impl fmt::Display for RecordContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordContent::A(text)
            | RecordContent::Aaaa(text)
            | RecordContent::Alias(text)
            | RecordContent::Cname(text)
            | RecordContent::Mx(text)
            | RecordContent::Ns(text)
            | RecordContent::Ptr(text) => write!(f, "{text}"),
            RecordContent::Txt(text) => write!(f, "{text:?}"),
            RecordContent::Caa { flag, tag, value } => write!(f, "{flag} {tag} {value:?}"),
            RecordContent::Srv {
                weight,
                port,
                target,
            } => write!(f, "{weight} {port} {target}"),
        }
    }
}
