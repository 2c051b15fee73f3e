//! Recorded ids and addresses, with their counterparts in the sandbox.

use std::collections::HashMap;
use std::net::IpAddr;

use serde_json::Value;

/// A map from recorded ids and addresses to those of the sandbox.
#[derive(Debug, Default)]
pub(super) struct IdMap {
    /// Those of one recording: the API gives an address that one recording releases to another, with its id.
    own: HashMap<(usize, String), String>,
    /// Those of all recordings.
    shared: HashMap<String, String>,
    recording: usize,
}

impl IdMap {
    /// Sets the recording whose ids follow.
    pub(super) fn set_recording(&mut self, recording: usize) {
        self.recording = recording;
    }

    fn get(&self, word: &str) -> Option<&String> {
        let own = self.own.get(&(self.recording, word.to_owned()));
        own.or_else(|| self.shared.get(word))
    }

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
            found.push_str(self.get(&word).unwrap_or(&word));
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
                self.shared.insert(recorded.clone(), found.clone());
                let own = (self.recording, recorded.clone());
                self.own.insert(own, found.clone());
            }
            (Value::Array(recorded), Value::Array(found)) => {
                // Items may be in another order: known ones are matched first, the others in turn.
                let mut free: Vec<_> = found.iter().collect();
                let (known, new): (Vec<_>, Vec<_>) = recorded
                    .iter()
                    .partition(|item| self.get(item_id(item)).is_some());
                for item in known {
                    let translated = self.get(item_id(item)).cloned().unwrap_or_default();
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
    fn id_of_another_recording_is_known_until_a_recording_has_its_own() {
        let mut ids = IdMap::default();
        let recorded = json!("ip_AAAAAAAAAAAAAAAA");
        let translated = |ids: &mut IdMap, recording: usize| {
            ids.set_recording(recording);
            ids.translate("ip_AAAAAAAAAAAAAAAA")
        };
        ids.learn(&recorded, &json!("ip_BBBBBBBBBBBBBBBB"));
        assert_eq!(translated(&mut ids, 1), "ip_BBBBBBBBBBBBBBBB");
        ids.learn(&recorded, &json!("ip_CCCCCCCCCCCCCCCC"));
        assert_eq!(translated(&mut ids, 1), "ip_CCCCCCCCCCCCCCCC");
        assert_eq!(translated(&mut ids, 0), "ip_BBBBBBBBBBBBBBBB");
    }

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
