//! The object that a request names by a lookup, for messages and for the check of its response.

use katapult_gen::{OperationInfo, is_secret_name};
use serde_json::Value;

/// The object that a request names: `virtual_machine[fqdn]=web-1.acme.example`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NamedObject {
    /// The name of the parameter, which is that of the object in a response: `virtual_machine`.
    pub(super) name: String,
    /// The key of the lookup: `fqdn`.
    pub(super) key: String,
    pub(super) value: String,
}

impl NamedObject {
    /// Returns the object that a request names: the last one that is in its path.
    ///
    /// `query` is that of the URL, encoded.
    pub(super) fn of(operation: &OperationInfo, query: Option<&str>, body: &[u8]) -> Option<Self> {
        // Only a whole URL can be parsed; its host does not matter.
        let url = query.map(|query| reqwest::Url::parse(&format!("http://localhost/?{query}")));
        let url = url.and_then(Result::ok);
        let query: Vec<_> = url.iter().flat_map(reqwest::Url::query_pairs).collect();
        // Only a write has a body, and it is small.
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        operation.path.rsplit('/').find_map(|name| {
            let in_query = query.iter().find_map(|(parameter, value)| {
                let key = parameter
                    .strip_prefix(name)?
                    .strip_prefix('[')?
                    .strip_suffix(']')?;
                Some((key.to_owned(), value.to_string()))
            });
            let (key, value) = in_query.or_else(|| in_body(&body, name))?;
            Some(Self {
                name: name.to_owned(),
                key,
                value,
            })
        })
    }

    /// Returns the lookup for a message: `fqdn web-1.acme.example`.
    pub(super) fn description(&self) -> String {
        match is_secret_name(&self.key) {
            true => self.key.clone(),
            false => format!("{} {}", self.key, self.value),
        }
    }

    /// Returns the id, if the request names the object by its id.
    pub(super) fn id(&self) -> Option<&str> {
        (self.key == "id").then_some(&*self.value)
    }
}

fn in_body(body: &Value, name: &str) -> Option<(String, String)> {
    let lookup = body.get(name)?.as_object()?;
    let (key, value) = lookup.iter().next()?;
    // A lookup has one key. An object with several is a new one, with its properties.
    let value = value.as_str().filter(|_| lookup.len() == 1)?;
    Some((key.clone(), value.to_owned()))
}
