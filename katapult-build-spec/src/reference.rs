//! References: how a specification names the objects that a machine is built from or with.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, MapAccess, Visitor};

/// What all references have in common.
pub(super) trait Reference: Sized {
    /// The fields by which the object can be named; the first is the id.
    const KEYS: &'static [&'static str];
    /// The reference by one of these fields.
    fn from_pair(key: &str, value: String) -> Option<Self>;
    /// The field, and its value.
    fn pair(&self) -> (&'static str, &str);
}

/// Defines a reference: an enumeration with a variant, and a constructor, for each field that names the object.
macro_rules! reference {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $key:ident),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            /// By its id.
            Id(String),
            $(#[doc = concat!("By its `", stringify!($key), "`.")] $variant(String),)*
        }

        impl $name {
            /// Names it by its id; text alone is an id too.
            pub fn id(value: impl Into<String>) -> Self {
                $name::Id(value.into())
            }

            $(
                #[doc = concat!("Names it by its `", stringify!($key), "`.")]
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

/// Gives a reference the form `{"id": …}`, as all have but that of an ISO.
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
    /// Names the zone that the machine is built in.
    ZoneRef { Permalink = permalink }
}
reference! {
    /// Names the data center that the machine is built in.
    DataCenterRef { Permalink = permalink, Name = name }
}
reference! {
    /// Names a package: how much memory and how many cores.
    PackageRef { Permalink = permalink }
}
reference! {
    /// Names the template that the first disk is made from.
    DiskTemplateRef { Permalink = permalink }
}
reference! {
    /// Names how fast a disk reads and writes.
    IoProfileRef { Permalink = permalink }
}
reference! {
    /// Names a disk that several machines share.
    SharedDiskRef { Name = name }
}
reference! {
    /// Names a network.
    NetworkRef { Permalink = permalink }
}
reference! {
    /// Names a virtual network; by its id only.
    VirtualNetworkRef {}
}
reference! {
    /// Names how fast a network interface is.
    SpeedProfileRef { Permalink = permalink }
}
reference! {
    /// Names the subnet that a new address is taken from.
    SubnetRef { Address = address }
}
reference! {
    /// Names an address that exists already.
    IpAddressRef { Address = address }
}
reference! {
    /// Names a group of machines.
    GroupRef { Name = name }
}
reference! {
    /// Names a user whose keys may log in.
    UserRef { EmailAddress = email_address }
}
reference! {
    /// Names the image of a disc that the machine boots from; by its id only. In JSON it is text: `"iso": "iso_…"`.
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

/// Chooses among the fields given in a file: the id wins, and what is empty says nothing.
pub(super) fn choose<R: Reference>(
    given: impl IntoIterator<Item = (&'static str, Option<String>)>,
) -> Result<R, String> {
    let mut given: Vec<_> = given
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect();
    let all_empty = given.iter().all(|(_, value)| value.is_empty());
    given.retain(|(_, value)| all_empty || !value.is_empty());
    let by_id = given.iter().position(|(key, _)| *key == "id");
    let (key, value) = match (by_id, given.len()) {
        (Some(place), _) => given.swap_remove(place),
        (None, 1) => given.swap_remove(0),
        (None, 0) => return Err(format!("nothing is named: give {}", R::KEYS.join(" or "))),
        _ => {
            let keys: Vec<_> = given.iter().map(|(key, _)| *key).collect();
            return Err(format!("{} are both given: give one", keys.join(" and ")));
        }
    };
    R::from_pair(key, value).ok_or_else(|| format!("it is not named by {key}"))
}

/// Reads `{"id": …}` and its like.
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

/// Reads the id as text; `{"id": …}` is understood too.
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
