//! The commands, one module each.

mod archive;
mod attachments;
mod await_reply;
mod bulk;
mod comment;
mod confirm;
mod create;
mod demo;
mod erase;
mod export;
mod find;
mod get;
mod identifiers;
mod input;
mod job;
mod list;
mod messages;
mod people;
mod planned;
mod print_stream;
mod providers;
mod sandbox;
mod search;
mod update;
mod verify;
mod version;
mod view;

use crate::args::{Cli, Command};
use crate::failure::{Exit, Failure};
use crate::output::{Output, say};
use crate::stdout;
use tickets::Change;

/// Runs the command.
pub(crate) async fn run(cli: Cli) -> Result<Exit, Failure> {
    stdout::refuse_closed()?;
    let global = &cli.global;
    let output = Output::new(global.output);
    let needs_none = matches!(
        cli.command,
        Command::Providers
            | Command::Sandbox(_)
            | Command::Demo
            | Command::Job(_)
            | Command::Archive(_)
            | Command::Version
    );
    if global.sandbox && !needs_none && !global.output.is_json() {
        say("note: running in a private sandbox; no real ticket is changed");
    }
    match cli.command {
        Command::Providers => providers::run(&output),
        Command::View(view) => view::run(&view, global, &output).await,
        Command::Get(one) => get::run(&one, global, &output).await,
        Command::List(list) => list::run(list, global, &output).await,
        Command::Find(find) => find::run(*find, global, &output).await,
        Command::Erase(erase) => erase::run(*erase, global, &output).await,
        Command::Create(create) => create::run(*create, global, &output).await,
        Command::Update(update) => update::run(*update, global, &output).await,
        Command::Messages(asked) => messages::run(&asked, global, &output).await,
        Command::Attachments(asked) => attachments::run(asked, global, &output).await,
        Command::Comment(comment) => comment::run(comment, global, &output).await,
        Command::Resolve(many) => bulk::run(Change::Resolve, &many, global, &output).await,
        Command::Delete(many) => bulk::run(Change::Delete, &many, global, &output).await,
        Command::Restore(many) => bulk::run(Change::Restore, &many, global, &output).await,
        Command::Export(export) => export::run(&export, global, &output).await,
        Command::Archive(archive) => archive::run(&archive, &output),
        Command::Verify(verify) => verify::run(&verify, global, &output).await,
        Command::Job(job) => job::run(&job, global, &output).await,
        Command::Sandbox(sandbox) => sandbox::run(&sandbox, &output).await,
        Command::Demo => demo::run(global, &output).await,
        Command::Version => version::run(&output),
    }
}
