//! Keys that are made for one test, by the real `ssh-keygen`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Whether there is an `ssh-keygen`. Without one a test ends here, and says so; in CI it fails.
pub(crate) fn tool_is_there() -> bool {
    let mut command = Command::new("ssh-keygen");
    command
        .arg("-?")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let is_there = command.status().is_ok();
    let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(is_there || !in_ci, "ssh-keygen is missing: install OpenSSH");
    if !is_there {
        println!("skipped: there is no ssh-keygen");
    }
    is_there
}

/// A folder with keys.
pub(crate) struct Keys(TempDir);

impl Keys {
    /// Keys with these names.
    pub(crate) fn new(names: &[&str]) -> Self {
        let keys = Self(tempfile::tempdir().unwrap());
        for name in names {
            keys.tool(&["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", name]);
        }
        keys
    }

    /// Runs ssh-keygen here.
    pub(crate) fn tool(&self, arguments: &[&str]) {
        let mut command = Command::new("ssh-keygen");
        command.args(arguments).current_dir(self.0.path());
        let output = command.stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The public key, without its comment.
    pub(crate) fn public(&self, name: &str) -> String {
        let line = fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap();
        let mut words = line.split(' ');
        format!("{} {}", words.next().unwrap(), words.next().unwrap())
    }

    /// The fingerprint of a key, as ssh-keygen shows it.
    pub(crate) fn fingerprint(&self, name: &str) -> String {
        let mut command = Command::new("ssh-keygen");
        let output = command.arg("-lf").arg(self.path(name)).output().unwrap();
        let line = String::from_utf8(output.stdout).unwrap();
        line.split(' ').nth(1).unwrap().to_owned()
    }

    /// A file of allowed signers with these lines.
    pub(crate) fn allowed(&self, lines: &[String]) -> PathBuf {
        let path = self.path("allowed");
        fs::write(&path, lines.join("\n") + "\n").unwrap();
        path
    }

    /// Signs bytes as a person would by hand.
    pub(crate) fn sign_by_hand(&self, key: &Path, namespace: &str, bytes: &[u8]) -> String {
        let file = self.path("by-hand");
        fs::write(&file, bytes).unwrap();
        let _ = fs::remove_file(self.path("by-hand.sig"));
        let key = key.to_str().unwrap();
        self.tool(&["-q", "-Y", "sign", "-n", namespace, "-f", key, "by-hand"]);
        fs::read_to_string(self.path("by-hand.sig")).unwrap()
    }
}
