//! The data of DNS records in requests and responses.

use katapult_core::types::{
    DnsAArguments, DnsAaaaArguments, DnsAliasArguments, DnsCaaArguments, DnsCnameArguments,
    DnsHttpRedirectArguments, DnsMxArguments, DnsNsArguments, DnsPtrArguments, DnsRecordContent,
    DnsRecordContentArguments, DnsRecordType, DnsSrvArguments, DnsSshfpArguments, DnsTxtArguments,
    DnsVirtualMachineArguments,
};

use crate::dns::content::{RecordContent, host};

impl RecordContent {
    /// Converts the attributes of a response.
    pub(crate) fn from_attributes(
        type_: &DnsRecordType,
        content: &DnsRecordContent,
    ) -> Option<Self> {
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
                    flag: number(caa.flag)?,
                    tag: caa.tag?,
                    value: caa.value?,
                }
            }
            DnsRecordType::Srv => {
                let srv = content.srv?;
                RecordContent::Srv {
                    weight: number(srv.weight)?,
                    port: number(srv.port)?,
                    target: srv.target?,
                }
            }
            DnsRecordType::Sshfp => {
                let sshfp = content.sshfp?;
                RecordContent::Sshfp {
                    algorithm: number(sshfp.algorithm)?,
                    fingerprint_type: number(sshfp.fingerprint_type)?,
                    fingerprint: sshfp.fingerprint?,
                }
            }
            DnsRecordType::HttpRedirect => {
                let redirect = content.http_redirect?;
                RecordContent::HttpRedirect {
                    url: redirect.url?,
                    status: number(redirect.http_status)?,
                }
            }
            DnsRecordType::VirtualMachine => {
                RecordContent::VirtualMachine(content.virtual_machine?.virtual_machine?)
            }
            _ => return None,
        })
    }

    /// Converts the text of a response, for types with one value.
    pub(crate) fn from_text(type_: &DnsRecordType, text: &str) -> Option<Self> {
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

    /// Returns the arguments of a request: host names without the dot at the end, and numbers as text.
    pub(crate) fn arguments(&self) -> DnsRecordContentArguments {
        let content = DnsRecordContentArguments::new();
        match self {
            RecordContent::A(ip) => content.a(DnsAArguments::new().ip_address(ip.clone())),
            RecordContent::Aaaa(ip) => content.aaaa(DnsAaaaArguments::new().ip_address(ip.clone())),
            RecordContent::Alias(name) => {
                content.alias(DnsAliasArguments::new().hostname(host(name)))
            }
            RecordContent::Cname(name) => {
                content.cname(DnsCnameArguments::new().hostname(host(name)))
            }
            RecordContent::Mx(name) => content.mx(DnsMxArguments::new().hostname(host(name))),
            RecordContent::Ns(name) => content.ns(DnsNsArguments::new().hostname(host(name))),
            RecordContent::Ptr(name) => content.ptr(DnsPtrArguments::new().hostname(host(name))),
            RecordContent::Txt(text) => content.txt(DnsTxtArguments::new().content(text.clone())),
            RecordContent::Caa { flag, tag, value } => content.caa(
                DnsCaaArguments::new()
                    .flag(flag.to_string())
                    .tag(tag.clone())
                    .value(value.clone()),
            ),
            RecordContent::Srv {
                weight,
                port,
                target,
            } => content.srv(
                DnsSrvArguments::new()
                    .weight(weight.to_string())
                    .port(port.to_string())
                    .target(host(target)),
            ),
            RecordContent::Sshfp {
                algorithm,
                fingerprint_type,
                fingerprint,
            } => content.sshfp(
                DnsSshfpArguments::new()
                    .algorithm(algorithm.to_string())
                    .fingerprint_type(fingerprint_type.to_string())
                    .fingerprint(fingerprint.clone()),
            ),
            RecordContent::HttpRedirect { url, status } => content.http_redirect(
                DnsHttpRedirectArguments::new()
                    .url(url.clone())
                    .http_status(status.to_string()),
            ),
            RecordContent::VirtualMachine(id) => content
                .virtual_machine(DnsVirtualMachineArguments::new().virtual_machine(id.clone())),
        }
    }
}

/// Reads a number, which the API has as text.
fn number<N: std::str::FromStr>(text: Option<String>) -> Option<N> {
    text?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_sent_as_text_and_host_names_without_the_dot() {
        let json = |content: &RecordContent| {
            katapult_core::serde_json::to_string(&content.arguments()).unwrap()
        };
        assert_eq!(
            json(&RecordContent::Srv {
                weight: 5,
                port: 5060,
                target: "sip.acme.example.".into(),
            }),
            r#"{"SRV":{"port":"5060","target":"sip.acme.example","weight":"5"}}"#
        );
        assert_eq!(
            json(&RecordContent::HttpRedirect {
                url: "https://acme.example".into(),
                status: 301,
            }),
            r#"{"HTTPRedirect":{"http_status":"301","url":"https://acme.example"}}"#
        );
        assert_eq!(
            json(&RecordContent::Txt("v=DKIM1; p=\"x\"".into())),
            r#"{"TXT":{"content":"v=DKIM1; p=\"x\""}}"#
        );
    }
}
