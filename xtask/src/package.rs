//! `cargo xtask package`: checks the content of all packages, and runs the README's program in a crate outside the
//! workspace that is built from them. `cargo publish --workspace --dry-run` does the rest.

use std::env::consts::EXE_EXTENSION;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};

use crate::util::{cargo, fs};

/// The published crates, dependencies first.
const PUBLISHED: [&str; 6] = [
    "katapult-openapi",
    "katapult-gen",
    "katapult-core",
    "katapult-build-spec",
    "katapult-workflows",
    "katapult-sandbox",
];
/// The crates that the README's program is built from, dependencies first.
const CRATES: [&str; 2] = ["katapult-gen", "katapult-core"];
/// Files that a package must have.
const REQUIRED: [&str; 4] = ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs"];
/// Folders that a package must not have: only developers need them, and every user would download them.
const EXCLUDED: [&str; 3] = ["benches/", "examples/", "tests/"];
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Checks the packages, builds a crate outside the workspace from their tarballs, and runs it.
pub(crate) fn run(root: &Path) -> Result<ExitCode> {
    let target = root.join("target");
    for name in PUBLISHED {
        let list = ["package", "--package", name, "--list", "--allow-dirty"];
        check_content(name, &run_cargo(root, &list, true)?)?;
    }
    // Together, because no registry has the first crate yet, on which the second depends. Without cargo's own
    // verification, because it finds the first crate in a cache by its version alone, which an earlier run packaged.
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
        println!("{name} {VERSION} is packaged and builds from its tarball");
    }
    let program = consumer.join("target").join("debug").join("consumer");
    let output = run_with_sandbox(root, &program.with_extension(EXE_EXTENSION))?;
    println!(
        "output of the README's program, built from the packages:\n{}",
        output.trim_end()
    );
    Ok(ExitCode::SUCCESS)
}

/// Checks the files of a package, given one path a line.
fn check_content(name: &str, listed: &str) -> Result<()> {
    for file in REQUIRED {
        if !listed.lines().any(|line| line == file) {
            bail!(
                "{name} would be published without {file}: add the file next to its Cargo.toml and to `include`"
            );
        }
    }
    for folder in EXCLUDED {
        if let Some(file) = listed.lines().find(|line| line.starts_with(folder)) {
            bail!(
                "{name} would be published with {file}: `include` in its Cargo.toml must leave out {folder}"
            );
        }
    }
    Ok(())
}

/// Unpacks a crate's tarball into its folder. Replaces the files of an earlier run.
fn unpack(folder: &Path, name: &str) -> Result<()> {
    let unpacked = folder.join(format!("{name}-{VERSION}"));
    if unpacked.exists() {
        std::fs::remove_dir_all(&unpacked)
            .with_context(|| format!("cannot remove {}", unpacked.display()))?;
    }
    let tarball = format!("{name}-{VERSION}.crate");
    let mut tar = Command::new("tar");
    // `m` sets the modification time to now: cargo only rebuilds newer files.
    tar.args(["-xzmf", &tarball]).current_dir(folder);
    let status = tar.status().context("cannot run tar: install it")?;
    if !status.success() {
        bail!(
            "tar could not unpack {}: run it yourself to see why",
            folder.join(tarball).display()
        );
    }
    Ok(())
}

/// Writes and builds a crate with the unchanged program of the README. Returns its folder.
fn consumer(target: &Path, root: &Path) -> Result<PathBuf> {
    let folder = target.join("consumer");
    let packaged = |name: &str| target.join("package").join(format!("{name}-{VERSION}"));
    let readme = fs::read(&root.join("README.md"))?;
    let code = readme
        .split_once("```rust,no_run\n")
        .and_then(|(_, rest)| rest.split_once("```"))
        .context("README.md has no block that begins with ```rust,no_run: add its program there")?
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
    // The consumer has the dependencies that the workspace is tested with.
    std::fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))
        .context("cannot copy Cargo.lock: build the workspace once, which writes it")?;
    run_cargo(&folder, &["build", "--quiet"], false)?;
    Ok(folder)
}

/// Runs a program whose environment points it to a sandbox. Returns its output.
fn run_with_sandbox(root: &Path, program: &Path) -> Result<String> {
    let build = ["build", "--quiet", "--package", "katapult-sandbox"];
    run_cargo(root, &build, false)?;
    let sandbox = root.join("target").join("debug").join("katapult-sandbox");
    let mut sandbox = Command::new(sandbox.with_extension(EXE_EXTENSION))
        // Sixty times as fast as the API: the program waits for tasks that take minutes.
        .args(["--port", "0", "--time-scale", "60", "--quiet"])
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run the sandbox: build katapult-sandbox")?;
    let output = environment(&mut sandbox).and_then(|environment| {
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
    sandbox
        .kill()
        .context("cannot stop the sandbox: end the process yourself")?;
    sandbox
        .wait()
        .context("cannot stop the sandbox: end the process yourself")?;
    output
}

/// Reads the environment that the sandbox prints for its users: lines of `export NAME=VALUE`.
fn environment(sandbox: &mut Child) -> Result<Vec<(String, String)>> {
    let out = sandbox
        .stdout
        .take()
        .context("the sandbox has no output: build katapult-sandbox again")?;
    let mut environment = Vec::new();
    for line in BufReader::new(out).lines() {
        let line = line.context("cannot read the output of the sandbox")?;
        let pair = line.trim().strip_prefix("export ");
        if let Some((name, value)) = pair.and_then(|pair| pair.split_once('=')) {
            environment.push((name.to_owned(), value.to_owned()));
        }
        // The address and the token. The sandbox runs on, so there is no end of output to wait for.
        if environment.len() == 2 {
            return Ok(environment);
        }
    }
    bail!(
        "the sandbox printed no `export` of its address and token: run katapult-sandbox yourself to see why"
    )
}

/// Runs cargo. Returns its output if `keep` is set; otherwise, the terminal shows it.
fn run_cargo(folder: &Path, arguments: &[&str], keep: bool) -> Result<String> {
    let mut command = cargo::in_folder(folder);
    // The paths of packages and programs above are those of the workspace's own target folder.
    command.args(arguments).env_remove("CARGO_TARGET_DIR");
    let (status, out) = if keep {
        let done = cargo::output(&mut command)?;
        if !done.status.success() {
            eprint!("{}", String::from_utf8_lossy(&done.stderr));
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
            "`cargo {}` failed in {}: see its errors above",
            arguments.join(" "),
            folder.display()
        );
    }
    Ok(out)
}

fn path_text(path: &Path) -> Result<&str> {
    path.to_str().with_context(|| {
        format!(
            "{}: the path is not valid UTF-8: move the workspace",
            path.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::check_content;

    const COMPLETE: &str = "Cargo.toml\nLICENSE-APACHE\nLICENSE-MIT\nREADME.md\nsrc/lib.rs\n";

    #[test]
    fn package_without_a_licence_is_refused() {
        assert!(check_content("one", COMPLETE).is_ok());
        let listed = COMPLETE.replace("LICENSE-MIT\n", "");
        let error = check_content("one", &listed).unwrap_err().to_string();
        assert!(
            error.starts_with("one would be published without LICENSE-MIT"),
            "{error}"
        );
    }

    #[test]
    fn package_with_test_data_is_refused() {
        let listed = COMPLETE.to_owned() + "tests/data/recording.jsonl\n";
        let error = check_content("one", &listed).unwrap_err().to_string();
        assert!(
            error.starts_with("one would be published with tests/data"),
            "{error}"
        );
        // The modules of unit tests are part of the sources.
        assert!(
            check_content(
                "one",
                &(COMPLETE.to_owned() + "src/retry/tests/decide.rs\n")
            )
            .is_ok()
        );
    }
}
