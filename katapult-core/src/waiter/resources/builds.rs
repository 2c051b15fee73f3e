//! Builds of virtual machines.

use katapult_gen::types::{
    VirtualMachineBuild, VirtualMachineBuildLookup, VirtualMachineBuildState,
};
use katapult_gen::virtual_machine_builds::{Get, GetResponse, VirtualMachineBuilds};

use super::{LONG_TIMEOUT, ResourceCondition, describe_state};
use crate::transport::HttpTransport;
use crate::waiter::{WaitState, Waiter};

/// The condition that a build is complete.
pub type VirtualMachineBuildCondition = ResourceCondition<Get, VirtualMachineBuild>;

/// Waiters for builds of virtual machines.
pub trait VirtualMachineBuildsWaitExt {
    /// Returns a waiter until a build is complete. The build then names its virtual machine, which has yet to start.
    ///
    /// It fails if the build fails. Default [timeout](Waiter::timeout): 30 min.
    ///
    /// ```no_run
    /// use katapult_core::{prelude::*, types::VirtualMachineBuildLookup};
    ///
    /// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let build = VirtualMachineBuildLookup::id("vmbuild_1");
    /// let build = katapult.virtual_machine_builds().wait(build).await?;
    /// println!("built {:?}", build.virtual_machine.map(|machine| machine.id));
    /// # Ok(()) }
    /// ```
    fn wait(
        &self,
        build: impl Into<VirtualMachineBuildLookup>,
    ) -> Waiter<VirtualMachineBuildCondition>;
}

impl VirtualMachineBuildsWaitExt for VirtualMachineBuilds<HttpTransport> {
    fn wait(
        &self,
        build: impl Into<VirtualMachineBuildLookup>,
    ) -> Waiter<VirtualMachineBuildCondition> {
        let extract = |response: GetResponse| response.virtual_machine_build;
        let evaluate = |build: &VirtualMachineBuild| match build.state {
            Some(VirtualMachineBuildState::Complete) => WaitState::Succeeded,
            Some(VirtualMachineBuildState::Failed) => WaitState::Failed,
            _ => WaitState::Pending,
        };
        ResourceCondition::new(self.get(build), extract, evaluate, |build| {
            let state = build.state.as_ref().map(VirtualMachineBuildState::as_str);
            describe_state("virtual machine build", &build.id, state)
        })
        .with_timeout(LONG_TIMEOUT)
        .into_waiter()
    }
}
