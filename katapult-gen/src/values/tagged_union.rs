//! Tagged unions, which the API sends as `{"type": …, "value": …}`.

/// Defines an enumeration with a variant per type and an `Unknown` variant for any other type.
macro_rules! tagged_union {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = concat!("A value of type `", $text, "`.")] $(#[$variant_meta])* $variant(Box<$variant>),)*
            /// A value of a type that this version of the SDK does not know, verbatim.
            Unknown {
                /// The type. Empty if the response names none; `value` is then the whole value.
                kind: String,
                /// The value.
                value: serde_json::Value,
            },
        }

        impl $name {
            /// Returns the type of the value, as the API writes it.
            #[inline]
            pub fn kind(&self) -> &str {
                match self {
                    $($name::$variant(_) => $text,)*
                    $name::Unknown { kind, .. } => kind,
                }
            }
        }

        impl $crate::wire::placeholder::Placeholder for $name {
            #[inline]
            fn placeholder() -> Self {
                $name::Unknown { kind: String::new(), value: serde_json::Value::Null }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                use serde::de::Error as _;
                // As JSON first: `value` may precede `type`, and its type depends on it.
                let mut whole = serde_json::Value::deserialize(deserializer)?;
                let kind = whole.get("type").and_then(serde_json::Value::as_str).map(str::to_owned);
                let value = whole.get_mut("value").map(serde_json::Value::take);
                let (kind, value) = match (kind, value) {
                    (Some(kind), Some(value)) => (kind, value),
                    (_, Some(value)) => {
                        whole["value"] = value;
                        (String::new(), whole)
                    }
                    (_, None) => (String::new(), whole),
                };
                match kind.as_str() {
                    $($text => serde_json::from_value(value).map($name::$variant).map_err(D::Error::custom),)*
                    _ => Ok($name::Unknown { kind, value }),
                }
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeStruct as _;
                match self {
                    $name::Unknown { kind, value } if kind.is_empty() => return value.serialize(serializer),
                    _ => {}
                }
                let mut tagged = serializer.serialize_struct(stringify!($name), 2)?;
                tagged.serialize_field("type", self.kind())?;
                match self {
                    $($name::$variant(value) => tagged.serialize_field("value", value)?,)*
                    $name::Unknown { value, .. } => tagged.serialize_field("value", value)?,
                }
                tagged.end()
            }
        }

        #[cfg(feature = "schemars")]
        json_schema!($name, stringify!($name), |generator| {
            let variants: &[$crate::values::json_schema::Reference] = &[
                $(($text, schemars::SchemaGenerator::subschema_for::<$variant>),)*
            ];
            $crate::values::json_schema::tagged_union(variants, generator)
        });
    };
}
