//! The Restate server and the handlers, as processes that can be killed.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Kills the program once the input ends: when somebody says so, or the process that started it is gone. A line there is a
/// signal, after which the program ends by itself.
const SUPERVISE: &str = r#"
"$@" &
while read -r signal; do kill -s "$signal" "$!"; wait "$!"; exit "$?"; done
kill -s KILL "$!"
wait
"#;

/// A running program.
struct Process(Child);

impl Process {
    fn start(program: &Path, arguments: &[String], log: &Path) -> Self {
        let log = File::options().create(true).append(true).open(log).unwrap();
        let mut shell = Command::new("sh");
        shell
            .args(["-c", SUPERVISE, "sh"])
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        Self(shell.spawn().unwrap())
    }

    /// Asks it to end. Returns whether it ended without an error.
    fn terminate(mut self) -> bool {
        let mut signals = self.0.stdin.take().unwrap();
        signals.write_all(b"TERM\n").unwrap();
        self.0.wait().unwrap().success()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// A process with handlers.
pub struct Handlers {
    pub port: u16,
    arguments: Vec<String>,
    log: PathBuf,
    running: Option<Process>,
}

impl Handlers {
    /// Starts one with these arguments, on a free port.
    pub fn new(mut arguments: Vec<String>, folder: &Path) -> Self {
        let port = free_port();
        arguments.push(format!("--listen=127.0.0.1:{port}"));
        let mut handlers = Self {
            port,
            arguments,
            log: folder.join(format!("handlers-{port}.log")),
            running: None,
        };
        handlers.start();
        handlers
    }

    pub fn start(&mut self) {
        let program = Path::new(env!("CARGO_BIN_EXE_tickets-restate"));
        let start = || Process::start(program, &self.arguments, &self.log);
        self.running.get_or_insert_with(start);
        wait_for(self.port);
    }

    pub fn kill(&mut self) {
        self.running = None;
    }

    /// Asks it to end. Returns whether it ended without an error.
    pub fn terminate(&mut self) -> bool {
        self.running.take().is_none_or(Process::terminate)
    }
}

/// A private Restate server.
pub struct Server {
    program: PathBuf,
    arguments: Vec<String>,
    admin: u16,
    ingress: u16,
    log: PathBuf,
    running: Option<Process>,
}

impl Server {
    /// Where its program is: `RESTATE_SERVER`, or a folder of `PATH`.
    pub fn find() -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut places = std::env::split_paths(&path).map(|folder| folder.join("restate-server"));
        let named = std::env::var_os("RESTATE_SERVER").map(PathBuf::from);
        named.or_else(|| places.find(|place| place.exists()))
    }

    /// Starts one with its data in this folder.
    pub fn new(program: PathBuf, folder: &Path) -> Self {
        let (admin, ingress, node) = (free_port(), free_port(), free_port());
        let settings = include_str!("../../restate.toml")
            .replace(":9070", &format!(":{admin}"))
            .replace(":8080", &format!(":{ingress}"));
        let file = folder.join("restate.toml");
        let node = format!("bind-port = {node}\n{settings}");
        std::fs::write(&file, node).unwrap();
        let arguments = [
            format!("--config-file={}", file.display()),
            format!("--base-dir={}", folder.join("restate").display()),
            "--node-name=one".to_owned(),
            "--no-logo".to_owned(),
        ];
        let mut server = Self {
            program,
            arguments: arguments.into(),
            admin,
            ingress,
            log: folder.join("server.log"),
            running: None,
        };
        server.start();
        server
    }

    pub fn start(&mut self) {
        let start = || Process::start(&self.program, &self.arguments, &self.log);
        self.running.get_or_insert_with(start);
    }

    pub fn kill(&mut self) {
        self.running = None;
    }

    /// Tells it where handlers are.
    pub fn register(&self, port: u16) {
        let body = format!(r#"{{"uri":"http://127.0.0.1:{port}"}}"#);
        post(self.admin, "/deployments", &body);
    }

    /// Calls a handler without waiting for its end.
    pub fn send(&self, handler: &str, input: &str) {
        post(self.ingress, &format!("/{handler}/send"), input);
    }
}

/// Sends JSON until the server is there and accepts it.
fn post(port: u16, path: &str, body: &str) {
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut answer = String::new();
    let until = Instant::now() + Duration::from_secs(60);
    while Instant::now() < until {
        answer.clear();
        wait_for(port);
        let sent = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).and_then(|mut stream| {
            stream.write_all(request.as_bytes())?;
            stream.read_to_string(&mut answer)
        });
        if sent.is_ok() && answer.starts_with("HTTP/1.1 20") {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("POST {path}: {answer}");
}

/// Waits until somebody listens.
fn wait_for(port: u16) {
    let until = Instant::now() + Duration::from_secs(60);
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        assert!(Instant::now() < until, "nobody listens on port {port}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}
