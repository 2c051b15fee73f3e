//! Values of several kinds, which the API sends as `{"type": …, "value": …}`.

/// Defines a value of several kinds whose `Unknown` variant keeps any other kind.
#[allow(unused_macros)]
macro_rules! polymorph {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* #[doc = concat!("A value of type `", $text, "`.")] $variant(Box<$variant>),)*
            /// A value of a type that this version of the SDK does not know, as it came.
            Unknown {
                /// The type.
                kind: String,
                /// The value.
                value: serde_json::Value,
            },
        }

        impl $name {
            /// The type of the value, as the API writes it.
            pub fn kind(&self) -> &str {
                match self {
                    $($name::$variant(_) => $text,)*
                    $name::Unknown { kind, .. } => kind,
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                use serde::de::Error as _;
                #[derive(serde::Deserialize)]
                struct Tagged {
                    #[serde(rename = "type")]
                    kind: String,
                    value: serde_json::Value,
                }
                let Tagged { kind, value } = Tagged::deserialize(deserializer)?;
                match kind.as_str() {
                    $($text => serde_json::from_value(value).map($name::$variant).map_err(D::Error::custom),)*
                    _ => Ok($name::Unknown { kind, value }),
                }
            }
        }

        #[cfg(feature = "round-trip")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeStruct as _;
                let mut tagged = serializer.serialize_struct(stringify!($name), 2)?;
                tagged.serialize_field("type", self.kind())?;
                match self {
                    $($name::$variant(value) => tagged.serialize_field("value", value)?,)*
                    $name::Unknown { value, .. } => tagged.serialize_field("value", value)?,
                }
                tagged.end()
            }
        }
    };
}
