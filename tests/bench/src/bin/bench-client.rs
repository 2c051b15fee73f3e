//! Runs one benchmark against a server, and prints its figures as JSON.

use std::alloc::System;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use katapult_bench::overhead::{Request, Side, Sides};
use katapult_bench::{BenchError, contention, lists, memory};
use serde::Serialize;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[derive(Parser)]
struct Arguments {
    /// The URL of the server
    url: String,
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(Subcommand)]
enum Benchmark {
    /// Compare single requests of all sides
    Overhead {
        #[arg(value_enum)]
        request: Request,
        #[arg(long)]
        requests: u32,
    },
    /// Send requests of one side only, for callgrind; prints nothing
    Alone {
        #[arg(value_enum)]
        request: Request,
        #[arg(value_enum)]
        side: Side,
        #[arg(long)]
        requests: u32,
    },
    /// Read a list in several ways
    Lists {
        #[arg(long)]
        machines: u64,
    },
    /// Measure the memory of a long list
    Memory {
        #[arg(long)]
        machines: u64,
    },
    /// Compare many tasks on one client with one
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

fn run(arguments: &Arguments) -> Result<(), BenchError> {
    let url = &arguments.url;
    // A single thread, so that the CPU time of a batch is that of one side; contention is about several.
    let one = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
    };
    match arguments.benchmark {
        Benchmark::Overhead { request, requests } => {
            print(&one()?.block_on(Sides::new(url)?.compare(request, requests))?)
        }
        Benchmark::Alone {
            request,
            side,
            requests,
        } => one()?.block_on(Sides::new(url)?.alone(side, request, requests)),
        Benchmark::Lists { machines } => print(&one()?.block_on(lists::measure(url, machines))?),
        Benchmark::Memory { machines } => print(&one()?.block_on(memory::measure(url, machines))?),
        Benchmark::Contention { tasks, requests } => {
            let many = tokio::runtime::Runtime::new()?;
            print(&many.block_on(contention::measure(url, tasks, requests))?)
        }
    }
}

fn print(figures: &impl Serialize) -> Result<(), BenchError> {
    println!("{}", serde_json::to_string(figures)?);
    Ok(())
}
