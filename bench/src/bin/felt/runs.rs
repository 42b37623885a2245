//! Runs the command and the scripts, and notes what each run took.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use ticket_bench::Error;

use super::{AIOHTTP, AUTO, EMPTY, FETCH, Lab, OURS, Of, REQUESTS, Took, few};

impl Lab {
    fn serve(&self, latency: u32) -> Result<Server, Error> {
        let mut child = Command::new(&self.server)
            .arg(latency.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut address = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut address)?;
        }
        let address = address.trim().to_owned();
        Ok(Server { child, address })
    }

    /// A file with so many tickets, one per line.
    fn tickets(&self, account: &str, tickets: usize) -> Result<PathBuf, Error> {
        let path = self.folder.join(format!("{account}{tickets}"));
        let prefix = if account.is_empty() {
            String::new()
        } else {
            format!("{account}:")
        };
        let lines = (1..=tickets).map(|id| format!("{prefix}{id}\n"));
        std::fs::write(&path, lines.collect::<String>())?;
        Ok(path)
    }

    /// Runs `program` and notes what it took.
    fn run(&mut self, of: Of, program: &Path, arguments: &[&str]) -> Result<(), Error> {
        let output = Command::new(&self.options.python)
            .arg(self.script("measured.py"))
            .arg(program)
            .args(arguments)
            .env("XDG_STATE_HOME", &self.folder)
            .output()?;
        let took: Took = serde_json::from_slice(&output.stdout)?;
        if took.code != 0 {
            return Err(format!(
                "{} {} ended with {}",
                program.display(),
                arguments.join(" "),
                took.code
            )
            .into());
        }
        self.sheet.entry(of).or_default().push(took);
        Ok(())
    }

    fn script(&self, name: &str) -> PathBuf {
        self.root.join("bench/felt").join(name)
    }

    fn run_script(&mut self, of: Of, name: &str, arguments: &[&str]) -> Result<(), Error> {
        let script = self.script(name);
        let program = if Path::new(name).extension().is_some_and(|kind| kind == "py") {
            self.options.python.clone()
        } else {
            "node".into()
        };
        let script = script.to_string_lossy();
        let arguments = [&[&*script], arguments].concat();
        self.run(of, &program, &arguments)
    }

    /// Runs the command with a ledger of its own.
    fn run_command(&mut self, of: Of, server: &Server, arguments: &[&str]) -> Result<(), Error> {
        let config = self.folder.join("accounts.toml");
        let at = &server.address;
        std::fs::write(
            &config,
            format!(
                "[accounts.onecloud]\nprovider = \"onecloud\"\nbase_url = \"{at}\"\ntoken = \"k\"\n\
                 [accounts.leadsquared]\nprovider = \"leadsquared\"\nbase_url = \"{at}\"\naccess_key = \"k\"\n\
                 secret_key = \"k\"\norg_id = \"22824\"\nrate = \"1000000/1\"\n"
            ),
        )?;
        let ledger = self.folder.join("tickets");
        if ledger.exists() {
            std::fs::remove_dir_all(&ledger)?;
        }
        let config = config.to_string_lossy();
        let arguments = [&["--config", &*config], arguments].concat();
        let command = self.command.clone();
        self.run(of, &command, &arguments)
    }

    pub(super) fn deletes(&mut self, latency: u32, round: usize) -> Result<(), Error> {
        let server = self.serve(latency)?;
        let many = self.tickets("", self.options.tickets)?;
        let few = self.tickets("", few(latency))?;
        let ours = self.tickets("onecloud", self.options.tickets)?;
        let [many, few, ours] = [&many, &few, &ours].map(|path| path.to_string_lossy());
        let delete = ["delete", "--yes", "--max", "10000000", "--from", &ours];
        // Who begins changes from round to round.
        for turn in 0..5 {
            match (turn + round) % 5 {
                0 => {
                    let fixed = [&delete[..], &["--concurrency", "32"]].concat();
                    self.run_command(("delete", latency, OURS), &server, &fixed)?;
                }
                1 => self.run_command(("delete", latency, AUTO), &server, &delete)?,
                2 => self.run_script(
                    ("delete", latency, AIOHTTP),
                    "delete-aiohttp.py",
                    &[&server.address, &many],
                )?,
                3 => self.run_script(
                    ("delete", latency, REQUESTS),
                    "delete-requests.py",
                    &[&server.address, &few],
                )?,
                _ => self.run_script(
                    ("delete", latency, FETCH),
                    "delete-fetch.mjs",
                    &[&server.address, &few],
                )?,
            }
        }
        Ok(())
    }

    pub(super) fn lists(&mut self, latency: u32, round: usize) -> Result<(), Error> {
        let server = self.serve(latency)?;
        for turn in 0..3 {
            match (turn + round) % 3 {
                0 => {
                    let list = [
                        "list",
                        "onecloud",
                        "--output",
                        "ndjson",
                        "--page-size",
                        "100",
                    ];
                    self.run_command(("list", latency, AUTO), &server, &list)?;
                }
                1 => self.run_script(
                    ("list", latency, REQUESTS),
                    "list-requests.py",
                    &[&server.address],
                )?,
                _ => self.run_script(
                    ("list", latency, FETCH),
                    "list-fetch.mjs",
                    &[&server.address],
                )?,
            }
        }
        Ok(())
    }

    pub(super) fn starts(&mut self) -> Result<(), Error> {
        let command = self.command.clone();
        let python = self.options.python.clone();
        for _ in 0..10 {
            self.run(("start", 0, EMPTY), Path::new(EMPTY), &[])?;
            self.run(("start", 0, AUTO), &command, &["providers"])?;
            self.run(("start", 0, REQUESTS), &python, &["-c", "import requests"])?;
            self.run(("start", 0, FETCH), Path::new("node"), &["-e", "0"])?;
        }
        Ok(())
    }

    pub(super) fn memory(&mut self) -> Result<(), Error> {
        let server = self.serve(0)?;
        for (load, tickets) in [(0, 10_000), (1, self.options.many)] {
            eprintln!("memory for {tickets} tickets");
            let path = self.tickets("leadsquared", tickets)?;
            let path = path.to_string_lossy();
            let delete = ["delete", "--yes", "--max", "10000000", "--from", &path];
            self.run_command(("memory", load, OURS), &server, &delete)?;
        }
        Ok(())
    }
}

/// A bare server with late replies. It ends with this.
struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
