//! What this process has used: CPU time and memory.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use stats_alloc::INSTRUMENTED_SYSTEM;

/// What was used up to a moment. The allocator counts only where a program has made
/// [`INSTRUMENTED_SYSTEM`] its own.
#[derive(Clone, Copy, Debug)]
pub struct Used {
    cpu: Duration,
    allocations: usize,
}

impl Used {
    /// What was used up to now.
    pub fn now() -> Self {
        let memory = INSTRUMENTED_SYSTEM.stats();
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        Self {
            cpu: Duration::try_from(cpu).unwrap_or_default(),
            allocations: memory.allocations + memory.reallocations,
        }
    }

    /// The CPU time since then, of all threads.
    pub fn cpu(self) -> Duration {
        Self::now().cpu.saturating_sub(self.cpu)
    }

    /// How often memory was asked for since then.
    pub fn allocations(self) -> usize {
        Self::now().allocations - self.allocations
    }
}

/// The bytes that are allocated now.
pub fn live_bytes() -> usize {
    let memory = INSTRUMENTED_SYSTEM.stats();
    memory
        .bytes_allocated
        .saturating_sub(memory.bytes_deallocated)
}
