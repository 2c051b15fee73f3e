//! CPU time and memory of this process.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use stats_alloc::INSTRUMENTED_SYSTEM;

/// The resources that the process used up to an instant. Allocations are only counted in a program whose global
/// allocator is [`INSTRUMENTED_SYSTEM`].
#[derive(Clone, Copy, Debug)]
pub struct ResourceUsage {
    cpu: Duration,
    allocations: usize,
}

impl ResourceUsage {
    /// Returns the resources used up to now.
    pub fn now() -> Self {
        let memory = INSTRUMENTED_SYSTEM.stats();
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        Self {
            cpu: Duration::try_from(cpu).unwrap_or_default(),
            // A reallocation can move, so it costs as much as an allocation.
            allocations: memory.allocations + memory.reallocations,
        }
    }

    /// Returns the CPU time of all threads since then.
    pub fn cpu(self) -> Duration {
        Self::now().cpu.saturating_sub(self.cpu)
    }

    /// Returns the number of allocations since then.
    pub fn allocations(self) -> usize {
        Self::now().allocations - self.allocations
    }
}

/// Returns the number of bytes that are allocated now.
pub fn live_bytes() -> usize {
    let memory = INSTRUMENTED_SYSTEM.stats();
    memory
        .bytes_allocated
        .saturating_sub(memory.bytes_deallocated)
}
