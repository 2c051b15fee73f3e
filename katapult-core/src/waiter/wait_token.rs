//! A wait as text, which can be stored and continued by another process.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// The start of a token's text; the number is that of the format.
const FORMAT: &str = "katapult-wait-1";

/// A wait as text, from which another process can continue it.
///
/// [`Display`](fmt::Display) and [`FromStr`] convert it to and from text, one line without spaces. It has the
/// operation that is polled, what is waited for, and the lookup of the object. It contains no API token, and neither
/// the settings of the waiter nor the time that has passed: the timeout starts again.
///
/// Returned by [`Waiter::resume_token`](crate::Waiter::resume_token); taken by the `resume_…` methods beside the
/// method that created the waiter.
///
/// ```
/// # use katapult_core::WaitToken;
/// let stored = "katapult-wait-1:virtual_machines.get:state=started:virtual_machine%5Bid%5D=vm_1";
/// let token: WaitToken = stored.parse()?;
/// assert_eq!(token.operation(), "virtual_machines.get");
/// assert_eq!(token.to_string().parse::<WaitToken>()?, token);
/// # Ok::<(), katapult_core::WaitTokenError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WaitToken {
    operation: String,
    target: WaitTarget,
    /// The arguments of the operation, in the form of a query.
    arguments: String,
}

/// The thing that a wait is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum WaitTarget {
    /// A state in which the object is ready.
    Settled,
    /// The object does not exist.
    Gone,
    /// The state of this name.
    State(String),
    /// The state of the attachment of a disk.
    Attachment(String),
}

impl WaitToken {
    pub(super) fn new(operation: &str, target: WaitTarget, arguments: &str) -> Self {
        Self {
            operation: operation.to_owned(),
            target,
            arguments: arguments.to_owned(),
        }
    }

    /// Returns the id of the operation that is polled: `virtual_machines.get`.
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// Returns the target of a wait that polls this operation.
    pub(super) fn target_of(&self, operation: &str) -> Result<&WaitTarget, WaitTokenError> {
        match self.operation == operation {
            true => Ok(&self.target),
            false => Err(WaitTokenError::new(format!(
                "it is for {}, and not for {operation}",
                self.operation
            ))),
        }
    }

    /// Returns the lookup of the object: the only argument, or that of this name.
    pub(super) fn lookup<L>(&self, argument: Option<&str>) -> Result<L, WaitTokenError>
    where
        L: FromStr<Err: fmt::Display>,
    {
        for (name, value) in form_urlencoded::parse(self.arguments.as_bytes()) {
            let Some((name, key)) = name.split_once('[') else {
                continue;
            };
            if argument.is_none_or(|argument| argument == name) {
                let text = format!("{}={value}", key.trim_end_matches(']'));
                return text.parse().map_err(|error| {
                    WaitTokenError::new(format!("its lookup is invalid: {error}"))
                });
            }
        }
        Err(WaitTokenError::new("it has no lookup of the object"))
    }

    /// Returns the error of a token whose target its operation does not have.
    pub(super) fn other_target(&self) -> WaitTokenError {
        let target = &self.target;
        WaitTokenError::new(format!(
            "a wait for {target} is resumed by another method of {}",
            self.operation
        ))
    }
}

impl fmt::Display for WaitToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            operation,
            target,
            arguments,
        } = self;
        write!(f, "{FORMAT}:{operation}:{target}:{arguments}")
    }
}

impl fmt::Display for WaitTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, state) = match self {
            Self::Settled => return f.write_str("settled"),
            Self::Gone => return f.write_str("gone"),
            Self::State(state) => ("state", state),
            Self::Attachment(state) => ("attachment", state),
        };
        write!(f, "{key}=")?;
        // Percent-encoded, so that a state of the future contains no separator of the token.
        form_urlencoded::byte_serialize(state.as_bytes()).try_for_each(|part| f.write_str(part))
    }
}

impl FromStr for WaitToken {
    type Err = WaitTokenError;

    fn from_str(text: &str) -> Result<Self, WaitTokenError> {
        let parts: Vec<&str> = text.trim().split(':').collect();
        let [format, operation, target, arguments] = parts[..] else {
            return Err(WaitTokenError::new(
                "it does not have four parts separated by colons",
            ));
        };
        if format != FORMAT {
            return Err(WaitTokenError::new(
                "it does not begin with katapult-wait-1",
            ));
        }
        let state = |text: &str| {
            let pair = form_urlencoded::parse(text.as_bytes()).next();
            pair.map(|(state, _)| state.into_owned())
                .filter(|state| !state.is_empty())
        };
        let target = match target.split_once('=') {
            None if target == "settled" => Some(WaitTarget::Settled),
            None if target == "gone" => Some(WaitTarget::Gone),
            Some(("state", name)) => state(name).map(WaitTarget::State),
            Some(("attachment", name)) => state(name).map(WaitTarget::Attachment),
            _ => None,
        };
        let target = target.ok_or_else(|| {
            WaitTokenError::new("its third part is not one of settled, gone, state=…, attachment=…")
        })?;
        Ok(Self::new(operation, target, arguments))
    }
}

/// The error of a text that is not a valid [`WaitToken`], or of a token of another kind of wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitTokenError {
    problem: String,
}

impl WaitTokenError {
    fn new(problem: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
        }
    }
}

impl fmt::Display for WaitTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid wait token: {}", self.problem)
    }
}

impl Error for WaitTokenError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_text_is_stable_and_parses_back() {
        let table = [
            (WaitTarget::Settled, "settled"),
            (WaitTarget::Gone, "gone"),
            (WaitTarget::State("started".into()), "state=started"),
            (WaitTarget::State("a:b=c d%".into()), "state=a%3Ab%3Dc+d%25"),
            (
                WaitTarget::Attachment("attached".into()),
                "attachment=attached",
            ),
        ];
        for (target, text) in table {
            let token = WaitToken::new("disks.get", target, "disk%5Bid%5D=disk_1");
            let text = format!("katapult-wait-1:disks.get:{text}:disk%5Bid%5D=disk_1");
            assert_eq!(token.to_string(), text);
            assert_eq!(text.parse(), Ok(token));
        }
    }

    #[test]
    fn invalid_token_text_is_refused_with_the_reason() {
        let table = [
            ("", "four parts"),
            ("katapult-wait-1:disks.get:settled", "four parts"),
            ("katapult-list-1:disks.get:settled:x", "begin with"),
            ("katapult-wait-2:disks.get:settled:x", "begin with"),
            ("katapult-wait-1:disks.get:built:x", "third part"),
            ("katapult-wait-1:disks.get:state=:x", "third part"),
            ("katapult-wait-1:disks.get:state==started:x", "third part"),
            ("katapult-wait-1:disks.get:size=3:x", "third part"),
        ];
        for (text, why) in table {
            let error = text.parse::<WaitToken>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn lookup_is_read_by_the_name_of_its_argument() {
        let arguments = "organization%5Bsub_domain%5D=acme&cluster%5Bregion%5D=uk-1";
        let token = WaitToken::new("object_storage.get", WaitTarget::Settled, arguments);
        let lookup = |argument| token.lookup::<String>(argument).unwrap();
        assert_eq!(lookup(None), "sub_domain=acme");
        assert_eq!(lookup(Some("cluster")), "region=uk-1");
        let error = token.lookup::<String>(Some("disk")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "invalid wait token: it has no lookup of the object"
        );
    }
}
