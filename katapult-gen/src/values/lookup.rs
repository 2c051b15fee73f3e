//! Lookups: references to an object by one of its keys.

/// Defines a lookup: an enumeration with a variant and a constructor for each key of the object.
///
/// A lookup with a single key also converts from text.
macro_rules! lookup {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $variant:ident = $key:ident,
        }
    ) => {
        lookup! {
            @define
            $(#[$meta])*
            pub enum $name {
                $variant = $key,
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                $name::$key(value)
            }
        }

        impl From<String> for $name {
            fn from(value: String) -> Self {
                $name::$key(value)
            }
        }

        impl From<&str> for $crate::Patch<$name> {
            fn from(value: &str) -> Self {
                $crate::Patch::Value($name::$key(value))
            }
        }
    };
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $($keys:tt)* }
    ) => {
        lookup! { @define $(#[$meta])* pub enum $name { $($keys)* } }
    };
    (
        @define
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $key:ident,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* #[doc = concat!("By `", stringify!($key), "`.")] $variant(String),)*
        }

        impl $name {
            $(
                #[doc = concat!("Identifies the object by its `", stringify!($key), "`.")]
                pub fn $key(value: impl Into<String>) -> Self {
                    $name::$variant(value.into())
                }
            )*

            /// The keys that can identify the object.
            pub const KEYS: &'static [&'static str] = &[$(stringify!($key)),*];

            /// Returns the key and the value, as they are sent.
            pub fn as_pair(&self) -> (&'static str, &str) {
                match self {
                    $($name::$variant(value) => (stringify!($key), value),)*
                }
            }
        }

        impl From<&$name> for $name {
            fn from(lookup: &$name) -> Self {
                lookup.clone()
            }
        }

        impl From<&$name> for $crate::Patch<$name> {
            fn from(lookup: &$name) -> Self {
                $crate::Patch::Value(lookup.clone())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let (key, value) = self.as_pair();
                write!(f, "{key} {value}")
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let (key, value) = self.as_pair();
                serializer.collect_map([(key, value)])
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                use serde::de::Error as _;
                let map = std::collections::BTreeMap::<String, String>::deserialize(deserializer)?;
                let mut pairs = map.into_iter();
                let (Some((key, value)), None) = (pairs.next(), pairs.next()) else {
                    return Err(D::Error::custom("a lookup must have exactly one key"));
                };
                match key.as_str() {
                    $(stringify!($key) => Ok($name::$variant(value)),)*
                    _ => Err(D::Error::unknown_field(&key, Self::KEYS)),
                }
            }
        }

        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn schema_id() -> std::borrow::Cow<'static, str> {
                concat!("katapult_gen::", stringify!($name)).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::json_schema::lookup(Self::KEYS)
            }
        }
    };
}
