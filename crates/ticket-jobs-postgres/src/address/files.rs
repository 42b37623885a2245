//! The service file and the password file of libpq.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use ticket_core::{Error, Result};

use super::{Params, Variables};

/// The parameters of a service, from `PGSERVICEFILE` or `~/.pg_service.conf`.
pub(super) fn service(service: &str, variables: Variables<'_>) -> Result<Vec<(String, String)>> {
    let home = variables("HOME").map(PathBuf::from);
    let path = variables("PGSERVICEFILE").map(PathBuf::from);
    let path = path.or_else(|| home.map(|home| home.join(".pg_service.conf")));
    let unknown = || Error::config(format!("no service file defines the service {service}"));
    let path = path.ok_or_else(unknown)?;
    let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
    let mut found = None;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            if found.is_some() {
                break;
            }
            found = (name == service).then(Vec::new);
        } else if let (Some(found), Some((name, value))) = (&mut found, line.split_once('='))
            && !line.starts_with('#')
        {
            found.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    found.ok_or_else(unknown)
}

/// The password for these parameters from a password file, `~/.pgpass` unless another one is named.
pub(super) fn password(
    named: Option<&str>,
    home: Option<&Path>,
    params: &Params,
) -> Result<Option<String>> {
    let path = named.map(PathBuf::from);
    let Some(path) = path.or_else(|| home.map(|home| home.join(".pgpass"))) else {
        return Ok(None);
    };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&path, &error)),
    };
    check_private(&path)?;
    let of = |name: &str, usual: &str| params.get(name).map_or(usual, String::as_str).to_owned();
    let user = of("user", "");
    let port = of("port", "5432");
    let wanted = [
        of("host", "localhost"),
        port.split(',').next().unwrap_or_default().to_owned(),
        of("dbname", &user),
        user,
    ];
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    for line in lines {
        let mut fields = fields(line).into_iter();
        let fits = wanted.iter().all(|wanted| {
            fields
                .next()
                .is_some_and(|field| field == "*" || field == *wanted)
        });
        if let (true, Some(password)) = (fits, fields.next()) {
            return Ok(Some(password));
        }
    }
    Ok(None)
}

/// The fields of a line, separated by `:`; a backslash before a character means the character.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut field) = (Vec::new(), String::new());
    let mut chars = line.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => field.extend(chars.next()),
            ':' => fields.push(std::mem::take(&mut field)),
            other => field.push(other),
        }
    }
    fields.push(field);
    fields
}

/// libpq ignores such a file too, with a warning that is easily overlooked.
#[cfg(unix)]
fn check_private(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if metadata.permissions().mode().trailing_zeros() >= 6 {
        return Ok(());
    }
    Err(Error::config(format!(
        "others can read the password file {0}; run: chmod 600 {0}",
        path.display()
    )))
}

#[cfg(not(unix))]
fn check_private(_: &Path) -> Result<()> {
    Ok(())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::config(format!("{} cannot be read: {error}", path.display()))
}
