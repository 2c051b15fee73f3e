//! Bodies as JSON.

use http::HeaderValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::values::ExposeSecrets;

/// The media type of all bodies.
pub const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Decodes a body.
pub(crate) fn from_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, serde_json::Error> {
    // UTF-8 is checked once here, instead of for each text. A body that is not UTF-8 may still be
    // decoded if the invalid text is in a field that is ignored.
    match std::str::from_utf8(body) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(body),
    }
}

/// Encodes a body for the API, with its secrets.
pub(crate) fn to_json<T: Serialize + ?Sized>(body: &T) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&ExposeSecrets(body))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::from_json;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Lamp {
        name: String,
    }

    #[test]
    fn invalid_utf8_is_refused_only_in_fields_that_are_read() {
        for (body, expected) in [
            (&b"{\"name\":\"desk\"}"[..], Some("desk")),
            (b"{\"name\":\"desk\",\"other\":\"\xff\"}", Some("desk")),
            (b"{\"name\":\"\xff\"}", None),
        ] {
            let lamp = from_json::<Lamp>(body).ok();
            assert_eq!(lamp.map(|lamp| lamp.name).as_deref(), expected);
        }
    }
}
