//! The conformance suite on a real account, for vendors whose server nobody can start here.

use std::fmt;
use std::io::Write as _;
use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use ticket_conformance::{ConformanceReport, Fixture, FixtureResult, SkipReason, Suite};
use ticket_core::call::{RetryPolicy, StackOptions, standard_stack};
use ticket_core::model::{AttachedFile, PageRequest};
use ticket_core::provider::{Capabilities, Connect, Download, Settings, VendorJob};
use ticket_core::{
    CallContext, DeleteReport, DeleteTarget, Message, NewTicket, Operation, Page, ProviderInfo,
    Result, Ticket, TicketId, TicketProvider, TicketQuery,
};

/// How long a case may take: the calls wait for the account's quota, and nothing tells how many of them were made.
const LIMIT: Duration = Duration::from_secs(600);

/// What the suite needs to know of a provider with a real account.
///
/// ```no_run
/// # use ticket_core::{Operation, ProviderInfo, Result, TicketProvider};
/// # use ticket_core::provider::{Connect, Setting};
/// # #[derive(Debug)] struct Acme;
/// # impl TicketProvider for Acme { fn info(&self) -> &ProviderInfo { unimplemented!() } }
/// # impl Connect for Acme {
/// #     type Config = String;
/// #     const SETTINGS: &'static [Setting] = &[];
/// #     fn info() -> ProviderInfo { unimplemented!() }
/// #     fn with_timeout(config: String, _: std::time::Duration) -> String { config }
/// #     fn connect(_: String) -> Result<Self> { Ok(Self) }
/// # }
/// use ticket_testkit::{RealAccount, assert_real_account};
///
/// struct Live;
///
/// impl RealAccount for Live {
///     type Provider = Acme;
///     const OPERATIONS: &'static [Operation] = &[Operation::Get, Operation::Delete];
///     const MISSING_ID: &'static str = "999999999";
/// }
///
/// // In tests/live.rs.
/// #[tokio::test]
/// async fn real_account_keeps_the_contract() {
///     assert_real_account::<Live>(&[]).await;
/// }
/// ```
pub trait RealAccount: Send + Sync + 'static {
    /// The provider. The account's settings are read from its environment variables.
    type Provider: Connect;

    /// The operations that the provider is expected to support: see [`Fixture::expected_operations`].
    const OPERATIONS: &'static [Operation];

    /// An id in the vendor's format that no ticket of any account has. With permission to write, it is deleted.
    const MISSING_ID: &'static str;

    /// A ticket that the vendor accepts, with at least the required fields.
    fn new_ticket() -> FixtureResult<NewTicket> {
        Err(SkipReason::new("the fixture provides no ticket to create"))
    }
}

/// Runs the suite on the account that the provider's environment variables name, and prints the report. Without
/// them it does nothing but say so.
///
/// It only reads: the tickets that `ID_LIVE_TICKETS` names (with the provider's id in upper case, `ACME_LIVE_TICKETS`;
/// separated by commas), or else those of the list. If `ID_LIVE_WRITE` is `yes`, it also creates, changes and deletes
/// tickets, its own ones only; use an account for tests. Calls keep to the quotas that the provider declares and are
/// not repeated. `differs` names cases that fail because of the vendor: see [`Suite::differs`].
///
/// # Panics
///
/// If a case fails or none passes, or if settings are missing or wrong.
#[expect(clippy::panic, reason = "a test with wrong settings has failed")]
pub async fn assert_real_account<A: RealAccount>(differs: &[(&str, &str)]) {
    match run::<A>(differs, |name| std::env::var(name).ok()).await {
        Ok(Some(report)) => {
            say(&report);
            assert!(report.is_success(), "{report}");
        }
        Ok(None) => {
            let info = <A::Provider as Connect>::info();
            let variables = A::Provider::SETTINGS.iter().map(|setting| setting.env);
            let variables: Vec<_> = variables.collect();
            say(&format!(
                "skipped: no account of {} is set; see {}",
                info.title,
                variables.join(", ")
            ));
        }
        Err(error) => panic!("{error}"),
    }
}

/// Not `eprintln!`, which the tests' runner hides if the test passes.
fn say(text: &dyn fmt::Display) {
    _ = writeln!(std::io::stderr(), "{text}");
}

/// The report; `None` where no variable of the account is set.
async fn run<A: RealAccount>(
    differs: &[(&str, &str)],
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<ConformanceReport>> {
    let Some(account) = Account::connect::<A>(variable)? else {
        return Ok(None);
    };
    let account = Arc::new(account);
    let make = || {
        let account = Arc::clone(&account);
        let of = PhantomData::<A>;
        std::future::ready(AccountFixture { account, of })
    };
    let mut suite = Suite::new(make).limit(LIMIT);
    for (case, because) in differs {
        suite = suite.differs(case, *because);
    }
    Ok(Some(suite.run().await))
}

struct Account {
    /// With one pacer for all cases.
    provider: Arc<dyn TicketProvider>,
    operations: &'static [Operation],
    secrets: Vec<String>,
    may_write: bool,
    /// What may be read where nothing is written: as named, or as first listed.
    tickets: Mutex<Vec<TicketId>>,
    given: AtomicUsize,
}

impl Account {
    fn connect<A: RealAccount>(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>> {
        let known = A::Provider::SETTINGS;
        let given = |name: &str| {
            let value = variable(name)?.trim().to_owned();
            Some(value).filter(|value| !value.is_empty())
        };
        let (mut settings, mut secrets, mut is_set) = (Settings::new(), Vec::new(), false);
        for setting in known {
            let Some(value) = given(setting.env) else {
                continue;
            };
            is_set = true;
            if setting.secret && value.len() >= 8 {
                secrets.push(value.clone());
            }
            settings = settings.with(setting.name, value);
        }
        if !is_set {
            return Ok(None);
        }
        let info = <A::Provider as Connect>::info();
        let provider = A::Provider::connect(settings.read(&info.id, known)?)?;
        let own = |name: &str| given(&format!("{}_{name}", info.id.to_uppercase()));
        let may_write = own("LIVE_WRITE").is_some_and(|word| word == "yes");
        let provider: Arc<dyn TicketProvider> = if may_write {
            Arc::new(provider)
        } else {
            Arc::new(ReadOnly::new(provider))
        };
        let mut operations = A::OPERATIONS.to_vec();
        operations.retain(|operation| may_write || !operation.is_write());
        let tickets = own("LIVE_TICKETS").unwrap_or_default();
        let tickets = tickets.split(',').map(str::trim);
        let tickets = tickets.filter(|id| !id.is_empty()).map(TicketId::new);
        let once = RetryPolicy::default().max_attempts(NonZeroU32::MIN);
        let options = StackOptions::default().retry(once);
        Ok(Some(Self {
            provider: standard_stack(provider, &options),
            operations: operations.leak(),
            secrets,
            may_write,
            tickets: Mutex::new(tickets.collect()),
            given: AtomicUsize::default(),
        }))
    }
}

/// Reads, and declares and does nothing else.
#[derive(Debug)]
struct ReadOnly<P> {
    provider: P,
    info: ProviderInfo,
}

impl<P: TicketProvider> ReadOnly<P> {
    fn new(provider: P) -> Self {
        let mut info = provider.info().clone();
        let mut capabilities = Capabilities::none();
        for operation in info.capabilities.operations() {
            let support = info.capabilities.support(operation);
            if let Some(support) = support.filter(|_| !operation.is_write()) {
                capabilities = capabilities.with(operation, support.clone());
            }
        }
        info.capabilities = capabilities;
        Self { provider, info }
    }
}

// The writes keep their defaults, which send nothing.
#[async_trait]
impl<P: TicketProvider> TicketProvider for ReadOnly<P> {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn get(&self, context: &CallContext, id: &TicketId) -> Result<Ticket> {
        self.provider.get(context, id).await
    }

    async fn list(&self, context: &CallContext, query: &TicketQuery) -> Result<Page<Ticket>> {
        self.provider.list(context, query).await
    }

    async fn messages(
        &self,
        context: &CallContext,
        id: &TicketId,
        page: &PageRequest,
    ) -> Result<Page<Message>> {
        self.provider.messages(context, id, page).await
    }

    async fn attachments(
        &self,
        context: &CallContext,
        id: &TicketId,
        page: &PageRequest,
    ) -> Result<Page<AttachedFile>> {
        self.provider.attachments(context, id, page).await
    }

    async fn download(&self, context: &CallContext, file: &AttachedFile) -> Result<Download> {
        self.provider.download(context, file).await
    }

    async fn job(
        &self,
        context: &CallContext,
        job: &VendorJob,
        targets: &[DeleteTarget],
    ) -> Result<Option<DeleteReport>> {
        self.provider.job(context, job, targets).await
    }
}

struct AccountFixture<A> {
    account: Arc<Account>,
    of: PhantomData<A>,
}

impl<A: RealAccount> AccountFixture<A> {
    /// The tickets that may be read.
    async fn tickets(&self) -> FixtureResult<Vec<TicketId>> {
        let known = || {
            self.account
                .tickets
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if known().is_empty() {
            let id = <A::Provider as Connect>::info().id.to_uppercase();
            let none = |why: &str| {
                let why =
                    format!("there is no ticket to read ({why}); name some in {id}_LIVE_TICKETS");
                SkipReason::new(why)
            };
            let (provider, query) = (&self.account.provider, TicketQuery::new());
            let page = provider.list(&CallContext::new(), &query).await;
            let page = page.map_err(|error| none(&error.to_string()))?;
            if page.items.is_empty() {
                return Err(none("the list is empty"));
            }
            *known() = page.items.into_iter().map(|ticket| ticket.id).collect();
        }
        Ok(known().clone())
    }
}

#[async_trait]
impl<A: RealAccount> Fixture for AccountFixture<A> {
    fn provider(&self) -> Arc<dyn TicketProvider> {
        Arc::clone(&self.account.provider)
    }

    fn expected_operations(&self) -> &'static [Operation] {
        self.account.operations
    }

    fn new_ticket(&self) -> FixtureResult<NewTicket> {
        if !self.account.may_write {
            let id = <A::Provider as Connect>::info().id.to_uppercase();
            let why =
                format!("nothing is written on a real account unless {id}_LIVE_WRITE is `yes`");
            return Err(SkipReason::new(why));
        }
        A::new_ticket()
    }

    async fn ticket(&self) -> FixtureResult<TicketId> {
        if self.account.may_write {
            // Only tickets of its own are changed.
            let new = A::new_ticket()?;
            let created = self
                .account
                .provider
                .create(&CallContext::new(), &new)
                .await;
            let created = created.map_err(|error| SkipReason::new(format!("{error}")))?;
            return Ok(created.id);
        }
        let tickets = self.tickets().await?;
        let number = self.account.given.fetch_add(1, Ordering::Relaxed);
        let ticket = tickets.iter().cycle().nth(number % tickets.len());
        ticket
            .cloned()
            .ok_or_else(|| SkipReason::new("there is no ticket to read"))
    }

    fn missing_id(&self) -> FixtureResult<TicketId> {
        Ok(A::MISSING_ID.into())
    }

    fn secrets(&self) -> FixtureResult<Vec<String>> {
        if self.account.secrets.is_empty() {
            return Err(SkipReason::new(
                "the account has no secret of 8 characters or more",
            ));
        }
        Ok(self.account.secrets.clone())
    }
}

#[cfg(test)]
mod tests;
