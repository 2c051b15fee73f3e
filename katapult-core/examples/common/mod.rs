//! What the examples share: the sandbox in this process to talk to, or the real API, and bars that keep quiet where the
//! output is no terminal.

#![allow(dead_code)]

use std::env;
use std::error::Error;
use std::io::{IsTerminal, stdout};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use katapult_core::types::OrganizationLookup;
use katapult_core::{Client, PollPolicy};
use katapult_sandbox::{Sandbox, Time, WorldError};

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// What an example talks to.
pub(crate) struct Session {
    pub(crate) katapult: Client,
    pub(crate) acme: OrganizationLookup,
    /// How often to look: seldom at the real API, often at the sandbox, whose time is fast.
    pub(crate) poll: PollPolicy,
    real: bool,
    sandbox: Option<Sandbox>,
}

impl Session {
    /// With a token in `KATAPULT_API_KEY` the real API, and the first organization there; else the sandbox, with what `seed`
    /// puts there beside what it begins with.
    pub(crate) async fn start(
        seed: impl FnOnce(&Sandbox) -> Result<(), WorldError>,
    ) -> Outcome<Self> {
        if env::var_os("KATAPULT_API_KEY").is_some_and(|key| !key.is_empty()) {
            println!("KATAPULT_API_KEY is set: talking to the real API.");
            let katapult = Client::from_env()?;
            let response = katapult.organizations().list().send().await?;
            let first = response.organizations.first();
            let first = first.ok_or("the token sees no organization")?;
            return Ok(Self {
                acme: OrganizationLookup::id(&first.id),
                katapult,
                poll: PollPolicy::default(),
                real: true,
                sandbox: None,
            });
        }
        println!("KATAPULT_API_KEY is not set: talking to the sandbox, in this process.");
        let sandbox = Sandbox::builder().time(Time::Scaled(20.0)).start().await?;
        seed(&sandbox)?;
        let look = Duration::from_millis(100);
        Ok(Self {
            katapult: Client::builder()
                .base_url(sandbox.url())
                .token(sandbox.token())
                .build()?,
            acme: OrganizationLookup::sub_domain("acme"),
            poll: PollPolicy::default()
                .initial_interval(look)
                .max_interval(look),
            real: false,
            sandbox: Some(sandbox),
        })
    }

    /// Whether it is the real API.
    pub(crate) fn is_real(&self) -> bool {
        self.real
    }

    /// Whether something may be changed: on the real API only with the argument `--write`.
    pub(crate) fn may_write(&self) -> bool {
        let may = !self.real || env::args().any(|argument| argument == "--write");
        if !may {
            println!("Nothing is changed on the real API without the argument --write.");
        }
        may
    }
}

/// The arguments that are not options.
pub(crate) fn arguments() -> Vec<String> {
    let words = env::args().skip(1);
    words.filter(|word| !word.starts_with("--")).collect()
}

/// A bar of this length; hidden where the output is no terminal.
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

/// A field that the API may leave out.
pub(crate) fn or_unknown(field: &Option<impl ToString>) -> String {
    let text = field.as_ref().map(ToString::to_string);
    text.unwrap_or_else(|| "unknown".to_owned())
}
