//! The command line of `measure`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::measure::progenitor_baseline;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Benchmark {
    /// Compiling our crates alone, against what progenitor makes of the same documents
    Compile,
    /// Lines generated, and the quickstart's program against one by hand
    Size,
    /// A request, against reqwest and serde_json
    Overhead,
    /// A long list, against one page after the other and against the limit
    Lists,
    /// What a very long list holds
    Memory,
    /// Many tasks on one client, against one
    Contention,
    /// Vendor and generate
    Generate,
    /// All of these
    All,
    /// Only what does not depend on the machine, against the limits in xtask/limits.yaml
    Guard,
}

#[derive(Args)]
pub(crate) struct Options {
    #[arg(required = true, value_name = "BENCHMARK")]
    pub(crate) benchmarks: Vec<Benchmark>,
    /// Write JSON
    #[arg(long, conflicts_with = "markdown")]
    pub(crate) json: bool,
    /// Write Markdown
    #[arg(long)]
    pub(crate) markdown: bool,
    /// Put the table into BENCHMARKS.md, between its marks
    #[arg(long)]
    pub(crate) write: bool,
    /// Fewer runs, to see that it works
    #[arg(long)]
    pub(crate) quick: bool,
    /// Exit with 1 when a goal is missed
    #[arg(long)]
    pub(crate) strict: bool,
    /// The publisher's core document, for progenitor in place of the canonical one
    #[arg(long, value_name = "FILE", requires = "public")]
    core: Option<PathBuf>,
    /// The publisher's public document
    #[arg(long, value_name = "FILE", requires = "core")]
    public: Option<PathBuf>,
}

impl Options {
    pub(crate) fn runs(&self) -> usize {
        if self.quick { 1 } else { 3 }
    }

    pub(crate) fn or_quick<'a>(&self, whole: &'a str, quick: &'a str) -> &'a str {
        if self.quick { quick } else { whole }
    }

    fn explicit(&self) -> Option<[PathBuf; 2]> {
        Some([self.core.clone()?, self.public.clone()?])
    }

    /// What progenitor is given.
    pub(crate) fn documents(&self, root: &Path) -> [PathBuf; 2] {
        let canonical = |api: &str| root.join("openapi").join(format!("katapult-{api}.json"));
        self.explicit()
            .unwrap_or_else(|| progenitor_baseline::APIS.map(canonical))
    }

    /// The publisher's documents: those given, or those beside the workspace.
    pub(crate) fn upstream(&self, root: &Path) -> Option<[PathBuf; 2]> {
        let beside =
            |api: &str| root.join(format!("../shared/upstream/katapult-{api}-2.68.0.json"));
        self.explicit().or_else(|| {
            let both = progenitor_baseline::APIS.map(beside);
            both.iter().all(|path| path.exists()).then_some(both)
        })
    }
}
