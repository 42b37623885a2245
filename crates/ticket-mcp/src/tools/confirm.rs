//! `job_confirm`: has the person in front of the client type the number of tickets, and begins the job if it is right.
//!
//! Up to protocol 2025-11-25 the server asks while it works on the call; since 2026-07-28 the call ends with the question,
//! and the client calls again with the answer.

use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{
    ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationSchema, InputRequest,
    InputRequests, InputRequiredResult, InputResponses, ProtocolVersion,
};
use rmcp::service::{RequestContext, RoleServer};
use serde::Deserialize;
use serde_json::{Value, json};
use ticket_jobs::{Confirmed, Job, JobId, JobState, JobTicket, Which, user_at_host};
use tickets::AccountSource;

use super::read;
use crate::answer::Fields;
use crate::ask::{self, FIELD, Given};
use crate::refusal::Refusal;
use crate::shared::{Called, Shared, client};
use crate::{row, text};

/// How long the call waits for the end of the job.
const TIME: Duration = Duration::from_secs(5);

/// How many tickets a question names.
const NAMED: usize = 20;

/// The question's name among those of a call.
const QUESTION: &str = "confirm";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    job: JobId,
}

/// What a call comes to: an answer, or a question to the person.
pub(crate) enum Step {
    Done(Value),
    Ask(Box<InputRequiredResult>),
}

/// What the client carried from an earlier call.
#[derive(Default)]
pub(crate) struct Carried {
    pub(crate) state: Option<String>,
    pub(crate) responses: Option<InputResponses>,
}

pub(super) async fn run(
    shared: &Shared,
    arguments: Fields,
    carried: Carried,
    context: &RequestContext<RoleServer>,
    called: &mut Called,
) -> Result<Step, Refusal> {
    let Arguments { job } = read(arguments)?;
    let job = shared.job(&job).await?;
    called.entry.of(&job);
    if job.state != JobState::AwaitingConfirmation {
        let message = format!("job {} is {}, so it cannot be confirmed", job.id, job.state);
        return Err(Refusal::conflict(message));
    }
    if !can_ask(context) {
        called.entry.answer = Some("cannot_ask");
        return Err(Refusal::policy(format!(
            "this client cannot ask a person, so nothing is confirmed; {}",
            shared.person(&job)
        )));
    }
    let given = if calls_again(context) {
        match (carried.state, carried.responses) {
            (None, None) => {
                let token = shared.asks.begin(&job)?;
                let question =
                    InputRequest::Elicitation(ElicitRequest::new(question(shared, &job).await?));
                let questions = InputRequests::from([(QUESTION.to_owned(), question)]);
                let state = shared.asks.seal(&job, &token);
                let asked = InputRequiredResult::new(Some(questions), Some(state));
                return Ok(Step::Ask(Box::new(asked)));
            }
            (Some(state), Some(responses)) => {
                let token = shared.asks.open(&job, &state)?;
                let unreadable =
                    || Refusal::input("the answer cannot be read; nothing is confirmed");
                let result = responses.get(QUESTION).cloned().ok_or_else(unreadable)?;
                let result: ElicitResult =
                    serde_json::from_value(result).map_err(|_| unreadable())?;
                shared
                    .asks
                    .answer(&job, &token, &result.action, result.content.as_ref())?
            }
            _ => {
                return Err(Refusal::policy(
                    "an answer without a question confirms nothing",
                ));
            }
        }
    } else {
        if carried.state.is_some() || carried.responses.is_some() {
            return Err(Refusal::policy(
                "an answer without a question confirms nothing",
            ));
        }
        let token = shared.asks.begin(&job)?;
        let question = question(shared, &job).await?;
        let asked = context
            .peer
            .create_elicitation_with_timeout(question, Some(ask::TIME));
        let asked = tokio::select! {
            biased;
            () = context.ct.cancelled() => None,
            asked = asked => asked.ok(),
        };
        let result = asked.ok_or_else(|| {
            called.entry.answer = Some("none");
            Refusal::policy("the client gave no answer; nothing is confirmed")
        })?;
        shared
            .asks
            .answer(&job, &token, &result.action, result.content.as_ref())?
    };
    called.entry.answer = Some(given.as_str());
    let refused = match given {
        Given::Agreed => return begin(shared, &job, context).await.map(Step::Done),
        Given::Declined => "the person declined",
        Given::Dismissed => "the person did not answer",
        Given::WrongNumber => "the person did not type the number of tickets",
    };
    let outside = shared.person(&job);
    Err(Refusal::policy(format!(
        "{refused}; nothing is confirmed, and this plan is not asked about again; {outside}"
    )))
}

/// Whether the client says that it can ask a person to fill in a form.
fn can_ask(context: &RequestContext<RoleServer>) -> bool {
    let capabilities = context.client_capabilities();
    let elicitation = capabilities.and_then(|capabilities| capabilities.elicitation);
    // Without any mode, the form is meant.
    elicitation.is_some_and(|modes| modes.form.is_some() || modes.url.is_none())
}

/// Whether questions end a call of this protocol.
fn calls_again(context: &RequestContext<RoleServer>) -> bool {
    let version = context.protocol_version();
    version.is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
}

/// The question: numbers, accounts and ids first, and what strangers wrote last, quoted and cut.
async fn question(shared: &Shared, job: &Job) -> Result<ElicitRequestParams, Refusal> {
    let verb = job.change.verb();
    let accounts = job.accounts.iter().map(|account| {
        let host = account
            .host
            .as_deref()
            .map_or_else(String::new, |host| format!(" ({host})"));
        let fate = if job.change.is_delete() {
            format!(", {}", super::removal_in_words(account.removal))
        } else {
            String::new()
        };
        let along = if account.takes_along.is_empty() || !job.change.is_delete() {
            String::new()
        } else {
            format!(", each with its {}", account.takes_along.join(", "))
        };
        let line = format!(
            "{} of {}{host}{fate}{along}",
            counted(account.tickets),
            account.name
        );
        text::line(&line, 300)
    });
    let accounts: Vec<_> = accounts.collect();
    let named = shared
        .jobs
        .ledger()
        .tickets(&job.id, Which::Named, None, NAMED)
        .await?;
    let ids: Vec<_> = named
        .iter()
        .map(|one| row::reference(&one.account, &one.id))
        .collect();
    let more = job
        .tickets
        .saturating_sub(u64::try_from(ids.len()).unwrap_or(u64::MAX));
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let subjects: Vec<_> = named.iter().filter_map(subject).collect();
    let subjects = if subjects.is_empty() {
        String::new()
    } else {
        format!(
            "\n\nSubjects, as their senders wrote them:\n{}",
            subjects.join("\n")
        )
    };
    let details = job.change.details();
    let details = details
        .iter()
        .map(|(name, value)| format!("{}: {}\n", text::line(name, 60), text::line(value, 300)));
    let details = details.collect::<Vec<_>>().concat();
    let digest = job.digest.as_deref().unwrap_or_default();
    let message = format!(
        "{verb} {}?\n{details}{}\n\nPlan {}, digest {digest}\n{}{more}{subjects}\n\nTo agree, type the number of tickets.",
        counted(job.tickets),
        accounts.join("\n"),
        job.id,
        ids.join(", "),
    );
    let schema = json!({
        "type": "object",
        "properties": {
            (FIELD): { "type": "integer", "minimum": 0, "title": "Number of tickets" },
        },
        "required": [FIELD],
    });
    let schema: ElicitationSchema = serde_json::from_value(schema)
        .map_err(|error| Refusal::conflict(format!("the question cannot be asked: {error}")))?;
    Ok(ElicitRequestParams::FormElicitationParams {
        meta: None,
        message,
        requested_schema: schema,
    })
}

/// What a ticket is called by whoever sent it, as JSON, so that it ends where it ends.
fn subject(ticket: &JobTicket) -> Option<String> {
    let subject = ticket.seen.as_ref()?.subject.as_deref()?;
    let name = row::reference(&ticket.account, &ticket.id);
    Some(format!("{name}: {}", json!(text::line(subject, 60))))
}

fn counted(tickets: u64) -> String {
    match tickets {
        1 => "1 ticket".to_owned(),
        tickets => format!("{tickets} tickets"),
    }
}

/// Confirms the job and works on it. Waits a little for its end.
async fn begin(
    shared: &Shared,
    job: &Job,
    context: &RequestContext<RoleServer>,
) -> Result<Value, Refusal> {
    let by = match client(context) {
        Some(client) => format!("{}, asked by {client} (MCP)", user_at_host()),
        None => format!("{}, asked by an MCP client", user_at_host()),
    };
    let ledger = shared.jobs.ledger();
    // The digest is computed again, so what is confirmed is what was asked about.
    if ledger.job(&job.id).await?.digest != job.digest {
        return Err(Refusal::conflict(
            "this plan was changed since it was made; nothing is confirmed",
        ));
    }
    let confirmed = Confirmed::new(ledger.now(), by);
    shared
        .jobs
        .confirm(&job.id, &*shared.scope, confirmed)
        .await?;
    let scope: Arc<dyn AccountSource> = Arc::clone(&shared.scope) as _;
    let ended = shared.running.start(&shared.jobs, &job.id, scope);
    // It goes on after this call.
    let _ = tokio::time::timeout(TIME, ended).await;
    super::job::alone(shared, &job.id).await
}
