//! Asks the person at the terminal.

use std::io::{self, BufRead, BufReader, IsTerminal as _, Read, Write};

/// The longest answer that is read.
const LONGEST: u64 = 1_000;

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
