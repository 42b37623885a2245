//! `ticket-live rt|redmine`: starts a private server, prints the variables that point the command `tickets` at it, and
//! runs it until its input ends.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a terminal program: printing is its output"
)]

use std::io::{self, Write as _};
use std::process::ExitCode;

use secrecy::ExposeSecret as _;
use ticket_live::{Redmine, Rt, Server, Unavailable, User};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let names: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let run = match names[..] {
        ["rt"] => rt(),
        ["redmine"] => redmine(),
        _ => {
            eprintln!("Usage: cargo live rt|redmine");
            return ExitCode::from(2);
        }
    };
    match run {
        Ok(()) => ExitCode::SUCCESS,
        Err(unavailable) => {
            eprintln!("error: {unavailable}");
            ExitCode::FAILURE
        }
    }
}

fn rt() -> Result<(), Unavailable> {
    let rt = Rt::start()?;
    let token = rt.root.token.expose_secret();
    let variables = [("RT_BASE_URL", rt.server.url()), ("RT_TOKEN", token)];
    let name = format!("Request Tracker {}", rt.version);
    serve(
        &name,
        &rt.server,
        &variables,
        [&rt.root, &rt.agent, &rt.stranger],
    );
    Ok(())
}

fn redmine() -> Result<(), Unavailable> {
    let redmine = Redmine::start()?;
    let key = redmine.admin.token.expose_secret();
    let variables = [
        ("REDMINE_BASE_URL", redmine.server.url()),
        ("REDMINE_API_KEY", key),
        ("REDMINE_PROJECT", "support"),
    ];
    let name = format!("Redmine {}", redmine.version);
    let users = [&redmine.admin, &redmine.agent, &redmine.stranger];
    serve(&name, &redmine.server, &variables, users);
    Ok(())
}

/// Prints what is needed to use the server, and waits until the input ends. Ctrl-C ends this process, and with it the
/// server. All but the variables is a comment of the shell's.
fn serve(name: &str, server: &Server, variables: &[(&str, &str)], users: [&User; 3]) {
    for (name, value) in variables {
        println!("export {name}='{value}'");
    }
    let (url, seconds) = (server.url(), server.started_in().as_secs_f64());
    println!("# {name} at {url}, up after {seconds:.1} s");
    for user in users {
        let (password, token) = (user.password.expose_secret(), user.token.expose_secret());
        println!("# user {}, password {password}, token {token}", user.name);
    }
    println!("# database {}", server.sqlite_path().display());
    println!("# Press Ctrl-C or close the input to end it.");
    let _ = io::stdout().flush();
    let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
}
