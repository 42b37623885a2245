//! The answers to what `tickets auth login` asks: from arguments, from standard input, or from the terminal.

use std::collections::BTreeMap;
use std::io::{self, Read as _};

use secrecy::{ExposeSecret as _, SecretString};
use tickets::provider::Setting;

use crate::args::Login;
use crate::failure::Failure;
use crate::terminal;

/// The most that is read from standard input, in bytes.
const LONGEST: u64 = 64 * 1024;

/// What is known before the first question.
pub(super) struct Answers {
    settings: BTreeMap<String, String>,
    /// The words of commands by the names of their secrets; the one without a name is for the only secret.
    commands: BTreeMap<Option<String>, Vec<String>>,
    /// What standard input gave; `None` if the terminal is asked.
    input: Option<SecretString>,
    /// The names of the provider's secrets.
    secrets: Vec<&'static str>,
}

impl Answers {
    pub(super) fn new(asked: &Login) -> Result<Self, Failure> {
        let commands = asked.secret_command.iter().map(|given| {
            let named = given.split_once('=').filter(|(name, _)| is_name(name));
            let (name, command) = match named {
                Some((name, command)) => (Some(name.to_owned()), command),
                None => (None, given.as_str()),
            };
            match shlex::split(command) {
                Some(words) if !words.is_empty() => Ok((name, words)),
                _ => Err(Failure::refused(
                    "--secret-command must be a command with its quotes closed",
                )),
            }
        });
        Ok(Self {
            settings: asked.settings.iter().cloned().collect(),
            commands: commands.collect::<Result<_, _>>()?,
            input: asked.with_token.then(read_input).transpose()?,
            secrets: Vec::new(),
        })
    }

    /// Takes the settings that the provider has, and refuses others, and secrets among the arguments.
    pub(super) fn expect(&mut self, known: &[Setting]) -> Result<(), Failure> {
        for name in self.settings.keys() {
            match known.iter().find(|setting| setting.name == name) {
                Some(setting) if setting.secret => {
                    let why = format!(
                        "`{name}` is a secret, and other users can read the arguments of a process; nothing was stored"
                    );
                    return Err(Failure::refused(why).hinting(
                        "it is asked for, or read from standard input with --with-token".to_owned(),
                    ));
                }
                Some(_) => {}
                None => return Err(unknown(name, known)),
            }
        }
        let secrets = known.iter().filter(|setting| setting.secret);
        self.secrets = secrets.map(|setting| setting.name).collect();
        for name in self.commands.keys().flatten() {
            if !self.secrets.contains(&&**name) {
                return Err(unknown(name, known));
            }
        }
        if self.commands.contains_key(&None) && self.secrets.len() > 1 {
            return Err(Failure::refused(format!(
                "--secret-command needs the name of its secret here: NAME=COMMAND, with one of {}",
                self.secrets.join(", ")
            )));
        }
        Ok(())
    }

    /// The words of the command that prints this secret.
    pub(super) fn command(&mut self, setting: &Setting) -> Option<Vec<String>> {
        let named = self.commands.remove(&Some(setting.name.to_owned()));
        named.or_else(|| self.commands.remove(&None))
    }

    /// A secret: of standard input, or typed. `None` if it is not given.
    pub(super) fn secret(
        &mut self,
        setting: &Setting,
        asks: bool,
    ) -> Result<Option<SecretString>, Failure> {
        if let Some(input) = &self.input {
            return Ok(of_input(input, setting.name, &self.secrets));
        }
        if !asks {
            return Ok(None);
        }
        let or = if setting.required { "" } else { ", or nothing" };
        let question = format!("{} ({}{or}; it is not shown):", setting.name, setting.help);
        loop {
            let typed = terminal::ask_secret(&question).map_err(|error| unanswered(&error))?;
            let typed =
                typed.ok_or_else(|| nobody("--with-token, with the secret on standard input"))?;
            let is_empty = typed.expose_secret().is_empty();
            if !(is_empty && setting.required) {
                return Ok((!is_empty).then_some(typed));
            }
        }
    }

    /// A setting that is no secret: of the arguments, or typed. `None` if it is not given or has its default value.
    pub(super) fn setting(
        &mut self,
        setting: &Setting,
        stored: Option<&str>,
        asks: bool,
    ) -> Result<Option<String>, Failure> {
        if let Some(value) = self.settings.remove(setting.name) {
            return Ok(Some(value));
        }
        let kept = stored.or(setting.default);
        if !asks || self.input.is_some() {
            return Ok(stored.map(str::to_owned));
        }
        let question = format!("{} ({})", setting.name, setting.help);
        let value = if setting.required && kept.is_none() {
            Some(self.required(&question, &format!("--set {}=VALUE", setting.name))?)
        } else {
            self.text(&question, kept)?
        };
        Ok(value.filter(|value| stored.is_some() || Some(&**value) != setting.default))
    }

    /// An answer that must be given. `option` gives it without a terminal.
    pub(super) fn required(&mut self, question: &str, option: &str) -> Result<String, Failure> {
        loop {
            if self.input.is_some() {
                return Err(Failure::refused(format!(
                    "nothing is asked with --with-token: give {option}"
                )));
            }
            let typed =
                terminal::ask(&format!("{question}:")).map_err(|error| unanswered(&error))?;
            let typed = typed.ok_or_else(|| nobody(option))?;
            if !typed.is_empty() {
                return Ok(typed);
            }
        }
    }

    /// An answer, or what is kept if nothing is typed or nobody can be asked.
    pub(super) fn text(
        &mut self,
        question: &str,
        kept: Option<&str>,
    ) -> Result<Option<String>, Failure> {
        let kept_words = kept.map_or_else(String::new, |kept| format!(" [{kept}]"));
        let typed = if self.input.is_some() {
            None
        } else {
            terminal::ask(&format!("{question}{kept_words}:"))
                .map_err(|error| unanswered(&error))?
        };
        let typed = typed.filter(|typed| !typed.is_empty());
        Ok(typed.or_else(|| kept.map(str::to_owned)))
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

fn unknown(name: &str, known: &[Setting]) -> Failure {
    let known: Vec<_> = known.iter().map(|setting| setting.name).collect();
    Failure::refused(format!(
        "there is no setting `{}` for this; there are {}",
        crate::text::line(name),
        known.join(", ")
    ))
}

fn unanswered(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::Interrupted {
        return Failure::stopped(
            "stopped; nothing was stored",
            crate::failure::Exit::Interrupted,
        );
    }
    Failure::local(format!("the terminal cannot be read: {error}"))
}

fn nobody(option: &str) -> Failure {
    Failure::refused("there is no terminal to ask on; nothing was stored")
        .hinting(format!("give {option}"))
}

fn read_input() -> Result<SecretString, Failure> {
    let mut text = String::new();
    let read = io::stdin().lock().take(LONGEST).read_to_string(&mut text);
    read.map_err(|error| Failure::local(format!("standard input cannot be read: {error}")))?;
    if text.trim().is_empty() {
        return Err(Failure::refused(
            "there is no secret on standard input; nothing was stored",
        ));
    }
    Ok(SecretString::from(text))
}

/// The secret of this name: of a line NAME=VALUE or, for the first secret, a line alone.
fn of_input(input: &SecretString, name: &str, secrets: &[&str]) -> Option<SecretString> {
    let lines = || {
        let lines = input.expose_secret().lines().map(str::trim);
        lines.filter(|line| !line.is_empty())
    };
    let parts = |line: &'_ str| -> Option<(String, SecretString)> {
        let (name, value) = line.split_once('=')?;
        let name = name.trim();
        let value = SecretString::from(value.trim());
        secrets.contains(&name).then(|| (name.to_owned(), value))
    };
    if lines().any(|line| parts(line).is_some()) {
        let mut named = lines().filter_map(parts).filter(|(found, _)| found == name);
        return named.next().map(|(_, value)| value);
    }
    let is_first = secrets.first() == Some(&name);
    lines().next().filter(|_| is_first).map(SecretString::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_standard_input_are_a_line_alone_or_lines_with_names() {
        let secrets = ["token", "password"];
        let found = |input: &str| {
            let input = SecretString::from(input);
            secrets.map(|name| {
                let secret = of_input(&input, name, &secrets);
                secret.map(|secret| secret.expose_secret().to_owned())
            })
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(found("t0k=en==\n"), [some("t0k=en=="), None]);
        assert_eq!(found("password=p=w\n"), [None, some("p=w")]);
        assert_eq!(found("\n token = t \r\npassword=p"), [some("t"), some("p")]);
    }
}
