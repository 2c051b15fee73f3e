//! What a test puts into the sandbox by hand, beside what it asks for.

use serde_json::{Value, json};

use crate::Sandbox;
use crate::behaviour::{builds, life, trash};
use crate::seed::{self, WorldError};
use crate::world::World;

impl Sandbox {
    /// Puts an object there, of a type as the document names it, and gives its id: that among its
    /// fields, or a new one. A field that names another object holds that object's id.
    ///
    /// ```
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = katapult_sandbox::Sandbox::start().await?;
    /// let acme = sandbox.id_of("Organization", "sub_domain", "acme")?;
    /// let zone = serde_json::json!({"name": "acme.example", "organization": acme});
    /// let zone = sandbox.put("DnsZone", zone)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// When its fields are no object, or its id is no text.
    pub fn put(&self, kind: &str, fields: Value) -> Result<String, WorldError> {
        self.change(|world| seed::put(world, kind, &fields))
    }

    /// Sets a field of an object.
    pub fn set(&self, id: &str, field: &str, value: Value) {
        self.change(|world| world.set(id, field, value));
    }

    /// Puts an object into the trash, and gives the id of its trash object.
    pub fn trash(&self, id: &str) -> String {
        self.change(|world| trash::put(world, id))
    }

    /// Takes an object away, with all that belongs to it.
    pub fn remove(&self, id: &str) {
        self.change(|world| trash::remove_with_all(world, id));
    }

    /// The id of the oldest object of a type whose field has this value.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn id_of(&self, kind: &str, field: &str, value: &str) -> Result<String, WorldError> {
        self.world(|world| id_of(world, kind, field, value))
    }

    /// Puts a machine there as a build from this package makes it, with a disk, an interface and an
    /// address, in this state: `started`, `stopped`. Gives its id.
    ///
    /// ```
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = katapult_sandbox::Sandbox::start().await?;
    /// let web = sandbox.machine("web-9", "pebble-1", "started")?;
    /// // Its guest is deaf to a shutdown.
    /// sandbox.set(&web, "ignores_shutdown", true.into());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// When the world lacks an organization, a zone, the package or an address.
    pub fn machine(
        &self,
        hostname: &str,
        package: &str,
        state: &str,
    ) -> Result<String, WorldError> {
        self.change(|world| {
            let first = |kind: &str| {
                let first = world.of_kind(kind).next();
                let first = first.map(|object| object.id.clone());
                first.ok_or_else(|| WorldError(format!("there is no {kind} for a machine")))
            };
            let (organization, zone) = (first("Organization")?, first("Zone")?);
            let package = id_of(world, "VirtualMachinePackage", "permalink", package)?;
            let plan = json!({"zone": zone, "package": package});
            let machine = builds::make(world, &organization, hostname, &plan);
            let machine = machine.ok_or_else(|| WorldError("there is no address left".into()))?;
            world.set(&machine, "state", state);
            if state == "started" {
                life::attached(world, &machine, "attached");
            }
            Ok(machine)
        })
    }

    /// What it holds, in a form that can be compared: see [`World::snapshot`].
    pub fn snapshot(&self) -> Vec<String> {
        self.world(World::snapshot)
    }

    fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut state = self.shared.lock();
        let now = state.clock.world();
        life::advance(&mut state.world, now);
        change(&mut state.world)
    }
}

fn id_of(world: &World, kind: &str, field: &str, value: &str) -> Result<String, WorldError> {
    let found = world.having(kind, field, value).next();
    found
        .map(|object| object.id.clone())
        .ok_or_else(|| WorldError(format!("there is no {kind} whose {field} is {value:?}")))
}
