//! The private PostgreSQL: how it is killed, what it counts, and a replica of it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ticket_live::Postgres;

/// Kills the server with all its processes, and waits until it is up again.
pub(crate) fn kill_all(postgres: &Postgres) {
    kill(&family(postgres.process().unwrap()));
    postgres.wait_until_ready().unwrap();
}

/// A process and its children.
pub(crate) fn family(parent: u32) -> Vec<u32> {
    let mut family = vec![parent];
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(id) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        // Its parent is the second word after the name, which is in parentheses.
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let rest = stat.rsplit(')').next().unwrap_or_default();
        if rest.split_whitespace().nth(1) == Some(&parent.to_string()) {
            family.push(id);
        }
    }
    family
}

pub(crate) fn kill(processes: &[u32]) {
    signal("KILL", processes);
}

pub(crate) fn signal(name: &str, processes: &[u32]) {
    let ids = processes.iter().map(u32::to_string);
    // Some may have ended by themselves.
    let _ = Command::new("kill").args(["-s", name]).args(ids).output();
}

pub(crate) fn address(postgres: &Postgres) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, postgres.port().parse().unwrap()).into()
}

/// The URL of a database at this address.
pub(crate) fn url(address: SocketAddr, database: &str) -> String {
    format!("postgres://postgres@{address}/{database}?sslmode=disable")
}

/// A number that a query gives.
pub(crate) fn number(postgres: &Postgres, database: &str, sql: &str) -> i64 {
    let text = postgres.psql(database, sql).unwrap();
    text.trim().parse().unwrap_or_default()
}

/// Makes the server count statements, if it has the extension.
pub(crate) fn count_statements(postgres: &Postgres) -> bool {
    let preload = "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'";
    let has_it = "SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_stat_statements'";
    if number(postgres, "postgres", has_it) == 0 {
        return false;
    }
    postgres.psql("postgres", preload).unwrap();
    kill_all(postgres);
    let create = "CREATE EXTENSION IF NOT EXISTS pg_stat_statements";
    postgres.psql("postgres", create).unwrap();
    true
}

/// A kind of statement: how often it was carried out, and its mean time in milliseconds, without the commit.
pub(crate) type Statements = BTreeMap<String, (i64, f64)>;

/// The statements of the ledger in this database since the last reset, by function.
pub(crate) fn statements(postgres: &Postgres, database: &str) -> Statements {
    let sql = format!(
        "SELECT coalesce(substring(query FROM 'tickets\\.([a-z_]+)'), 'other'), sum(calls)::bigint,
                (sum(total_exec_time) / sum(calls))::float8
            FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
            WHERE d.datname = '{database}' AND toplevel AND query NOT LIKE '%pg_stat%' GROUP BY 1"
    );
    let text = postgres.psql("postgres", &sql).unwrap();
    let rows = text.lines().map(|line| {
        let mut columns = line.split('|');
        let name = columns.next().unwrap().to_owned();
        let calls = columns.next().unwrap().parse().unwrap();
        (name, (calls, columns.next().unwrap().parse().unwrap()))
    });
    rows.collect()
}

/// The bytes of all tables of the ledger with their indexes, by table.
pub(crate) fn bytes(postgres: &Postgres, database: &str) -> BTreeMap<String, i64> {
    let sql = "SELECT relname, pg_total_relation_size(c.oid) FROM pg_class c
        JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'tickets' AND relkind = 'r'";
    let text = postgres.psql(database, sql).unwrap();
    let rows = text.lines().map(|line| {
        let (name, bytes) = line.split_once('|').unwrap();
        (name.to_owned(), bytes.parse().unwrap())
    });
    rows.collect()
}

/// A streaming replica of a private PostgreSQL, with a folder of its own.
pub(crate) struct Replica {
    folder: tempfile::TempDir,
    port: u16,
    child: Child,
}

impl Replica {
    /// Copies the server and follows it.
    pub(crate) fn new(postgres: &Postgres) -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").unwrap();
        let nobody = is_root();
        if nobody {
            run(Command::new("chown").arg("nobody").arg(folder.path()));
        }
        let data = folder.path().join("data");
        run(program("pg_basebackup", nobody)
            .args([
                "--host=127.0.0.1",
                "--username=postgres",
                "--wal-method=stream",
            ])
            .args(["--checkpoint=fast", "--write-recovery-conf"])
            .arg(format!("--port={}", postgres.port()))
            .arg(format!("--pgdata={}", data.display())));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let child = program("postgres", nobody)
            .arg("-D")
            .arg(&data)
            .args(["-p", &port.to_string()])
            .arg("-c")
            .arg(format!(
                "unix_socket_directories={}",
                folder.path().display()
            ))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let replica = Self {
            folder,
            port,
            child,
        };
        replica.wait_for("t");
        replica
    }

    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Makes it a primary.
    pub(crate) fn promote(&self) {
        let data = self.folder.path().join("data");
        run(program("pg_ctl", is_root())
            .arg("promote")
            .arg("-D")
            .arg(data));
        self.wait_for("f");
    }

    /// Runs statements. Returns the rows, with `|` between their columns.
    pub(crate) fn psql(&self, database: &str, sql: &str) -> std::io::Result<String> {
        let output = Command::new("psql")
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
            .args(["--dbname", &url(self.address(), database), "--command", sql])
            .output()?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout)
                .trim_end()
                .to_owned());
        }
        Err(std::io::Error::other(
            String::from_utf8_lossy(&output.stderr).into_owned(),
        ))
    }

    /// Waits until it says whether it follows another server.
    fn wait_for(&self, follows: &str) {
        let begun = Instant::now();
        loop {
            let said = self.psql("postgres", "SELECT pg_is_in_recovery()");
            if said.as_deref().is_ok_and(|said| said == follows) {
                return;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "the replica: {said:?}"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        kill(&family(self.child.id()));
        let _ = self.child.wait();
    }
}

fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().any(|line| line.starts_with("Uid:\t0\t"))
}

/// A program of PostgreSQL, which refuses to run as root.
fn program(name: &str, nobody: bool) -> Command {
    let debian = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut places: Vec<PathBuf> = debian
        .map(|entry| entry.path().join("bin").join(name))
        .collect();
    places.sort();
    let program = places
        .pop()
        .filter(|path| path.exists())
        .unwrap_or_else(|| name.into());
    if !nobody {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid", "nobody", "--regid", "nogroup", "--clear-groups"])
        .args(["env", "HOME=/"])
        .arg(program);
    command
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
