//! `tickets auth`: adds accounts, shows where their settings come from, and removes their secrets.

mod answers;
mod login;
mod logout;
mod status;

use crate::args::{Auth, Global};
use crate::failure::{Exit, Failure};
use crate::output::Output;

pub(super) async fn run(auth: Auth, global: &Global, output: &Output) -> Result<Exit, Failure> {
    if global.sandbox {
        let why = "a sandbox has its accounts; leave --sandbox out";
        return Err(Failure::refused(why));
    }
    match auth {
        Auth::Login(login) => login::run(*login, global, output).await,
        Auth::Status(named) => status::run(&named.accounts, global, output).await,
        Auth::Logout(logout) => logout::run(&logout.account, global, output),
    }
}
