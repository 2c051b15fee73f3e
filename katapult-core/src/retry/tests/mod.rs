#[cfg(feature = "virtual-machines")] // its operations serve as examples
mod classify;
mod decide;
