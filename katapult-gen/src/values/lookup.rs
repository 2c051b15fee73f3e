//! Lookups: references to an object by one of its keys.

/// Defines a lookup: an enumeration with a variant and a constructor for each key of the object.
///
/// A key is a text, or of another type in parentheses: `Number(i64) = number`. A key that cannot be the name of a method is in
/// an attribute: `#[key = "type"] Type = type_`. A lookup with a single key, a text, also converts from text.
///
/// `#[text(…)]` has the kind of object as in `ID_PREFIXES`, the key of a text that is no id, and the
/// variable of `from_env`.
macro_rules! lookup {
    (@wire $key:ident) => { stringify!($key) };
    (@wire $key:ident $wire:literal) => { $wire };
    (@type) => { String };
    (@type i64) => { i64 };
    (@text $value:ident) => { std::borrow::Cow::Borrowed($value.as_str()) };
    (@text $value:ident i64) => { std::borrow::Cow::Owned($value.to_string()) };
    (@read $value:ident) => { $value.as_str().map(str::to_owned) };
    // A query has its numbers as texts.
    (@read $value:ident i64) => { $value.as_i64().or_else(|| $value.as_str()?.parse().ok()) };
    (
        #[text($kind:literal, $natural:literal, $variable:literal)]
        $(#[$meta:meta])*
        pub enum $name:ident {
            $(#[key = $wire:literal])?
            $variant:ident = $key:ident,
        }
    ) => {
        lookup! {
            @define
            #[text($kind, $natural, $variable)]
            $(#[$meta])*
            pub enum $name {
                $(#[key = $wire])?
                $variant = $key,
            }
        }

        impl From<&str> for $name {
            #[inline]
            fn from(value: &str) -> Self {
                $name::$key(value)
            }
        }

        impl From<String> for $name {
            #[inline]
            fn from(value: String) -> Self {
                $name::$key(value)
            }
        }

        impl From<&str> for $crate::Patch<$name> {
            #[inline]
            fn from(value: &str) -> Self {
                $crate::Patch::Value($name::$key(value))
            }
        }
    };
    (
        #[text($kind:literal, $natural:literal, $variable:literal)]
        $(#[$meta:meta])*
        pub enum $name:ident { $($keys:tt)* }
    ) => {
        lookup! { @define #[text($kind, $natural, $variable)] $(#[$meta])* pub enum $name { $($keys)* } }
    };
    (
        @define
        #[text($kind:literal, $natural:literal, $variable:literal)]
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[key = $wire:literal])? $variant:ident $(($ty:ident))? = $key:ident,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = concat!("By `", lookup!(@wire $key $($wire)?), "`.")] $variant(lookup!(@type $($ty)?)),)*
        }

        impl $name {
            $(
                #[doc = concat!("Identifies the object by its `", lookup!(@wire $key $($wire)?), "`.")]
                #[inline]
                pub fn $key(value: impl Into<lookup!(@type $($ty)?)>) -> Self {
                    $name::$variant(value.into())
                }
            )*

            /// The keys that can identify the object.
            pub const KEYS: &'static [&'static str] = &[$(lookup!(@wire $key $($wire)?)),*];

            /// Returns the key and the value, as a query has them.
            #[inline]
            pub fn as_pair(&self) -> (&'static str, std::borrow::Cow<'_, str>) {
                match self {
                    $($name::$variant(value) => (lookup!(@wire $key $($wire)?), lookup!(@text value $($ty)?)),)*
                }
            }

            #[doc = concat!("Reads the environment variable `", $variable, "`, as text.")]
            ///
            /// # Errors
            ///
            /// Returns an error if the variable is not set or empty, and the errors of `from_str`.
            #[inline]
            pub fn from_env() -> Result<Self, $crate::LookupError> {
                $crate::LookupError::parse_variable($kind, $variable, $natural)
            }
        }

        /// Reads text: an id by its prefix, `KEY=VALUE`, or else the value of the usual key of such an object.
        impl std::str::FromStr for $name {
            type Err = $crate::LookupError;

            #[inline]
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let (key, value) = $crate::values::lookup_text::read($kind, Self::KEYS, $natural, text)?;
                match key {
                    $(lookup!(@wire $key $($wire)?) =>
                        $crate::values::lookup_text::value($kind, key, value).map($name::$variant),)*
                    _ => Err($crate::LookupError::empty($kind)),
                }
            }
        }

        impl From<&$name> for $name {
            #[inline]
            fn from(lookup: &$name) -> Self {
                lookup.clone()
            }
        }

        impl From<&$name> for $crate::Patch<$name> {
            #[inline]
            fn from(lookup: &$name) -> Self {
                $crate::Patch::Value(lookup.clone())
            }
        }

        /// Writes the text from which `from_str` reads the same lookup.
        impl std::fmt::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let (key, value) = self.as_pair();
                $crate::values::lookup_text::write(f, ($kind, Self::KEYS, $natural), key, &value)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $($name::$variant(value) => serializer.collect_map([(lookup!(@wire $key $($wire)?), value)]),)*
                }
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                use serde::de::Error as _;
                let map = std::collections::BTreeMap::<String, serde_json::Value>::deserialize(deserializer)?;
                let mut pairs = map.into_iter();
                let (Some((key, value)), None) = (pairs.next(), pairs.next()) else {
                    return Err(D::Error::custom("a lookup must have exactly one key"));
                };
                match key.as_str() {
                    $(lookup!(@wire $key $($wire)?) => lookup!(@read value $($ty)?)
                        .map($name::$variant)
                        .ok_or_else(|| D::Error::custom("a key of a lookup has a value of another type")),)*
                    _ => Err(D::Error::unknown_field(&key, Self::KEYS)),
                }
            }
        }

        #[cfg(feature = "schemars")]
        json_schema!($name, stringify!($name), |generator| {
            let keys: &[$crate::values::json_schema::Reference] = &[$((
                lookup!(@wire $key $($wire)?),
                schemars::SchemaGenerator::subschema_for::<lookup!(@type $($ty)?)>,
            )),*];
            $crate::values::json_schema::lookup(keys, generator)
        });
    };
}
