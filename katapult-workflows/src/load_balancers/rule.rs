//! A model of the rules of load balancers.

use std::fmt;

use katapult_core::types::{
    CertificateLookup, LoadBalancerRule, LoadBalancerRuleAlgorithm,
    LoadBalancerRuleCheckHttpStatus, LoadBalancerRuleCheckProtocol,
    LoadBalancerRuleProtocol as Protocol,
};
use katapult_core::{Call, load_balancer_rules};

/// Defines a rule with its optional fields: the setters, the comparison field by field, and the calls.
macro_rules! forwarding_rule {
    ($($(#[doc = $doc:literal])+ $field:ident: $type:ty = $argument:ty,)*) => {
        /// A rule of a load balancer, in its current or its wanted state: connections to one port are forwarded to a port
        /// of the members.
        ///
        /// Fields that are `None` have the API's default in a new rule, and stay as they are in an existing one. A load
        /// balancer has at most one rule for each port.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct ForwardingRule {
            /// The port of the load balancer.
            pub listen_port: u16,
            /// The port of the members.
            pub destination_port: u16,
            /// The protocol of the connections.
            pub protocol: Protocol,
            /// The ids of the certificates for HTTPS.
            pub certificates: Option<Vec<String>>,
            $($(#[doc = $doc])+ pub $field: Option<$type>,)*
        }

        impl ForwardingRule {
            /// Creates a rule that forwards connections to `listen_port` to the same port of the members.
            pub fn new(protocol: impl Into<Protocol>, listen_port: u16) -> Self {
                Self {
                    listen_port,
                    destination_port: listen_port,
                    protocol: protocol.into(),
                    certificates: None,
                    $($field: None,)*
                }
            }

            $(
                #[doc = concat!("Sets the field `", stringify!($field), "`:")]
                $(#[doc = $doc])+
                #[must_use]
                pub fn $field(mut self, $field: $argument) -> Self {
                    self.$field = Some($field.into());
                    self
                }
            )*

            /// Converts a rule of the API, or returns `None` if it has no ports.
            pub(crate) fn from_api(rule: &LoadBalancerRule) -> Option<Self> {
                Some(Self {
                    listen_port: port(rule.listen_port)?,
                    destination_port: port(rule.destination_port)?,
                    protocol: rule.protocol.clone()?,
                    certificates: rule.certificates.as_ref().map(|certificates| {
                        sorted(certificates.iter().map(|certificate| certificate.id.clone()))
                    }),
                    $($field: rule.$field.clone(),)*
                })
            }

            /// Returns the rule with only the fields that `wanted` sets.
            pub(crate) fn only_fields_of(&self, wanted: &Self) -> Self {
                Self {
                    listen_port: self.listen_port,
                    destination_port: self.destination_port,
                    protocol: self.protocol.clone(),
                    certificates: self.certificates.clone().filter(|_| wanted.certificates.is_some()),
                    $($field: self.$field.clone().filter(|_| wanted.$field.is_some()),)*
                }
            }

            /// Returns the rule with only the fields that differ from another one.
            pub(crate) fn only_differences_from(&self, other: &Self) -> Self {
                Self {
                    listen_port: self.listen_port,
                    destination_port: self.destination_port,
                    protocol: self.protocol.clone(),
                    certificates: self.certificates.clone().filter(|_| self.certificates != other.certificates),
                    $($field: self.$field.clone().filter(|_| self.$field != other.$field),)*
                }
            }

            /// Adds the fields to a creation.
            pub(crate) fn in_create(
                &self,
                mut call: Call<load_balancer_rules::Create>,
            ) -> Call<load_balancer_rules::Create> {
                if let Some(ids) = &self.certificates {
                    call = call.certificates(lookups(ids));
                }
                $(if let Some(value) = &self.$field {
                    call = call.$field(value.clone());
                })*
                call
            }

            /// Adds the fields that differ from the current ones to an update.
            pub(crate) fn in_update(
                &self,
                current: &Self,
                mut call: Call<load_balancer_rules::Update>,
            ) -> Call<load_balancer_rules::Update> {
                if self.destination_port != current.destination_port {
                    call = call.destination_port(i64::from(self.destination_port));
                }
                if self.protocol != current.protocol {
                    call = call.protocol(self.protocol.clone());
                }
                if let Some(ids) = self.certificates.as_ref().filter(|_| self.certificates != current.certificates) {
                    call = call.certificates(lookups(ids));
                }
                $(if let Some(value) = self.$field.as_ref().filter(|_| self.$field != current.$field) {
                    call = call.$field(value.clone());
                })*
                call
            }
        }

        impl fmt::Display for ForwardingRule {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} port {} to {}", self.protocol, self.listen_port, self.destination_port)?;
                if let Some(ids) = &self.certificates {
                    write!(f, " certificates=[{}]", ids.join(", "))?;
                }
                $(if let Some(value) = &self.$field {
                    write!(f, " {}={value}", stringify!($field))?;
                })*
                Ok(())
            }
        }
    };
}

forwarding_rule! {
    /// The choice of the member for a connection.
    algorithm: LoadBalancerRuleAlgorithm = impl Into<LoadBalancerRuleAlgorithm>,
    /// `true` if the PROXY protocol tells the members the address of the client.
    proxy_protocol: bool = bool,
    /// `true` if connections to the members use TLS.
    backend_ssl: bool = bool,
    /// `true` if TLS is not terminated but passed to the members.
    passthrough_ssl: bool = bool,
    /// `true` if members that fail the check get no connections.
    check_enabled: bool = bool,
    /// The protocol of the check.
    check_protocol: LoadBalancerRuleCheckProtocol = impl Into<LoadBalancerRuleCheckProtocol>,
    /// The path that the check requests, for HTTP.
    check_path: String = impl Into<String>,
    /// The statuses with which a check succeeds, by their first digits.
    check_http_statuses: LoadBalancerRuleCheckHttpStatus = impl Into<LoadBalancerRuleCheckHttpStatus>,
    /// The time between two checks, in seconds.
    check_interval: i64 = i64,
    /// The time after which a check fails, in seconds.
    check_timeout: i64 = i64,
    /// The number of checks after which a failed member gets connections again.
    check_rise: i64 = i64,
    /// The number of checks after which a member gets no more connections.
    check_fall: i64 = i64,
}

impl ForwardingRule {
    /// Creates a rule that forwards TCP connections to `listen_port` to the same port of the members.
    pub fn tcp(listen_port: u16) -> Self {
        Self::new(Protocol::Tcp, listen_port)
    }

    /// Creates a rule that forwards HTTP requests to `listen_port` to the same port of the members.
    pub fn http(listen_port: u16) -> Self {
        Self::new(Protocol::Http, listen_port)
    }

    /// Creates a rule that forwards HTTPS requests to `listen_port` to the same port of the members.
    pub fn https(listen_port: u16) -> Self {
        Self::new(Protocol::Https, listen_port)
    }

    /// Sets the port of the members. Default: the port of the load balancer.
    #[must_use]
    pub fn destination_port(mut self, port: u16) -> Self {
        self.destination_port = port;
        self
    }

    /// Sets the ids of the certificates for HTTPS, in any order.
    #[must_use]
    pub fn certificates(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.certificates = Some(sorted(ids.into_iter().map(Into::into)));
        self
    }

    /// Returns the rule with its ports and protocol only.
    pub(crate) fn without_options(&self) -> Self {
        Self::new(self.protocol.clone(), self.listen_port).destination_port(self.destination_port)
    }

    /// Returns `true` if the rule has all values of the wanted one.
    pub(crate) fn satisfies(&self, wanted: &Self) -> bool {
        self.only_fields_of(wanted) == *wanted
    }
}

/// Returns a port of the API; `None` if it is no port.
fn port(number: Option<i64>) -> Option<u16> {
    u16::try_from(number?).ok()
}

/// Returns ids in their order, in which they are compared.
fn sorted(ids: impl Iterator<Item = String>) -> Vec<String> {
    let mut ids: Vec<_> = ids.collect();
    ids.sort();
    ids.dedup();
    ids
}

fn lookups(ids: &[String]) -> Vec<CertificateLookup> {
    ids.iter().map(CertificateLookup::id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_is_compared_by_the_fields_that_the_wanted_one_sets() {
        let current = ForwardingRule::tcp(443)
            .destination_port(8443)
            .check_enabled(true)
            .check_interval(20)
            .certificates(["cert_2", "cert_1"]);
        let wanted = ForwardingRule::tcp(443).destination_port(8443);
        let table = [
            (wanted.clone(), true),
            (wanted.clone().check_enabled(true), true),
            (wanted.clone().check_enabled(false), false),
            (wanted.clone().check_timeout(5), false),
            (wanted.clone().certificates(["cert_1", "cert_2"]), true),
            (wanted.clone().certificates(["cert_1"]), false),
            (ForwardingRule::tcp(443).destination_port(9443), false),
            (ForwardingRule::https(443).destination_port(8443), false),
        ];
        for (wanted, same) in table {
            assert_eq!(current.satisfies(&wanted), same, "{wanted}");
        }
    }

    #[test]
    fn displayed_rule_has_the_fields_that_are_set() {
        let rule = ForwardingRule::http(80)
            .destination_port(8080)
            .check_path("/health");
        assert_eq!(rule.to_string(), "HTTP port 80 to 8080 check_path=/health");
        let current = rule.clone().check_interval(20);
        assert_eq!(current.only_fields_of(&rule), rule);
        let wanted = ForwardingRule::http(80)
            .destination_port(8080)
            .check_path("/health")
            .check_interval(10);
        let differences = wanted.only_differences_from(&current).to_string();
        assert_eq!(differences, "HTTP port 80 to 8080 check_interval=10");
    }
}
