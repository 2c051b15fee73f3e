//! Texts from outside this crate: on one line, and cut.

use std::fmt::{self, Write as _};

/// Characters of the message of an error.
// A line of a log; a server must not be able to flood it.
pub(crate) const MAX_LENGTH: usize = 500;
/// Characters of one foreign text.
// Enough for every description of the API, and too few to displace the other parts of the message.
const MAX_FOREIGN_TEXT: usize = 240;

/// A text from outside this crate, on one line and cut to [`MAX_FOREIGN_TEXT`].
pub(crate) struct Truncated<'a>(pub(crate) &'a str);

impl fmt::Display for Truncated<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, letter) in self.0.chars().enumerate() {
            if index == MAX_FOREIGN_TEXT {
                return f.write_char('…');
            }
            f.write_char(if letter.is_control() { ' ' } else { letter })?;
        }
        Ok(())
    }
}

/// Returns a text cut to this number of characters.
pub(crate) fn clipped(text: &str, length: usize) -> String {
    let mut letters = text.chars();
    let mut clipped: String = letters.by_ref().take(length).collect();
    if letters.next().is_some() {
        clipped.pop();
        clipped.push('…');
    }
    clipped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_by_characters_and_marked() {
        assert_eq!(clipped("äöü", 3), "äöü");
        assert_eq!(clipped("äöüß", 3), "äö…");
        assert_eq!(clipped("ä", 0), "…");
        let long = "a\n".repeat(500);
        let shown = Truncated(&long).to_string();
        assert_eq!(shown.chars().count(), MAX_FOREIGN_TEXT + 1);
        assert!(shown.starts_with("a a ") && shown.ends_with('…'));
    }
}
