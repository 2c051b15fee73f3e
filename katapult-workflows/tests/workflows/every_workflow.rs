//! Every workflow, interrupted in every way and run again: the final state is that of one undisturbed run, nothing is
//! created twice and nothing is left behind.

use std::fmt::Debug;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use crate::support::fixtures::*;
use crate::support::{Connection, Fault, World, final_state, is_exhaustive};
use katapult_core::Client;
use katapult_core::types::*;
use katapult_sandbox::Sandbox;
use katapult_workflows::katapult_build_spec::{BuildSpec, PackageRef};
use katapult_workflows::*;

/// The times after which a request is executed although its response was lost.
const LATE: [Duration; 4] = [
    Duration::from_secs(3),
    Duration::from_secs(20),
    Duration::from_millis(300),
    Duration::from_secs(10),
];

type Run = Pin<Box<dyn Future<Output = Result<String, WorkflowError>> + Send>>;

/// A workflow, and the objects that it works on.
struct Workflow {
    seed: fn(&Sandbox),
    run: fn(Client) -> Run,
}

/// An undisturbed run.
struct Undisturbed {
    state: Vec<String>,
    /// For each request, whether it is a write.
    writes: Vec<bool>,
    /// The number of times that the run was polled.
    polls: usize,
}

/// Polls a future at most `limit` times, and returns its output with the number of polls. Then it is dropped, at the await
/// that it has reached.
async fn poll_at_most<T>(
    mut future: Pin<Box<dyn Future<Output = T> + Send>>,
    limit: usize,
) -> (Option<T>, usize) {
    let mut polls = 0;
    poll_fn(move |cx| {
        polls += 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready((Some(output), polls)),
            Poll::Pending if polls >= limit => Poll::Ready((None, polls)),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

impl Workflow {
    async fn world(&self) -> World {
        let world = World::new().await;
        (self.seed)(world.now());
        world
    }

    async fn undisturbed(&self) -> Undisturbed {
        let world = self.world().await;
        let connection = Connection::new(&world);
        let (result, polls) = poll_at_most((self.run)(connection.client()), usize::MAX).await;
        result.unwrap().unwrap();
        let state = final_state(&world).await;
        self.assert_again(&world, &state, "run twice").await;
        Undisturbed {
            state,
            writes: connection.writes(),
            polls,
        }
    }

    /// Asserts that a further run succeeds and leaves the wanted state.
    async fn assert_again(&self, world: &World, wanted: &[String], what: &str) {
        let again = (self.run)(Connection::new(world).client()).await;
        assert!(again.is_ok(), "{what}: {again:?}");
        assert_state(world, wanted, &format!("{what}: {again:?}")).await;
    }

    /// Asserts that a run reaches the wanted state itself although one of its requests fails, and that a further run keeps
    /// it.
    async fn assert_survives(&self, at: usize, fault: Fault, wanted: &[String]) {
        let world = self.world().await;
        let result = (self.run)(Connection::with_fault(&world, at, fault).client()).await;
        let what = format!("request {at}, {fault:?}: {result:?}");
        assert!(result.is_ok(), "{what}");
        assert_state(&world, wanted, &what).await;
        self.assert_again(&world, wanted, &what).await;
    }

    async fn assert_lost_requests_are_survived(&self, fault: Fault) {
        let undisturbed = self.undisturbed().await;
        for at in 0..undisturbed.writes.len() {
            self.assert_survives(at, fault, &undisturbed.state).await;
        }
    }

    async fn assert_late_executions_change_nothing(&self) {
        let undisturbed = self.undisturbed().await;
        // A read that is executed late is as one that is lost.
        let writes = undisturbed.writes.iter().enumerate();
        for (at, _) in writes.filter(|(_, is_write)| **is_write) {
            for after in if is_exhaustive() {
                &LATE[..]
            } else {
                &LATE[..2]
            } {
                let fault = Fault::ExecutedLate(*after);
                self.assert_survives(at, fault, &undisturbed.state).await;
            }
        }
    }

    async fn assert_dropped_run_is_completed_by_the_next(&self) {
        let undisturbed = self.undisturbed().await;
        let step = if is_exhaustive() { 1 } else { 3 };
        for polls in (1..undisturbed.polls).step_by(step) {
            let world = self.world().await;
            let connection = Connection::new(&world);
            let (result, _) = poll_at_most((self.run)(connection.client()), polls).await;
            assert!(result.is_none(), "{result:?} after {polls} polls");
            connection.kill();
            let what = format!("dropped after {polls} of {} polls", undisturbed.polls);
            self.assert_again(&world, &undisturbed.state, &what).await;
        }
    }
}

/// Asserts that the objects of a world are the wanted ones, and names those that differ.
async fn assert_state(world: &World, wanted: &[String], what: &str) {
    let state = final_state(world).await;
    let missing: Vec<_> = wanted.iter().filter(|line| !state.contains(line)).collect();
    let surplus: Vec<_> = state.iter().filter(|line| !wanted.contains(line)).collect();
    let is_same = state.len() == wanted.len() && missing.is_empty() && surplus.is_empty();
    assert!(
        is_same,
        "{what}: missing {missing:#?}, surplus {surplus:#?}"
    );
}

async fn output<T: Debug>(
    run: impl Future<Output = Result<T, WorkflowError>>,
) -> Result<String, WorkflowError> {
    run.await.map(|output| format!("{output:?}"))
}

/// A row for each workflow: its name, the objects that it works on, and its run.
macro_rules! workflows {
    ($($name:ident: $seed:expr, $run:expr;)*) => {$(
        mod $name {
            use super::*;

            fn workflow() -> Workflow {
                fn boxed<T: Debug + 'static, F>(run: fn(Client) -> F, katapult: Client) -> Run
                where
                    F: Future<Output = Result<T, WorkflowError>> + Send + 'static,
                {
                    Box::pin(output(run(katapult)))
                }
                Workflow { seed: $seed, run: |katapult| boxed($run, katapult) }
            }

            #[tokio::test(start_paused = true)]
            async fn lost_requests_are_survived() {
                workflow().assert_lost_requests_are_survived(Fault::RequestLost).await;
            }

            #[tokio::test(start_paused = true)]
            async fn lost_responses_are_survived() {
                workflow().assert_lost_requests_are_survived(Fault::ResponseLost).await;
            }

            #[tokio::test(start_paused = true)]
            async fn late_executions_change_nothing() {
                workflow().assert_late_executions_change_nothing().await;
            }

            #[tokio::test(start_paused = true)]
            async fn dropped_run_is_completed_by_the_next() {
                workflow().assert_dropped_run_is_completed_by_the_next().await;
            }
        }
    )*};
}

fn pebble() -> VirtualMachinePackageLookup {
    VirtualMachinePackageLookup::permalink("pebble-1")
}

fn region() -> ObjectStorageClusterLookup {
    ObjectStorageClusterLookup::region("north-1")
}

fn disk() -> DiskLookup {
    DiskLookup::id("disk_data")
}

fn unresponsive(sandbox: &Sandbox) {
    sandbox.set_field(WEB, "ignores_shutdown", true.into());
}

const SPEC: &str = "<VirtualMachineSpec><DataCenter by=\"permalink\">north-1</DataCenter>\
    <Resources><Package by=\"permalink\">pebble-1</Package></Resources>\
    <Hostname><Hostname>web-9</Hostname></Hostname></VirtualMachineSpec>";

workflows! {
    build_from_package: unseeded, |katapult| async move {
        let machine = build(&katapult).run().await?;
        assert_eq!(machine.hostname.as_deref(), Some("web-9"));
        assert_eq!(machine.state, Some(VirtualMachineState::Started));
        Ok(machine)
    };
    build_from_specification: unseeded, |katapult| {
        BuildMachine::from_spec(&katapult, acme(), SPEC, "web-9").run()
    };
    stop: unseeded, |katapult| StopMachine::new(&katapult, web()).run();
    stop_of_unresponsive_guest: unresponsive, |katapult| {
        StopMachine::new(&katapult, web_by_name()).shutdown_timeout(Duration::from_secs(20)).run()
    };
    restart: unseeded, |katapult| RestartMachine::new(&katapult, web()).run();
    restart_by_force: unresponsive, |katapult| {
        RestartMachine::new(&katapult, web_by_name()).shutdown_timeout(Duration::ZERO).run()
    };
    resize_to_smaller_package: unseeded, |katapult| {
        ResizeMachine::new(&katapult, web(), pebble()).allow_stop().run()
    };
    resize_to_larger_package: unseeded, |katapult| async move {
        let package = VirtualMachinePackageLookup::permalink("stone-6");
        let machine = ResizeMachine::new(&katapult, web(), package).run().await?;
        // It was not stopped.
        assert_eq!(machine.state, Some(VirtualMachineState::Started));
        Ok(machine)
    };
    delete: unseeded, |katapult| DeleteMachine::new(&katapult, web()).run();
    attach_disk: free_disk, |katapult| AttachDisk::new(&katapult, disk(), WEB).run();
    detach_disk: attached_disk, |katapult| DetachDisk::new(&katapult, disk()).run();
    allocate_new_address: unseeded, |katapult| async move {
        let allocate = AllocateAddress::new(&katapult, web(), IpAddressVersion::Ipv6);
        let ip = allocate.run().await?;
        assert_eq!(ip.address.as_deref(), Some("2001:db8:1::2"));
        Ok(ip)
    };
    allocate_existing_address: free_address, |katapult| {
        let ip = IpAddressLookup::address("198.51.100.77");
        AllocateAddress::existing(&katapult, web_by_name(), ip).run()
    };
    release_address: unseeded, |katapult| {
        ReleaseAddress::new(&katapult, IpAddressLookup::address("198.51.100.2")).run()
    };
    ensure_load_balancer: balancer, |katapult| async move {
        let ensure = load_balancer(&katapult);
        ensure.apply().await?;
        let plan = ensure.plan().await?;
        assert_eq!(plan.to_string(), "no changes; 3 unchanged");
        Ok(plan)
    };
    ensure_records: zone, |katapult| async move { records(&katapult).apply().await };
    ensure_rules: group, |katapult| async move { rules(&katapult).apply().await };
    enable_object_storage: unseeded, |katapult| {
        EnableObjectStorage::new(&katapult, acme(), region()).run()
    };
    create_credentials: object_storage, |katapult| credentials(&katapult).run();
    estimate_price: unseeded, |katapult| {
        let spec = BuildSpec::new().package(PackageRef::permalink("pebble-3"));
        EstimatePrice::new(&katapult).spec(&spec).run()
    };
    object_storage_and_credentials: unseeded, |katapult| async move {
        EnableObjectStorage::new(&katapult, acme(), region()).run().await?;
        let credentials = credentials(&katapult).run().await?;
        assert!(credentials.access_key.starts_with("osak_"), "{credentials:?}");
        Ok(credentials)
    };
}

/// A run that is dropped between the two steps of a release has lost the connection of the address to its machine, as the
/// documentation states.
#[tokio::test(start_paused = true)]
async fn delete_with_addresses_survives_lost_requests_and_late_executions() {
    let delete = Workflow {
        seed: unseeded,
        run: |katapult| {
            let delete = DeleteMachine::new(&katapult, web()).release_addresses();
            Box::pin(output(delete.run()))
        },
    };
    delete
        .assert_lost_requests_are_survived(Fault::RequestLost)
        .await;
    delete
        .assert_lost_requests_are_survived(Fault::ResponseLost)
        .await;
    delete.assert_late_executions_change_nothing().await;
    let state = delete.undisturbed().await.state;
    assert!(
        !state.iter().any(|line| line.contains("198.51.100.2\"")),
        "{state:#?}"
    );
}
