//! Every workflow against the sandbox in paused time: interrupted, with lost responses, and with concurrent runs.

mod concurrent_runs;
mod ephemeral_machines;
mod every_workflow;
mod late_executions;
mod lookups;
mod prices;
mod single_runs;
mod support;
mod sweeps;
