//! Deserialization of response objects by one visitor for all types.
//!
//! serde's derive generates a visitor per type, which was half of the compile time and a third of
//! the memory. Here a type has a table of its fields alone.

/// Implements deserialization of a response object:
/// `impl_deserialize!(Lamp, 1 { 0 watts: "watts" } optional { 1 kind: "type" } or_null { 2 id: "id" });`.
///
/// The number after the name is that of the required fields, which would take time to count in each of 300 types.
/// The fields under `with_id` and `one_or_many` are required too. The objects in the fields under `with_id` and
/// `optional_with_id` must have ids. A field under `one_or_many` has a second name, and the function of the module
/// [`one_or_many`](super::one_or_many) that reads it. A field under `or_null` is read from `null` like from its absence.
///
/// `else { field = other }` reads the only required field from an optional one if it is absent. `instead { other }` lets
/// it be absent if the optional field is present.
macro_rules! impl_deserialize {
    (
        $name:ident, $required_count:literal { $($r:literal $required:ident: $required_key:literal),* $(,)? }
        $(with_id { $($w:literal $with_id:ident: $with_id_key:literal),* $(,)? })?
        $(one_or_many {
            $($m:literal $many:ident: $many_key:literal or $also:literal: $also_key:literal $reader:ident),* $(,)?
        })?
        $(optional_with_id { $($p:literal $perhaps:ident: $perhaps_key:literal),* $(,)? })?
        $(optional { $($o:literal $optional:ident: $optional_key:literal),* $(,)? })?
        $(or_null { $($n:literal $null:ident: $null_key:literal),* $(,)? })?
        $(else { $missing:ident = $twin:ident })?
        $(instead { $($instead:ident),* $(,)? })?
    ) => {
        placeholder!($name {
            $($required,)* $($($with_id,)*)? $($($many,)*)? $($($perhaps,)*)? $($($optional,)*)? $($($null,)*)?
        });

        impl $crate::wire::object_visitor::FieldTable for $name {
            const NAMES: &'static $crate::wire::object_visitor::Names = &$crate::wire::object_visitor::Names {
                object: stringify!($name),
                fields: &[
                    $($required_key,)* $($($with_id_key,)*)? $($($many_key,)*)? $($($perhaps_key,)*)?
                    $($($optional_key,)*)? $($($null_key,)*)? $($($also_key,)*)?
                ],
                required: $required_count,
            };

            $(#[inline] fn fill_missing(&mut self) -> bool {
                let Some(twin) = &self.$twin else { return false };
                self.$missing = twin.clone();
                true
            })?

            $(#[inline] fn fill_missing(&mut self) -> bool {
                false $(|| self.$instead.is_some())*
            })?

            $(#[inline] fn field_of(name: usize) -> usize {
                match name {
                    $($also => $m,)*
                    field => field,
                }
            })?

            fn read_field<'de, A: serde::de::MapAccess<'de>>(
                &mut self,
                index: usize,
                #[allow(unused_variables)] map: &mut A,
            ) -> Result<bool, A::Error> {
                match index {
                    $($r => $crate::wire::object_visitor::read_value(&mut self.$required, map),)*
                    $($($w => $crate::wire::ids::read_with_id(&mut self.$with_id, $with_id_key, map),)*)?
                    $($($m => $crate::wire::one_or_many::$reader(&mut self.$many, $many_key, map),)*)?
                    $($($p => $crate::wire::ids::read_with_id(&mut self.$perhaps, $perhaps_key, map),)*)?
                    $($($o => $crate::wire::object_visitor::read_value(&mut self.$optional, map),)*)?
                    $($($n => $crate::wire::object_visitor::read_or_null(&mut self.$null, map),)*)?
                    _ => Ok(false),
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::wire::object_visitor::deserialize(deserializer)
            }
        }

        #[cfg(feature = "serde")]
        impl_serialize!($name { $($required: $required_key,)* $($($with_id: $with_id_key,)*)? $($($many: $many_key,)*)? } optional {
            $($($perhaps: $perhaps_key,)*)?
            $($($optional: $optional_key,)*)?
            $($($null: $null_key,)*)?
        });
    };
}

#[cfg(test)]
mod tests {
    #[derive(Debug)]
    struct Lamp {
        id: String,
        kind: Option<String>,
        watts: i64,
    }

    impl_deserialize!(Lamp, 1 { 0 watts: "watts" } optional { 1 id: "id", 2 kind: "type" });

    fn read(text: &str) -> Result<Lamp, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn fields_in_any_order_are_read_and_unknown_ones_ignored() {
        let lamp = read(r#"{"more": {"a": [1]}, "watts": 40, "type": "LED"}"#).unwrap();
        assert_eq!(
            (lamp.id.as_str(), lamp.kind.as_deref(), lamp.watts),
            ("", Some("LED"), 40)
        );
        assert_eq!(
            read(r#"{"watts": 1, "type": null, "id": "x"}"#)
                .unwrap()
                .kind,
            None
        );
    }

    #[test]
    fn invalid_objects_give_the_errors_of_serde() {
        for (text, expected) in [
            ("{}", "missing field `watts`"),
            (r#"{"watts": 1, "watts": 2}"#, "duplicate field `watts`"),
            (
                r#"{"watts": "x"}"#,
                "invalid type: string \"x\", expected i64",
            ),
            (
                r#""lamp""#,
                "invalid type: string \"lamp\", expected struct Lamp",
            ),
            ("[]", "invalid type: sequence, expected struct Lamp"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }

    #[test]
    fn required_field_can_be_absent_beside_what_is_there_instead() {
        #[derive(Debug)]
        struct Deleted {
            lamp: String,
            task: Option<String>,
        }
        impl_deserialize!(Deleted, 1 { 0 lamp: "lamp" } optional { 1 task: "task" } instead { task });

        let read = |text: &str| serde_json::from_str::<Deleted>(text);
        let deleted = read(r#"{"task": "x"}"#).unwrap();
        assert_eq!(
            (deleted.lamp.as_str(), deleted.task.as_deref()),
            ("", Some("x"))
        );
        for text in ["{}", r#"{"task": null}"#] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.starts_with("missing field `lamp`"), "{error}");
        }
    }

    #[cfg(feature = "serde")]
    #[test]
    fn absent_fields_are_not_written() {
        let lamp = read(r#"{"watts": 0}"#).unwrap();
        assert_eq!(serde_json::to_string(&lamp).unwrap(), r#"{"watts":0}"#);
    }
}
