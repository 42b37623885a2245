//! `cargo xtask semver`: whether the public API keeps what the last release promised.
//!
//! `cargo semver-checks` judges. Without a release there is nothing to compare with; the review of every
//! change is `cargo xtask api`'s.

use crate::run::{self, Cargo};
use crate::workspace::Workspace;
use crate::{Result, Verdict};

/// Compares with the last release, or says why not.
pub(crate) fn command(ws: &Workspace, arguments: &[String]) -> Result<Verdict> {
    if !arguments.is_empty() {
        return Err("`semver` takes no arguments".into());
    }
    // Nothing to compare with where the sources came without their history.
    let list = ["tag", "--list", "v*", "--sort=-v:refname", "--merged"];
    let tags = run::output(ws, "git", &list).unwrap_or_default();
    let Some(base) = tags.lines().next() else {
        println!("skipped: no release is tagged (`v0.1.0`), so there is no promise to keep yet");
        return Ok(Verdict::Skipped);
    };
    if run::output(ws, "cargo", &["semver-checks", "--version"]).is_err() {
        println!(
            "cargo semver-checks is missing, and there is a release to compare with ({base})\n    \
             mend: `cargo install --locked cargo-semver-checks`; for CI, install it in .ci/run"
        );
        return Ok(Verdict::Faulty);
    }
    let packages: Vec<_> = ws
        .libraries()
        .map(|krate| format!("-p {}", krate.name))
        .collect();
    let line = format!("semver-checks {} --baseline-rev {base}", packages.join(" "));
    Ok(if Cargo::new(&line).run(ws) {
        Verdict::Clean
    } else {
        Verdict::Faulty
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specimen::Specimen;

    fn git(ws: &Workspace, line: &str) {
        let settings = "-c user.name=a -c user.email=a@example.com -c commit.gpgsign=false";
        let words = settings.split_whitespace().chain(line.split_whitespace());
        run::output(ws, "git", &words.collect::<Vec<_>>()).unwrap();
    }

    #[test]
    fn without_a_release_it_is_skipped_and_with_one_it_is_not() {
        let specimen = Specimen::new();
        let ws = specimen.load_locked();
        assert_eq!(command(&ws, &[]).unwrap(), Verdict::Skipped);
        git(&ws, "init --quiet");
        git(&ws, "add Cargo.toml");
        git(&ws, "commit --quiet -m a");
        git(&ws, "tag other-1");
        assert_eq!(command(&ws, &[]).unwrap(), Verdict::Skipped);
        // The manifest alone was committed: there is nothing that could be like the release's.
        git(&ws, "tag v0.1.0");
        assert_eq!(command(&ws, &[]).unwrap(), Verdict::Faulty);
    }
}
