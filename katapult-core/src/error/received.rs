//! A response that is not one of the API: its size, its type and its first words.

use std::fmt;

use http::header::CONTENT_TYPE;
use katapult_gen::__private::is_secret_name;
use katapult_gen::RawResponse;

use super::text::{Truncated, clipped};

/// Characters of a page that are displayed.
// The title of a proxy's page, by which an operator recognizes the proxy.
const FIRST_WORDS: usize = 60;
/// Bytes of a page in which the first words are searched for.
const SEARCHED: usize = 2000;

/// The size, the type and the first words of a body.
pub(super) struct Arrived<'a>(pub(super) &'a RawResponse);

impl fmt::Display for Arrived<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RawResponse { headers, body, .. } = self.0;
        if body.is_empty() {
            return f.write_str("empty body");
        }
        write!(f, "{} bytes", body.len())?;
        let kind = headers
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        if let Some(kind) = kind {
            write!(f, " of {}", Truncated(kind))?;
        }
        match first_words(body) {
            Some(words) => write!(f, " beginning \"{words}\""),
            None => Ok(()),
        }
    }
}

/// Returns the first words of a page, without its tags. `None` for anything but markup, which may hold data.
fn first_words(body: &[u8]) -> Option<String> {
    let page = String::from_utf8_lossy(&body[..body.len().min(SEARCHED)]);
    let page = page.trim_start();
    if !page.starts_with('<') {
        return None;
    }
    let mut words = String::new();
    let mut in_tag = false;
    for letter in page.chars() {
        match letter {
            '<' => in_tag = true,
            '>' => {
                in_tag = false;
                words.push(' ');
            }
            _ if in_tag => {}
            letter => words.push(if letter.is_control() { ' ' } else { letter }),
        }
    }
    let words: Vec<&str> = words.split_whitespace().collect();
    // A page that names a secret may show it as well.
    let is_secret = |word: &&str| {
        let name = word.trim_matches(|letter: char| !letter.is_alphanumeric());
        is_secret_name(name) || name.eq_ignore_ascii_case("bearer")
    };
    if words.is_empty() || words.iter().any(is_secret) {
        return None;
    }
    Some(clipped(&words.join(" "), FIRST_WORDS))
}

#[cfg(test)]
mod tests {
    use super::first_words;

    #[test]
    fn only_pages_without_secrets_show_their_first_words() {
        for (body, expected) in [
            (
                "<html><title>Gateway\nTimeout</title></html>",
                Some("Gateway Timeout"),
            ),
            ("  <!doctype html><p>a</p>", Some("a")),
            ("<html>password: hush</html>", None),
            ("<html>Authorization: Bearer hush</html>", None),
            ("{\"a\":", None),
            ("plain hush", None),
            ("<html></html>", None),
        ] {
            assert_eq!(first_words(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }
}
