//! What comes from files and from standard input. Everything is looked at before anything is sent.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tickets::Attachment;

use crate::failure::Failure;

/// The text of a file, or of standard input where its name is `-`.
pub(super) fn read_text(path: &Path) -> Result<String, Failure> {
    let (text, place) = if path.as_os_str() == "-" {
        (io::read_to_string(io::stdin()), "standard input".to_owned())
    } else {
        (std::fs::read_to_string(path), path.display().to_string())
    };
    text.map_err(|error| Failure::refused(format!("this cannot be read: {error}")).at(place))
}

/// A text that was given itself or by its file.
pub(super) fn text(given: Option<String>, file: Option<&Path>) -> Result<Option<String>, Failure> {
    file.map_or(Ok(given), |path| read_text(path).map(Some))
}

/// The files to go with a ticket or a comment, each of which must be there and readable. The media type is
/// guessed from the name.
pub(super) fn attachments(paths: Vec<PathBuf>) -> Result<Vec<Attachment>, Failure> {
    paths.into_iter().map(attachment).collect()
}

fn attachment(path: PathBuf) -> Result<Attachment, Failure> {
    // Looked at before it is opened: opening a pipe would wait for its writer.
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
