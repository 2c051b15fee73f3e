//! The error of a text or an object that is no lookup.

use std::env;
use std::fmt;
use std::str::FromStr;

/// A text or an object that does not name an object of the API: it is empty, the id of another kind of object, or has no id.
///
/// Its message names the kind of object, the text and the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupError {
    /// The kind of object, such as `virtual_machine`.
    kind: &'static str,
    reason: Reason,
    /// The environment variable that the text is from.
    variable: Option<&'static str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reason {
    Empty,
    NoId,
    OtherKind { text: String, kind: &'static str },
    NotANumber { key: &'static str, text: String },
    NotSet { key: &'static str },
}

impl LookupError {
    fn new(kind: &'static str, reason: Reason) -> Self {
        Self {
            kind,
            reason,
            variable: None,
        }
    }

    pub(crate) fn empty(kind: &'static str) -> Self {
        Self::new(kind, Reason::Empty)
    }

    pub(crate) fn other_kind(kind: &'static str, text: &str, other: &'static str) -> Self {
        let text = text.to_owned();
        Self::new(kind, Reason::OtherKind { text, kind: other })
    }

    pub(crate) fn not_a_number(kind: &'static str, key: &'static str, text: &str) -> Self {
        let text = text.to_owned();
        Self::new(kind, Reason::NotANumber { key, text })
    }

    /// Returns the error with the environment variable that the text is from.
    fn in_variable(mut self, variable: &'static str) -> Self {
        self.variable = Some(variable);
        self
    }

    /// Parses the value of an environment variable, which must not be empty.
    pub(crate) fn parse_variable<L: FromStr<Err = Self>>(
        kind: &'static str,
        variable: &'static str,
        key: &'static str,
    ) -> Result<L, Self> {
        let value = env::var(variable).ok().filter(|value| !value.is_empty());
        let lookup = match value {
            Some(value) => value.parse(),
            None => Err(Self::new(kind, Reason::NotSet { key })),
        };
        lookup.map_err(|error| error.in_variable(variable))
    }

    /// Returns an object's id, which is empty in a response without it.
    pub(crate) fn require_id(kind: &'static str, id: &str) -> Result<String, Self> {
        match id.is_empty() {
            true => Err(Self::new(kind, Reason::NoId)),
            false => Ok(id.to_owned()),
        }
    }
}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = with_article(self.kind);
        if let (Some(variable), false) =
            (self.variable, matches!(self.reason, Reason::NotSet { .. }))
        {
            write!(f, "{variable}: ")?;
        }
        match &self.reason {
            Reason::Empty => write!(f, "the name of {kind} is empty"),
            Reason::NoId => write!(
                f,
                "the response has no id of {kind}: name it by another key"
            ),
            Reason::OtherKind { text, kind: other } => {
                let other = with_article(other);
                write!(f, "{text} is the id of {other}, not of {kind}")
            }
            Reason::NotANumber { key, text } => {
                write!(f, "{key} of {kind} must be an integer: {text}")
            }
            Reason::NotSet { key } => {
                let variable = self.variable.unwrap_or_default();
                match *key {
                    "id" => write!(f, "{variable} is not set: set it to the id of {kind}"),
                    key => write!(
                        f,
                        "{variable} is not set: set it to the id or the {key} of {kind}"
                    ),
                }
            }
        }
    }
}

/// Returns the words of a kind of object: `an organization`.
fn with_article(kind: &str) -> String {
    let article = match kind.starts_with(['a', 'e', 'i', 'o', 'u']) {
        // Spoken with a consonant first.
        true if !kind.starts_with("user") => "an",
        _ => "a",
    };
    format!("{article} {}", kind.replace('_', " "))
}

impl std::error::Error for LookupError {}
