//! Runs the fuzz targets on stable Rust, with mutated seeds.

use std::panic::catch_unwind;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use std::{fs, io};

use clap::Parser;
use fastrand::Rng;
use katapult_fuzz::{TARGETS, Target, mutate::mutated};

#[derive(Parser)]
struct Options {
    /// Targets to run [default: all]
    targets: Vec<String>,
    /// Seed of the mutations
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Factor of the number of inputs
    #[arg(long, default_value_t = 1)]
    units: u32,
    /// Run nothing: write the seeds into a folder for each target, as cargo-fuzz reads them
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let chosen = |target: &&Target| {
        options.targets.is_empty() || options.targets.iter().any(|name| name == target.name)
    };
    let mut failed = 0;
    for target in TARGETS.iter().filter(chosen) {
        if let Some(folder) = &options.corpus {
            write(&folder.join(target.name), &(target.seeds)()).expect("the corpus is written");
        } else if let Err(input) = run(target, &options) {
            failed += 1;
            println!(
                "{}: FAILED for {:?}",
                target.name,
                String::from_utf8_lossy(&input)
            );
        }
    }
    println!(
        "{} passed, {failed} failed",
        TARGETS.iter().filter(chosen).count() - failed
    );
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Checks the seeds, and mutations of them. Returns the first input that panics.
fn run(target: &Target, options: &Options) -> Result<(), Vec<u8>> {
    let began = Instant::now();
    let (mut rng, seeds) = (Rng::with_seed(options.seed), (target.seeds)());
    let count = target.inputs.saturating_mul(options.units);
    let check = |input: Vec<u8>| catch_unwind(|| (target.check)(&input)).map_err(|_| input);
    for seed in &seeds {
        check(seed.clone())?;
    }
    for _ in 0..count {
        let [input, other] = [(); 2].map(|()| &seeds[rng.usize(..seeds.len())]);
        check(mutated(&mut rng, input, other))?;
    }
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{}: {} seeds, {count} inputs, {seconds:.1} s",
        target.name,
        seeds.len()
    );
    Ok(())
}

fn write(folder: &std::path::Path, seeds: &[Vec<u8>]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (index, seed) in seeds.iter().enumerate() {
        fs::write(folder.join(index.to_string()), seed)?;
    }
    Ok(())
}
