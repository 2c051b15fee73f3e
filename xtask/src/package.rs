//! `cargo xtask package`: the library crates as they would be published, and a crate outside the workspace that is
//! built from them and runs the README's code.

use std::env::consts::EXE_EXTENSION;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};

use crate::util::{cargo, fs};

/// In the order in which they depend on each other.
const CRATES: [&str; 2] = ["katapult-gen", "katapult-core"];
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Packages the crates, builds them from their tarballs in a crate outside the workspace, and runs that.
pub(crate) fn run(root: &Path) -> Result<ExitCode> {
    let target = root.join("target");
    for name in CRATES {
        let listed = run_cargo(
            root,
            &["package", "--package", name, "--list", "--allow-dirty"],
            true,
        )?;
        for file in ["LICENSE", "README.md", "src/lib.rs"] {
            if !listed.lines().any(|line| line == file) {
                bail!(
                    "{name} would be published without {file}: put it beside its Cargo.toml and into `include`"
                );
            }
        }
    }
    // Both at once, as no registry has the first, which the second depends on. Cargo's own verification is left out: it takes the
    // first from a cache by its version alone, and so builds with what an earlier run packaged.
    let mut arguments = vec!["package", "--allow-dirty", "--quiet", "--no-verify"];
    arguments.extend(CRATES.iter().flat_map(|name| ["--package", name]));
    let target_folder = path_text(&target)?;
    arguments.extend(["--target-dir", target_folder]);
    run_cargo(root, &arguments, false)?;
    for name in CRATES {
        unpack(&target.join("package"), name)?;
    }
    let consumer = consumer(&target, root)?;
    for name in CRATES {
        println!("{name} {VERSION} is packaged, and builds from its tarball");
    }
    let program = consumer.join("target").join("debug").join("consumer");
    let said = beside_the_sandbox(root, &program.with_extension(EXE_EXTENSION))?;
    println!(
        "a crate outside the workspace runs the README's code:\n{}",
        said.trim_end()
    );
    Ok(ExitCode::SUCCESS)
}

/// Unpacks a crate's tarball beside it, in the place of what was unpacked before.
fn unpack(folder: &Path, name: &str) -> Result<()> {
    let unpacked = folder.join(format!("{name}-{VERSION}"));
    if unpacked.exists() {
        std::fs::remove_dir_all(&unpacked)
            .with_context(|| format!("cannot remove {}", unpacked.display()))?;
    }
    let tarball = format!("{name}-{VERSION}.crate");
    let mut tar = Command::new("tar");
    // `m`: with the time of now, as cargo builds again only what is newer.
    tar.args(["-xzmf", &tarball]).current_dir(folder);
    let status = tar.status().context("cannot run tar: install it")?;
    if !status.success() {
        bail!("tar could not unpack {}", folder.join(tarball).display());
    }
    Ok(())
}

/// Writes and builds the consumer: the README's program as it stands.
fn consumer(target: &Path, root: &Path) -> Result<PathBuf> {
    let folder = target.join("consumer");
    let packaged = |name: &str| target.join("package").join(format!("{name}-{VERSION}"));
    let readme = fs::read(&root.join("README.md"))?;
    let code = readme
        .split_once("```rust,no_run\n")
        .and_then(|(_, rest)| rest.split_once("```"))
        .context("README.md has no program between ```rust,no_run and ```")?
        .0;
    let manifest = format!(
        "[package]\nname = \"consumer\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         katapult-core = {{ version = \"{VERSION}\", features = [\"full\"] }}\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n\n[patch.crates-io]\n\
         katapult-core = {{ path = {:?} }}\nkatapult-gen = {{ path = {:?} }}\n",
        packaged("katapult-core"),
        packaged("katapult-gen"),
    );
    fs::write_all(&[
        (folder.join("Cargo.toml"), manifest),
        (folder.join("src").join("main.rs"), code.to_owned()),
    ])?;
    // The versions that the workspace is tested with.
    std::fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))
        .context("cannot copy Cargo.lock")?;
    run_cargo(&folder, &["build", "--quiet"], false)?;
    Ok(folder)
}

/// Runs a program that finds the sandbox where it looks for the API; gives what it printed.
fn beside_the_sandbox(root: &Path, program: &Path) -> Result<String> {
    let build = ["build", "--quiet", "--package", "katapult-sandbox"];
    run_cargo(root, &build, false)?;
    let sandbox = root.join("target").join("debug").join("katapult-sandbox");
    let mut sandbox = Command::new(sandbox.with_extension(EXE_EXTENSION))
        .args(["--port", "0", "--time-scale", "60", "--quiet"])
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run the sandbox")?;
    let said = told(&mut sandbox).and_then(|environment| {
        let done = Command::new(program).envs(environment).output();
        let done = done.with_context(|| format!("cannot run {}", program.display()))?;
        if !done.status.success() {
            bail!(
                "the README's program failed: {}",
                String::from_utf8_lossy(&done.stderr)
            );
        }
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    });
    sandbox.kill().context("cannot stop the sandbox")?;
    sandbox.wait().context("cannot stop the sandbox")?;
    said
}

/// The environment that a sandbox tells its users to set: lines of `export NAME=VALUE`.
fn told(sandbox: &mut Child) -> Result<Vec<(String, String)>> {
    let out = sandbox.stdout.take().context("the sandbox says nothing")?;
    let mut environment = Vec::new();
    for line in BufReader::new(out).lines() {
        let line = line.context("cannot read what the sandbox says")?;
        let pair = line.trim().strip_prefix("export ");
        if let Some((name, value)) = pair.and_then(|pair| pair.split_once('=')) {
            environment.push((name.to_owned(), value.to_owned()));
        }
        if environment.len() == 2 {
            return Ok(environment);
        }
    }
    bail!("the sandbox did not say how to point a program at it")
}

/// Runs cargo; gives what it printed where that is wanted.
fn run_cargo(folder: &Path, arguments: &[&str], keep: bool) -> Result<String> {
    let mut command = cargo::in_folder(folder);
    command.args(arguments).env_remove("CARGO_TARGET_DIR");
    let (status, out) = if keep {
        let done = cargo::output(&mut command)?;
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        if !done.status.success() {
            eprint!("{said}");
        }
        (
            done.status,
            String::from_utf8_lossy(&done.stdout).into_owned(),
        )
    } else {
        (
            command.status().context("cannot run cargo: install Rust")?,
            String::new(),
        )
    };
    if !status.success() {
        bail!(
            "`cargo {}` failed in {}",
            arguments.join(" "),
            folder.display()
        );
    }
    Ok(out)
}

fn path_text(path: &Path) -> Result<&str> {
    path.to_str()
        .with_context(|| format!("{} is no text: move the workspace", path.display()))
}
