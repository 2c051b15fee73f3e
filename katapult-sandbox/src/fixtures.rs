//! Objects that a test adds, changes and removes directly.

use serde_json::Value;

use crate::resources::provisioning;
use crate::sandbox::Sandbox;
use crate::world::World;
use crate::world::attachment::set_attachment;
use crate::world::cascade;
use crate::world::initial_state::{self, WorldError};

impl Sandbox {
    /// Inserts an object of a type of the document and returns its id: the field `id`, or a new one. A
    /// field that refers to another object contains that object's id.
    ///
    /// ```
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = katapult_sandbox::Sandbox::start().await?;
    /// let acme = sandbox.id_of("Organization", "sub_domain", "acme")?;
    /// let zone = serde_json::json!({"name": "acme.example", "organization": acme});
    /// let zone = sandbox.insert_object("DnsZone", zone)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// If `fields` is not a JSON object, or its `id` is not a string.
    pub fn insert_object(&self, kind: &str, fields: Value) -> Result<String, WorldError> {
        self.change_world(|world| initial_state::insert(world, kind, &fields))
    }

    /// Sets a field of an object. Does nothing if there is no such object.
    pub fn set_field(&self, id: &str, field: &str, value: Value) {
        self.change_world(|world| world.set(id, field, value));
    }

    /// Moves an object to the trash and returns the id of its trash object; an empty string if there is
    /// no such object.
    pub fn move_to_trash(&self, id: &str) -> String {
        self.change_world(|world| cascade::move_to_trash(world, id))
    }

    /// Removes an object with its dependents: a DNS zone with its records, a virtual machine with its
    /// disks. Does nothing if there is no such object.
    pub fn remove(&self, id: &str) {
        self.change_world(|world| cascade::remove_cascade(world, id));
    }

    /// Returns the id of the oldest object of a type whose field has a value.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn id_of(&self, kind: &str, field: &str, value: &str) -> Result<String, WorldError> {
        self.world(|world| id_of(world, kind, field, value))
    }

    /// Adds a virtual machine as a build with this package creates it, with a disk, a network interface
    /// and an IP address, and returns its id. `state` is `started` or `stopped`.
    ///
    /// ```
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = katapult_sandbox::Sandbox::start().await?;
    /// let web = sandbox.add_machine("web-9", "pebble-1", "started")?;
    /// // The operating system does not react to a shutdown.
    /// sandbox.set_field(&web, "ignores_shutdown", true.into());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no organization, no zone, no such package, or no free IP address.
    pub fn add_machine(
        &self,
        hostname: &str,
        package: &str,
        state: &str,
    ) -> Result<String, WorldError> {
        self.change_world(|world| add_machine(world, hostname, package, state))
    }

    /// Returns the objects in a form that can be compared: see [`World::snapshot`].
    pub fn snapshot(&self) -> Vec<String> {
        self.world(World::snapshot)
    }
}

fn add_machine(
    world: &mut World,
    hostname: &str,
    package: &str,
    state: &str,
) -> Result<String, WorldError> {
    let first = |kind: &str| {
        let first = world.first_id(kind);
        first.ok_or_else(|| WorldError::new(format!("there is no {kind} for a virtual machine")))
    };
    let (organization, zone) = (first("Organization")?, first("Zone")?);
    let package = id_of(world, "VirtualMachinePackage", "permalink", package)?;
    let plan = serde_json::json!({"zone": zone, "package": package});
    let machine = provisioning::create_machine(world, &organization, hostname, &plan);
    let machine = machine.ok_or_else(|| WorldError::new("there is no free IP address"))?;
    world.set(&machine, "state", state);
    // A started machine has its disks and interfaces attached.
    if state == "started" {
        set_attachment(world, &machine, "attached");
    }
    Ok(machine)
}

fn id_of(world: &World, kind: &str, field: &str, value: &str) -> Result<String, WorldError> {
    let found = world.find_by(kind, field, value).next();
    found
        .map(|object| object.id.clone())
        .ok_or_else(|| WorldError::new(format!("there is no {kind} whose {field} is {value:?}")))
}
