//! Network interfaces and their addresses.

use serde::{Deserialize, Serialize};

use crate::json::objects;
use crate::reference::{IpAddressRef, NetworkRef, SpeedProfileRef, SubnetRef, VirtualNetworkRef};

/// `NetworkInterface`: what it is attached to, how fast it is, and its addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct NetworkInterface {
    /// `Network`, unless it is a virtual one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkRef>,
    /// `VirtualNetwork`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virtual_network: Option<VirtualNetworkRef>,
    /// `SpeedProfile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_profile: Option<SpeedProfileRef>,
    /// Each `IPAddressAllocation`, in order.
    #[serde(deserialize_with = "objects")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ip_address_allocations: Vec<IpAddressAllocation>,
}

impl NetworkInterface {
    /// An interface to a network.
    pub fn network(network: impl Into<NetworkRef>) -> Self {
        Self {
            network: Some(network.into()),
            ..Self::default()
        }
    }

    /// An interface to a virtual network.
    pub fn virtual_network(network: impl Into<VirtualNetworkRef>) -> Self {
        Self {
            virtual_network: Some(network.into()),
            ..Self::default()
        }
    }

    /// Sets the speed profile.
    pub fn speed_profile(mut self, profile: impl Into<SpeedProfileRef>) -> Self {
        self.speed_profile = Some(profile.into());
        self
    }

    /// Adds an address.
    pub fn ip_address_allocation(mut self, allocation: IpAddressAllocation) -> Self {
        self.ip_address_allocations.push(allocation);
        self
    }
}

/// `IPAddressAllocation`: an address of an interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
#[non_exhaustive]
pub enum IpAddressAllocation {
    /// `type="new"`: one that is allocated for it.
    New {
        /// `Version`.
        version: IpVersion,
        /// `Subnet` that it is taken from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subnet: Option<SubnetRef>,
    },
    /// `type="existing"`: one that is there already.
    Existing {
        /// `IPAddress`.
        ip_address: IpAddressRef,
    },
}

impl IpAddressAllocation {
    /// A new IPv4 address.
    pub fn v4() -> Self {
        Self::New {
            version: IpVersion::V4,
            subnet: None,
        }
    }

    /// A new IPv4 address out of this subnet.
    pub fn v4_from(subnet: impl Into<SubnetRef>) -> Self {
        Self::New {
            version: IpVersion::V4,
            subnet: Some(subnet.into()),
        }
    }

    /// A new IPv6 address.
    pub fn v6() -> Self {
        Self::New {
            version: IpVersion::V6,
            subnet: None,
        }
    }

    /// A new IPv6 address out of this subnet.
    pub fn v6_from(subnet: impl Into<SubnetRef>) -> Self {
        Self::New {
            version: IpVersion::V6,
            subnet: Some(subnet.into()),
        }
    }

    /// An address that is there already.
    pub fn existing(address: impl Into<IpAddressRef>) -> Self {
        Self::Existing {
            ip_address: address.into(),
        }
    }
}

/// `Version` of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
#[non_exhaustive]
pub enum IpVersion {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl IpVersion {
    pub(super) const ALL: &[Self] = &[Self::V4, Self::V6];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V4 => "4",
            Self::V6 => "6",
        }
    }
}

impl From<IpVersion> for u8 {
    fn from(version: IpVersion) -> Self {
        match version {
            IpVersion::V4 => 4,
            IpVersion::V6 => 6,
        }
    }
}

impl TryFrom<u8> for IpVersion {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        match number {
            4 => Ok(Self::V4),
            6 => Ok(Self::V6),
            _ => Err(format!("there is no IP version {number}: give 4 or 6")),
        }
    }
}
