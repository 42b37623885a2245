//! The accounts that a client can reach: those of the policy, with handles that refuse what the policy does not allow.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ticket_jobs::Job;
use tickets::account_source::AccountFacts;
use tickets::accounts::Accounts;
use tickets::call::{Call, Layer, Next, Reply};
use tickets::{AccountSource, Error, ErrorKind, Result, Tickets};

use crate::policy::Policy;
use crate::text;

/// The accounts that a client can reach.
#[derive(Debug)]
pub(crate) struct Scope {
    accounts: Arc<Accounts>,
    names: Vec<String>,
    read_only: bool,
    may_write: bool,
    /// Connected once: to connect an account may run a command that prints its secret.
    connected: Mutex<HashMap<String, Tickets>>,
}

impl Scope {
    /// The accounts of a policy.
    ///
    /// # Errors
    ///
    /// `Config` if the policy names an account that there is not.
    pub(crate) fn new(accounts: Arc<Accounts>, policy: &Policy) -> Result<Self> {
        let names: Vec<String> = if policy.accounts.is_empty() {
            accounts.configured().map(Into::into).collect()
        } else {
            for name in &policy.accounts {
                accounts.facts(name)?;
            }
            policy.accounts.clone()
        };
        Ok(Self {
            accounts,
            names,
            read_only: policy.read_only,
            may_write: policy.may_write(),
            connected: Mutex::default(),
        })
    }

    /// The names of the accounts.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether a job is about these accounts only. Others are none of the client's business.
    pub(crate) fn covers(&self, job: &Job) -> bool {
        let mut accounts = job.accounts.iter();
        !job.accounts.is_empty() && accounts.all(|account| self.names.contains(&account.name))
    }

    /// A handle for reading, which refuses every change.
    pub(crate) fn reader(&self, name: &str) -> Result<Tickets> {
        Ok(self.handle(name)?.layer(ReadOnly))
    }

    fn handle(&self, name: &str) -> Result<Tickets> {
        self.check(name)?;
        let known = self
            .connected
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(name) {
            return Ok(known.clone());
        }
        drop(known);
        let tickets = self.accounts.connect(name)?;
        let mut known = self
            .connected
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Ok(known.entry(name.to_owned()).or_insert(tickets).clone())
    }

    /// Refuses an account that the client cannot reach.
    pub(crate) fn check(&self, name: &str) -> Result<()> {
        if self.names.iter().any(|known| known == name) {
            return Ok(());
        }
        let known = match self.names.as_slice() {
            [] => "none can be used here".to_owned(),
            names => format!("there are {}", names.join(", ")),
        };
        let name = text::line(name, 40);
        Err(Error::config(format!(
            "there is no account \"{name}\"; {known}"
        )))
    }
}

/// For jobs and writes.
impl AccountSource for Scope {
    fn connect(&self, account: &str) -> Result<Tickets> {
        if self.may_write {
            self.handle(account)
        } else {
            self.reader(account)
        }
    }

    fn facts(&self, account: &str) -> Result<AccountFacts> {
        self.check(account)?;
        let mut facts = self.accounts.facts(account)?;
        facts.read_only |= self.read_only;
        Ok(facts)
    }
}

/// Refuses every call that changes something.
#[derive(Debug)]
struct ReadOnly;

impl Layer for ReadOnly {
    async fn call<T: Reply>(&self, call: Call<'_>, next: &impl Next<T>) -> Result<T> {
        let operation = call.operation();
        if !operation.is_write() {
            return next.call(call).await;
        }
        let message = "this server was not started so that it changes tickets";
        Err(Error::new(ErrorKind::Forbidden, message).in_operation(&call.info().id, operation))
    }
}
