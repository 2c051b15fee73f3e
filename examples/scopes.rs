//! Lists the scopes that the token of a program needs, by the operations that the program uses.
//!
//! `cargo run --example scopes`; it sends nothing.

use katapult_core::{Operation, required_scopes, tasks, virtual_machines};

fn main() {
    let required = required_scopes([
        virtual_machines::List::INFO,
        virtual_machines::Get::INFO,
        virtual_machines::Shutdown::INFO,
        tasks::Get::INFO,
    ]);
    for (operation, scopes) in &required.alternatives {
        println!("{operation}: one of {}", scopes.join(", "));
    }
    println!("narrowest choice: {}", required.choice.join(", "));
}
