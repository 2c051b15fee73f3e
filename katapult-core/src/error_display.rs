//! An error in one line, for a person on call.

use std::error::Error as StdError;
use std::fmt::{self, Write as _};
use std::time::Duration;

use http::header::{CONTENT_TYPE, LOCATION};
use katapult_gen::{ApiError, Quota, RawResponse};
use serde_json::Value;

use crate::error::{Error, ErrorKind, Parts, Trouble};
use crate::retry::Stop;

/// How much of the words of others is shown.
const WORDS: usize = 400;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts();
        write!(f, "{}: ", parts.operation)?;
        if parts.kind == ErrorKind::Unconfirmed {
            f.write_str("may have happened, look before trying again: ")?;
        }
        // When the last try used up all the time there was, that says it all.
        let over = matches!(parts.trouble, Some(Trouble::Waited(_)));
        if let Some(Stop::Deadline { wait, why }) = parts.stop
            && !over
        {
            write!(
                f,
                "gave up, as a wait of {} {} would pass the deadline{}; the last try: ",
                Span(wait),
                why.as_str(),
                Of(parts.deadline),
            )?;
        }
        write_what(f, parts)?;
        write_circumstances(f, parts)?;
        if let Some(look) = &parts.look {
            write!(f, "; looking whether it happened failed too: {look}")?;
        }
        Ok(())
    }
}

/// What went wrong, and why.
fn write_what(f: &mut fmt::Formatter<'_>, parts: &Parts) -> fmt::Result {
    let Some(trouble) = &parts.trouble else {
        return match &parts.response {
            Some(response) => write_response(f, response, parts.api.as_ref()),
            None => f.write_str("no response"),
        };
    };
    match trouble {
        Trouble::Held(wait) => {
            match wait {
                Some(wait) => write!(
                    f,
                    "gave up, as a wait of {} for the quota's next window would pass the deadline",
                    Span(*wait)
                )?,
                None => f.write_str("waited in vain for the quota, until the deadline")?,
            }
            write!(f, "{}", Of(parts.deadline))?;
            return write_last(f, parts);
        }
        Trouble::Waited(what) => {
            write!(
                f,
                "the deadline{} passed while waiting {what}",
                Of(parts.deadline)
            )?;
            return write_last(f, parts);
        }
        Trouble::Pages(why) => return write!(f, "{}", Words(why)),
        _ => {}
    }
    if let Some(response) = &parts.response {
        write!(f, "{}, but ", response.status.as_u16())?;
    }
    match trouble {
        Trouble::Send(error) => {
            f.write_str(if error.sent {
                "the connection was lost before the response"
            } else {
                "could not connect"
            })?;
            write_causes(f, &*error.cause)
        }
        Trouble::NoResponse(limit) if parts.response.is_some() => {
            write!(f, "the response was not complete within {}", Span(*limit))
        }
        Trouble::NoResponse(limit) => write!(f, "no response within {}", Span(*limit)),
        Trouble::CutOff(cause) => {
            let bytes = parts
                .response
                .as_ref()
                .map_or(0, |response| response.body.len());
            write!(f, "the response broke off after {bytes} bytes")?;
            write_causes(f, &*cause.cause)
        }
        Trouble::TooLarge(limit) => write!(
            f,
            "the response is larger than {limit} bytes: raise max_response_bytes on the client's builder"
        ),
        Trouble::Undecodable(error) => write!(f, "the response could not be read: {error}"),
        Trouble::Unbuildable(error) => {
            f.write_str("the request could not be built")?;
            write_causes(f, &**error)
        }
        Trouble::Token(error) => write!(f, "{}", Words(&error.to_string())),
        Trouble::Held(_) | Trouble::Waited(_) | Trouble::Pages(_) => Ok(()),
    }
}

fn write_last(f: &mut fmt::Formatter<'_>, parts: &Parts) -> fmt::Result {
    let Some(response) = &parts.response else {
        return Ok(());
    };
    f.write_str("; the last try: ")?;
    write_response(f, response, parts.api.as_ref())
}

/// A failure as it was answered.
fn write_response(
    f: &mut fmt::Formatter<'_>,
    response: &RawResponse,
    api: Option<&ApiError>,
) -> fmt::Result {
    let status = response.status.as_u16();
    if let Some(api) = api {
        write!(f, "{status} {}", Words(api.code.as_str()))?;
        if let Some(description) = &api.description {
            write!(f, ": {}", Words(description))?;
        }
        return write_detail(f, &api.detail);
    }
    write!(f, "{status}")?;
    if let Some(reason) = response.status.canonical_reason() {
        write!(f, " {reason}")?;
    }
    let header = |name| response.headers.get(name)?.to_str().ok();
    if response.status.is_redirection() {
        let to = header(LOCATION).unwrap_or("nowhere");
        return write!(
            f,
            ", to {}: not followed; check the client's base URL",
            Words(to)
        );
    }
    match (response.body.len(), header(CONTENT_TYPE)) {
        (0, _) => f.write_str(", not in the API's words: an empty body"),
        (len, Some(kind)) => {
            write!(
                f,
                ", not in the API's words: {len} bytes of {}",
                Words(kind)
            )
        }
        (len, None) => write!(f, ", not in the API's words: {len} bytes"),
    }
}

/// The parts of a detail that are meant for people.
fn write_detail(f: &mut fmt::Formatter<'_>, detail: &Value) -> fmt::Result {
    let mut said = String::new();
    let errors = detail.get("errors").and_then(Value::as_array);
    for error in errors.into_iter().flatten() {
        if !said.is_empty() {
            said.push_str("; ");
        }
        match error.as_str() {
            Some(text) => said.push_str(text),
            None => write!(said, "{error}")?,
        }
    }
    if let Some(details) = detail.get("details").and_then(Value::as_str) {
        said.push_str(details);
    }
    if let Some(id) = detail.pointer("/trash_object/id").and_then(Value::as_str) {
        write!(said, "trash object {id}")?;
    }
    match said.is_empty() {
        true => Ok(()),
        false => write!(f, ": {}", Words(&said)),
    }
}

/// In parentheses: what helps to act on it.
fn write_circumstances(f: &mut fmt::Formatter<'_>, parts: &Parts) -> fmt::Result {
    f.write_str(" (")?;
    let forbidden = parts.kind == ErrorKind::Forbidden;
    match parts.operation.scopes {
        [scope] if forbidden => write!(f, "needs the scope {scope}; ")?,
        scopes @ [_, ..] if forbidden => {
            write!(f, "needs one of the scopes {}; ", scopes.join(", "))?;
        }
        _ => {}
    }
    let response = parts.response.as_ref();
    if parts.kind == ErrorKind::RateLimited
        && let Some(quota) = response.and_then(|response| Quota::from_headers(&response.headers))
    {
        write!(f, "{} requests a minute are permitted; ", quota.limit)?;
    }
    if parts.may_have_happened && parts.kind != ErrorKind::Unconfirmed {
        f.write_str("may have happened; ")?;
    }
    if parts.stop == Some(Stop::Budget) {
        f.write_str("the client's retries are spent; ")?;
    }
    if let Some(id) = response.and_then(RawResponse::request_id) {
        write!(f, "request id {}; ", Words(id))?;
    }
    match parts.attempts {
        0 => f.write_str("not sent)"),
        1 => f.write_str("1 attempt)"),
        attempts => write!(f, "{attempts} attempts)"),
    }
}

/// The causes of an error, each once: an outer one often repeats what is inside it.
fn write_causes(f: &mut fmt::Formatter<'_>, error: &(dyn StdError + 'static)) -> fmt::Result {
    let mut said = String::new();
    let mut cause = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if !said.contains(&text) {
            said.push_str(": ");
            said.push_str(&text);
        }
        cause = error.source();
    }
    write!(f, "{}", Words(&said))
}

/// Words that are not ours: on one line, and not without end.
struct Words<'a>(&'a str);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, letter) in self.0.chars().enumerate() {
            if index == WORDS {
                return f.write_char('…');
            }
            f.write_char(if letter.is_control() { ' ' } else { letter })?;
        }
        Ok(())
    }
}

/// A duration as a person says it.
struct Span(Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        write!(f, "{:?}", Duration::from_millis(millis))
    }
}

/// ` of 10s`, or nothing.
struct Of(Option<Duration>);

impl fmt::Display for Of {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(limit) => write!(f, " of {}", Span(limit)),
            None => Ok(()),
        }
    }
}
