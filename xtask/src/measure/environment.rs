//! The machine and the versions of a run.

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use crate::measure::command::Cargo;

/// The crates whose versions affect the figures.
const VERSIONED: [&str; 5] = ["progenitor", "reqwest", "serde", "serde_json", "tokio"];

#[derive(Debug, Serialize)]
pub(crate) struct Environment {
    processor: String,
    cores: usize,
    memory_gb: u64,
    system: String,
    /// The load average of the minute before the run.
    load: String,
    rustc: String,
    versions: Vec<String>,
}

impl Environment {
    /// Reads the environment. Facts that the system does not offer are "unknown".
    pub(crate) fn of(root: &Path) -> Result<Self> {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let load = read("/proc/loadavg");
        Ok(Self {
            processor: after_colon(&read("/proc/cpuinfo"), "model name")
                .unwrap_or("unknown processor".to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gb: gigabytes(&read("/proc/meminfo")),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            load: load.split(' ').next().unwrap_or("?").to_owned(),
            rustc: Cargo::rustc_version(root)?,
            versions: versions(&read(&root.join("Cargo.lock").to_string_lossy())),
        })
    }

    #[cfg(test)]
    pub(crate) fn test() -> Self {
        Self {
            processor: "a processor".to_owned(),
            cores: 2,
            memory_gb: 8,
            system: "linux x86_64".to_owned(),
            load: "0.10".to_owned(),
            rustc: "rustc 1.95.0".to_owned(),
            versions: vec!["reqwest 0.13.5".to_owned()],
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {} cores, {} GB, {}, load {} at the start; {}; {}",
            self.processor,
            self.cores,
            self.memory_gb,
            self.system,
            self.load,
            self.rustc,
            self.versions.join(", ")
        )
    }
}

fn after_colon(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn gigabytes(meminfo: &str) -> u64 {
    let total = after_colon(meminfo, "MemTotal").unwrap_or_default();
    let kilobytes: u64 = total.trim_end_matches(" kB").parse().unwrap_or(0);
    // Rounded, because the kernel reserves some of a machine's memory.
    (kilobytes + 500_000) / 1_000_000
}

/// Returns the versions of a lock file.
fn versions(lock: &str) -> Vec<String> {
    let mut found = Vec::new();
    for package in lock.split("[[package]]") {
        let value = |name: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.trim_start_matches(" = ").trim_matches('"'))
        };
        if let (Some(name), Some(version)) = (value("name"), value("version"))
            && VERSIONED.contains(&name)
        {
            found.push(format!("{name} {version}"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_and_memory_are_parsed_from_proc() {
        let cpu = "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nflags : a\n";
        assert_eq!(
            after_colon(cpu, "model name").as_deref(),
            Some("Some CPU @ 2 GHz")
        );
        assert_eq!(after_colon("", "model name"), None);
        assert_eq!(
            gigabytes("MemTotal:       24689120 kB\nMemFree: 1 kB\n"),
            25
        );
        assert_eq!(gigabytes(""), 0);
    }

    #[test]
    fn versions_are_parsed_from_the_lock_file() {
        let lock = "version = 4\n\n[[package]]\nname = \"reqwest\"\nversion = \"0.13.5\"\n\n[[package]]\nname = \"ring\"\nversion = \"1.0.0\"\n";
        assert_eq!(versions(lock), ["reqwest 0.13.5"]);
    }
}
