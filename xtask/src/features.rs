//! `cargo xtask features`: what only compiles because something else switched a feature on.
//!
//! A build of the whole workspace unites all features and hides this. Here the facade is looked at
//! with none, each alone and all, and every crate without its defaults, each by itself. It runs
//! clippy instead of `cargo check`, because what a feature leaves unused is a warning only, and
//! warnings are errors here. Tests are not run.

use std::process::{Command, Stdio};

use crate::run::Cargo;
use crate::workspace::{Place, Workspace};
use crate::{Result, Verdict};

/// One line of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    Run(Cargo),
    /// What is not looked at, and why.
    Skip(String),
}

/// Runs the plan to its end and names what failed.
pub(crate) fn command(ws: &Workspace, arguments: &[String]) -> Result<Verdict> {
    if !arguments.is_empty() {
        return Err("`features` takes no arguments".into());
    }
    let plan = plan(ws, native_tls_builds());
    let failed = failures(ws, &plan);
    if failed.is_empty() {
        return Ok(Verdict::Clean);
    }
    println!("\n{} failed:", failed.len());
    for cargo in failed {
        println!("  {cargo}");
    }
    println!(
        "mend: what is used needs the feature that brings it, and what only one feature uses its \
         `#[cfg(feature = \"..\")]`; each line shows its own errors when it is run by itself"
    );
    Ok(Verdict::Faulty)
}

fn failures<'a>(ws: &Workspace, plan: &'a [Entry]) -> Vec<&'a Cargo> {
    let mut failed = Vec::new();
    for entry in plan {
        match entry {
            Entry::Run(cargo) if cargo.run(ws) => {}
            Entry::Run(cargo) => failed.push(cargo),
            Entry::Skip(reason) => println!("skipped: {reason}"),
        }
    }
    failed
}

fn plan(ws: &Workspace, native_tls: bool) -> Vec<Entry> {
    let lint = |features: &str| {
        Entry::Run(Cargo::new(&format!(
            "clippy --locked --quiet {features} -- -D warnings"
        )))
    };
    let mut plan = Vec::new();
    if let Some(facade) = ws.at(Place::Facade) {
        let name = &facade.name;
        let choices = ["default", "all", "rustls", "native-tls"];
        plan.push(lint(&format!("-p {name}")));
        for feature in facade
            .features
            .keys()
            .filter(|feature| !choices.contains(&feature.as_str()))
        {
            plan.push(lint(&format!(
                "-p {name} --no-default-features --features {feature}"
            )));
            plan.push(lint(&format!("-p {name} --features {feature}")));
        }
        plan.push(lint(&format!(
            "-p {name} --no-default-features --features all"
        )));
        plan.push(lint(&format!("-p {name} --features all")));
        if native_tls {
            plan.push(lint(&format!(
                "-p {name} --no-default-features --features all,native-tls"
            )));
        } else {
            plan.push(Entry::Skip(
                "native-tls, because OpenSSL's headers are not installed".into(),
            ));
        }
    }
    for krate in &ws.crates {
        plan.push(lint(&format!("-p {} --no-default-features", krate.name)));
    }
    plan
}

/// Whether `native-tls` can be built: only where it means OpenSSL does it need more than Rust.
fn native_tls_builds() -> bool {
    if cfg!(any(windows, target_vendor = "apple")) || std::env::var_os("OPENSSL_DIR").is_some() {
        return true;
    }
    Command::new("pkg-config")
        .args(["--exists", "openssl"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specimen::Specimen;

    fn lines(plan: &[Entry]) -> Vec<String> {
        plan.iter()
            .map(|entry| match entry {
                Entry::Run(cargo) => cargo.to_string(),
                Entry::Skip(reason) => format!("skipped: {reason}"),
            })
            .collect()
    }

    #[test]
    fn the_plan_has_none_each_alone_and_all() {
        let plan = lines(&plan(&Specimen::new().load(), true));
        for wanted in [
            "-p tickets",
            "-p tickets --no-default-features",
            "-p tickets --no-default-features --features acme",
            "-p tickets --features acme",
            "-p tickets --no-default-features --features mock",
            "-p tickets --no-default-features --features all",
            "-p tickets --features all",
            "-p tickets --no-default-features --features all,native-tls",
            "-p ticket-core --no-default-features",
            "-p ticket-http --no-default-features",
            "-p ticket-acme --no-default-features",
            "-p ticket-sandbox --no-default-features",
            "-p ticket-cli --no-default-features",
            "-p xtask --no-default-features",
        ] {
            let line = format!("cargo clippy --locked --quiet {wanted} -- -D warnings");
            assert_eq!(
                plan.iter().filter(|found| **found == line).count(),
                1,
                "{line}\n{plan:#?}"
            );
        }
    }

    #[test]
    fn what_cannot_be_built_is_skipped_in_sight() {
        let plan = lines(&plan(&Specimen::new().load(), false));
        assert!(
            !plan.iter().any(|line| line.contains("native-tls -- ")),
            "{plan:#?}"
        );
        let skipped: Vec<_> = plan
            .iter()
            .filter(|line| line.starts_with("skipped: "))
            .collect();
        assert_eq!(
            skipped,
            ["skipped: native-tls, because OpenSSL's headers are not installed"]
        );
    }

    #[test]
    fn the_specimen_compiles_with_every_set_of_features() {
        let specimen = Specimen::new();
        let ws = specimen.load_locked();
        assert_eq!(failures(&ws, &plan(&ws, true)), Vec::<&Cargo>::new());
    }

    #[test]
    fn code_that_needs_a_feature_it_does_not_ask_for_fails_without_it() {
        let specimen = Specimen::new();
        specimen.append(
            "crates/tickets/src/lib.rs",
            "/// Needs Acme.\npub const N: &str = ticket_acme::NAME;\n",
        );
        let ws = specimen.load_locked();
        let plan = plan(&ws, true);
        let failed: Vec<String> = failures(&ws, &plan)
            .into_iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            failed,
            [
                "cargo clippy --locked --quiet -p tickets -- -D warnings",
                "cargo clippy --locked --quiet -p tickets --no-default-features --features mock -- -D warnings",
                "cargo clippy --locked --quiet -p tickets --features mock -- -D warnings",
                "cargo clippy --locked --quiet -p tickets --no-default-features -- -D warnings",
            ]
        );
        assert_eq!(command(&ws, &[]).unwrap(), Verdict::Faulty);
    }

    #[test]
    fn what_a_feature_leaves_unused_fails() {
        let specimen = Specimen::new();
        specimen.append(
            "crates/tickets/src/lib.rs",
            "const NONE: usize = 0;\n/// How many.\n#[cfg(feature = \"acme\")]\npub const COUNT: usize = NONE;\n",
        );
        let ws = specimen.load_locked();
        let plan = plan(&ws, true);
        let failed = failures(&ws, &plan);
        assert_eq!(failed.len(), 4, "{failed:#?}");
    }
}
