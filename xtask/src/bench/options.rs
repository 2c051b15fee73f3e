//! The command line of `bench`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::bench::progenitor_baseline;
use crate::spec;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Benchmark {
    /// Compile time of the crates, against plain progenitor over the same documents
    Compile,
    /// Generated lines, and the size of the quickstart against the baseline
    Size,
    /// Single requests, against reqwest and serde_json
    Overhead,
    /// A long list, against page by page and against raw requests
    Lists,
    /// The memory of a very long list
    Memory,
    /// Many tasks on one client, against one task
    Contention,
    /// The time of vendor and generate
    Generate,
    /// The quickstart from nothing
    Cold,
    /// All of the above
    All,
    /// All tests from nothing and again: many minutes
    Tests,
    /// Figures that do not depend on the machine, against the limits in xtask/limits.yaml
    Guard,
}

impl Benchmark {
    /// The benchmarks of `all`, in the order of the report.
    pub(crate) const EACH: [Self; 8] = [
        Self::Compile,
        Self::Size,
        Self::Overhead,
        Self::Lists,
        Self::Memory,
        Self::Contention,
        Self::Generate,
        Self::Cold,
    ];
}

#[derive(Args)]
pub(crate) struct Options {
    #[arg(required = true, value_name = "BENCHMARK")]
    pub(crate) benchmarks: Vec<Benchmark>,
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    /// Take fewer samples
    #[arg(long)]
    pub(crate) quick: bool,
    /// Exit with 1 if a goal is missed
    #[arg(long)]
    pub(crate) strict: bool,
    /// The upstream core document, for progenitor instead of the canonical one
    #[arg(long, value_name = "FILE", requires = "public")]
    core: Option<PathBuf>,
    /// The upstream public document
    #[arg(long, value_name = "FILE", requires = "core")]
    public: Option<PathBuf>,
}

impl Options {
    pub(crate) fn runs(&self) -> usize {
        // The median of three ignores one disturbed run.
        if self.quick { 1 } else { 3 }
    }

    pub(crate) fn or_quick<'a>(&self, whole: &'a str, quick: &'a str) -> &'a str {
        if self.quick { quick } else { whole }
    }

    fn explicit(&self) -> Option<[PathBuf; 2]> {
        Some([self.core.clone()?, self.public.clone()?])
    }

    /// Returns the documents for plain progenitor.
    pub(crate) fn documents(&self, root: &Path) -> [PathBuf; 2] {
        let canonical = |api: &str| root.join("openapi").join(format!("katapult-{api}.json"));
        self.explicit()
            .unwrap_or_else(|| progenitor_baseline::APIS.map(canonical))
    }

    /// Returns the upstream documents: those of the command line, or those next to the workspace.
    pub(crate) fn upstream(&self, root: &Path) -> Option<[PathBuf; 2]> {
        self.explicit().or_else(|| {
            let version = spec::load(&root.join("openapi")).ok()?.version?;
            let default =
                |api: &str| root.join(format!("../shared/upstream/katapult-{api}-{version}.json"));
            let both = progenitor_baseline::APIS.map(default);
            both.iter().all(|path| path.exists()).then_some(both)
        })
    }
}
