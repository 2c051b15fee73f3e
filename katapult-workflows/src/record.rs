//! DNS records, as one wants them.

use std::fmt;

use katapult_core::types::DnsRecordType;
use katapult_core::types::{
    DnsRecord, DnsRecordContent, DnsRecordContentAArguments, DnsRecordContentAaaaArguments,
    DnsRecordContentAliasArguments, DnsRecordContentArguments, DnsRecordContentCaaArguments,
    DnsRecordContentCnameArguments, DnsRecordContentMxArguments, DnsRecordContentNsArguments,
    DnsRecordContentPtrArguments, DnsRecordContentSrvArguments, DnsRecordContentTxtArguments,
};

/// A DNS record as one wants it, or as it is; displayed, it reads as in a zone file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// Its name within the zone; `@` is the zone itself.
    pub name: String,
    /// What it says.
    pub content: RecordContent,
    /// For how many seconds it may be kept; the zone's default if none is given.
    pub ttl: Option<i64>,
    /// Which comes first, for MX and SRV.
    pub priority: Option<i64>,
}

impl Record {
    /// A record of this name within the zone; `@`, or nothing, is the zone itself. Names are compared without case.
    pub fn new(name: impl Into<String>, content: RecordContent) -> Self {
        Self {
            name: at_the_top(&name.into()),
            content,
            ttl: None,
            priority: None,
        }
    }

    /// For how many seconds it may be kept. Default: as the zone has it, and whatever a record that is there has.
    #[must_use]
    pub fn ttl(mut self, seconds: i64) -> Self {
        self.ttl = Some(seconds);
        self
    }

    /// Which comes first, for MX and SRV.
    #[must_use]
    pub fn priority(mut self, priority: i64) -> Self {
        self.priority = Some(priority);
        self
    }

    /// As it is; none if it is of a type that has no place here.
    pub(crate) fn read(record: &DnsRecord) -> Option<Self> {
        let type_ = record.type_.as_ref()?;
        let content = match &record.content_attributes {
            Some(attributes) => RecordContent::read(type_, attributes),
            None => None,
        };
        let content =
            content.or_else(|| RecordContent::plain(type_, record.content.as_deref()?))?;
        Some(Self {
            name: at_the_top(record.name.as_deref().unwrap_or_default()),
            content,
            ttl: record.ttl,
            priority: record.priority,
        })
    }

    /// Whether they are records of the same set: of one name and type.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        self.name == other.name && self.content.kind() == other.content.kind()
    }

    /// Whether what is there is as it is wanted; what is wanted says nothing of what it leaves out.
    pub(crate) fn is_as(&self, wanted: &Self) -> bool {
        let left_out = |is: Option<i64>, want: Option<i64>| want.is_none() || is == want;
        self.is_beside(wanted)
            && self.content.says(&wanted.content)
            && left_out(self.ttl, wanted.ttl)
            && left_out(self.priority, wanted.priority)
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

fn at_the_top(name: &str) -> String {
    match name {
        "" => "@".to_owned(),
        name => name.to_ascii_lowercase(),
    }
}

/// What a DNS record says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordContent {
    /// An address, version 4.
    A(String),
    /// An address, version 6.
    Aaaa(String),
    /// Another name to be asked in place of this one, also at the top of a zone.
    Alias(String),
    /// Another name to be asked in place of this one.
    Cname(String),
    /// The name of a server that takes mail.
    Mx(String),
    /// The name of a server that has the zone.
    Ns(String),
    /// The name that an address has.
    Ptr(String),
    /// Text.
    Txt(String),
    /// Who may issue certificates.
    Caa {
        /// `0`, or `128` for who does not know the tag to keep off.
        flag: String,
        /// `issue`, `issuewild` or `iodef`.
        tag: String,
        /// Who.
        value: String,
    },
    /// Where a service is.
    Srv {
        /// How large its share is.
        weight: String,
        /// Its port.
        port: String,
        /// Its host.
        target: String,
    },
}

impl RecordContent {
    /// The type of the record.
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

    /// Whether they say the same: names without case and with or without the dot at their end.
    fn says(&self, other: &Self) -> bool {
        match (self, other) {
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

    fn read(type_: &DnsRecordType, content: &DnsRecordContent) -> Option<Self> {
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

    /// From the text that a reply has beside the attributes, for types of one value.
    fn plain(type_: &DnsRecordType, text: &str) -> Option<Self> {
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

    /// As a request gives it.
    pub(crate) fn arguments(&self) -> DnsRecordContentArguments {
        let content = DnsRecordContentArguments::new();
        match self.clone() {
            RecordContent::A(ip) => content.a(DnsRecordContentAArguments::new().ip_address(ip)),
            RecordContent::Aaaa(ip) => {
                content.aaaa(DnsRecordContentAaaaArguments::new().ip_address(ip))
            }
            RecordContent::Alias(name) => {
                content.alias(DnsRecordContentAliasArguments::new().hostname(name))
            }
            RecordContent::Cname(name) => {
                content.cname(DnsRecordContentCnameArguments::new().hostname(name))
            }
            RecordContent::Mx(name) => {
                content.mx(DnsRecordContentMxArguments::new().hostname(name))
            }
            RecordContent::Ns(name) => {
                content.ns(DnsRecordContentNsArguments::new().hostname(name))
            }
            RecordContent::Ptr(name) => {
                content.ptr(DnsRecordContentPtrArguments::new().hostname(name))
            }
            RecordContent::Txt(text) => {
                content.txt(DnsRecordContentTxtArguments::new().content(text))
            }
            RecordContent::Caa { flag, tag, value } => content.caa(
                DnsRecordContentCaaArguments::new()
                    .flag(flag)
                    .tag(tag)
                    .value(value),
            ),
            RecordContent::Srv {
                weight,
                port,
                target,
            } => content.srv(
                DnsRecordContentSrvArguments::new()
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
