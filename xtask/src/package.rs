//! `cargo xtask package`: the library crates as they would be published, and a crate outside the workspace that is
//! built from them and runs the README's code.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use anyhow::{Context, Result, bail};

use crate::{cargo, files};

/// In the order in which they depend on each other.
const CRATES: [&str; 2] = ["katapult-gen", "katapult-core"];
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Packages the crates, builds each from its own tarball, and runs the consumer.
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
    // Both at once: the second is built from the first's tarball, which no registry has yet.
    let mut arguments = vec!["package", "--allow-dirty", "--quiet"];
    arguments.extend(CRATES.iter().flat_map(|name| ["--package", name]));
    let target_folder = path_text(&target)?;
    arguments.extend(["--target-dir", target_folder]);
    run_cargo(root, &arguments, false)?;
    for name in CRATES {
        println!("{name} {VERSION} is packaged, and builds from its tarball");
    }
    let consumer = consumer(root, &target)?;
    let said = run_cargo(&consumer, &["run", "--quiet", "--bin", "consumer"], true)?;
    println!(
        "a crate outside the workspace runs the README's code:\n{}",
        said.trim_end()
    );
    Ok(ExitCode::SUCCESS)
}

/// Writes the consumer: the README's program as it stands, and one that starts it on the sandbox.
fn consumer(root: &Path, target: &Path) -> Result<PathBuf> {
    let folder = target.join("consumer");
    let packaged = |name: &str| target.join("package").join(format!("{name}-{VERSION}"));
    let readme = files::read(&root.join("README.md"))?;
    let code = readme
        .split_once("```rust,no_run\n")
        .and_then(|(_, rest)| rest.split_once("```"))
        .context("README.md has no program between ```rust,no_run and ```")?
        .0;
    let manifest = format!(
        "[package]\nname = \"consumer\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         katapult-core = {{ version = \"{VERSION}\", features = [\"full\"] }}\nkatapult-sandbox = {{ path = {:?}, default-features = false }}\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n\n[patch.crates-io]\n\
         katapult-core = {{ path = {:?} }}\nkatapult-gen = {{ path = {:?} }}\n",
        root.join("tests").join("sandbox"),
        packaged("katapult-core"),
        packaged("katapult-gen"),
    );
    files::write_all(&[
        (folder.join("Cargo.toml"), manifest),
        (
            folder.join("src").join("bin").join("readme.rs"),
            code.to_owned(),
        ),
        (folder.join("src").join("main.rs"), DRIVER.to_owned()),
    ])?;
    // The versions that the workspace is tested with.
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))
        .context("cannot copy Cargo.lock")?;
    run_cargo(&folder, &["build", "--quiet", "--bins"], false)?;
    Ok(folder)
}

const DRIVER: &str = r#"//! Starts the README's program on the sandbox.

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = katapult_sandbox::Sandbox::builder().time(katapult_sandbox::Time::Scaled(20.0)).start().await?;
    let program = std::env::current_exe()?.with_file_name("readme").with_extension(std::env::consts::EXE_EXTENSION);
    let mut command = std::process::Command::new(program);
    command.env("KATAPULT_API_KEY", sandbox.token()).env("KATAPULT_API_URL", sandbox.url());
    let done = tokio::task::spawn_blocking(move || command.status()).await??;
    std::process::exit(done.code().unwrap_or(1));
}
"#;

/// Runs cargo; gives what it printed where that is wanted.
fn run_cargo(folder: &Path, arguments: &[&str], keep: bool) -> Result<String> {
    let mut command = cargo::in_folder(folder);
    command.args(arguments).env_remove("CARGO_TARGET_DIR");
    if !keep {
        command.stdout(Stdio::inherit()).stderr(Stdio::inherit());
    }
    let done = cargo::output(&mut command)?;
    if !done.status.success() {
        eprint!("{}", String::from_utf8_lossy(&done.stderr));
        bail!(
            "`cargo {}` failed in {}",
            arguments.join(" "),
            folder.display()
        );
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

fn path_text(path: &Path) -> Result<&str> {
    path.to_str()
        .with_context(|| format!("{} is no text: move the workspace", path.display()))
}
