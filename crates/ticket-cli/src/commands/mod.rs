//! The commands, one module each.

mod archive;
mod attachments;
mod auth;
mod await_reply;
mod bulk;
mod comment;
mod confirm;
mod create;
mod demo;
mod doctor;
mod draft;
mod editor;
mod erase;
mod export;
mod find;
mod get;
mod identifiers;
mod input;
mod job;
mod list;
mod man;
#[cfg(feature = "mcp")]
mod mcp;
mod messages;
mod people;
mod planned;
mod print_stream;
mod providers;
mod sandbox;
mod schema;
mod search;
mod ticket;
mod update;
mod verify;
mod version;
mod view;
mod worker;

use crate::args::{Cli, Command, Reading};
use crate::completion;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::shape::{Known, Shape};
use crate::status::say;
use crate::stdout;
use tickets::Change;

/// Runs the command.
pub(crate) async fn run(cli: Cli) -> Result<Exit, Failure> {
    stdout::refuse_closed()?;
    let global = &cli.global;
    let none = Reading::default();
    let reading = cli.command.reading().unwrap_or(&none);
    let shape = Shape::new(reading, &fields(&cli.command), global.output)?;
    let output = Output::new(global.output, shape);
    let needs_none = matches!(
        cli.command,
        Command::Auth(_)
            | Command::Providers(_)
            | Command::Sandbox(_)
            | Command::Demo
            | Command::Job(_)
            | Command::Worker(_)
            | Command::Archive(_)
            | Command::Schema(_)
            | Command::Completions(_)
            | Command::Man(_)
            | Command::Version
    );
    if global.sandbox && !needs_none && !global.output.is_json() {
        say("note: running in a private sandbox; no real ticket is changed");
    }
    match cli.command {
        Command::Auth(auth) => auth::run(auth, global, &output).await,
        Command::Doctor(doctor) => doctor::run(&doctor, global, &output).await,
        Command::Providers(_) => providers::run(&output),
        Command::View(view) => view::run(&view, global, &output).await,
        Command::Get(get) => get::run(&get, global, &output).await,
        Command::List(list) => list::run(list, global, &output).await,
        Command::Find(find) => find::run(*find, global, &output).await,
        Command::Erase(erase) => erase::run(*erase, global, &output).await,
        Command::Create(create) => create::run(*create, global, &output).await,
        Command::Update(update) => update::run(*update, global, &output).await,
        Command::Messages(asked) => messages::run(&asked, global, &output).await,
        Command::Attachments(asked) => attachments::run(asked, global, &output).await,
        Command::Comment(comment) => comment::run(*comment, global, &output).await,
        Command::Resolve(each) => bulk::each(Change::Resolve, &each, global, &output).await,
        Command::Delete(asked) => {
            let change = asked.mode.change();
            let how = bulk::How {
                if_unchanged: asked.each.condition.if_unchanged,
                to_trash: asked.mode.trash,
            };
            bulk::run(change, &asked.each.many, how, global, &output).await
        }
        Command::Restore(each) => bulk::each(Change::Restore, &each, global, &output).await,
        Command::Export(export) => export::run(&export, global, &output).await,
        Command::Archive(archive) => archive::run(&archive, &output),
        Command::Verify(verify) => verify::run(&verify, global, &output).await,
        Command::Job(job) => job::run(&job, global, &output).await,
        Command::Worker(asked) => worker::run(&asked, global).await,
        Command::Sandbox(sandbox) => sandbox::run(&sandbox, &output).await,
        Command::Demo => demo::run(&output).await,
        #[cfg(feature = "mcp")]
        Command::Mcp(asked) => mcp::run(asked, global).await,
        Command::Schema(schema) => schema::run(schema.record.as_deref()),
        Command::Completions(asked) => completion::print_script(asked.shell),
        Command::Man(man) => man::run(&man.to),
        Command::Version => version::run(&output),
    }
}

/// The fields of the records that the command prints as JSON.
fn fields(command: &Command) -> Vec<Known> {
    match command {
        Command::Providers(_) => providers::FIELDS.to_vec(),
        Command::Get(_) | Command::List(_) | Command::Find(_) => ticket::FIELDS.to_vec(),
        Command::View(_) => [ticket::FIELDS, view::FIELDS].concat(),
        Command::Create(_) => create::FIELDS.to_vec(),
        Command::Messages(_) => messages::FIELDS.to_vec(),
        Command::Attachments(_) => attachments::FIELDS.to_vec(),
        _ => Vec::new(),
    }
}
