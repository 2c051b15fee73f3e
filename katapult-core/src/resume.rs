//! Where in a list to go on, as text that can be stored.

use std::error::Error;
use std::fmt::{self, Write as _};
use std::str::FromStr;

/// What a token's text begins with; the number is its format.
const FORMAT: &str = "katapult-list-1";

/// Where in a list to go on: after a page that could not be had, or after a stop.
///
/// It is text, one line without spaces, through [`Display`](fmt::Display) and [`FromStr`], so that it can be kept in a
/// file and used by another process, or another version of this crate. It holds no token of the API and no data but
/// the ids of one page, by which an object that has moved to the next page is known again.
///
/// [`Error::resume_token`](crate::Error::resume_token), [`Pages::resume_token`](crate::Pages::resume_token) and
/// [`Items::resume_token`](crate::Items::resume_token) give it, [`Pages::from`](crate::Pages::from) and
/// [`Items::from`](crate::Items::from) take it.
///
/// ```
/// # use katapult_core::ResumeToken;
/// let token: ResumeToken = "katapult-list-1:virtual_machines.list:00c0ffee00c0ffee:30:2:vm_1,vm_2".parse()?;
/// assert_eq!(token.page(), 2);
/// assert_eq!(token.to_string().parse::<ResumeToken>()?, token);
/// # Ok::<(), katapult_core::ResumeTokenError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResumeToken {
    pub(crate) operation: String,
    /// Tells lists of the same operation with other arguments apart.
    pub(crate) arguments: u64,
    /// Items a page; `None` if neither the caller nor a response said.
    pub(crate) per_page: Option<i64>,
    pub(crate) page: i64,
    /// Ids that have been given already and may come again.
    pub(crate) given: Vec<String>,
}

impl ResumeToken {
    /// The page that is fetched first.
    pub fn page(&self) -> i64 {
        self.page
    }

    /// The operation whose list it belongs to: `virtual_machines.list`.
    pub fn operation(&self) -> &str {
        &self.operation
    }
}

impl fmt::Display for ResumeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (operation, arguments) = (&self.operation, self.arguments);
        let (per_page, page) = (self.per_page.unwrap_or(0), self.page);
        write!(
            f,
            "{FORMAT}:{operation}:{arguments:016x}:{per_page}:{page}:"
        )?;
        for (index, id) in self.given.iter().enumerate() {
            if index > 0 {
                f.write_char(',')?;
            }
            write!(f, "{}", Escaped(id))?;
        }
        Ok(())
    }
}

/// An id with whatever is not a letter, a digit, `_` or `-` as `%` and two digits a byte.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' => {
                    f.write_char(char::from(byte))?;
                }
                _ => write!(f, "%{byte:02x}")?,
            }
        }
        Ok(())
    }
}

fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first != b'%' {
            bytes.push(*first);
            rest = tail;
            continue;
        }
        let [high, low, tail @ ..] = tail else {
            return None;
        };
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        bytes.push(u8::try_from(digit(high)? * 16 + digit(low)?).ok()?);
        rest = tail;
    }
    String::from_utf8(bytes).ok()
}

impl FromStr for ResumeToken {
    type Err = ResumeTokenError;

    fn from_str(text: &str) -> Result<Self, ResumeTokenError> {
        let error = |what| ResumeTokenError { what };
        let parts: Vec<&str> = text.trim().split(':').collect();
        let [format, operation, arguments, per_page, page, given] = parts[..] else {
            return Err(error("it does not have six parts with colons between them"));
        };
        if format != FORMAT {
            return Err(error("it does not begin with katapult-list-1"));
        }
        let arguments = u64::from_str_radix(arguments, 16)
            .map_err(|_| error("its third part is no hexadecimal number"))?;
        let number = |text: &str, least, what| {
            let number = text.parse::<i64>().ok().filter(|number| *number >= least);
            number.ok_or(error(what))
        };
        let per_page = number(per_page, 0, "its fourth part is no number of items a page")?;
        let page = number(page, 1, "its fifth part is no number of a page")?;
        let given = given.split(',').filter(|id| !id.is_empty());
        let given = given
            .map(|id| unescaped(id).ok_or(error("one of its ids is cut off")))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            operation: operation.to_owned(),
            arguments,
            per_page: Some(per_page).filter(|per_page| *per_page > 0),
            page,
            given,
        })
    }
}

/// A text is no [`ResumeToken`]: it was cut off, or is something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResumeTokenError {
    what: &'static str,
}

impl fmt::Display for ResumeTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "this is no token to resume a list with: {}; start the list over without one",
            self.what
        )
    }
}

impl Error for ResumeTokenError {}

/// A number that tells texts apart, the same on every machine and in every version (FNV-1a).
pub(crate) fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(given: &[&str]) -> ResumeToken {
        ResumeToken {
            operation: "virtual_machines.list".into(),
            arguments: 0xc0ffee,
            per_page: Some(100),
            page: 7,
            given: given.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn the_text_is_stable_and_reads_back() {
        let table = [
            (
                token(&[]),
                "katapult-list-1:virtual_machines.list:0000000000c0ffee:100:7:",
            ),
            (
                token(&["vm_1", "a,b:c%d e", "ü"]),
                "katapult-list-1:virtual_machines.list:0000000000c0ffee:100:7:vm_1,a%2cb%3ac%25d%20e,%c3%bc",
            ),
            (
                ResumeToken {
                    per_page: None,
                    ..token(&["x"])
                },
                "katapult-list-1:virtual_machines.list:0000000000c0ffee:0:7:x",
            ),
        ];
        for (token, text) in table {
            assert_eq!(token.to_string(), text);
            assert_eq!(text.parse(), Ok(token));
        }
        assert_eq!(fingerprint("a"), 0xaf63_dc4c_8601_ec8c);
    }

    #[test]
    fn what_is_no_token_is_refused_and_says_why() {
        let table = [
            ("", "six parts"),
            ("katapult-list-1:virtual_machines.list:00:1", "six parts"),
            ("katapult-list-2:x:00:1:1:", "begin with"),
            ("katapult-list-1:x:zz:1:1:", "third"),
            ("katapult-list-1:x:00:-1:1:", "fourth"),
            ("katapult-list-1:x:00:1:0:", "fifth"),
            ("katapult-list-1:x:00:1:1:a%2", "cut off"),
            ("katapult-list-1:x:00:1:1:a%zz", "cut off"),
        ];
        for (text, why) in table {
            let error = text.parse::<ResumeToken>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
