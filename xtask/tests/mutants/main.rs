//! Mutants: changed documents, each of which goes through `vendor`, `diff` and `generate`, and with
//! `KATAPULT_LONG_TESTS=1` through the compiler. The results are compared with the required ones, and written as a table.

#[path = "../common/mod.rs"]
mod common;
mod own;
mod pipeline;
mod upstream;
