//! How a sandbox is set up.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use tokio::net::TcpListener;

use crate::chance::Chance;
use crate::clock::{Clock, Time};
use crate::document::{Document, DocumentError};
use crate::engine::{Fixed, State};
use crate::fault::Fault;
use crate::random::Random;
use crate::seed::{self, WorldError};
use crate::server::{Shared, serve};
use crate::shape::{NEWEST, Shapes};
use crate::token::Token;
use crate::world::World;
use crate::{Sandbox, TOKEN};

/// Sets up a sandbox.
#[derive(Debug)]
pub struct Builder {
    address: SocketAddr,
    tokens: Vec<Token>,
    seed: u64,
    time: Time,
    start: Option<SystemTime>,
    faults: Vec<Fault>,
    world: Option<String>,
    core: Option<String>,
    public: Option<String>,
    journal: Option<PathBuf>,
    large_set: usize,
    keep: usize,
    month: u32,
    log: bool,
}

/// Why a sandbox did not start.
#[derive(Debug)]
pub enum StartError {
    /// The port, or the journal.
    Io(std::io::Error),
    /// The world's file.
    World(WorldError),
    /// The API's document.
    Document(DocumentError),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "the sandbox could not start: {error}"),
            Self::World(error) => write!(f, "the sandbox could not start: {error}"),
            Self::Document(error) => write!(f, "the sandbox could not start: {error}"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::World(error) => Some(error),
            Self::Document(error) => Some(error),
        }
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            tokens: Vec::new(),
            seed: 1,
            time: Time::Real,
            start: None,
            faults: Vec::new(),
            world: None,
            core: None,
            public: None,
            journal: None,
            large_set: 1_000,
            keep: 10_000,
            month: NEWEST,
            log: false,
        }
    }
}

impl Builder {
    /// The port of loopback to listen on; a free one when this is not said.
    pub fn port(mut self, port: u16) -> Self {
        self.address.set_port(port);
        self
    }

    /// A token to take. The first is [`Sandbox::token`]; one that may do everything is there when
    /// none is said.
    pub fn token(mut self, token: Token) -> Self {
        self.tokens.push(token);
        self
    }

    /// The same seed gives the same ids and the same faults.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How time passes.
    pub fn time(mut self, time: Time) -> Self {
        self.time = time;
        self
    }

    /// The time at the start; that of this machine when this is not said.
    pub fn start_at(mut self, start: SystemTime) -> Self {
        self.start = Some(start);
        self
    }

    /// A fault, beside those said before.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Faults, beside those said before.
    pub fn faults(mut self, faults: impl IntoIterator<Item = Fault>) -> Self {
        self.faults.extend(faults);
        self
    }

    /// Another world to begin with, as the text of its file.
    pub fn world(mut self, text: impl Into<String>) -> Self {
        self.world = Some(text.into());
        self
    }

    /// Another core document, in canonical form: its operations answer at once.
    pub fn core_document(mut self, text: impl Into<String>) -> Self {
        self.core = Some(text.into());
        self
    }

    /// Another public document, in canonical form.
    pub fn public_document(mut self, text: impl Into<String>) -> Self {
        self.public = Some(text.into());
        self
    }

    /// Writes every exchange into a file, one JSON object a line, as recordings have them.
    pub fn journal(mut self, path: impl Into<PathBuf>) -> Self {
        self.journal = Some(path.into());
        self
    }

    /// Sets of more items than this do not tell their total: 1000 when this is not said.
    pub fn large_set(mut self, items: usize) -> Self {
        self.large_set = items;
        self
    }

    /// How many requests are remembered, the newest: 10,000 when this is not said.
    pub fn remember(mut self, requests: usize) -> Self {
        self.keep = requests.max(1);
        self
    }

    /// Objects as they were in a month: later fields do not come.
    pub fn as_of(mut self, year: u16, month: u8) -> Self {
        self.month = u32::from(year) * 100 + u32::from(month);
        self
    }

    /// Prints a line for each request.
    pub fn log(mut self) -> Self {
        self.log = true;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// When the port is taken, or a file that was given cannot be used.
    pub async fn start(self) -> Result<Sandbox, StartError> {
        let known = match (&self.core, &self.public) {
            (None, None) => Document::own(),
            (core, public) => Document::read(core.as_deref(), public.as_deref()).map(Arc::new),
        };
        let document = known.map_err(StartError::Document)?;
        let clock = Clock::new(self.time, self.start.unwrap_or_else(SystemTime::now));
        let mut world = World::new(clock.world(), Random::new(self.seed));
        seed::fill(&mut world, self.world.as_deref().unwrap_or(seed::WORLD))
            .map_err(StartError::World)?;
        let journal = self
            .journal
            .map(std::fs::File::create)
            .transpose()
            .map_err(StartError::Io)?;
        let listener = TcpListener::bind(self.address)
            .await
            .map_err(StartError::Io)?;
        let address = listener.local_addr().map_err(StartError::Io)?;
        let tokens = if self.tokens.is_empty() {
            vec![Token::new(TOKEN)]
        } else {
            self.tokens
        };
        let token = tokens[0].secret.clone();
        let tokens = tokens
            .into_iter()
            .map(|token| (token.secret.clone(), token));
        let state = State {
            world,
            clock,
            quota: Default::default(),
            tokens: tokens.collect(),
            faults: self.faults,
            random: Random::new(self.seed ^ 0x5bd1_e995),
            chance: Chance::new(self.seed),
            shapes: Shapes::of(self.month),
            asked: Default::default(),
        };
        let fixed = Fixed {
            document,
            large_set: self.large_set,
            keep: self.keep,
        };
        let shared = Arc::new(Shared {
            fixed,
            state: Mutex::new(state),
            journal: journal.map(Mutex::new),
            base: format!("http://{address}"),
            log: self.log,
        });
        let task = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Ok(Sandbox {
            shared,
            token,
            task,
        })
    }
}
