//! Shared code of the examples: a session with the sandbox in this process or with the real API, and progress bars that
//! are hidden if the output is not a terminal.

// Each example is a program of its own, and uses a part of this.
#![allow(dead_code)]

use std::env;
use std::error::Error;
use std::io::{IsTerminal, stdout};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use katapult_core::types::OrganizationLookup;
use katapult_core::{Client, PollPolicy};
use katapult_sandbox::{Sandbox, Time, WorldError};

pub(crate) type ExampleResult<T> = Result<T, Box<dyn Error>>;

/// A session with the sandbox or the real API.
pub(crate) struct Session {
    pub(crate) katapult: Client,
    pub(crate) acme: OrganizationLookup,
    /// The intervals between polls: short for the sandbox, whose clock runs fast.
    pub(crate) poll: PollPolicy,
    real: bool,
    sandbox: Option<Sandbox>,
}

impl Session {
    /// Starts a session: with a token in `KATAPULT_API_KEY` with the real API and the organization in
    /// `KATAPULT_ORGANIZATION`, or else its first, and otherwise with
    /// the sandbox, to which `seed` adds objects.
    pub(crate) async fn start(
        seed: impl FnOnce(&Sandbox) -> Result<(), WorldError>,
    ) -> ExampleResult<Self> {
        if env::var_os("KATAPULT_API_KEY").is_some_and(|key| !key.is_empty()) {
            println!("KATAPULT_API_KEY is set: using the real API.");
            let katapult = Client::from_env()?;
            let response = katapult.organizations().list().send().await?;
            let first = response.organizations.first();
            let acme = match env::var_os("KATAPULT_ORGANIZATION") {
                Some(_) => OrganizationLookup::from_env()?,
                None => first.ok_or("the token has no organization")?.try_into()?,
            };
            return Ok(Self {
                acme,
                katapult,
                poll: PollPolicy::default(),
                real: true,
                sandbox: None,
            });
        }
        println!("KATAPULT_API_KEY is not set: using the sandbox in this process.");
        let sandbox = Sandbox::builder().time(Time::Scaled(20.0)).start().await?;
        seed(&sandbox)?;
        let interval = Duration::from_millis(100);
        Ok(Self {
            katapult: Client::builder()
                .base_url(sandbox.url())
                .token(sandbox.token())
                .build()?,
            acme: OrganizationLookup::sub_domain("acme"),
            poll: PollPolicy::default()
                .initial_interval(interval)
                .max_interval(interval),
            real: false,
            sandbox: Some(sandbox),
        })
    }

    /// Returns `true` for the real API.
    pub(crate) fn is_real(&self) -> bool {
        self.real
    }

    /// Returns `true` if the example may change objects: on the real API only with the argument `--write`.
    pub(crate) fn may_write(&self) -> bool {
        let may = !self.real || env::args().any(|argument| argument == "--write");
        if !may {
            println!("Nothing is changed on the real API without the argument --write.");
        }
        may
    }
}

/// Returns the arguments that are not options.
pub(crate) fn arguments() -> Vec<String> {
    let words = env::args().skip(1);
    words.filter(|word| !word.starts_with("--")).collect()
}

/// Returns a progress bar of this length; hidden if the output is not a terminal.
pub(crate) fn bar(length: u64, what: &str) -> ProgressBar {
    let bar = match stdout().is_terminal() {
        true => ProgressBar::new(length),
        false => ProgressBar::hidden(),
    };
    let style = ProgressStyle::with_template("{prefix:12} [{bar:24}] {msg}");
    if let Ok(style) = style {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_prefix(what.to_owned());
    bar
}

/// Returns a field that the API may omit, as text.
pub(crate) fn or_unknown(field: &Option<impl ToString>) -> String {
    let text = field.as_ref().map(ToString::to_string);
    text.unwrap_or_else(|| "unknown".to_owned())
}
