//! Converts a build specification, or checks it.
//!
//! `cargo run -p katapult-build-spec --example build_spec -- to-xml|to-json|check [--indent] < INPUT`: `to-xml` reads JSON, `to-json` reads
//! XML, `check` reads either. Problems and warnings go to stderr, one a line. It ends with 0 when all is well, 1 when
//! the specification is wrong, 2 when it was called wrongly or can't read or write. So that files stay the same byte for byte, no newline is added but on a terminal.

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

/// Why it ends, if not well.
enum Failure {
    /// The specification is wrong: each thing that is.
    Wrong(Vec<String>),
    /// It can't be done.
    Unable(String),
}

fn main() -> ExitCode {
    let (code, words) = match run() {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Wrong(words)) => (1, words),
        Err(Failure::Unable(words)) => (2, vec![words]),
    };
    for word in words {
        say("error", word);
    }
    ExitCode::from(code)
}

fn run() -> Result<(), Failure> {
    let (verb, indent) = arguments(std::env::args().skip(1))?;
    let input = input()?;
    let output = match verb {
        Verb::ToXml => {
            let spec = BuildSpec::from_json(&input)?;
            doubt(&spec);
            if indent {
                spec.to_xml_indented()?
            } else {
                spec.to_xml()?
            }
        }
        Verb::ToJson => {
            let spec = BuildSpec::from_xml(&input)?;
            if indent {
                spec.to_json_indented()
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
            doubt(&spec);
            spec.validate()?;
            say("check", "nothing is wrong");
            return Ok(());
        }
    };
    let mut stdout = io::stdout();
    let end = if stdout.is_terminal() { "\n" } else { "" };
    write!(stdout, "{output}{end}")
        .and_then(|()| stdout.flush())
        .map_err(|error| unable("can't write the output", error))
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
            other => return Err(Failure::Unable(format!("what is {other:?}? {USAGE}"))),
        };
        if verb.replace(found).is_some() {
            return Err(Failure::Unable(format!("one at a time: {USAGE}")));
        }
    }
    let verb = verb.ok_or_else(|| Failure::Unable(USAGE.to_owned()))?;
    Ok((verb, indent))
}

/// All of stdin; of what is too long, enough to be seen as that.
fn input() -> Result<Vec<u8>, Failure> {
    let mut input = Vec::new();
    let limit = MAX_BYTES as u64 + 1;
    let read = io::stdin().lock().take(limit).read_to_end(&mut input);
    read.map_err(|error| unable("can't read the input", error))?;
    Ok(input)
}

fn looks_like_xml(input: &[u8]) -> bool {
    let input = input.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(input);
    input.trim_ascii_start().starts_with(b"<")
}

fn doubt(spec: &BuildSpec) {
    for doubt in spec.warnings() {
        say("note", doubt);
    }
}

/// Says it on stderr, if there is still somebody to hear.
fn say(what: &str, words: impl Display) {
    let _ = writeln!(io::stderr(), "{what}: {words}");
}

fn unable(what: &str, error: impl Display) -> Failure {
    Failure::Unable(format!("{what}: {error}"))
}

impl From<ParseError> for Failure {
    fn from(error: ParseError) -> Self {
        Failure::Wrong(vec![error.to_string()])
    }
}

impl From<ValidationError> for Failure {
    fn from(error: ValidationError) -> Self {
        Failure::Wrong(error.problems().iter().map(ToString::to_string).collect())
    }
}
