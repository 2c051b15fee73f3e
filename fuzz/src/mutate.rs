//! Mutations of valid inputs.

use fastrand::Rng;
use serde_json::{Value, json};

/// Numbers and texts at which code breaks.
const TEXTS: [&str; 12] = [
    "0",
    "-1",
    "9223372036854775807",
    "9223372036854775808",
    "1e999",
    "NaN",
    "null",
    "%",
    "\u{0}",
    "\r\n",
    "ü",
    "[]",
];

/// Returns a mutation of an input: of its JSON if it has some after `prefix` bytes, otherwise of its bytes. At times, it
/// is mixed with another input.
pub fn mutated(rng: &mut Rng, input: &[u8], other: &[u8]) -> Vec<u8> {
    let mut input = input.to_vec();
    for _ in 0..rng.usize(1..4) {
        input = match rng.u8(..3) {
            0 => mutated_bytes(rng, input, other),
            _ => mutated_json(rng, &input).unwrap_or_else(|| mutated_bytes(rng, input, other)),
        };
    }
    input
}

fn mutated_bytes(rng: &mut Rng, mut input: Vec<u8>, other: &[u8]) -> Vec<u8> {
    let start = rng.usize(..=input.len());
    let end = (start + rng.usize(..16)).min(input.len());
    let text = TEXTS[rng.usize(..TEXTS.len())].as_bytes();
    match rng.u8(..6) {
        0 => drop(input.drain(start..end)),
        1 => drop(input.splice(start..end, text.iter().copied())),
        2 => {
            let copy = input[start..end].to_vec();
            drop(input.splice(start..start, copy));
        }
        3 => input.truncate(start),
        4 if start < input.len() => input[start] ^= 1 << rng.u8(..8),
        _ => {
            let from = rng.usize(..=other.len());
            input.truncate(start);
            input.extend_from_slice(&other[from..]);
        }
    }
    input
}

/// Replaces, removes or copies a value in JSON. The JSON may come after two bytes, as that of a response does.
fn mutated_json(rng: &mut Rng, input: &[u8]) -> Option<Vec<u8>> {
    let start = input.iter().take(3).position(|byte| *byte == b'{')?;
    let (prefix, json) = input.split_at(start);
    let mut root: Value = serde_json::from_slice(json).ok()?;
    let count = root_nodes(&root);
    let replacement = match rng.u8(..4) {
        0 => json!([null, [], {}, -1, 0.5, u64::MAX, "", true, "ü\u{0}"])[rng.usize(..9)].take(),
        _ => node(&mut root, rng.usize(..count))?.clone(),
    };
    let target = node(&mut root, rng.usize(..count))?;
    match target {
        Value::Object(fields) if rng.bool() => {
            let name = fields.keys().nth(rng.usize(..fields.len().max(1)))?.clone();
            if rng.bool() {
                fields.remove(&name);
            } else {
                fields.insert(format!("{name}_"), replacement);
            }
        }
        Value::Array(items) if rng.bool() => items.push(replacement),
        target => *target = replacement,
    }
    Some([prefix, root.to_string().as_bytes()].concat())
}

/// Returns the number of values in a value, itself included.
fn root_nodes(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(root_nodes).sum(),
        Value::Object(fields) => fields.values().map(root_nodes).sum::<usize>(),
        _ => 0,
    }
}

/// Returns the value of a number, counted in the order of the text.
fn node(value: &mut Value, number: usize) -> Option<&mut Value> {
    if number == 0 {
        return Some(value);
    }
    let mut left = number - 1;
    let children: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(fields) => fields.values_mut().collect(),
        _ => Vec::new(),
    };
    for child in children {
        let count = root_nodes(child);
        if left < count {
            return node(child, left);
        }
        left -= count;
    }
    None
}
