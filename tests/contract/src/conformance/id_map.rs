//! Recorded ids and addresses, with their counterparts in the sandbox.

use std::collections::HashMap;
use std::net::IpAddr;

use serde_json::Value;

/// A map from recorded ids and addresses to those of the sandbox.
#[derive(Debug, Default)]
pub(super) struct IdMap {
    known: HashMap<String, String>,
}

impl IdMap {
    /// Replaces every recorded id and address in a text.
    pub(super) fn translate(&self, text: &str) -> String {
        let text = text.replace("\\u003c", "<").replace("\\u003e", ">");
        let mut found = String::with_capacity(text.len());
        let mut word = String::new();
        for letter in text.chars().chain(['\n']) {
            if letter.is_ascii_alphanumeric() || letter == '_' || letter == '.' {
                word.push(letter);
                continue;
            }
            found.push_str(self.known.get(&word).unwrap_or(&word));
            word.clear();
            found.push(letter);
        }
        found.pop();
        found
    }

    /// Learns the ids and addresses at the same path of two responses.
    pub(super) fn learn(&mut self, recorded: &Value, found: &Value) {
        match (recorded, found) {
            (Value::String(recorded), Value::String(found)) if is_id(recorded) && is_id(found) => {
                self.known.insert(recorded.clone(), found.clone());
            }
            (Value::Array(recorded), Value::Array(found)) => {
                // Items may be in another order: known ones are matched first, the others in turn.
                let mut free: Vec<_> = found.iter().collect();
                let (known, new): (Vec<_>, Vec<_>) = recorded
                    .iter()
                    .partition(|item| self.known.contains_key(item_id(item)));
                for item in known {
                    let translated = self.known.get(item_id(item)).cloned().unwrap_or_default();
                    if let Some(at) = free.iter().position(|found| item_id(found) == translated) {
                        self.learn(item, free.remove(at));
                    }
                }
                for (item, found) in new.into_iter().zip(free) {
                    self.learn(item, found);
                }
            }
            (Value::Object(recorded), Value::Object(found)) => {
                for (name, value) in recorded {
                    if let Some(found) = found.get(name) {
                        self.learn(value, found);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Returns the id of an item of a list, or the item itself if it is a string.
fn item_id(item: &Value) -> &str {
    let inner = item
        .get("disk")
        .or_else(|| item.get("value"))
        .unwrap_or(item);
    inner
        .get("id")
        .unwrap_or(inner)
        .as_str()
        .unwrap_or_default()
}

/// Returns `true` for an id or an IP address.
pub(super) fn is_id(text: &str) -> bool {
    let id = text.split_once('_').is_some_and(|(prefix, rest)| {
        prefix.bytes().all(|letter| letter.is_ascii_lowercase())
            && rest.len() == 16
            && rest.bytes().all(|letter| letter.is_ascii_alphanumeric())
    });
    id || text.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_and_addresses_are_translated_once_learnt() {
        let mut ids = IdMap::default();
        let recorded = json!({"disks": [{"id": "disk_AAAAAAAAAAAAAAAA"}], "address": "192.0.2.1"});
        ids.learn(
            &recorded,
            &json!({"disks": [{"id": "disk_BBBBBBBBBBBBBBBB"}], "address": "10.0.0.1"}),
        );
        let text = "/disks/disk?disk%5Bid%5D=disk_AAAAAAAAAAAAAAAA&a=192.0.2.1&b=disk_A";
        assert_eq!(
            ids.translate(text),
            "/disks/disk?disk%5Bid%5D=disk_BBBBBBBBBBBBBBBB&a=10.0.0.1&b=disk_A"
        );
    }
}
