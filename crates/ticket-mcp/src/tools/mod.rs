//! The tools: their names, what they say of themselves, who may call them.

mod accounts;
mod confirm;
pub(crate) mod describe;
mod find;
mod job;
mod plan;
mod ticket_get;
mod write;

use rmcp::service::{RequestContext, RoleServer};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, de};
use serde_json::{Value, json};
use tickets::provider::Removal;

use crate::answer::Fields;
use crate::policy::{Deletes, Policy};
use crate::refusal::Refusal;
use crate::shared::{Called, Shared};

pub(crate) use self::confirm::{Carried, Step};

/// What a tool answers.
pub(crate) type Outcome = Result<Value, Refusal>;

/// A tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    Accounts,
    Find,
    TicketGet,
    Plan,
    JobStatus,
    JobReport,
    TicketWrite,
    JobConfirm,
}

impl Tool {
    /// All tools, in the order of the list.
    pub(crate) const ALL: [Self; 8] = [
        Self::Accounts,
        Self::Find,
        Self::TicketGet,
        Self::Plan,
        Self::JobStatus,
        Self::JobReport,
        Self::TicketWrite,
        Self::JobConfirm,
    ];

    /// The tool's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Find => "find",
            Self::TicketGet => "ticket_get",
            Self::Plan => "plan",
            Self::JobStatus => "job_status",
            Self::JobReport => "job_report",
            Self::TicketWrite => "ticket_write",
            Self::JobConfirm => "job_confirm",
        }
    }

    /// The tool with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    /// Refuses a tool that the policy does not allow. The list is made by this, and each call asks again.
    pub(crate) fn check(self, policy: &Policy) -> Result<(), Refusal> {
        let changes = matches!(self, Self::Plan | Self::TicketWrite | Self::JobConfirm);
        if changes && policy.read_only {
            return Err(Refusal::policy(
                "this server is read-only; a person can start it otherwise",
            ));
        }
        match self {
            Self::TicketWrite if !policy.allow_writes => Err(Refusal::policy(
                "this server changes no tickets; a person can start it with --allow-writes",
            )),
            Self::JobConfirm if policy.deletes != Deletes::Ask => Err(Refusal::policy(
                "jobs are not confirmed here; a person confirms them in a terminal with `tickets job confirm`",
            )),
            _ => Ok(()),
        }
    }

    /// Whether a call may be given up in the middle: it changes nothing.
    pub(crate) const fn only_reads(self) -> bool {
        matches!(
            self,
            Self::Accounts | Self::Find | Self::TicketGet | Self::JobStatus | Self::JobReport
        )
    }

    /// Does what a call asks for.
    pub(crate) async fn run(
        self,
        shared: &Shared,
        arguments: Fields,
        carried: Carried,
        context: &RequestContext<RoleServer>,
        called: &mut Called,
    ) -> Result<Step, Refusal> {
        let answer = match self {
            Self::Accounts => accounts::run(shared, arguments),
            Self::Find => find::run(shared, arguments).await,
            Self::TicketGet => ticket_get::run(shared, arguments).await,
            Self::Plan => plan::run(shared, arguments, called).await,
            Self::JobStatus => job::status(shared, arguments, called).await,
            Self::JobReport => job::report(shared, arguments, called).await,
            Self::TicketWrite => write::run(shared, arguments).await,
            Self::JobConfirm => {
                return confirm::run(shared, arguments, carried, context, called).await;
            }
        };
        answer.map(Step::Done)
    }
}

/// Reads the arguments of a call. What is not known is refused: a filter with a wrong name would match everything.
fn read<T: DeserializeOwned>(arguments: Fields) -> Result<T, Refusal> {
    serde_json::from_value(Value::Object(arguments))
        .map_err(|error| Refusal::input(error.to_string()))
}

/// A place in a list, as text.
struct Cursor(u64);

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let place = text.parse();
        place
            .map(Self)
            .map_err(|_| de::Error::custom("this cursor is not one of this tool"))
    }
}

/// What a delete does.
fn removal(removal: Removal) -> Value {
    match removal {
        Removal::Permanent => json!("permanent"),
        Removal::Trash { restorable_for } => {
            json!({ "trash": { "restorable_for_s": restorable_for.map(|time| time.as_secs()) } })
        }
        _ => json!("undocumented"),
    }
}

/// The same for a person.
const fn removal_in_words(removal: Removal) -> &'static str {
    match removal {
        Removal::Permanent => "for good",
        Removal::Trash { .. } => "to the vendor's trash",
        _ => "and the vendor does not say whether that can be undone",
    }
}
