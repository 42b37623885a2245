//! The server: takes calls, asks the policy, writes the audit.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, Implementation, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig,
};
use rmcp::service::{RequestContext, RoleServer, ServerInitializeError};
use rmcp::{ErrorData, ServerHandler, serve_server};
use ticket_jobs::{JobId, Jobs};
use tickets::accounts::Accounts;
use tickets::{Error, ErrorKind, Result, Stop};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::ask::Asks;
use crate::audit::{Audit, Entry};
use crate::policy::Policy;
use crate::refusal::Refusal;
use crate::running::Running;
use crate::scope::Scope;
use crate::search::Searches;
use crate::shared::{Called, Shared, client};
use crate::tools::describe::instructions;
use crate::tools::{Carried, Step, Tool};

/// A server of the Model Context Protocol over accounts and jobs.
///
/// See the [crate's documentation](crate) for an example.
#[derive(Debug)]
pub struct Server {
    shared: Shared,
}

impl Server {
    /// A server over these accounts and jobs. `audit` gets a line of JSON for each call; once a line cannot be written, all
    /// calls are refused. Sends nothing.
    ///
    /// # Errors
    ///
    /// `Config` if the policy names an account that there is not, or the system has no random numbers.
    pub fn new(
        accounts: Arc<Accounts>,
        jobs: Jobs,
        policy: Policy,
        audit: impl Write + Send + 'static,
    ) -> Result<Self> {
        Ok(Self {
            shared: Shared {
                scope: Arc::new(Scope::new(accounts, &policy)?),
                jobs,
                policy,
                searches: Searches::default(),
                asks: Asks::new()?,
                running: Running::default(),
                command: Box::new(|verb, job| Some(format!("tickets job {verb} {job}"))),
                audit: Audit::new(audit),
                is_unaudited: AtomicBool::new(false),
            },
        })
    }

    /// Sets what a person types in a terminal to `confirm` or `run` a job, for a ledger that is not the usual one; `None`
    /// for jobs that end with this process.
    #[must_use]
    pub fn command(
        mut self,
        command: impl Fn(&str, &JobId) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.shared.command = Box::new(command);
        self
    }

    /// Serves one client, until it closes `input` or `stop` is requested. Then requests of jobs in flight are waited for;
    /// what is left of a job can be run later.
    ///
    /// # Errors
    ///
    /// `BadResponse` if the client does not speak the protocol.
    pub async fn serve(
        self,
        input: impl AsyncRead + Send + Unpin + 'static,
        output: impl AsyncWrite + Send + Unpin + 'static,
        stop: Stop,
    ) -> Result<()> {
        let handler = Handler(Arc::new(self.shared));
        let shared = Arc::clone(&handler.0);
        let served = tokio::select! {
            biased;
            () = stop.finishing() => Ok(()),
            served = serve(handler, input, output) => served,
        };
        shared.running.finish().await;
        served
    }
}

async fn serve(
    handler: Handler,
    input: impl AsyncRead + Send + Unpin + 'static,
    output: impl AsyncWrite + Send + Unpin + 'static,
) -> Result<()> {
    let foreign = |what: String| Error::new(ErrorKind::BadResponse, what);
    let running = match serve_server(handler, (input, output)).await {
        Ok(running) => running,
        Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => {
            return Ok(());
        }
        // Its text would hold what the client sent.
        Err(ServerInitializeError::ExpectedInitializeRequest(_)) => {
            return Err(foreign(
                "the client did not begin with initialize or discover".to_owned(),
            ));
        }
        Err(error) => return Err(foreign(format!("no session with the client: {error}"))),
    };
    running
        .waiting()
        .await
        .map(|_| ())
        .map_err(|error| foreign(error.to_string()))
}

#[derive(Clone)]
struct Handler(Arc<Shared>);

impl Handler {
    async fn call(
        &self,
        request: CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let shared = &*self.0;
        let tool = Tool::named(&request.name);
        let mut called = Called {
            entry: Entry::new(
                shared.jobs.ledger().now(),
                client(context),
                tool.map_or("unknown", Tool::name),
            ),
        };
        let step = match tool {
            None => Err(Refusal::input("there is no such tool")),
            Some(tool) => self.run(tool, request, context, &mut called).await,
        };
        called.entry.result = match &step {
            Ok(Step::Done(_)) => "ok",
            Ok(Step::Ask(_)) => "asked",
            Err(refusal) => refusal.kind,
        };
        if let Err(refusal) = &step {
            called.entry.effect = Some(refusal.effect);
        }
        if shared.audit.write(&called.entry).is_err() {
            shared.is_unaudited.store(true, Ordering::Relaxed);
        }
        Ok(match step {
            Ok(Step::Done(answer)) => CallToolResult::structured(answer).into(),
            Ok(Step::Ask(question)) => (*question).into(),
            Err(refusal) => CallToolResult::structured_error(refusal.json()).into(),
        })
    }
}

impl Handler {
    /// Does what a call asks for, if it is allowed.
    async fn run(
        &self,
        tool: Tool,
        request: CallToolRequestParams,
        context: &RequestContext<RoleServer>,
        called: &mut Called,
    ) -> Result<Step, Refusal> {
        let shared = &*self.0;
        if shared.is_unaudited.load(Ordering::Relaxed) {
            let message = "the audit of this server cannot be written; a person has to look at it";
            return Err(Refusal::policy(message));
        }
        tool.check(&shared.policy)?;
        let carried = Carried {
            state: request.request_state,
            responses: request.input_responses,
        };
        let arguments = request.arguments.unwrap_or_default();
        tokio::select! {
            biased;
            () = context.ct.cancelled(), if tool.only_reads() => Err(Refusal::conflict("cancelled")),
            step = tool.run(shared, arguments, carried, context, called) => step,
        }
    }
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("tickets", env!("CARGO_PKG_VERSION")))
            .with_instructions(instructions(&self.0.policy))
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let policy = &self.0.policy;
        let allowed = Tool::ALL
            .into_iter()
            .filter(|tool| tool.check(policy).is_ok());
        let tools = allowed.map(|tool| tool.describe(policy)).collect();
        Ok(ListToolsResult::with_all_items(tools))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.call(request, &context).await
    }
}
