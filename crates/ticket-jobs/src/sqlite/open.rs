//! Opens a ledger's file: what is refused, and with which words.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use ticket_core::{Error, Result};

use super::schema::{self, STEPS};
use super::time::{Boot, Time, wall_clock};
use super::values::unusable;
use crate::clock::Clock;
use crate::folder::create_lasting_folder;
#[cfg(unix)]
use crate::folder::quoted;

/// Older versions of SQLite lose commits when they begin a new WAL: see "WAL-reset bug" at sqlite.org.
const OLDEST_SQLITE: i32 = 3_051_003;

/// How often a lock is tried that another process has, 1 to 2 ms apart: for 30 s.
const TRIES: i32 = 20_000;

/// How many prepared statements a connection keeps.
const STATEMENTS: usize = 128;

/// A ledger's file that is open to write.
pub(super) struct Opened {
    pub(super) path: PathBuf,
    pub(super) connection: Connection,
    pub(super) time: Time,
    /// Whether it ends with this process, so that nothing of it has to survive a loss of power.
    pub(super) is_temporary: bool,
}

/// Opens the ledger at this path, and creates it if there is none.
pub(super) fn open(path: &Path, clock: Option<Clock>, is_temporary: bool) -> Result<Opened> {
    check_sqlite()?;
    let path = std::path::absolute(path).map_err(|error| unwritable(path, &error))?;
    let path = resolved(path)?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    create_lasting_folder(folder).map_err(|error| unwritable(&path, &error))?;
    check_folder(&path, folder)?;
    check_file_system(&path, folder)?;
    create_file(&path)?;
    let unusable = |error: rusqlite::Error| unusable(&path, &error);
    let mut connection = connect(&path).map_err(unusable)?;
    let found = schema::version(&connection).map_err(unusable)?;
    check_version(&path, found)?;
    use_wal(&path, &connection)?;
    // Only a new ledger has to survive a loss of power from here on.
    let level = level(found == Some(0), is_temporary);
    let written = connection
        .pragma_update(None, "synchronous", level)
        .and_then(|()| prepare(&mut connection, clock));
    let (found, time) = written.map_err(unusable)?;
    check_version(&path, found)?;
    let time = time.ok_or_else(|| not_a_ledger(&path))?;
    Ok(Opened {
        path,
        connection,
        time,
        is_temporary,
    })
}

/// SQLite's word for whether a commit is synced.
pub(super) const fn level(is_synced: bool, is_temporary: bool) -> &'static str {
    match (is_synced, is_temporary) {
        (_, true) => "OFF",
        (true, false) => "FULL",
        (false, false) => "NORMAL",
    }
}

/// The file itself, if the path is a link to it: SQLite writes its other files beside that one, so that folder is the one to
/// check, and the processes that name the ledger otherwise have the same.
fn resolved(path: PathBuf) -> Result<PathBuf> {
    if !path.is_symlink() {
        return Ok(path);
    }
    fs::canonicalize(&path).map_err(|error| unwritable(&path, &error))
}

/// Writes the newest tables if they are not there, and what the ledger's time is tied to. This also shows whether the
/// ledger can be written at all. Another process may have written in the meantime, so this looks at the version again.
fn prepare(
    connection: &mut Connection,
    clock: Option<Clock>,
) -> rusqlite::Result<(Option<usize>, Option<Time>)> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = schema::version(&transaction)?;
    let Some(version) = found.filter(|version| *version <= STEPS.len()) else {
        return Ok((found, None));
    };
    schema::migrate(&transaction, version, STEPS)?;
    let time = match clock {
        Some(clock) => Time::given(clock),
        None => Time::of_ledger(&transaction, Boot::current().as_ref(), wall_clock())?,
    };
    transaction.commit()?;
    Ok((found, Some(time)))
}

/// What each connection keeps of a ledger in memory, in KiB: half of what SQLite would. A ledger of a million tickets is
/// worked on as fast.
const CACHE: i64 = 1_000;

/// A connection to a ledger that exists.
pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_handler(Some(wait_for_lock))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Plans do not depend on parameters. Otherwise SQLite plans a statement again whenever its limit is bound.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "cache_size", -CACHE)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

/// Waits before a lock is tried again that another process has.
fn wait_for_lock(tries: i32) -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "SQLite waits on its own thread, for other processes"
    )]
    std::thread::sleep(Duration::from_micros(fastrand::u64(1_000..2_000)));
    tries < TRIES
}

fn check_sqlite() -> Result<()> {
    if rusqlite::version_number() >= OLDEST_SQLITE {
        return Ok(());
    }
    let message = format!(
        "this program uses SQLite {}, which can lose commits; build it with 3.51.3 or newer",
        rusqlite::version()
    );
    Err(Error::config(message))
}

fn check_version(path: &Path, found: Option<usize>) -> Result<()> {
    match found {
        None => Err(not_a_ledger(path)),
        Some(version) if version > STEPS.len() => {
            let message = format!(
                "the ledger {} was written by a newer version of tickets; use that one, or name another ledger",
                path.display()
            );
            Err(Error::config(message))
        }
        Some(_) => Ok(()),
    }
}

fn not_a_ledger(path: &Path) -> Error {
    let path = path.display();
    let message = format!("{path} is not a ledger; name another file, or move this one away");
    Error::config(message)
}

/// Lets readers and the writer work at the same time. Another process may do the same just now.
fn use_wal(path: &Path, connection: &Connection) -> Result<()> {
    let sql = "PRAGMA journal_mode = WAL";
    let mut tries = 0;
    let mode = loop {
        match connection.query_row(sql, [], |row| row.get::<_, String>(0)) {
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
                    && wait_for_lock(tries) =>
            {
                tries += 1;
            }
            mode => break mode,
        }
    };
    let mode = mode.map_err(|error| unusable(path, &error))?;
    if mode == "wal" {
        return Ok(());
    }
    let message = format!(
        "the ledger {} is in a folder where processes cannot share memory; name one on a local disk",
        path.display()
    );
    Err(Error::config(message))
}

/// What keeps a ledger from being created or written.
fn unwritable(path: &Path, error: &io::Error) -> Error {
    let path = path.display();
    let message = match error.kind() {
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => format!(
            "the ledger {path} cannot be written: its folder is read-only; make it writable, or name another ledger"
        ),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            format!(
                "the ledger {path} cannot be written: its disk is full; free some space and try again"
            )
        }
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            format!(
                "the ledger {path} cannot be created: a part of its path is not a folder; name another one"
            )
        }
        _ => format!("the ledger {path} cannot be created: {error}; name another one"),
    };
    Error::config(message)
}

/// Refuses a folder in which others can put files of their own in the ledger's place.
#[cfg(unix)]
fn check_folder(path: &Path, folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = fs::metadata(folder).map_err(|error| unwritable(path, &error))?;
    let mode = metadata.permissions().mode();
    if mode & 0o022 == 0 {
        return Ok(());
    }
    let name = folder.display();
    let message = if mode & 0o1000 == 0 {
        let folder = quoted(folder);
        format!("others can write the ledger's folder {name}; run: chmod go-w {folder}")
    } else {
        format!(
            "others can write the ledger's folder {name}; name a ledger in a folder of your own"
        )
    };
    Err(Error::config(message))
}

/// Creates the file for its owner alone, or refuses the one that is there if others can read or write it. It is not opened:
/// closing it would give up the locks that SQLite has on it in this process.
#[cfg(unix)]
fn create_file(path: &Path) -> Result<()> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let mut options = fs::OpenOptions::new();
    match options.write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let metadata = fs::metadata(path).map_err(|error| unwritable(path, &error))?;
            if !metadata.is_file() {
                return Err(not_a_ledger(path));
            }
            if metadata.permissions().mode().trailing_zeros() >= 6 {
                return Ok(());
            }
            let message = format!(
                "others can read or write the ledger {}; run: chmod 600 {}",
                path.display(),
                quoted(path)
            );
            Err(Error::config(message))
        }
        Err(error) => Err(unwritable(path, &error)),
    }
}

/// Where files have no modes, they are as private as their folder.
#[cfg(not(unix))]
fn check_folder(_: &Path, _: &Path) -> Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn create_file(path: &Path) -> Result<()> {
    match fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
    {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(unwritable(path, &error)),
    }
}

/// Refuses file systems of other machines, whose locks do not hold and whose memory is not shared.
#[cfg(target_os = "linux")]
fn check_file_system(path: &Path, folder: &Path) -> Result<()> {
    let stat = rustix::fs::statfs(folder).map_err(|error| unwritable(path, &error.into()))?;
    let kind = network_file_system(stat.f_type.cast_unsigned()).map(str::to_owned);
    let Some(kind) = kind.or_else(|| network_mount(folder)) else {
        return Ok(());
    };
    let message = format!(
        "the ledger {} is on a network file system ({kind}), where processes cannot lock it; name one on a local disk",
        path.display()
    );
    Err(Error::config(message))
}

/// Elsewhere SQLite is relied on, which refuses what it cannot lock.
#[cfg(not(target_os = "linux"))]
fn check_file_system(_: &Path, _: &Path) -> Result<()> {
    Ok(())
}

/// The name of the network file system with this number in `statfs`.
#[cfg(target_os = "linux")]
const fn network_file_system(magic: u64) -> Option<&'static str> {
    Some(match magic & 0xffff_ffff {
        0x6969 => "nfs",
        0x517b | 0xfe53_4d42 => "smb",
        0xff53_4d42 => "cifs",
        0x5346_414f | 0x6b41_4653 => "afs",
        0x00c3_6400 => "ceph",
        0x7375_7245 => "coda",
        0x564c => "ncp",
        0x0bd0_0bd0 => "lustre",
        0x0116_1970 => "gfs2",
        0x7461_636f => "ocfs2",
        0x4750_4653 => "gpfs",
        0x1983_0326 => "beegfs",
        0x786f_4256 => "vboxsf",
        0xbacb_acbc => "vmhgfs",
        _ => return None,
    })
}

/// The kind of the folder's mount if it is a program's that speaks to another machine. `statfs` says the same of all
/// programs' mounts.
#[cfg(target_os = "linux")]
fn network_mount(folder: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let device = fs::metadata(folder).ok()?.dev();
    let device = format!(
        "{}:{}",
        rustix::fs::major(device),
        rustix::fs::minor(device)
    );
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    network_mount_in(&mounts, &device)
}

#[cfg(target_os = "linux")]
fn network_mount_in(mounts: &str, device: &str) -> Option<String> {
    const NETWORK: &[&str] = &[
        "sshfs",
        "rclone",
        "s3fs",
        "gcsfuse",
        "glusterfs",
        "davfs",
        "davfs2",
        "curlftpfs",
        "goofys",
        "mount-s3",
        "juicefs",
        "smbnetfs",
        "cephfs",
        "ceph",
    ];
    let mount = mounts
        .lines()
        .find(|line| line.split(' ').nth(2) == Some(device))?;
    let (_, after) = mount.split_once(" - ")?;
    let kind = after.split(' ').next()?;
    let program = kind.strip_prefix("fuse.")?;
    NETWORK.contains(&program).then(|| kind.to_owned())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_known_by_their_numbers_and_mounts() {
        assert_eq!(network_file_system(0x6969), Some("nfs"));
        assert_eq!(network_file_system(0xffff_ffff_ff53_4d42), Some("cifs"));
        assert_eq!(network_file_system(0xef53), None);
        let mounts = "36 25 0:32 / /mnt/a rw,nosuid shared:1 - fuse.sshfs you@host:/ rw\n\
            37 25 0:33 / /mnt/b rw - fuse.gocryptfs /c rw\n";
        let found = network_mount_in(mounts, "0:32");
        assert_eq!(found.as_deref(), Some("fuse.sshfs"));
        assert_eq!(network_mount_in(mounts, "0:33"), None);
    }
}
