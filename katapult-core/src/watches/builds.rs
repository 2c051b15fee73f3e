//! Builds of virtual machines.

use katapult_gen::types::{
    VirtualMachineBuild, VirtualMachineBuildLookup, VirtualMachineBuildState,
};
use katapult_gen::virtual_machine_builds::{self, VirtualMachineBuilds};

use super::*;

/// A build, waited for until it is complete.
pub type VirtualMachineBuildCondition =
    ResourceCondition<virtual_machine_builds::Get, VirtualMachineBuild>;

/// Waiting for builds of virtual machines.
pub trait VirtualMachineBuildsWaitExt {
    /// Waits until a build is complete. The build then names its machine, which has yet to start.
    ///
    /// It fails if the build does. The time is 30 min unless [said otherwise](Wait::timeout).
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
        let judge = |build: &VirtualMachineBuild| match build.state {
            Some(VirtualMachineBuildState::Complete) => WaitState::Succeeded,
            Some(VirtualMachineBuildState::Failed) => WaitState::Failed,
            _ => WaitState::Pending,
        };
        let take = |response: virtual_machine_builds::GetResponse| response.virtual_machine_build;
        let object = ResourceCondition::new(self.get(build), take, judge, |build| {
            let state = build.state.as_ref().map(VirtualMachineBuildState::as_str);
            in_words("virtual machine build", &build.id, state)
        });
        super::wait(object.lasting(LONG))
    }
}
