//! Input from files and standard input. It is validated before anything is sent.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tickets::diagnosis::nearest;
use tickets::model::{Attachment, CustomFields, FieldValue, Priority};

use crate::args::Many;
use crate::failure::Failure;
use crate::text;

/// Maximum size of a text: more than any vendor accepts. An endless input, such as a device, must not fill
/// the memory.
const MAX_TEXT_MIB: u64 = 16;

/// The byte order mark, which some editors write at the start of a file.
pub(super) const MARK: char = '\u{feff}';

/// Reads the text of a file, or of standard input if the name is `-`.
pub(super) fn read_text(path: &Path) -> Result<String, Failure> {
    let text = read_whole_text(path)?;
    // The byte order mark of an editor is not part of the text.
    Ok(text.strip_prefix(MARK).map(str::to_owned).unwrap_or(text))
}

/// The same with a byte order mark, if there is one.
pub(super) fn read_whole_text(path: &Path) -> Result<String, Failure> {
    let text = if path.as_os_str() == "-" {
        bounded_text(io::stdin())
    } else {
        File::open(path).and_then(bounded_text)
    };
    text.map_err(|error| Failure::refused(format!("cannot be read: {error}")).at(place(path)))
}

/// The name of a file in messages.
pub(super) fn place(path: &Path) -> String {
    if path.as_os_str() == "-" {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}

fn bounded_text(source: impl Read) -> io::Result<String> {
    let limit = MAX_TEXT_MIB * 1024 * 1024;
    let mut source = source.take(limit);
    let mut bytes = Vec::new();
    source.read_to_end(&mut bytes)?;
    // Checked before decoding: the limit may cut a character in two.
    if source.into_inner().read(&mut [0])? > 0 {
        let why = format!("it has more than {MAX_TEXT_MIB} MiB");
        return Err(io::Error::other(why));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8 text"))
}

/// The priority of this name. A name that is almost one of ours is a slip, which a vendor whose accounts name their
/// priorities would take as it is. Short names are too alike to tell.
pub(super) fn priority(name: &str) -> Result<Priority, Failure> {
    let priority = Priority::from_name(name);
    let known = [
        Priority::Low,
        Priority::Medium,
        Priority::High,
        Priority::Urgent,
    ];
    let is_other = matches!(priority, Priority::Other(_)) && name.chars().count() > 3;
    match nearest(name, known.iter().map(Priority::as_str)).filter(|_| is_other) {
        None => Ok(priority),
        Some(meant) => {
            let name = text::line(name);
            let message = format!("there is no priority {name:?}; did you mean {meant}?");
            Err(Failure::refused(message).hinting(format!(
                "a priority of this name that an account has can be given by the vendor's own field, such as --field \
                 Priority={name}"
            )))
        }
    }
}

/// Returns a text that is given directly or in a file.
pub(super) fn text(given: Option<String>, file: Option<&Path>) -> Result<Option<String>, Failure> {
    file.map_or(Ok(given), |path| read_text(path).map(Some))
}

/// Refuses what a change of many tickets cannot have: files, and a text from where the tickets come from.
pub(super) fn refuse_for_many(
    many: &Many,
    text: Option<&Path>,
    attachments: &[PathBuf],
) -> Result<(), Failure> {
    let is_stdin = text.is_some_and(|path| path.as_os_str() == "-");
    if is_stdin && many.reads_stdin() {
        let message = "standard input cannot give both the tickets and the text; nothing was sent";
        return Err(Failure::refused(message)
            .hinting("write one of them to a file and name that".to_owned()));
    }
    if !attachments.is_empty() {
        let message = "--attach is for one ticket at a time; nothing was sent";
        return Err(Failure::refused(message));
    }
    Ok(())
}

/// Creates the attachments of a ticket or a comment. Each file must exist and be readable. The media type is
/// guessed from the name.
pub(super) fn attachments(paths: Vec<PathBuf>) -> Result<Vec<Attachment>, Failure> {
    paths.into_iter().map(attachment).collect()
}

fn attachment(path: PathBuf) -> Result<Attachment, Failure> {
    // Checked before it is opened: opening a pipe would wait for its writer.
    let readable = std::fs::metadata(&path).and_then(|about| {
        if !about.is_file() {
            return Err(io::Error::other("it is not a file"));
        }
        File::open(&path).map(drop)
    });
    if let Err(error) = readable {
        let refused = Failure::refused(format!("this file cannot be attached: {error}"));
        return Err(refused.at(path.display().to_string()));
    }
    let media_type = mime_guess::from_path(&path).first_raw();
    let mut attachment = Attachment::from_path(path);
    attachment.media_type = media_type.map(str::to_owned);
    Ok(attachment)
}

/// The custom fields of these names and values. A name that is given several times has several values.
pub(super) fn custom(fields: Vec<(String, String)>) -> CustomFields {
    let mut custom = CustomFields::new();
    for (name, value) in fields {
        let value = FieldValue::from(value);
        let value = match custom.remove(&name) {
            None => value,
            Some(FieldValue::Many(mut values)) => {
                values.push(value);
                FieldValue::Many(values)
            }
            Some(first) => FieldValue::Many(vec![first, value]),
        };
        custom.insert(name, value);
    }
    custom
}
