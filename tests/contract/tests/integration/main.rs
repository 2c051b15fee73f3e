//! Tests of the SDK against the document, the sandbox and the recordings. In one program, since each one contains the
//! client with all operations, and linking it takes seconds.

mod chaos;
mod disk_creation;
mod end_to_end;
mod error_details;
mod every_operation;
mod fuzz;
mod lists;
mod operations;
mod quota;
mod raw_requests;
mod reconcile_by_key;
mod replay;
mod replay_detects_faults;
mod resource_conditions;
mod sandbox_faults;
mod sandbox_journal;
mod sandbox_tls;
mod scenarios;
mod schema_round_trip;
mod side_fields;
mod stored_types;
mod test_doubles;
mod waits;
mod wire_format;
