//! A sandbox, a ledger, and clients in both eras of the protocol.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, ElicitRequestParams,
    ElicitResult, ElicitationAction, Implementation, ProtocolVersion,
};
use rmcp::service::{RequestContext, RoleClient, RunningService};
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt as _, ErrorData};
use serde_json::{Value, json};
use ticket_jobs::{JobId, Jobs, Ledger, MemoryLedger};
use ticket_mcp::{Policy, Server};
use ticket_sandbox::{Sandbox, Vendor};
use tickets::accounts::Accounts;
use tickets::{AccountConfig, PROVIDERS, Registry, Stop};
use tokio::task::JoinHandle;

/// The largest answer that clients may get, in bytes.
pub(crate) const LONGEST: usize = 32_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Era {
    Initialize,
    Discover,
}

pub(crate) const ERAS: [Era; 2] = [Era::Initialize, Era::Discover];

/// What stands for the person in front of a client.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Person {
    /// The client has no way to ask.
    Absent,
    Types(u64),
    TypesText(&'static str),
    LeavesEmpty,
    Declines,
    Dismisses,
}

impl Person {
    pub(crate) fn answers(self) -> ElicitResult {
        let accept =
            |content: Value| ElicitResult::new(ElicitationAction::Accept).with_content(content);
        match self {
            Self::Types(number) => accept(json!({ "number_of_tickets": number })),
            Self::TypesText(text) => accept(json!({ "number_of_tickets": text })),
            Self::LeavesEmpty => accept(json!({})),
            Self::Declines => ElicitResult::new(ElicitationAction::Decline),
            Self::Dismisses | Self::Absent => ElicitResult::new(ElicitationAction::Cancel),
        }
    }
}

#[derive(Clone)]
pub(crate) struct Handler {
    person: Person,
    questions: Arc<Mutex<Vec<Value>>>,
}

impl ClientHandler for Handler {
    fn get_info(&self) -> ClientConfig {
        let capabilities = match self.person {
            Person::Absent => ClientCapabilities::default(),
            _ => ClientCapabilities::builder().enable_elicitation().build(),
        };
        ClientConfig::new(capabilities, Implementation::new("test\u{202e}client", "1"))
            .with_protocol_version(ProtocolVersion::V_2025_11_25)
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let question = serde_json::to_value(&request).unwrap();
        self.questions.lock().unwrap().push(question);
        Ok(self.person.answers())
    }
}

/// A client with its server.
pub(crate) struct Client {
    pub(crate) service: RunningService<RoleClient, Handler>,
    questions: Arc<Mutex<Vec<Value>>>,
    server: JoinHandle<tickets::Result<()>>,
}

/// What a tool answered.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) value: Value,
    pub(crate) refused: bool,
    pub(crate) bytes: usize,
}

impl Told {
    pub(crate) fn of(result: &CallToolResult) -> Self {
        let bytes = serde_json::to_string(result).unwrap().len();
        assert!(bytes <= LONGEST, "{bytes} bytes");
        let value = result.structured_content.clone().expect("structured");
        let text = result.content[0].as_text().expect("text");
        let same: Value = serde_json::from_str(&text.text).unwrap();
        assert_eq!(same, value, "both forms say the same");
        Self {
            value,
            refused: result.is_error == Some(true),
            bytes,
        }
    }

    /// The answer; fails if it is a refusal.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!(!self.refused, "{}", self.value);
        self.value
    }

    /// The kind and the message of the refusal.
    #[track_caller]
    pub(crate) fn refusal(self) -> (String, String) {
        assert!(self.refused, "{}", self.value);
        let text = |name: &str| self.value["error"][name].as_str().unwrap().to_owned();
        (text("kind"), text("message"))
    }
}

impl Client {
    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Told {
        let request = request(tool, arguments);
        Told::of(&self.service.call_tool(request).await.unwrap())
    }

    pub(crate) async fn tools(&self) -> Vec<Value> {
        let tools = self.service.list_all_tools().await.unwrap();
        tools
            .iter()
            .map(|tool| serde_json::to_value(tool).unwrap())
            .collect()
    }

    pub(crate) async fn names(&self) -> Vec<String> {
        let tools = self.tools().await;
        tools
            .iter()
            .map(|tool| tool["name"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The questions that the person saw.
    pub(crate) fn questions(&self) -> Vec<Value> {
        self.questions.lock().unwrap().clone()
    }

    /// Leaves, and waits for the end of the server.
    pub(crate) async fn leave(self) {
        self.service.cancel().await.unwrap();
        self.server.await.unwrap().unwrap();
    }
}

pub(crate) fn request(tool: &str, arguments: Value) -> CallToolRequestParams {
    let Value::Object(arguments) = arguments else {
        panic!("arguments are an object")
    };
    CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments)
}

/// Where an audit goes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    pub(crate) fn entries(&self) -> Vec<Value> {
        let text = self.text();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

pub(crate) struct Desk {
    pub(crate) sandbox: Sandbox,
    pub(crate) jobs: Jobs,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) audit: Lines,
}

impl Desk {
    pub(crate) async fn open() -> Self {
        Self::with(MemoryLedger::new()).await
    }

    /// A sandbox with accounts that are named like their providers, and this ledger.
    pub(crate) async fn with(ledger: impl Ledger) -> Self {
        let jobs = Jobs::new(Arc::new(ledger));
        let sandbox = Sandbox::start().await.unwrap();
        let environment = sandbox.environment();
        let accounts = PROVIDERS.iter().map(|provider| {
            let id = (provider.info)().id.into_owned();
            let known = provider.settings.iter().filter_map(|setting| {
                let (_, value) = environment.iter().find(|(name, _)| *name == setting.env)?;
                Some((setting.name, value.clone()))
            });
            let account = known.fold(AccountConfig::new(&id), |account, (name, value)| {
                account.setting(name, value)
            });
            (id, account)
        });
        let slots = jobs.clone();
        let registry =
            Registry::new().slots(move |key, limits| Some(slots.slots(&key.to_string(), limits)));
        Self {
            accounts: Arc::new(Accounts::given(registry, accounts)),
            sandbox,
            jobs,
            audit: Lines::default(),
        }
    }

    pub(crate) async fn client(&self, policy: Policy, era: Era, person: Person) -> Client {
        self.client_with(policy, era, person, self.audit.clone())
            .await
    }

    pub(crate) async fn client_with(
        &self,
        policy: Policy,
        era: Era,
        person: Person,
        audit: impl Write + Send + 'static,
    ) -> Client {
        let server = Server::new(Arc::clone(&self.accounts), self.jobs.clone(), policy, audit);
        let (near, far) = tokio::io::duplex(64 * 1024);
        let (input, output) = tokio::io::split(far);
        let server = tokio::spawn(server.unwrap().serve(input, output, Stop::new()));
        let questions = Arc::new(Mutex::new(Vec::new()));
        let handler = Handler {
            person,
            questions: Arc::clone(&questions),
        };
        let lifecycle = match era {
            Era::Initialize => ClientLifecycleMode::Initialize,
            Era::Discover => ClientLifecycleMode::Discover {
                preferred_versions: vec![ProtocolVersion::V_2026_07_28],
            },
        };
        let service = handler.serve_with_lifecycle(near, lifecycle).await.unwrap();
        Client {
            service,
            questions,
            server,
        }
    }

    /// The ids of the tickets that are there.
    pub(crate) fn ids(&self, vendor: Vendor) -> Vec<String> {
        self.sandbox.ticket_ids(vendor)
    }

    /// All tickets of all vendors.
    pub(crate) fn all(&self) -> Vec<Vec<String>> {
        Vendor::ALL.iter().map(|vendor| self.ids(*vendor)).collect()
    }

    /// How many requests changed something.
    pub(crate) fn writes(&self) -> usize {
        let journal = self.sandbox.journal();
        let writes = journal.iter().filter(|one| one.is_write && one.took_effect);
        writes.count()
    }
}

pub(crate) fn id(job: &Value) -> JobId {
    job.as_str().unwrap().parse().unwrap()
}
