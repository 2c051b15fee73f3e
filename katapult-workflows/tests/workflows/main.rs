//! Every workflow against the sandbox in paused time: interrupted, with lost responses, and with concurrent runs.

mod concurrent_runs;
mod desired_state;
mod dns;
mod ephemeral_machines;
mod every_workflow;
mod late_executions;
mod lookups;
mod prices;
mod results;
mod single_runs;
mod support;
mod sweeps;
