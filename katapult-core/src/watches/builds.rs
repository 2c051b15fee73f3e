//! Builds of virtual machines.

use katapult_gen::types::{
    VirtualMachineBuild, VirtualMachineBuildLookup, VirtualMachineBuildState,
};
use katapult_gen::virtual_machine_builds::{self, VirtualMachineBuilds};

use super::*;

/// A build, waited for until it is complete.
pub type BuildWatch = Object<virtual_machine_builds::Get, VirtualMachineBuild>;

/// Waiting for builds of virtual machines.
pub trait BuildsExt {
    /// Waits until a build is complete. The build then names its machine, which has yet to start.
    ///
    /// It fails if the build does. The time is 30 min unless [said otherwise](Wait::timeout).
    fn wait(&self, build: impl Into<VirtualMachineBuildLookup>) -> Wait<BuildWatch>;
}

impl BuildsExt for VirtualMachineBuilds<Http> {
    fn wait(&self, build: impl Into<VirtualMachineBuildLookup>) -> Wait<BuildWatch> {
        let judge = |build: &VirtualMachineBuild| match build.state {
            Some(VirtualMachineBuildState::Complete) => Verdict::Done,
            Some(VirtualMachineBuildState::Failed) => Verdict::Failed,
            _ => Verdict::Pending,
        };
        let take = |reply: virtual_machine_builds::GetReply| reply.virtual_machine_build;
        let object = Object::new(self.get(build), take, judge, |build| {
            let state = build.state.as_ref().map(VirtualMachineBuildState::as_str);
            in_words("virtual machine build", &build.id, state)
        });
        super::wait(object.lasting(LONG))
    }
}
