//! Recorded ids and addresses, and what they are called in the sandbox.

use std::collections::HashMap;
use std::net::IpAddr;

use serde_json::Value;

/// What recorded things are called here.
#[derive(Debug, Default)]
pub(super) struct Names {
    ours: HashMap<String, String>,
}

impl Names {
    /// A text with every recorded name replaced by ours.
    pub(super) fn ours(&self, text: &str) -> String {
        let text = text.replace("\\u003c", "<").replace("\\u003e", ">");
        let mut found = String::with_capacity(text.len());
        let mut word = String::new();
        for letter in text.chars().chain(['\n']) {
            if letter.is_ascii_alphanumeric() || letter == '_' || letter == '.' {
                word.push(letter);
                continue;
            }
            found.push_str(self.ours.get(&word).unwrap_or(&word));
            word.clear();
            found.push(letter);
        }
        found.pop();
        found
    }

    /// Learns the names in two replies, where they are at the same place.
    pub(super) fn learn(&mut self, recorded: &Value, found: &Value) {
        match (recorded, found) {
            (Value::String(recorded), Value::String(found))
                if is_name(recorded) && is_name(found) =>
            {
                self.ours.insert(recorded.clone(), found.clone());
            }
            (Value::Array(recorded), Value::Array(found)) => {
                let mut free: Vec<_> = found.iter().collect();
                let (known, new): (Vec<_>, Vec<_>) = recorded
                    .iter()
                    .partition(|item| self.ours.contains_key(id(item)));
                for item in known {
                    let ours = self.ours.get(id(item)).cloned().unwrap_or_default();
                    if let Some(at) = free.iter().position(|found| id(found) == ours) {
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

/// By what an item of a list is known.
fn id(item: &Value) -> &str {
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

/// Whether a text is an id or an address.
pub(super) fn is_name(text: &str) -> bool {
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
    fn names_are_learnt_where_they_stand() {
        let mut names = Names::default();
        let recorded = json!({"disks": [{"id": "disk_AAAAAAAAAAAAAAAA"}], "address": "192.0.2.1"});
        names.learn(
            &recorded,
            &json!({"disks": [{"id": "disk_BBBBBBBBBBBBBBBB"}], "address": "10.0.0.1"}),
        );
        let text = "/disks/disk?disk%5Bid%5D=disk_AAAAAAAAAAAAAAAA&a=192.0.2.1&b=disk_A";
        assert_eq!(
            names.ours(text),
            "/disks/disk?disk%5Bid%5D=disk_BBBBBBBBBBBBBBBB&a=10.0.0.1&b=disk_A"
        );
    }
}
