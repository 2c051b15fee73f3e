//! Enumerations that keep unknown values.

/// Defines an enumeration of the API's strings whose `Unknown` variant keeps any other string.
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = concat!("`", $text, "`.")] $(#[$variant_meta])* $variant,)*
            /// A value that this version of the SDK does not know, verbatim.
            Unknown(String),
        }

        impl $name {
            /// Every value that this version of the SDK knows.
            pub const KNOWN: &'static [&'static str] = &[$($text),*];

            /// Returns the value of any text, for one that the API has and this version of the SDK
            /// does not. `parse` accepts known values alone.
            #[inline]
            pub fn unknown(text: impl Into<String>) -> Self {
                let text = text.into();
                match text.as_str() {
                    // One value has one form, whichever way it came.
                    $($text => $name::$variant,)*
                    _ => $name::Unknown(text),
                }
            }

            /// Returns the value as the API writes it.
            #[inline]
            pub fn as_str(&self) -> &str {
                match self {
                    $($name::$variant => $text,)*
                    $name::Unknown(text) => text,
                }
            }

            /// Returns `true` if this version of the SDK knows the value.
            #[inline]
            pub fn is_known(&self) -> bool {
                !matches!(self, $name::Unknown(_))
            }
        }

        impl $crate::wire::placeholder::Placeholder for $name {
            #[inline]
            fn placeholder() -> Self {
                $name::Unknown(String::new())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::UnknownValueError;

            /// Returns the known value of this text.
            ///
            /// # Errors
            ///
            /// Returns an error that names the known values if this is none of them.
            #[inline]
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let value = Self::unknown(text);
                match value.is_known() {
                    true => Ok(value),
                    false => Err($crate::UnknownValueError::new(stringify!($name), text, Self::KNOWN)),
                }
            }
        }

        impl PartialEq<str> for $name {
            #[inline]
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl PartialEq<&str> for $name {
            #[inline]
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }

        impl std::fmt::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                // `pad` honours widths such as `{:<10}`, for tables.
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::unknown)
            }
        }

        #[cfg(feature = "schemars")]
        json_schema!($name, stringify!($name), |_| {
            $crate::values::json_schema::open_enumeration(Self::KNOWN)
        });
    };
}
