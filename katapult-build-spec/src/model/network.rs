//! Network interfaces and their IP addresses.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::reference::{IpAddressRef, NetworkRef, SpeedProfileRef, SubnetRef, VirtualNetworkRef};
use crate::serde_helpers::objects;

/// `NetworkInterface`: its network, speed and IP addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use]
#[non_exhaustive]
pub struct NetworkInterface {
    /// `Network`; excludes `virtual_network`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkRef>,
    /// `VirtualNetwork`; excludes `network`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virtual_network: Option<VirtualNetworkRef>,
    /// `SpeedProfile`: the bandwidth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_profile: Option<SpeedProfileRef>,
    /// Each `IPAddressAllocation`, in order.
    #[serde(deserialize_with = "objects")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ip_address_allocations: Vec<IpAddressAllocation>,
}

impl NetworkInterface {
    /// Creates an interface to a network.
    pub fn network(network: impl Into<NetworkRef>) -> Self {
        Self {
            network: Some(network.into()),
            ..Self::default()
        }
    }

    /// Creates an interface to a virtual network.
    pub fn virtual_network(network: impl Into<VirtualNetworkRef>) -> Self {
        Self {
            virtual_network: Some(network.into()),
            ..Self::default()
        }
    }

    /// Sets the bandwidth.
    pub fn speed_profile(mut self, profile: impl Into<SpeedProfileRef>) -> Self {
        self.speed_profile = Some(profile.into());
        self
    }

    /// Adds an IP address.
    pub fn ip_address_allocation(mut self, allocation: IpAddressAllocation) -> Self {
        self.ip_address_allocations.push(allocation);
        self
    }
}

/// `IPAddressAllocation`: an IP address of an interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
#[non_exhaustive]
pub enum IpAddressAllocation {
    /// `type="new"`: an address that is allocated for the interface.
    New {
        /// `Version`: IPv4 or IPv6.
        version: IpVersion,
        /// `Subnet` from which the address is allocated.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subnet: Option<SubnetRef>,
    },
    /// `type="existing"`: an address that the organization has.
    Existing {
        /// `IPAddress`: the existing address.
        ip_address: IpAddressRef,
    },
}

impl IpAddressAllocation {
    /// Allocates a new IPv4 address.
    pub fn v4() -> Self {
        Self::New {
            version: IpVersion::V4,
            subnet: None,
        }
    }

    /// Allocates a new IPv4 address from a subnet.
    pub fn v4_from(subnet: impl Into<SubnetRef>) -> Self {
        Self::New {
            version: IpVersion::V4,
            subnet: Some(subnet.into()),
        }
    }

    /// Allocates a new IPv6 address.
    pub fn v6() -> Self {
        Self::New {
            version: IpVersion::V6,
            subnet: None,
        }
    }

    /// Allocates a new IPv6 address from a subnet.
    pub fn v6_from(subnet: impl Into<SubnetRef>) -> Self {
        Self::New {
            version: IpVersion::V6,
            subnet: Some(subnet.into()),
        }
    }

    /// Uses an existing address.
    pub fn existing(address: impl Into<IpAddressRef>) -> Self {
        Self::Existing {
            ip_address: address.into(),
        }
    }
}

/// `Version`: the version of an IP address.
// A number in JSON, text in XML.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IpVersion {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl IpVersion {
    pub(crate) const ALL: &[Self] = &[Self::V4, Self::V6];

    /// Returns the value in XML.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V4 => "4",
            Self::V6 => "6",
        }
    }
}

impl Serialize for IpVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(match self {
            Self::V4 => 4,
            Self::V6 => 6,
        })
    }
}

impl<'de> Deserialize<'de> for IpVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            4 => Ok(Self::V4),
            6 => Ok(Self::V6),
            number => Err(D::Error::custom(format_args!(
                "unknown IP version {number}: expected 4 or 6"
            ))),
        }
    }
}
