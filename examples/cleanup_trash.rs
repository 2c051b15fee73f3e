//! Lists the objects in the trash, and purges them.
//!
//! `cargo run --example cleanup_trash`. With a token in `KATAPULT_API_KEY` it uses the real API, where it lists the
//! trash, and purges it only with `--write`.

mod common;

use common::{ExampleResult, Session, bar, or_unknown};
use katapult_core::prelude::*;
use katapult_core::types::TrashObjectLookup;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExampleResult<()> {
    let session = Session::start(|sandbox| {
        for number in 1..=3 {
            let machine = sandbox.add_machine(&format!("old-{number}"), "pebble-1", "stopped")?;
            sandbox.move_to_trash(&machine);
        }
        Ok(())
    })
    .await?;
    let trash = session.katapult.trash_objects();
    let objects = trash.list(&session.acme).collect_all().await?;
    for object in &objects {
        println!(
            "{}: {} {}",
            object.id,
            or_unknown(&object.object_type),
            or_unknown(&object.object_id)
        );
    }
    if !session.may_write() {
        return Ok(());
    }
    let bar = bar(objects.len() as u64, "purging");
    for object in &objects {
        let purge = trash.purge(TrashObjectLookup::id(&object.id));
        purge.wait().poll(session.poll.clone()).await?;
        bar.inc(1);
    }
    bar.finish();
    let left = trash.list(&session.acme).collect_all().await?;
    println!("purged {}; {} left", objects.len(), left.len());
    Ok(())
}
