//! Requests that the API executes long after their responses were lost, with effects that the final state does not show.

use std::time::Duration;

use crate::support::fixtures::*;
use crate::support::{Connection, Fault, World};

#[tokio::test(start_paused = true)]
async fn credentials_executed_late_do_not_replace_the_returned_ones() {
    // The list of keys, the creation, the list, and the credentials.
    let generation = 3;
    for after in [300, 3_000, 10_000, 20_000].map(Duration::from_millis) {
        let world = World::new().await;
        object_storage(world.now());
        let katapult =
            Connection::with_fault(&world, generation, Fault::ExecutedLate(after)).client();
        let created = credentials(&katapult).run().await.unwrap();
        tokio::time::sleep(Duration::from_secs(60)).await;
        let current = world.now().world(|world| {
            let key = world.get(&created.access_key).unwrap();
            key.text("s3_access_key_id").to_owned()
        });
        assert_eq!(current, created.id, "after {after:?}");
    }
}
