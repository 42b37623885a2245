//! `tickets job accounts`: the quotas of all accounts, and what they are used for now.

use std::collections::BTreeMap;

use serde::Serialize;
use ticket_jobs::AccountState;
use tickets::Operation;
use tickets::accounts::Account;

use super::super::bulk::in_words;
use super::print_all;
use crate::accounts::Accounts;
use crate::args::Global;
use crate::failure::{Exit, Failure};
use crate::ledger::Ledger;
use crate::output::{Output, shown};
use crate::record::Record;
use crate::text;

#[derive(Serialize)]
struct Row {
    /// The names that lead to the account; none if it is no longer configured.
    accounts: Vec<String>,
    /// Its limits of deletes.
    quota: String,
    #[serde(flatten)]
    state: AccountState,
}

impl Record for Row {
    const COLUMNS: &'static [&'static str] = &[
        "accounts",
        "key",
        "quota",
        "in_flight",
        "lost",
        "closed_until",
        "suspended_because",
        "suspended_until",
    ];
    const TABLE_COLUMNS: &'static [&'static str] = &[
        "account",
        "quota",
        "in flight",
        "lost",
        "paused until",
        "suspended",
    ];

    fn cells(&self) -> Vec<String> {
        let suspended = self.state.suspended.as_ref();
        vec![
            self.accounts.join(", "),
            self.state.key.clone(),
            self.quota.clone(),
            self.state.in_flight.to_string(),
            self.state.lost.to_string(),
            shown(self.state.closed_until),
            shown(suspended.map(|why| why.because.as_str())),
            shown(suspended.and_then(|why| why.until)),
        ]
    }

    fn table_cells(&self) -> Vec<String> {
        let name = if self.accounts.is_empty() {
            self.state.key.clone()
        } else {
            self.accounts.join(", ")
        };
        let suspended = self.state.suspended.as_ref().map(|why| {
            let until = match why.until {
                Some(until) => format!("until {}", text::minute(&until.to_string())),
                None => "until its job is run again".to_owned(),
            };
            format!("{until}: {}", why.because)
        });
        vec![
            name,
            self.quota.clone(),
            self.state.in_flight.to_string(),
            self.state.lost.to_string(),
            text::minute(&shown(self.state.closed_until)),
            suspended.unwrap_or_default(),
        ]
    }
}

pub(super) async fn run(
    ledger: &Ledger,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    let states = ledger.jobs.ledger().accounts().await?;
    let configured = configured(ledger, global, &states).await;
    let rows = states.into_iter().map(|state| {
        let known = configured.get(&state.key);
        let account = known.and_then(|accounts| accounts.first());
        let names = known.into_iter().flatten();
        Row {
            accounts: names.map(|account| account.name.clone()).collect(),
            quota: account.map_or_else(String::new, |account| {
                in_words(account.tickets.limits(), Operation::Delete)
            }),
            state,
        }
    });
    print_all(rows.collect(), "No account has made a call yet.", output)?;
    Ok(Exit::Done)
}

/// The configured accounts of these states, by the keys of their quotas. Those that cannot be connected are left out.
async fn configured(
    ledger: &Ledger,
    global: &Global,
    states: &[AccountState],
) -> BTreeMap<String, Vec<Account>> {
    let mut configured: BTreeMap<String, Vec<Account>> = BTreeMap::new();
    let Ok(accounts) = Accounts::with_ledger(ledger, global).await else {
        return configured;
    };
    for name in accounts.names() {
        let Ok(facts) = accounts.facts(&name) else {
            continue;
        };
        // To connect an account may run the command that prints its secret.
        if !states.iter().any(|state| state.key == facts.key) {
            continue;
        }
        if let Ok(account) = accounts.connect(&name) {
            configured.entry(facts.key).or_default().push(account);
        }
    }
    configured
}
