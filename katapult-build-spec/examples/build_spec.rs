//! Converts or validates a build specification.
//!
//! `cargo run -p katapult-build-spec --example build_spec -- to-xml|to-json|check [--indent] < INPUT`
//!
//! `to-xml` reads JSON, `to-json` reads XML, `check` reads either. Errors and warnings are written to stderr, one a line.
//! The exit status is 0 for a valid specification, 1 for an invalid one, and 2 for wrong arguments or an I/O error. A
//! newline is added on a terminal only, so that files remain identical byte for byte.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::process::ExitCode;

use katapult_build_spec::{BuildSpec, MAX_BYTES, ParseError, ValidationError};

const USAGE: &str = "usage: build_spec to-xml|to-json|check [--indent] < INPUT";

enum Verb {
    ToXml,
    ToJson,
    Check,
}

/// The reason for an exit status other than 0.
enum Failure {
    /// The specification is invalid.
    Invalid(Vec<String>),
    /// The arguments are wrong, or reading or writing failed.
    Unable(String),
}

fn main() -> ExitCode {
    let (status, messages) = match run() {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Invalid(messages)) => (1, messages),
        Err(Failure::Unable(message)) => (2, vec![message]),
    };
    for message in messages {
        log("error", message);
    }
    ExitCode::from(status)
}

fn run() -> Result<(), Failure> {
    let (verb, indent) = arguments(std::env::args().skip(1))?;
    let input = input()?;
    let output = match verb {
        Verb::ToXml => {
            let spec = BuildSpec::from_json(&input)?;
            log_warnings(&spec);
            if indent {
                spec.to_xml_pretty()?
            } else {
                spec.to_xml()?
            }
        }
        Verb::ToJson => {
            let spec = BuildSpec::from_xml(&input)?;
            if indent {
                spec.to_json_pretty()
            } else {
                spec.to_json()
            }
        }
        Verb::Check => {
            let spec = if looks_like_xml(&input) {
                BuildSpec::from_xml(&input)?
            } else {
                BuildSpec::from_json(&input)?
            };
            log_warnings(&spec);
            spec.validate()?;
            log("check", "the specification is valid");
            return Ok(());
        }
    };
    let mut stdout = io::stdout();
    let end = if stdout.is_terminal() { "\n" } else { "" };
    write!(stdout, "{output}{end}")
        .and_then(|()| stdout.flush())
        .map_err(|error| unable("cannot write the output", error))
}

fn arguments(arguments: impl Iterator<Item = String>) -> Result<(Verb, bool), Failure> {
    let (mut verb, mut indent) = (None, false);
    for argument in arguments {
        let found = match argument.as_str() {
            "--indent" => {
                indent = true;
                continue;
            }
            "to-xml" => Verb::ToXml,
            "to-json" => Verb::ToJson,
            "check" => Verb::Check,
            other => {
                return Err(Failure::Unable(format!(
                    "unknown argument {other:?}; {USAGE}"
                )));
            }
        };
        if verb.replace(found).is_some() {
            return Err(Failure::Unable(format!("more than one command; {USAGE}")));
        }
    }
    let verb = verb.ok_or_else(|| Failure::Unable(USAGE.to_owned()))?;
    Ok((verb, indent))
}

/// Reads stdin, up to a length at which it is too long.
fn input() -> Result<Vec<u8>, Failure> {
    let mut input = Vec::new();
    let limit = MAX_BYTES as u64 + 1;
    let read = io::stdin().lock().take(limit).read_to_end(&mut input);
    read.map_err(|error| unable("cannot read the input", error))?;
    Ok(input)
}

fn looks_like_xml(input: &[u8]) -> bool {
    let input = input.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(input);
    input.trim_ascii_start().starts_with(b"<")
}

fn log_warnings(spec: &BuildSpec) {
    for warning in spec.warnings() {
        log("warning", warning);
    }
}

/// Writes a line to stderr.
fn log(level: &str, message: impl Display) {
    // Nobody reads it if stderr is closed.
    let _ = writeln!(io::stderr(), "{level}: {message}");
}

fn unable(what: &str, error: impl Display) -> Failure {
    Failure::Unable(format!("{what}: {error}"))
}

impl From<ParseError> for Failure {
    fn from(error: ParseError) -> Self {
        Failure::Invalid(vec![error.to_string()])
    }
}

impl From<ValidationError> for Failure {
    fn from(error: ValidationError) -> Self {
        Failure::Invalid(error.problems().iter().map(ToString::to_string).collect())
    }
}
