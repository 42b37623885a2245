//! The dependencies between the workspace's crates: they point down only.
//!
//! `ticket-cli → tickets → providers → ticket-http → ticket-core`. The sandbox and the real servers depend on no other
//! crate: otherwise the tests pass even if the provider misreads the vendor's documentation.

use crate::workspace::{Role, Workspace};

/// The roles that a crate may depend on, and those that only its tests may depend on; `None` for an unknown role.
fn allowed(from: Role) -> Option<(&'static [Role], &'static [Role])> {
    use Role::{
        Conformance, Core, Facade, Http, Jobs, Live, Mcp, Provider, Sandbox, Store, Testkit,
    };
    Some(match from {
        // Only the testkit's writer and windows, which depend on no other crate: see its features.
        Role::Core => (&[], &[Testkit]),
        Role::Http => (&[Core], &[Testkit]),
        Role::Conformance => (&[Core], &[]),
        // The programs of its documentation connect accounts as an application does.
        Role::Jobs => (&[Core], &[Facade, Sandbox]),
        Role::Store => (&[Core, Jobs], &[Facade, Live, Sandbox]),
        Role::Testkit => (&[Core, Http, Conformance, Sandbox], &[]),
        Role::Provider => (&[Core, Http], &[Sandbox, Conformance, Testkit, Live]),
        // Like a third-party crate: no sandbox, which implements only the vendors of this workspace.
        Role::Example => (&[Core, Http], &[Conformance, Testkit, Live]),
        // For an account's diagnosis, which asks the host past the provider and without credentials.
        Role::Facade => (&[Core, Http, Provider], &[Sandbox, Conformance, Testkit]),
        // Its replies are compared with those of the real servers.
        Role::Sandbox => (&[], &[Live]),
        Role::Live | Role::Xtask => (&[], &[]),
        Role::Mcp => (&[Facade, Jobs], &[Sandbox]),
        // It starts the other face, and holds nothing of it.
        Role::Cli => (
            &[Facade, Jobs, Mcp, Sandbox, Store],
            &[Conformance, Testkit, Live],
        ),
        // The benchmarks measure providers directly and through the facade; the laboratories and the checker run
        // against the sandbox.
        Role::Bench => (
            &[
                Core, Http, Provider, Facade, Jobs, Live, Sandbox, Store, Testkit,
            ],
            &[],
        ),
        Role::Unknown => return None,
    })
}

/// Refuses every dependency between members that is not listed above.
pub(super) fn check(ws: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    for krate in &ws.crates {
        let (manifest, name) = (krate.manifest_path(), &krate.name);
        let Some((always, in_tests)) = allowed(krate.role) else {
            problems.push(format!(
                "{manifest}: `{name}` has no role in the workspace; add it to `Role` and `allowed` in xtask"
            ));
            continue;
        };
        for dependency in &krate.dependencies {
            let mut members = ws.crates.iter();
            let Some(on) = members.find(|member| member.name == dependency.name) else {
                continue;
            };
            // Tests may enable features of the crate itself.
            let may_in_tests = in_tests.contains(&on.role) || on.name == *name;
            let may = always.contains(&on.role) || (dependency.dev && may_in_tests);
            if !may {
                let kind = if dependency.dev {
                    "dev-dependency"
                } else {
                    "dependency"
                };
                problems.push(format!(
                    "{manifest}: `{name}` has the {kind} `{}`; move what both need further down",
                    on.name
                ));
            }
        }
    }
    problems
}
