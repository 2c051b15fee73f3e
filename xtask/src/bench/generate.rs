//! The time from the upstream documents to the generated code, with an optimised xtask.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use rustix::fs::{Advice, fadvise};

use crate::bench::command::{Cargo, measured};
use crate::bench::options::Options;
use crate::bench::report::{Row, median};

const VENDOR: &str = "vendor alone";
const WHAT: &str = "vendor and generate, from cold files";

fn row(what: &str, seconds: Option<f64>) -> Row {
    Row {
        measure: "generate",
        what: what.to_owned(),
        unit: "s",
        ours: seconds,
        peer: None,
        goal: (what == WHAT).then_some(3.0),
    }
}

pub(crate) fn rows(root: &Path, options: &Options) -> Result<Vec<Row>> {
    let Some([core, public]) = options.upstream(root) else {
        eprintln!("there are no upstream documents: give --core and --public");
        return Ok([WHAT, VENDOR].map(|what| row(what, None)).into());
    };
    let target = root.join("target");
    let cargo = Cargo {
        folder: root.to_owned(),
        target: target.clone(),
    };
    measured(&mut cargo.command(["build", "--release", "--package", "xtask"]))?;
    let xtask = target.join("release").join("xtask");
    let scratch = target.join("bench").join("pipeline");
    let mut both = Vec::new();
    let mut vendor = Vec::new();
    for _ in 0..options.runs() {
        let openapi = scratch.join("openapi");
        // A file that has its text already is not written again, which would be faster than a first run.
        let _ = fs::remove_dir_all(&scratch);
        fs::create_dir_all(&openapi)?;
        let mut read: Vec<PathBuf> = vec![core.clone(), public.clone(), xtask.clone()];
        for name in ["names.yaml", "corrections.yaml"] {
            let to = openapi.join(name);
            fs::copy(root.join("openapi").join(name), &to)
                .with_context(|| format!("cannot copy openapi/{name}: check out the file again"))?;
            read.push(to);
        }
        for path in &read {
            evict(path)?;
        }
        let first = measured(
            Command::new(&xtask)
                .arg("vendor")
                .arg("--core")
                .arg(&core)
                .arg("--public")
                .arg(&public)
                .arg("--openapi")
                .arg(&openapi),
        )?;
        let second = measured(
            Command::new(&xtask)
                .arg("generate")
                .arg("--openapi")
                .arg(&openapi)
                .arg("--out")
                .arg(scratch.join("generated")),
        )?;
        vendor.push(first.wall.as_secs_f64());
        both.push((first.wall + second.wall).as_secs_f64());
    }
    Ok(vec![
        row(WHAT, Some(median(both))),
        row(VENDOR, Some(median(vendor))),
    ])
}

/// Removes a file from the page cache.
fn evict(path: &Path) -> Result<()> {
    let file = fs::File::open(path)
        .with_context(|| format!("cannot read {}: give a readable file", path.display()))?;
    // Pages that are not written yet cannot be evicted.
    file.sync_all().ok();
    fadvise(&file, 0, None, Advice::DontNeed).with_context(|| {
        format!(
            "cannot evict {} from the page cache: the file system may not support it",
            path.display()
        )
    })
}
