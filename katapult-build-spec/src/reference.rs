//! References to the objects that a machine is built from.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, MapAccess, Visitor};

/// A reference to an object of the API.
pub(crate) trait Reference: Sized {
    /// The keys by which the object can be referenced; the first is the id.
    const KEYS: &'static [&'static str];
    /// Creates a reference by one of [`KEYS`](Self::KEYS).
    fn from_pair(key: &str, value: String) -> Option<Self>;
    /// Returns the key and its value.
    fn pair(&self) -> (&'static str, &str);
}

/// Defines a reference: an enumeration with a variant and a constructor for each key.
macro_rules! reference {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $key:ident),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            /// The id.
            Id(String),
            $(#[doc = concat!("The `", stringify!($key), "`.")] $variant(String),)*
        }

        impl $name {
            /// Creates a reference by id. Text converts into the same.
            pub fn id(value: impl Into<String>) -> Self {
                $name::Id(value.into())
            }

            $(
                #[doc = concat!("Creates a reference by `", stringify!($key), "`.")]
                pub fn $key(value: impl Into<String>) -> Self {
                    $name::$variant(value.into())
                }
            )*
        }

        impl Reference for $name {
            const KEYS: &'static [&'static str] = &["id", $(stringify!($key)),*];

            fn from_pair(key: &str, value: String) -> Option<Self> {
                match key {
                    "id" => Some($name::Id(value)),
                    $(stringify!($key) => Some($name::$variant(value)),)*
                    _ => None,
                }
            }

            fn pair(&self) -> (&'static str, &str) {
                match self {
                    $name::Id(value) => ("id", value),
                    $($name::$variant(value) => (stringify!($key), value),)*
                }
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                $name::id(id)
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                $name::Id(id)
            }
        }

        impl From<&$name> for $name {
            fn from(reference: &$name) -> Self {
                reference.clone()
            }
        }
    };
}

/// Implements serde's traits with the form `{"id": …}`, which all references have except that of an ISO.
macro_rules! as_map {
    ($($name:ident)*) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map([self.pair()])
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_map(Fields(PhantomData))
            }
        }
    )*};
}

reference! {
    /// A reference to the zone in which the machine is built.
    ZoneRef { Permalink = permalink }
}
reference! {
    /// A reference to the data center in which the machine is built.
    DataCenterRef { Permalink = permalink, Name = name }
}
reference! {
    /// A reference to a package: a combination of memory and CPU cores.
    PackageRef { Permalink = permalink }
}
reference! {
    /// A reference to the template from which the first disk is created.
    DiskTemplateRef { Permalink = permalink }
}
reference! {
    /// A reference to an I/O profile: the limits of a disk's reads and writes.
    IoProfileRef { Permalink = permalink }
}
reference! {
    /// A reference to a disk that several machines share.
    SharedDiskRef { Name = name }
}
reference! {
    /// A reference to a network.
    NetworkRef { Permalink = permalink }
}
reference! {
    /// A reference to a virtual network; by id only.
    VirtualNetworkRef {}
}
reference! {
    /// A reference to the speed profile of a network interface.
    SpeedProfileRef { Permalink = permalink }
}
reference! {
    /// A reference to the subnet from which a new address is allocated.
    SubnetRef { Address = address }
}
reference! {
    /// A reference to an existing IP address.
    IpAddressRef { Address = address }
}
reference! {
    /// A reference to a virtual machine group.
    GroupRef { Name = name }
}
reference! {
    /// A reference to a user whose SSH keys are installed.
    UserRef { EmailAddress = email_address }
}
reference! {
    /// A reference to the ISO image from which the machine boots; by id only. In JSON it is text: `"iso": "iso_…"`.
    IsoRef {}
}

as_map! {
    ZoneRef DataCenterRef PackageRef DiskTemplateRef IoProfileRef SharedDiskRef NetworkRef VirtualNetworkRef
    SpeedProfileRef SubnetRef IpAddressRef GroupRef UserRef
}

impl serde::Serialize for IsoRef {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.pair().1)
    }
}

impl<'de> serde::Deserialize<'de> for IsoRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrFields)
    }
}

/// Returns the reference that the keys in a file mean: empty ones are ignored, and the id takes precedence.
pub(crate) fn choose<R: Reference>(
    given: impl IntoIterator<Item = (&'static str, Option<String>)>,
) -> Result<R, String> {
    let mut given: Vec<_> = given
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect();
    // Files may have an empty key next to the one in use. If all are empty, validation reports it with its element.
    let all_empty = given.iter().all(|(_, value)| value.is_empty());
    given.retain(|(_, value)| all_empty || !value.is_empty());
    let by_id = given.iter().position(|(key, _)| *key == "id");
    let (key, value) = match (by_id, given.len()) {
        (Some(index), _) => given.swap_remove(index),
        (None, 1) => given.swap_remove(0),
        (None, 0) => {
            return Err(format!(
                "the reference is empty: set {}",
                R::KEYS.join(" or ")
            ));
        }
        _ => {
            let keys: Vec<_> = given.iter().map(|(key, _)| *key).collect();
            return Err(format!(
                "{} are both set: remove one of them",
                keys.join(" and ")
            ));
        }
    };
    R::from_pair(key, value).ok_or_else(|| format!("{key} is not a key of this object"))
}

/// Reads `{"id": …}` or another key.
struct Fields<R>(PhantomData<R>);

impl<'de, R: Reference> Visitor<'de> for Fields<R> {
    type Value = R;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let forms: Vec<_> = R::KEYS
            .iter()
            .map(|key| format!("{{\"{key}\": …}}"))
            .collect();
        f.write_str(&forms.join(" or "))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<R, A::Error> {
        let mut given: Vec<(&'static str, Option<String>)> = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            let Some(known) = R::KEYS.iter().find(|known| **known == key) else {
                return Err(A::Error::unknown_field(&key, R::KEYS));
            };
            if given.iter().any(|(key, _)| key == known) {
                return Err(A::Error::duplicate_field(known));
            }
            given.push((known, map.next_value()?));
        }
        choose(given).map_err(A::Error::custom)
    }
}

/// Reads the id as text, or `{"id": …}`.
struct TextOrFields;

impl<'de> Visitor<'de> for TextOrFields {
    type Value = IsoRef;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the id as text")
    }

    fn visit_str<E: Error>(self, id: &str) -> Result<IsoRef, E> {
        Ok(IsoRef::id(id))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<IsoRef, A::Error> {
        Fields(PhantomData).visit_map(map)
    }
}
