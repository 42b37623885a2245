//! What is told of a ticket system or a database, so that a server of it can be started.

/// What a system needs to be started.
pub(crate) struct System {
    pub(crate) name: &'static str,
    /// Files of its packages, and names of programs that are looked up in `PATH`.
    pub(crate) needs: &'static [&'static str],
    /// The command that installs it. Packages that are recommended with these are not needed.
    pub(crate) install: &'static str,
    /// A file that changes with its version.
    pub(crate) version: &'static str,
    /// Names and texts. `up.sh` prepares the server and runs it, with the variables `LIVE_FOLDER` and `LIVE_PORT`. It
    /// begins with the database `template.db`, or may make it, and writes `seeded.json` before it listens.
    pub(crate) files: &'static [(&'static str, &'static str)],
    /// The name of the database's file.
    pub(crate) database: &'static str,
    /// The header that carries a token, and what stands before the token.
    pub(crate) authorization: (&'static str, &'static str),
}
