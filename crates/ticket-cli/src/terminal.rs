//! Asks the person at the terminal.

use std::io::{self, BufRead, BufReader, IsTerminal as _, Read, Write};

use tickets::SecretString;

/// The longest answer that is read.
const LONGEST: u64 = 1_000;

/// Whether [`ask`] would find somebody to ask.
pub(crate) fn is_there() -> bool {
    let is_seen = io::stderr().is_terminal();
    #[cfg(unix)]
    if is_seen && std::fs::File::open("/dev/tty").is_ok() {
        return true;
    }
    is_seen && io::stdin().is_terminal()
}

/// Asks a question and returns the line that is typed, without blanks around it; it is empty at the end of the input.
/// `None` if nobody can be asked: there is no terminal, or stderr, which says what the question is about, does not go to
/// one. It waits for the answer, so tasks that go on meanwhile need another thread.
///
/// It asks at the terminal that started the command, so that standard input may be a list.
pub(crate) fn ask(question: &str) -> io::Result<Option<String>> {
    if !io::stderr().is_terminal() {
        return Ok(None);
    }
    #[cfg(unix)]
    {
        let mut options = std::fs::OpenOptions::new();
        if let Ok(terminal) = options.read(true).write(true).open("/dev/tty") {
            return ask_on(&terminal, &terminal, question).map(Some);
        }
    }
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    ask_on(io::stdin(), io::stderr(), question).map(Some)
}

/// Asks for a secret, which is not shown; it is empty if nothing is typed. `None` if nobody can be asked.
///
/// # Errors
///
/// `Interrupted` after Ctrl-C.
#[cfg(unix)]
pub(crate) fn ask_secret(question: &str) -> io::Result<Option<SecretString>> {
    if !io::stderr().is_terminal() {
        return Ok(None);
    }
    let mut options = std::fs::OpenOptions::new();
    let Ok(mut terminal) = options.read(true).write(true).open("/dev/tty") else {
        return Ok(None);
    };
    let silent = Silent::new(terminal.try_clone()?)?;
    write!(terminal, "{question} ")?;
    terminal.flush()?;
    let typed = read_secret(&terminal);
    drop(silent);
    writeln!(terminal)?;
    typed.map(Some)
}

/// Where the echo of a terminal cannot be switched off, no secret is asked for.
#[cfg(not(unix))]
pub(crate) fn ask_secret(_: &str) -> io::Result<Option<SecretString>> {
    Ok(None)
}

/// What Ctrl-C sends.
const CTRL_C: u8 = 3;

/// A terminal that shows nothing until this is dropped. Ctrl-C ends the line instead of this process, which would leave the
/// terminal as it is.
#[cfg(unix)]
struct Silent {
    terminal: std::fs::File,
    before: rustix::termios::Termios,
}

#[cfg(unix)]
impl Silent {
    fn new(terminal: std::fs::File) -> io::Result<Self> {
        use rustix::termios::{
            LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr,
        };
        let before = tcgetattr(&terminal)?;
        let mut silent = before.clone();
        silent.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ISIG;
        silent.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
        tcsetattr(&terminal, OptionalActions::Drain, &silent)?;
        Ok(Self { terminal, before })
    }
}

#[cfg(unix)]
impl Drop for Silent {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        let _ = tcsetattr(&self.terminal, OptionalActions::Drain, &self.before);
    }
}

/// Reads a line, and nothing behind it, which answers the next question.
#[cfg(unix)]
fn read_secret(mut input: impl Read) -> io::Result<SecretString> {
    let mut line = Vec::new();
    let mut byte = [0];
    while input.read(&mut byte)? > 0 && byte != [b'\n'] {
        if byte == [CTRL_C] {
            return Err(io::ErrorKind::Interrupted.into());
        }
        line.push(byte[0]);
    }
    let line = String::from_utf8(line).map_err(|_| io::ErrorKind::InvalidData)?;
    Ok(SecretString::from(line.trim()))
}

fn ask_on(input: impl Read, mut output: impl Write, question: &str) -> io::Result<String> {
    write!(output, "{question} ")?;
    output.flush()?;
    let mut answer = String::new();
    BufReader::new(input.take(LONGEST)).read_line(&mut answer)?;
    if !answer.ends_with('\n') {
        // After Ctrl-D the cursor is still on the line of the question.
        writeln!(output)?;
    }
    Ok(answer.trim().to_owned())
}

#[cfg(all(test, unix))]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn secret_is_one_line_and_what_follows_is_left() {
        for (typed, secret, left) in [
            ("s3cret\nmore", "s3cret", "more"),
            (" s3cret \r\n", "s3cret", ""),
            ("s3cret", "s3cret", ""),
            ("\n", "", ""),
            ("", "", ""),
        ] {
            let mut input = typed.as_bytes();
            let read = read_secret(&mut input).unwrap();
            assert_eq!(read.expose_secret(), secret, "{typed:?}");
            assert_eq!(input, left.as_bytes(), "{typed:?}");
        }
        let stopped = read_secret("s3c\u{3}".as_bytes()).unwrap_err();
        assert_eq!(stopped.kind(), io::ErrorKind::Interrupted);
    }
}
