//! Types as programs store and describe them: through serde, and by a JSON Schema.

use katapult_gen::ExposeSecrets;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Stores a value as JSON and reads it again, with its secrets and without.
///
/// # Errors
///
/// If what is read differs from what was stored.
pub fn store<T: Serialize + DeserializeOwned + PartialEq>(value: &T) -> Result<(), String> {
    let read = |stored: &Value| T::deserialize(stored).map_err(|error| error.to_string());
    let written = |value: &T| serde_json::to_value(value).map_err(|error| error.to_string());
    let exposed = serde_json::to_value(ExposeSecrets(value)).map_err(|error| error.to_string())?;
    if read(&exposed)? != *value {
        return Err(format!("it was read otherwise from {exposed}"));
    }
    // Redacted values differ from the original in their secrets alone.
    let redacted = written(value)?;
    if written(&read(&redacted)?)? != redacted {
        return Err(format!("it was read otherwise from {redacted}"));
    }
    let mut masked = exposed;
    mask(&mut masked, &redacted);
    match masked == redacted {
        true => Ok(()),
        false => Err(format!("{redacted} lacks fields of {masked}")),
    }
}

/// Replaces the values that the other one has redacted.
fn mask(value: &mut Value, redacted: &Value) {
    match (value, redacted) {
        (value @ Value::String(_), Value::String(text)) if text == "[REDACTED]" => {
            *value = redacted.clone();
        }
        (Value::Object(fields), Value::Object(others)) => {
            for (name, field) in fields {
                mask(field, others.get(name).unwrap_or(&Value::Null));
            }
        }
        (Value::Array(items), Value::Array(others)) => {
            items
                .iter_mut()
                .zip(others)
                .for_each(|(item, other)| mask(item, other));
        }
        _ => {}
    }
}

/// Returns the JSON Schema of a type.
pub fn schema<T: JsonSchema>() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    generator.into_root_schema_for::<T>().to_value()
}
