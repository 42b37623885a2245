//! `tickets attachments`: lists the files of a ticket, and saves them if a folder is given.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use futures_util::stream::{StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use serde::Serialize;
use tempfile::Builder;
use tickets::accounts::Account;
use tickets::model::{AttachedFile, is_misleading};
use tickets::{Operation, TicketRef};

use super::print_stream::print_stream;
use crate::accounts::Accounts;
use crate::args::{Attachments, Global};
use crate::failure::{Exit, Failure};
use crate::ledger::Purpose;
use crate::output::{Output, shown};
use crate::record::Record;
use crate::shape::Known;
use crate::text;

pub(super) const FIELDS: &[Known] = &[
    ("ticket", &[]),
    ("id", &[]),
    ("name", &[]),
    ("media_type", &[]),
    ("size", &[]),
    ("created_at", &[]),
    ("path", &[]),
    ("raw", &[]),
];

/// Maximum length of the vendor's name in the name of a saved file, in bytes; file systems allow 255.
const MAX_NAME: usize = 150;

pub(super) async fn run(
    asked: Attachments,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    let reference: TicketRef = asked.ticket.parse()?;
    let accounts = Accounts::open(global, Purpose::Read).await?;
    let account = accounts.connect(&reference.account)?;
    let folder = asked.download.as_deref();
    if let Some(folder) = folder {
        let supports = account
            .tickets
            .info()
            .capabilities
            .supports(Operation::Download);
        if !folder.is_dir() && supports {
            let failure = Failure::refused("this is not a folder; nothing was downloaded");
            return Err(failure.at(folder.display().to_string()));
        }
    }
    let files = account.tickets.attachments_all(reference.id.clone());
    let (account, reference) = (&account, &reference);
    let rows = files
        .map_err(|error| Failure::from(account.diagnose(error, Some(reference))))
        .and_then(|file| async move {
            let path = match folder {
                None => None,
                Some(folder) => Some(save(account, reference, &file, folder).await?),
            };
            Ok(File {
                reference: reference.clone(),
                about: file,
                path,
            })
        });
    // What is saved is told at once.
    let is_paged = folder.is_none() && !asked.paging.no_pager;
    print_stream(rows.boxed(), output, "This ticket has no files.", is_paged).await
}

/// Saves a file. It is there only once it is whole, and no file is overwritten.
async fn save(
    account: &Account,
    reference: &TicketRef,
    file: &AttachedFile,
    folder: &Path,
) -> Result<PathBuf, Failure> {
    let path = folder.join(file_name(file));
    let unsaved = |why: &dyn std::fmt::Display| {
        Failure::local(format!("cannot be saved: {why}")).at(path.display().to_string())
    };
    if path.exists() {
        return Err(unsaved(&"there is already a file of this name"));
    }
    let failed = |error| Failure::from(account.diagnose(error, Some(reference)));
    let mut saved = Builder::new()
        .prefix(".tickets-")
        .tempfile_in(folder)
        .map_err(|error| unsaved(&error))?;
    let download = account.tickets.download(file).await.map_err(failed)?;
    let mut parts = download.into_stream();
    let mut length = 0_u64;
    while let Some(part) = parts.try_next().await.map_err(failed)? {
        length += u64::try_from(part.len()).unwrap_or_default();
        saved.write_all(&part).map_err(|error| unsaved(&error))?;
    }
    if let Some(size) = file.size.filter(|size| *size != length) {
        let why = format!("the vendor sent {length} bytes and lists it with {size}");
        return Err(unsaved(&why));
    }
    saved
        .as_file()
        .sync_all()
        .map_err(|error| unsaved(&error))?;
    saved
        .persist_noclobber(&path)
        .map_err(|error| unsaved(&error.error))?;
    Ok(path)
}

/// A name that stays in its folder and shows what it is: the id, and the vendor's name without what a file system or a
/// terminal could take for something else.
fn file_name(file: &AttachedFile) -> String {
    let plain = |text: &str| -> String {
        let is_odd = |character: char| {
            character.is_control() || is_misleading(character) || "/\\:*?\"<>|".contains(character)
        };
        let text = text.replace(is_odd, "_");
        text.trim_matches(['.', ' ']).to_owned()
    };
    let name = plain(file.name.as_deref().unwrap_or_default());
    // The end holds the extension.
    let mut start = name.len().saturating_sub(MAX_NAME);
    while !name.is_char_boundary(start) {
        start += 1;
    }
    match name.get(start..).unwrap_or_default() {
        "" => plain(&file.id),
        name => format!("{}-{name}", plain(&file.id)),
    }
}

#[derive(Serialize)]
pub(super) struct File {
    #[serde(rename = "ticket")]
    reference: TicketRef,
    #[serde(flatten)]
    pub(super) about: AttachedFile,
    /// Where it is saved.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<PathBuf>,
}

impl File {
    /// A file that is not saved.
    pub(super) fn listed(reference: &TicketRef, file: AttachedFile) -> Self {
        Self {
            reference: reference.clone(),
            about: file,
            path: None,
        }
    }

    fn path(&self) -> String {
        let path = self.path.as_ref();
        path.map(|path| path.display().to_string())
            .unwrap_or_default()
    }
}

impl Record for File {
    const COLUMNS: &'static [&'static str] = &[
        "ticket",
        "id",
        "name",
        "media_type",
        "size",
        "created_at",
        "path",
    ];
    const TABLE_COLUMNS: &'static [&'static str] = &["id", "name", "type", "bytes", "when"];
    const CUT: Option<usize> = Some(1);

    fn cells(&self) -> Vec<String> {
        let file = &self.about;
        vec![
            self.reference.to_string(),
            file.id.clone(),
            file.name.clone().unwrap_or_default(),
            file.media_type.clone().unwrap_or_default(),
            shown(file.size),
            shown(file.created_at),
            self.path(),
        ]
    }

    fn table_cells(&self) -> Vec<String> {
        let file = &self.about;
        let name = match &self.path {
            Some(_) => self.path(),
            None => file.name.clone().unwrap_or_default(),
        };
        vec![
            file.id.clone(),
            name,
            file.media_type.clone().unwrap_or_default(),
            shown(file.size),
            text::minute(&shown(file.created_at)),
        ]
    }

    fn terminal_cells(&self, now: Timestamp) -> Vec<String> {
        let mut cells = self.table_cells();
        if let (Some(cell), Some(time)) = (cells.last_mut(), self.about.created_at) {
            *cell = text::briefly_ago(time, now);
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use tickets::model::RawValue;

    use super::*;

    #[test]
    fn file_name_stays_in_its_folder() {
        let name = |id: &str, name: &str| {
            let mut file = AttachedFile::new(id, RawValue::NULL.to_owned());
            file.name = Some(name.to_owned());
            file_name(&file)
        };
        assert_eq!(name("7", "report.pdf"), "7-report.pdf");
        assert_eq!(name("7", "../../etc/passwd"), "7-_.._etc_passwd");
        assert_eq!(name("7", "a\u{202e}fdp.exe\n"), "7-a_fdp.exe_");
        assert_eq!(name("7", ".."), "7");
        assert_eq!(name("../x", ""), "_x");
        let long = name("7", &format!("{}.pdf", "ä".repeat(300)));
        assert!(
            long.ends_with("ä.pdf") && long.len() <= MAX_NAME + 3,
            "{long}"
        );
    }
}
