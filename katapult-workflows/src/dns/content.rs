//! The data of DNS records, by type.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use katapult_core::types::DnsRecordType;

/// The statuses of a redirect that the API accepts.
const REDIRECT_STATUSES: [u16; 4] = [301, 302, 307, 308];

/// The type of a DNS record and its data.
///
/// Host names may end with a dot; they are sent without it, as the API stores them.
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
    /// A text as it is: without quotes around it, and without escapes.
    Txt(String),
    /// A certificate authority that may issue certificates.
    Caa {
        /// `0`, or `128` (critical): an authority that does not know the tag must not issue.
        flag: u8,
        /// `issue`, `issuewild` or `iodef`.
        tag: String,
        /// The domain of the authority, or a URL for `iodef`.
        value: String,
    },
    /// The location of a service.
    Srv {
        /// The share of requests, relative to other records of the same priority.
        weight: u16,
        /// The port of the service.
        port: u16,
        /// The host name of the service.
        target: String,
    },
    /// The fingerprint of an SSH host key.
    Sshfp {
        /// The algorithm of the key, such as `4` for Ed25519.
        algorithm: u8,
        /// The hash function, such as `2` for SHA-256.
        fingerprint_type: u8,
        /// The fingerprint in hexadecimal digits.
        fingerprint: String,
    },
    /// A redirect that Katapult's web servers answer.
    HttpRedirect {
        /// The target, a URL with `http` or `https`.
        url: String,
        /// 301, 302, 307 or 308.
        status: u16,
    },
    /// The addresses of a virtual machine, by its id.
    VirtualMachine(String),
}

impl RecordContent {
    /// Returns the type of the record.
    pub fn record_type(&self) -> DnsRecordType {
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
            RecordContent::Sshfp { .. } => DnsRecordType::Sshfp,
            RecordContent::HttpRedirect { .. } => DnsRecordType::HttpRedirect,
            RecordContent::VirtualMachine(_) => DnsRecordType::VirtualMachine,
        }
    }

    /// Returns the reason why the API would refuse the data, if it would.
    pub(crate) fn invalid_reason(&self) -> Option<&'static str> {
        let is_host = |name: &str| !host(name).is_empty();
        match self {
            RecordContent::A(text) if text.parse::<Ipv4Addr>().is_err() => {
                Some("the data is not an IPv4 address")
            }
            RecordContent::Aaaa(text) if text.parse::<Ipv6Addr>().is_err() => {
                Some("the data is not an IPv6 address")
            }
            RecordContent::Mx(name) if name == "." => Some("Katapult has no null MX"),
            RecordContent::Srv { port: 0, .. } => Some("the port must not be 0"),
            RecordContent::Alias(name)
            | RecordContent::Cname(name)
            | RecordContent::Mx(name)
            | RecordContent::Ns(name)
            | RecordContent::Ptr(name)
            | RecordContent::Srv { target: name, .. }
                if !is_host(name) =>
            {
                Some("the data is not a host name")
            }
            RecordContent::HttpRedirect { status, .. } if !REDIRECT_STATUSES.contains(status) => {
                Some("the status must be 301, 302, 307 or 308")
            }
            RecordContent::HttpRedirect { url, .. }
                if !url.starts_with("http://") && !url.starts_with("https://") =>
            {
                Some("the URL must begin with http:// or https://")
            }
            _ => None,
        }
    }

    /// Returns `true` if both have the same meaning: host names without case and without the dot at the end, addresses
    /// in any notation.
    pub(crate) fn is_equivalent(&self, other: &Self) -> bool {
        self.canonical() == other.canonical()
    }

    fn canonical(&self) -> Self {
        let name = |name: &str| host(name).to_ascii_lowercase();
        match self.clone() {
            RecordContent::Aaaa(text) => RecordContent::Aaaa(match text.parse::<Ipv6Addr>() {
                Ok(address) => address.to_string(),
                Err(_) => text,
            }),
            RecordContent::Alias(text) => RecordContent::Alias(name(&text)),
            RecordContent::Cname(text) => RecordContent::Cname(name(&text)),
            RecordContent::Mx(text) => RecordContent::Mx(name(&text)),
            RecordContent::Ns(text) => RecordContent::Ns(name(&text)),
            RecordContent::Ptr(text) => RecordContent::Ptr(name(&text)),
            RecordContent::Srv {
                weight,
                port,
                target,
            } => RecordContent::Srv {
                weight,
                port,
                target: name(&target),
            },
            RecordContent::Sshfp {
                algorithm,
                fingerprint_type,
                fingerprint,
            } => RecordContent::Sshfp {
                algorithm,
                fingerprint_type,
                fingerprint: fingerprint.to_ascii_lowercase(),
            },
            other => other,
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
            | RecordContent::Ptr(text)
            | RecordContent::VirtualMachine(text) => write!(f, "{text}"),
            RecordContent::Txt(text) => write!(f, "{text:?}"),
            RecordContent::Caa { flag, tag, value } => write!(f, "{flag} {tag} {value:?}"),
            RecordContent::Srv {
                weight,
                port,
                target,
            } => write!(f, "{weight} {port} {target}"),
            RecordContent::Sshfp {
                algorithm,
                fingerprint_type,
                fingerprint,
            } => write!(f, "{algorithm} {fingerprint_type} {fingerprint}"),
            RecordContent::HttpRedirect { url, status } => write!(f, "{status} {url}"),
        }
    }
}

/// Returns a host name without the dot at the end.
pub(crate) fn host(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn srv(port: u16, target: &str) -> RecordContent {
        RecordContent::Srv {
            weight: 5,
            port,
            target: target.into(),
        }
    }

    fn redirect(status: u16, url: &str) -> RecordContent {
        RecordContent::HttpRedirect {
            url: url.into(),
            status,
        }
    }

    #[test]
    fn data_that_the_api_refuses_has_a_reason() {
        let table = [
            (RecordContent::A("192.0.2.1".into()), true),
            (RecordContent::A("www".into()), false),
            (RecordContent::Aaaa("2001:db8::1".into()), true),
            (RecordContent::Aaaa("192.0.2.1".into()), false),
            (RecordContent::Mx("mail.acme.example.".into()), true),
            (RecordContent::Mx(".".into()), false),
            (RecordContent::Cname(String::new()), false),
            (srv(5060, "sip.acme.example"), true),
            (srv(0, "sip.acme.example"), false),
            (srv(5060, "."), false),
            (redirect(308, "https://acme.example"), true),
            (redirect(303, "https://acme.example"), false),
            (redirect(301, "acme.example"), false),
        ];
        for (content, valid) in table {
            assert_eq!(content.invalid_reason().is_none(), valid, "{content}");
        }
    }

    #[test]
    fn contents_are_compared_by_meaning() {
        let aaaa = |text: &str| RecordContent::Aaaa(text.into());
        let mx = |text: &str| RecordContent::Mx(text.into());
        let txt = |text: &str| RecordContent::Txt(text.into());
        let table = [
            (aaaa("2001:DB8:0::1"), aaaa("2001:db8::1"), true),
            (mx("Mail.acme.example."), mx("mail.acme.example"), true),
            (mx("mail.acme.example"), mx("mail2.acme.example"), false),
            (
                srv(5060, "SIP.acme.example."),
                srv(5060, "sip.acme.example"),
                true,
            ),
            (
                srv(5060, "sip.acme.example"),
                srv(5061, "sip.acme.example"),
                false,
            ),
            (txt("v=spf1; -all"), txt("v=spf1; -all"), true),
            (txt("Key."), txt("key"), false),
            (
                mx("acme.example"),
                RecordContent::Ns("acme.example".into()),
                false,
            ),
        ];
        for (one, other, same) in table {
            assert_eq!(one.is_equivalent(&other), same, "{one} {other}");
        }
    }
}
