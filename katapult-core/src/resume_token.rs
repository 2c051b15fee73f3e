//! The position in a list from which it can be resumed, as text that can be stored.

use std::error::Error;
use std::fmt::{self, Write as _};
use std::str::FromStr;

/// The start of a token's text; the number is that of the format.
const FORMAT: &str = "katapult-list-1";

/// A position in a list, from which it can be resumed after an error or a stop.
///
/// [`Display`](fmt::Display) and [`FromStr`] convert it to and from text, one line without spaces, which can be
/// stored in a file and used by another process, or another version of this crate. It contains no API token and
/// no data except the ids of one page, by which an object that has moved to the next page is recognized.
///
/// Returned by [`Error::resume_token`](crate::Error::resume_token),
/// [`Pages::resume_token`](crate::Pages::resume_token) and [`Items::resume_token`](crate::Items::resume_token);
/// taken by [`Pages::resume`](crate::Pages::resume) and [`Items::resume`](crate::Items::resume).
///
/// ```
/// # use katapult_core::ResumeToken;
/// let stored = "katapult-list-1:virtual_machines.list:00c0ffee00c0ffee:30:2:vm_1,vm_2";
/// let token: ResumeToken = stored.parse()?;
/// assert_eq!(token.page(), 2);
/// assert_eq!(token.to_string().parse::<ResumeToken>()?, token);
/// # Ok::<(), katapult_core::ResumeTokenError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResumeToken {
    pub(crate) operation: String,
    /// A hash of the arguments, which distinguishes lists of the same operation.
    pub(crate) arguments: u64,
    /// Items per page; `None` if neither the caller nor a response stated it.
    pub(crate) per_page: Option<i64>,
    pub(crate) page: i64,
    /// Ids of objects that were returned already and may be returned again.
    pub(crate) returned: Vec<String>,
}

impl ResumeToken {
    /// Returns the number of the page that is requested first.
    pub fn page(&self) -> i64 {
        self.page
    }

    /// Returns the id of the operation whose list it belongs to: `virtual_machines.list`.
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
        for (index, id) in self.returned.iter().enumerate() {
            if index > 0 {
                f.write_char(',')?;
            }
            write!(f, "{}", Escaped(id))?;
        }
        Ok(())
    }
}

/// An id, percent-encoded except for letters, digits, `_` and `-`, so that it contains no separator of the token.
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

fn unescape(text: &str) -> Option<String> {
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
        let error = |problem| ResumeTokenError { problem };
        let parts: Vec<&str> = text.trim().split(':').collect();
        let [format, operation, arguments, per_page, page, returned] = parts[..] else {
            return Err(error("it does not have six parts separated by colons"));
        };
        if format != FORMAT {
            return Err(error("it does not begin with katapult-list-1"));
        }
        let arguments = u64::from_str_radix(arguments, 16)
            .map_err(|_| error("the arguments hash is not hexadecimal"))?;
        let number = |text: &str, least, problem| {
            let number = text.parse::<i64>().ok().filter(|number| *number >= least);
            number.ok_or(error(problem))
        };
        let per_page = number(per_page, 0, "the page size is not a number")?;
        let page = number(page, 1, "the page is not a number from 1")?;
        let returned = returned.split(',').filter(|id| !id.is_empty());
        let returned = returned
            .map(|id| unescape(id).ok_or(error("an id is truncated")))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            operation: operation.to_owned(),
            arguments,
            per_page: Some(per_page).filter(|per_page| *per_page > 0),
            page,
            returned,
        })
    }
}

/// The error of a text that is not a valid [`ResumeToken`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResumeTokenError {
    problem: &'static str,
}

impl fmt::Display for ResumeTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "invalid resume token: {}; start the list again without a token",
            self.problem
        )
    }
}

impl Error for ResumeTokenError {}

/// Returns a hash of a text that is the same on every machine and in every version (FNV-1a).
pub(crate) fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(returned: &[&str]) -> ResumeToken {
        ResumeToken {
            operation: "virtual_machines.list".into(),
            arguments: 0xc0ffee,
            per_page: Some(100),
            page: 7,
            returned: returned.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn token_text_is_stable_and_parses_back() {
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
    fn invalid_token_text_is_refused_with_the_reason() {
        let table = [
            ("", "six parts"),
            ("katapult-list-1:virtual_machines.list:00:1", "six parts"),
            ("katapult-list-2:x:00:1:1:", "begin with"),
            ("katapult-list-1:x:zz:1:1:", "arguments hash"),
            ("katapult-list-1:x:00:-1:1:", "page size"),
            ("katapult-list-1:x:00:1:0:", "the page is"),
            ("katapult-list-1:x:00:1:1:a%2", "truncated"),
            ("katapult-list-1:x:00:1:1:a%zz", "truncated"),
        ];
        for (text, why) in table {
            let error = text.parse::<ResumeToken>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
