//! `tickets job approve`: a second person looks at a plan and signs it.

mod summary;

use std::fs::{self, File};
use std::io::{self, BufReader, Write as _};
use std::path::{Path, PathBuf};

use ticket_jobs::approval::Statement;
use ticket_jobs::plan::Plan;
use ticket_jobs::user_at_host;
use tickets::config_file::ConfigFile;

use crate::args::{self, Global};
use crate::failure::{Exit, Failure};
use crate::output::write;
use crate::status::say;
use crate::{clock, stdout, terminal};

/// Approves a plan. Needs neither a ledger nor an account.
pub(super) async fn run(asked: &args::Approve, global: &Global) -> Result<Exit, Failure> {
    let plan = read(&asked.plan)?;
    let by = user_at_host();
    // Refused before anybody is asked.
    Statement::new(&plan, &asked.reason, &by, clock::now())?;
    let key = key(asked, global)?;
    if let Some(path) = &asked.to {
        refuse_existing(path)?;
    } else {
        stdout::refuse_unwritable()?;
    }
    say(&summary::of(&plan));
    say(&format!(
        "You approve it as {by}, because of: {}",
        asked.reason.trim()
    ));
    if !asked.yes {
        ask()?;
    }
    let statement = Statement::new(&plan, &asked.reason, &by, clock::now())?;
    let approval = statement.sign(&key, say).await?;
    let text = approval.to_text()?;
    match &asked.to {
        None => write(&text).map_err(|error| Failure::output(&error))?,
        Some(path) => {
            let written = File::create_new(path).and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.sync_all()
            });
            written.map_err(|error| {
                let message = format!("the approval cannot be written: {error}");
                Failure::local(message).at(path.display().to_string())
            })?;
        }
    }
    say(&format!(
        "Approved; whoever planned it goes on with `tickets job confirm {} --approval FILE`",
        plan.job
    ));
    Ok(Exit::Done)
}

fn read(path: &Path) -> Result<Plan, Failure> {
    if path == Path::new("-") {
        return Ok(Plan::read(io::stdin().lock())?);
    }
    let place = path.display().to_string();
    let file = File::open(path).map_err(|error| {
        Failure::refused(format!("the plan cannot be read: {error}")).at(place.clone())
    })?;
    Plan::read(BufReader::new(file)).map_err(|error| Failure::from(error).at(place))
}

fn key(asked: &args::Approve, global: &Global) -> Result<PathBuf, Failure> {
    if let Some(key) = &asked.key {
        return Ok(key.clone());
    }
    let config = ConfigFile::load(global.config().as_deref())?;
    config.signing_key.ok_or_else(|| {
        Failure::unconfigured("there is no key to sign with").hinting(
            "name one with --key FILE, or with `signing_key = \"FILE\"` above the accounts of the configuration file; \
             `ssh-keygen -t ed25519` makes one"
                .to_owned(),
        )
    })
}

fn refuse_existing(path: &Path) -> Result<(), Failure> {
    if fs::symlink_metadata(path).is_err() {
        return Ok(());
    }
    let message = "there is such a file already; nothing was approved";
    Err(Failure::refused(message).at(path.display().to_string()))
}

fn ask() -> Result<(), Failure> {
    let answer = terminal::ask("approve? [y/N]").map_err(|error| {
        Failure::refused(format!(
            "no answer can be read ({error}); nothing was approved"
        ))
    })?;
    match answer {
        Some(answer) if matches!(answer.to_lowercase().as_str(), "y" | "yes") => Ok(()),
        Some(_) => Err(Failure::refused("not approved")),
        None => {
            let message = "there is no terminal to ask on; nothing was approved";
            Err(Failure::refused(message).hinting("--yes approves without asking".to_owned()))
        }
    }
}
