//! What this process asks of the operating system for itself.

/// Leaves no image of this process on the disk if it is killed: its memory holds credentials. On Linux, other processes
/// of the same user cannot read its memory either. Where a platform has neither, its own settings decide.
pub(crate) fn dump_no_core() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        // A limit can always be lowered.
        let _ = setrlimit(Resource::Core, none);
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // A pipe as the core pattern ignores the limit, but not this.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}
