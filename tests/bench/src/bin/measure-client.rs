//! The client: runs one measure against a server, and prints its figures as JSON.

use std::alloc::System;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use katapult_bench::overhead::{Side, Sides, What};
use katapult_bench::{Failure, contention, lists, memory};
use serde::Serialize;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[derive(Parser)]
struct Arguments {
    /// The server's address
    url: String,
    #[command(subcommand)]
    measure: Measure,
}

#[derive(Subcommand)]
enum Measure {
    /// Both sides in turn
    Overhead {
        #[arg(value_enum)]
        what: What,
        #[arg(long)]
        requests: u32,
    },
    /// One side alone, for callgrind; prints nothing
    Alone {
        #[arg(value_enum)]
        what: What,
        #[arg(value_enum)]
        side: Side,
        #[arg(long)]
        requests: u32,
    },
    /// A list in several ways
    Lists {
        #[arg(long)]
        machines: u64,
    },
    /// What a long list holds
    Memory {
        #[arg(long)]
        machines: u64,
    },
    /// Many tasks on one client
    Contention {
        #[arg(long)]
        tasks: u32,
        #[arg(long)]
        requests: u32,
    },
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let url = &arguments.url;
    // One thread, so that what a side uses is told apart; contention is about several.
    let one = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
    };
    match arguments.measure {
        Measure::Overhead { what, requests } => {
            print(&one()?.block_on(Sides::new(url)?.compare(what, requests))?)
        }
        Measure::Alone {
            what,
            side,
            requests,
        } => one()?.block_on(Sides::new(url)?.alone(side, what, requests)),
        Measure::Lists { machines } => print(&one()?.block_on(lists::measure(url, machines))?),
        Measure::Memory { machines } => print(&one()?.block_on(memory::measure(url, machines))?),
        Measure::Contention { tasks, requests } => {
            let many = tokio::runtime::Runtime::new()?;
            print(&many.block_on(contention::measure(url, tasks, requests))?)
        }
    }
}

fn print(figures: &impl Serialize) -> Result<(), Failure> {
    println!("{}", serde_json::to_string(figures)?);
    Ok(())
}
