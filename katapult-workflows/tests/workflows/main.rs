//! Every workflow against the sandbox in paused time: interrupted, with lost responses, and with concurrent runs.

mod concurrent_runs;
mod desired_state;
mod dns;
mod interrupted_runs;
mod late_executions;
mod lookups;
mod support;
