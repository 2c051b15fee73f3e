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
type Steps = Pin<Box<dyn Future<Output = Result<Vec<Step>, WorkflowError>> + Send>>;

/// A workflow, and the objects that it works on.
struct Workflow {
    seed: fn(&Sandbox),
    run: fn(Client) -> Run,
}

/// An undisturbed run.
struct Undisturbed {
    state: Vec<String>,
    /// The number of requests.
    requests: usize,
    /// The index of each write, with its method and path.
    writes: Vec<(usize, String)>,
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
        let (requests, writes) = (connection.sent(), connection.writes());
        let state = final_state(&world).await;
        self.assert_again(&world, &state, "run twice").await;
        Undisturbed {
            state,
            requests,
            writes,
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

    /// Loses each write.
    async fn assert_lost_writes_are_survived(&self) {
        let undisturbed = self.undisturbed().await;
        for (at, _) in undisturbed.writes {
            self.assert_survives(at, Fault::RequestLost, &undisturbed.state)
                .await;
        }
    }

    /// Loses the response to each request. For a read, that is the same as its loss.
    async fn assert_lost_responses_are_survived(&self) {
        let undisturbed = self.undisturbed().await;
        for at in 0..undisturbed.requests {
            self.assert_survives(at, Fault::ResponseLost, &undisturbed.state)
                .await;
        }
    }

    async fn assert_late_executions_change_nothing(&self) {
        let undisturbed = self.undisturbed().await;
        // A read that is executed late is as one that is lost.
        for (at, _) in undisturbed.writes {
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

    /// Asserts that the steps before a run name its writes, and that none with a write remains after it.
    async fn assert_steps_are_those_of_a_run(&self, steps: fn(Client) -> Steps, repeats: usize) {
        let world = self.world().await;
        let reading = Connection::new(&world);
        let before = steps(reading.client()).await.unwrap();
        assert_eq!(reading.writes(), [], "steps only read");
        let connection = Connection::new(&world);
        (self.run)(connection.client()).await.unwrap();
        let writes = connection.writes().into_iter().map(|(_, write)| write);
        let mut writes: Vec<_> = writes.collect();
        // A request that the API refuses for a time is repeated.
        writes.dedup();
        let mut writes = writes.into_iter().peekable();
        for step in &before {
            let Some(operation) = step.operation() else {
                continue;
            };
            let expected = format!("{} {}", operation.method, operation.path);
            let is_next = writes.next_if_eq(&expected).is_some();
            assert!(is_next || step.is_conditional(), "{step}, of {before:#?}");
        }
        assert_eq!(writes.next(), None, "{before:#?}");
        let after = steps(Connection::new(&world).client()).await.unwrap();
        assert_eq!(after.len(), repeats, "{after:#?}");
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
///
/// With `[steps]`, the row has the workflow in place of its run, and its steps are tested too. A further run has no steps,
/// or as many as `[steps, N again]` states.
macro_rules! workflows {
    ($($name:ident $([$($steps:tt)+])?: $seed:expr, $make:expr;)*) => {$(
        mod $name {
            use super::*;

            fn workflow() -> Workflow {
                Workflow { seed: $seed, run: workflows!(@run [$($($steps)+)?] $make) }
            }

            #[tokio::test(start_paused = true)]
            async fn lost_writes_are_survived() {
                workflow().assert_lost_writes_are_survived().await;
            }

            #[tokio::test(start_paused = true)]
            async fn lost_responses_are_survived() {
                workflow().assert_lost_responses_are_survived().await;
            }

            #[tokio::test(start_paused = true)]
            async fn late_executions_change_nothing() {
                workflow().assert_late_executions_change_nothing().await;
            }

            #[tokio::test(start_paused = true)]
            async fn dropped_run_is_completed_by_the_next() {
                workflow().assert_dropped_run_is_completed_by_the_next().await;
            }

            workflows!(@steps [$($($steps)+)?] $make);
        }
    )*};
    (@run [] $run:expr) => {
        |katapult| boxed($run, katapult)
    };
    (@run [$($steps:tt)+] $make:expr) => {
        |katapult| {
            let make = $make;
            Box::pin(output(make(&katapult).run()))
        }
    };
    (@steps [] $run:expr) => {};
    (@steps [steps] $make:expr) => {
        workflows!(@steps [steps, 0 again] $make);
    };
    (@steps [steps, $repeats:literal again] $make:expr) => {
        #[tokio::test(start_paused = true)]
        async fn steps_are_those_of_a_run() {
            let steps = |katapult: Client| -> Steps {
                Box::pin(async move {
                    let make = $make;
                    make(&katapult).steps().await
                })
            };
            workflow().assert_steps_are_those_of_a_run(steps, $repeats).await;
        }
    };
}

fn boxed<T: Debug + 'static, F>(run: fn(Client) -> F, katapult: Client) -> Run
where
    F: Future<Output = Result<T, WorkflowError>> + Send + 'static,
{
    Box::pin(output(run(katapult)))
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

fn web_9_is_stopped(sandbox: &Sandbox) {
    sandbox.add_machine("web-9", "pebble-3", "stopped").unwrap();
}

const SPEC: &str = "<VirtualMachineSpec><DataCenter by=\"permalink\">north-1</DataCenter>\
    <Resources><Package by=\"permalink\">pebble-1</Package></Resources>\
    <Hostname><Hostname>web-9</Hostname></Hostname></VirtualMachineSpec>";

workflows! {
    build_from_package [steps]: unseeded, |katapult: &Client| build(katapult);
    build_from_specification [steps]: unseeded, |katapult: &Client| {
        BuildMachine::from_spec(katapult, acme(), &BuildSpec::from_xml(SPEC).unwrap()).unwrap()
    };
    build_of_existing_machine [steps]: web_9_is_stopped, |katapult: &Client| build(katapult);
    stop [steps]: unseeded, |katapult: &Client| StopMachine::new(katapult, web());
    stop_of_unresponsive_guest [steps]: unresponsive, |katapult: &Client| {
        let stop = StopMachine::new(katapult, web_by_name());
        stop.shutdown_timeout(Duration::from_secs(20))
    };
    restart [steps, 3 again]: unseeded, |katapult: &Client| RestartMachine::new(katapult, web());
    restart_by_force [steps, 2 again]: unresponsive, |katapult: &Client| {
        RestartMachine::new(katapult, web_by_name()).shutdown_timeout(Duration::ZERO)
    };
    resize_to_smaller_package [steps]: unseeded, |katapult: &Client| {
        ResizeMachine::new(katapult, web(), pebble()).allow_stop()
    };
    resize_to_larger_package [steps]: unseeded, |katapult: &Client| {
        let package = VirtualMachinePackageLookup::permalink("stone-6");
        ResizeMachine::new(katapult, web(), package)
    };
    delete [steps]: unseeded, |katapult: &Client| DeleteMachine::new(katapult, web());
    attach_disk [steps]: free_disk, |katapult: &Client| AttachDisk::new(katapult, disk(), WEB);
    detach_disk [steps]: attached_disk, |katapult: &Client| DetachDisk::new(katapult, disk());
    allocate_new_address [steps]: unseeded, |katapult: &Client| {
        AllocateAddress::new(katapult, web(), IpAddressVersion::Ipv6)
    };
    allocate_existing_address [steps]: free_address, |katapult: &Client| {
        let ip = IpAddressLookup::address("198.51.100.77");
        AllocateAddress::existing(katapult, web_by_name(), ip)
    };
    release_address [steps]: unseeded, |katapult: &Client| {
        ReleaseAddress::new(katapult, IpAddressLookup::address("198.51.100.2"))
    };
    ensure_load_balancer: balancer, |katapult| async move {
        let ensure = load_balancer(&katapult);
        ensure.apply().await?;
        let plan = ensure.plan().await?;
        assert_eq!(plan.to_string(), "no changes; 3 unchanged");
        Ok(plan)
    };
    ensure_missing_load_balancer: unseeded, |katapult| async move {
        named_load_balancer(&katapult).apply().await
    };
    ensure_load_balancer_by_name: balancer, |katapult| async move {
        named_load_balancer(&katapult).apply().await
    };
    delete_load_balancer: balancer, |katapult| async move {
        absent_load_balancer(&katapult).apply().await
    };
    set_challenge: zone, |katapult| async move { challenge(&katapult).set().await };
    clear_challenge: challenges, |katapult| async move { challenge(&katapult).clear().await };
    ensure_records: zone, |katapult| async move { records(&katapult).apply().await };
    ensure_rules: group, |katapult| async move { rules(&katapult).apply().await };
    enable_object_storage [steps]: unseeded, |katapult: &Client| {
        EnableObjectStorage::new(katapult, acme(), region())
    };
    create_credentials [steps, 1 again]: object_storage, |katapult: &Client| credentials(katapult);
    object_storage_and_credentials: unseeded, |katapult| async move {
        EnableObjectStorage::new(&katapult, acme(), region()).run().await?;
        let credentials = credentials(&katapult).run().await?;
        assert!(credentials.access_key.starts_with("osak_"), "{credentials:?}");
        Ok(credentials)
    };
    estimate_price: unseeded, |katapult| {
        let spec = BuildSpec::new().package(PackageRef::permalink("pebble-3"));
        EstimatePrice::new(&katapult).spec(&spec).run()
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
    delete.assert_lost_writes_are_survived().await;
    delete.assert_lost_responses_are_survived().await;
    delete.assert_late_executions_change_nothing().await;
    let state = delete.undisturbed().await.state;
    assert!(
        !state.iter().any(|line| line.contains("198.51.100.2\"")),
        "{state:#?}"
    );
}
