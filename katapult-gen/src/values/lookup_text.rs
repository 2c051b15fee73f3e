//! Lookups as text: which key a text is the value of.

use std::fmt;
use std::str::FromStr;

use super::lookup_error::LookupError;
use crate::generated::ID_PREFIXES;

/// The length of an id after its prefix.
const ID_LENGTH: usize = 16;

/// Returns the key and the value that a text means, for a kind of object with these keys.
///
/// In this order: `KEY=VALUE`; an id of the kind, by its prefix; an id of another kind, which is an error unless a key takes
/// it; an id with an unknown prefix; the value of the natural key.
pub(crate) fn read<'a>(
    kind: &'static str,
    keys: &'static [&'static str],
    natural: &'static str,
    text: &'a str,
) -> Result<(&'static str, &'a str), LookupError> {
    let key = |name: &str| keys.iter().copied().find(|key| *key == name);
    if let Some((name, value)) = text.split_once('=') {
        match key(name) {
            Some(_) if value.is_empty() => return Err(LookupError::empty(kind)),
            Some(key) => return Ok((key, value)),
            None => {}
        }
    }
    if text.is_empty() {
        return Err(LookupError::empty(kind));
    }
    let by_id = key("id");
    if let Some((prefix, rest)) = text.split_once('_') {
        let of_prefix = || ID_PREFIXES.iter().filter(|(_, known)| *known == prefix);
        if let Some(id) = by_id.filter(|_| of_prefix().any(|(known, _)| *known == kind)) {
            return Ok((id, text));
        }
        // A name can begin like an id: only a text of the whole form is one.
        if is_id(prefix, rest) {
            match (of_prefix().next(), by_id) {
                (Some((other, _)), _) => {
                    // That of a trash object is the id of what it was.
                    let other_id = keys.iter().find(|key| key.ends_with("_id"));
                    let error = || LookupError::other_kind(kind, text, other);
                    return other_id.map(|key| (*key, text)).ok_or_else(error);
                }
                (None, Some(id)) => return Ok((id, text)),
                (None, None) => {}
            }
        }
    }
    Ok((key_of_length(keys, natural, text), text))
}

/// Returns the value of a key, which is a text or an integer.
pub(crate) fn value<T: FromStr>(
    kind: &'static str,
    key: &'static str,
    text: &str,
) -> Result<T, LookupError> {
    let not_a_number = |_| LookupError::not_a_number(kind, key, text);
    text.parse().map_err(not_a_number)
}

/// Writes the text that [`read`] reads as the value of a key.
pub(crate) fn write(
    f: &mut fmt::Formatter<'_>,
    (kind, keys, natural): (&'static str, &'static [&'static str], &'static str),
    key: &str,
    value: &str,
) -> fmt::Result {
    match read(kind, keys, natural, value) {
        Ok((read, text)) if read == key && text == value => f.pad(value),
        _ => write!(f, "{key}={value}"),
    }
}

fn is_id(prefix: &str, rest: &str) -> bool {
    !prefix.is_empty()
        && prefix.bytes().all(|byte| byte.is_ascii_lowercase())
        && rest.len() == ID_LENGTH
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Returns the natural key. If it states a length, as `iso_code2` does, it is the one of the text's length.
fn key_of_length(keys: &'static [&'static str], natural: &'static str, text: &str) -> &'static str {
    let stem = |key: &'static str| key.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let length = text.len().to_string();
    let same_length = keys.iter().copied().find(|key| {
        stem(key).len() < key.len()
            && stem(key) == stem(natural)
            && key[stem(key).len()..] == *length
    });
    same_length.unwrap_or(natural)
}
