//! The server. It prints its URL as its first line, and ends at the end of its standard input.

use std::io::Read as _;
use std::time::Duration;

use clap::Parser;
use katapult_bench::server::{Settings, serve};

#[derive(Parser)]
struct Arguments {
    /// Virtual machines in the list
    #[arg(long, default_value_t = 10_000)]
    machines: u64,
    /// Milliseconds before each response
    #[arg(long, default_value_t = 0)]
    delay: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    // The end of the input means that the parent process ended, however it did.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let settings = Settings {
        machines: arguments.machines,
        delay: Duration::from_millis(arguments.delay),
    };
    serve(settings, |url| println!("{url}")).await
}
