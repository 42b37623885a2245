//! Where this command keeps jobs, and records its calls: the ledger that all commands of a user share, so that they keep
//! one quota together, the one of a fleet, or a temporary one.

mod postgres;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use etcetera::BaseStrategy as _;
use ticket_jobs::{Job, JobId, Jobs, MemoryLedger, SqliteLedger, user_at_host};
use tickets::Registry;

use crate::args::Global;
use crate::failure::Failure;
use crate::status::say;
use crate::{status, text};

/// The name of the file with the key of erasures.
const KEY: &str = "erasure.key";

/// What can be done where a ledger cannot be.
const ELSEWHERE: &str = "--ledger FILE names another place for jobs and quotas";

/// The size of a small ledger, in bytes.
const SMALL: usize = 64 * 1024;

/// What a command does at its accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It changes nothing: calls that no limit counts are not recorded.
    Read,
    /// It changes one ticket.
    Write,
}

/// A ledger that is open.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) jobs: Jobs,
    /// The arguments that name it to another command; `None` if it ends with this one.
    arguments: Option<String>,
    /// Its file, if it is kept in one.
    path: Option<PathBuf>,
    /// Where the file with the key of erasures is.
    key: Option<PathBuf>,
}

/// The ledger of a command whose ledger may never be needed.
#[derive(Debug)]
pub(crate) struct LedgerOnDemand {
    place: Place,
    /// `None` if it cannot be opened.
    opened: OnceLock<Option<Jobs>>,
}

/// Where a ledger is.
#[derive(Clone, Debug)]
enum Place {
    /// Somebody named this file.
    Named(PathBuf),
    /// Somebody named this database.
    Postgres(String),
    /// The user's folder for the state of programs; `None` if there is none.
    Usual(Option<PathBuf>),
}

impl Ledger {
    /// Opens the ledger that is asked for, or the user's own.
    ///
    /// A ledger that is refused is an error. If there is no folder that can be written, this says so, and the ledger is
    /// a temporary one.
    pub(crate) fn open(global: &Global) -> Result<Self, Failure> {
        let place = Place::of(global);
        if let Place::Postgres(url) = &place {
            return postgres::ledger(url, global);
        }
        match place.prepare() {
            Ok(path) => place.ledger(&path, global),
            Err(error) => {
                if matches!(place, Place::Named(_)) {
                    return Err(error.failure());
                }
                say(&format!(
                    "note: {}; this change cannot be resumed if it ends early, and its quota is not shared with other \
                     commands",
                    error.words()
                ));
                // Where nothing can be written, memory is left.
                Ok(Self::temporary().unwrap_or_else(|_| Self::ending(MemoryLedger::new())))
            }
        }
    }

    /// Opens the ledger with the jobs of earlier commands.
    pub(crate) fn open_kept(global: &Global) -> Result<Self, Failure> {
        let place = Place::of(global);
        if let Place::Postgres(url) = &place {
            return postgres::ledger(url, global);
        }
        let path = place.prepare().map_err(|error| error.failure())?;
        place.ledger(&path, global)
    }

    /// The arguments of a command about this job; `None` if the job ends with this command.
    pub(crate) fn command(&self, verb: &str, job: &JobId) -> Option<String> {
        let arguments = self.arguments.as_deref()?;
        Some(format!("tickets job {verb} {job}{arguments}"))
    }

    /// Its file; `None` for a ledger that is not kept in one.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The file with the key of the hashes that its erasures hold in place of addresses: `erasure.key` in the same folder, or
    /// in the user's folder for the state of programs; `None` for a ledger that is not kept.
    pub(crate) fn erasure_key(&self) -> Option<PathBuf> {
        self.key.clone()
    }

    /// Says which job this is, and how it can be continued, before anything is sent.
    pub(crate) fn announce(&self, job: &JobId, tickets: usize) {
        if let Some(command) = self.command("run", job) {
            let tickets = text::counted(tickets, "ticket");
            say(&format!(
                "job {job}: {tickets}; if this ends early: {command}"
            ));
        }
    }

    /// The same for a job that is continued.
    pub(crate) fn announce_again(&self, job: &Job) {
        if let Some(command) = self.command("run", &job.id) {
            let are = if job.open == 1 { "is" } else { "are" };
            say(&format!(
                "job {}: {} of {} {are} open; if this ends early: {command}",
                job.id,
                text::grouped(job.open),
                text::tickets(job.tickets)
            ));
        }
    }

    /// A ledger on the disk that ends with this command.
    pub(crate) fn temporary() -> Result<Self, Failure> {
        Ok(Self::ending(SqliteLedger::temporary()?))
    }

    fn ending(ledger: impl ticket_jobs::Ledger) -> Self {
        Self {
            jobs: jobs(ledger),
            arguments: None,
            path: None,
            key: None,
        }
    }
}

impl LedgerOnDemand {
    pub(crate) fn new(global: &Global) -> Self {
        Self {
            place: Place::of(global),
            opened: OnceLock::new(),
        }
    }

    /// The ledger, which is opened now if it is not. If it cannot be opened, this says so once.
    fn get(&self) -> Option<&Jobs> {
        let open = || {
            if let Place::Postgres(url) = &self.place {
                return postgres::jobs(url).map_err(|failure| failure.sentence());
            }
            let path = self.place.prepare().map_err(|error| error.words())?;
            open(&path).map_err(|failure| failure.sentence())
        };
        let opened = self.opened.get_or_init(|| {
            let told = |why| {
                // It says itself that it waits.
                if !status::is_paged() {
                    say(&format!(
                        "note: {why}; the quota is not shared with other commands"
                    ));
                }
            };
            open().map_err(told).ok()
        });
        opened.as_ref()
    }
}

/// The registry whose accounts take their slots from this ledger.
pub(crate) fn registry_with(ledger: &Ledger) -> Registry {
    let jobs = ledger.jobs.clone();
    Registry::new().slots(move |key, limits| Some(jobs.slots(&key.to_string(), limits)))
}

/// The registry whose accounts take their slots from this ledger if they have limits, or if the command changes something.
pub(crate) fn registry_on_demand(ledger: LedgerOnDemand, purpose: Purpose) -> Registry {
    Registry::new().slots(move |key, limits| {
        if purpose == Purpose::Read && limits.is_empty() {
            return None;
        }
        Some(ledger.get()?.slots(&key.to_string(), limits))
    })
}

/// Why a folder cannot hold a ledger.
struct Unwritable {
    folder: Option<PathBuf>,
    error: io::Error,
}

impl Unwritable {
    fn words(&self) -> String {
        match &self.folder {
            Some(folder) => format!(
                "the folder {} cannot be written ({})",
                text::line(&folder.display().to_string()),
                self.error
            ),
            None => self.error.to_string(),
        }
    }

    fn failure(&self) -> Failure {
        Failure::unconfigured(format!("{}; nothing was sent", self.words()))
            .hinting(ELSEWHERE.to_owned())
    }
}

impl Place {
    fn of(global: &Global) -> Self {
        let variable = std::env::var_os("TICKETS_LEDGER").filter(|path| !path.is_empty());
        let named = global.ledger.clone().or(variable.map(PathBuf::from));
        let Some(named) = named else {
            return Self::Usual(usual_path());
        };
        match named.to_str().filter(|text| postgres::is_url(text)) {
            Some(url) => Self::Postgres(url.to_owned()),
            None => Self::Named(named),
        }
    }

    /// The file, in a folder that can be written.
    fn prepare(&self) -> Result<PathBuf, Unwritable> {
        let (Self::Named(path) | Self::Usual(Some(path))) = self else {
            let error = io::Error::other("the user has no folder for the state of programs");
            return Err(Unwritable {
                folder: None,
                error,
            });
        };
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        match make(folder).and_then(|()| probe(folder)) {
            Ok(()) => Ok(path.clone()),
            Err(error) => Err(Unwritable {
                folder: Some(folder.to_owned()),
                error,
            }),
        }
    }

    fn ledger(&self, path: &Path, global: &Global) -> Result<Ledger, Failure> {
        let ledger = match self {
            Self::Named(path) => Some(argument("--ledger", path)),
            Self::Usual(_) | Self::Postgres(_) => None,
        };
        Ok(Ledger {
            jobs: open(path)?,
            arguments: Some(arguments(ledger, global)),
            path: Some(path.to_owned()),
            key: Some(path.with_file_name(KEY)),
        })
    }
}

/// The arguments that name this ledger, and the configuration, to another command.
fn arguments(ledger: Option<String>, global: &Global) -> String {
    let config = global.config.as_deref();
    let config = config.map(|path| argument("--config", path));
    ledger.into_iter().chain(config).collect()
}

/// A path as an argument that holds in every folder.
fn argument(name: &str, path: &Path) -> String {
    let absolute = std::path::absolute(path);
    let path = absolute.as_deref().unwrap_or(path);
    format!(" {name} {}", text::shell(path))
}

fn open(path: &Path) -> Result<Jobs, Failure> {
    match SqliteLedger::open(path) {
        Ok(ledger) => Ok(jobs(ledger)),
        Err(error) => Err(Failure::from(error).hinting(ELSEWHERE.to_owned())),
    }
}

/// The jobs of a ledger, whose events say who acts.
fn jobs(ledger: impl ticket_jobs::Ledger) -> Jobs {
    let who = format!("{}, tickets {}", user_at_host(), env!("CARGO_PKG_VERSION"));
    Jobs::new(Arc::new(ledger)).acting_as(who)
}

/// Makes the folder, for this user alone.
fn make(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Whether a file of the size of a small ledger can be written there.
fn probe(folder: &Path) -> io::Result<()> {
    // The message of tempfile has a random name, which tells the user nothing.
    let file = tempfile::tempfile_in(folder).map_err(|error| io::Error::from(error.kind()));
    file?.write_all(&vec![0; SMALL])
}

/// `tickets/jobs.db` in the user's folder for the state of programs.
fn usual_path() -> Option<PathBuf> {
    let folders = etcetera::choose_base_strategy().ok()?;
    let folder = folders.state_dir().unwrap_or_else(|| folders.data_dir());
    let path = folder.join("tickets").join("jobs.db");
    // With a relative HOME it would be a file of the current folder, whoever wrote that.
    path.is_absolute().then_some(path)
}
