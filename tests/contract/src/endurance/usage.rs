//! The resources that a process uses, as Linux counts them.

use std::fs;

/// The resources of a process at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The memory in RAM, in KiB.
    pub memory: u64,
    /// The number of open files and connections.
    pub files: u64,
}

impl Usage {
    /// Returns the usage of a process; `None` on systems other than Linux, or if it has ended.
    pub fn of(process: u32) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let files = fs::read_dir(format!("/proc/{process}/fd")).ok()?.count();
        Some(Self {
            memory: resident(&status)?,
            files: u64::try_from(files).ok()?,
        })
    }
}

fn resident(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_the_status_of_a_process() {
        let status = "Name:\tendurance\nVmHWM:\t   20480 kB\nVmRSS:\t   18432 kB\n";
        assert_eq!(resident(status), Some(18_432));
        assert_eq!(resident("Name:\tzombie\n"), None);
    }
}
