//! Accounts: from settings, the environment and files; what is missing or wrong is named, secrets are not.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use futures_util::{StreamExt as _, stream};
use serde::Deserialize;
use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, Vendor};
use tickets::accounts::Accounts;
use tickets::bulk::BulkOptions;
use tickets::call::{CallIntent, NoSlot, Slot, Slots};
use tickets::model::{Person, Priority, Status};
use tickets::provider::{Capabilities, Connect, Field, Quota, Setting};
use tickets::{
    AccountConfig, CallContext, Change, Error, ErrorKind, NewTicket, Operation, PROVIDERS,
    ProviderDescriptor, ProviderInfo, Registry, Ticket, TicketId, TicketProvider, TicketQuery,
};

fn account(sandbox: &Sandbox, provider: &str) -> AccountConfig {
    let environment = sandbox.environment();
    let descriptor = Registry::new();
    let descriptor = descriptor.get(provider).unwrap();
    let mut account = AccountConfig::new(provider);
    for setting in descriptor.settings {
        if let Some((_, value)) = environment.iter().find(|(name, _)| *name == setting.env) {
            account = account.setting(setting.name, value.clone());
        }
    }
    account
}

#[tokio::test]
async fn every_provider_of_the_table_lives_a_tickets_life_in_the_sandbox() {
    let sandbox = Sandbox::start().await.unwrap();
    // A provider that is still being written may be ahead of the sandbox; none that the sandbox plays is left out.
    let played: Vec<_> = PROVIDERS
        .iter()
        .map(|descriptor| (descriptor.info)())
        .filter(|info| Vendor::ALL.iter().any(|vendor| vendor.prefix() == info.id))
        .collect();
    assert_eq!(played.len(), Vendor::ALL.len());
    for info in &played {
        let tickets = tickets::connect(&account(&sandbox, &info.id)).unwrap();
        assert_eq!(tickets.info().id, info.id);
        // Each vendor carries and requires other fields.
        let fields = info.capabilities.fields(Operation::Create).unwrap();
        let carries = |field| fields.carried().contains(&field);
        let mut new = NewTicket::new("A subject").description("A text");
        if fields.required().contains(&Field::Priority) {
            new = new.priority(Priority::Low);
        }
        // RT's category is the queue, which must exist.
        if carries(Field::Category) {
            let category = if info.id == "rt" {
                "General"
            } else {
                "Request"
            };
            new = new.category(category);
        }
        if carries(Field::RequesterEmail) {
            let mut requester = Person::default().email("customer@example.com");
            if carries(Field::RequesterName) {
                requester = requester.name("A customer");
            }
            new = new.requester(requester);
        }
        let id = tickets.create(&new).await.unwrap().id;
        assert_eq!(
            tickets.get(&id).await.unwrap().subject.as_deref(),
            Some("A subject")
        );
        assert!(tickets.delete([&id]).await.all_deleted());
        // Gone, or in the vendor's trash.
        let read = tickets.get(&id).await.ok();
        assert!(read.is_none_or(|ticket| ticket.status == Some(Status::Deleted)));
    }
    let journal = sandbox.journal();
    let writes = journal.iter().filter(|seen| seen.is_write).count();
    assert_eq!(writes, 2 * played.len());
}

#[test]
fn provider_ids_and_variables_are_unique_and_in_order() {
    let ids: Vec<_> = PROVIDERS
        .iter()
        .map(|descriptor| (descriptor.info)().id)
        .collect();
    assert!(ids.is_sorted(), "{ids:?}");
    let mut variables: Vec<_> = PROVIDERS
        .iter()
        .flat_map(|descriptor| descriptor.settings)
        .map(|setting| setting.env)
        .collect();
    let count = variables.len();
    variables.sort_unstable();
    variables.dedup();
    assert_eq!(variables.len(), count);
}

#[test]
fn what_is_missing_or_wrong_is_named_without_any_value() {
    let known: Vec<_> = PROVIDERS.iter().map(|known| (known.info)().id).collect();
    let nobody = format!(
        "there is no provider \"nobody\" in this build, which has {}; each provider is a Cargo feature of the crate `tickets`",
        known.join(", ")
    );
    for (account, words) in [
        (AccountConfig::new("nobody"), nobody.as_str()),
        (
            AccountConfig::new("onecloud"),
            "onecloud is not configured: `base_url` (environment ONECLOUD_BASE_URL) missing; there are also `token` (environment ONECLOUD_TOKEN), `email` (environment ONECLOUD_EMAIL), `password` (environment ONECLOUD_PASSWORD), `site_id` (environment ONECLOUD_SITE_ID)",
        ),
        (
            AccountConfig::new("onecloud").setting("base_url", "https://onecloud.example.com"),
            "onecloud is not configured: give `token` (environment ONECLOUD_TOKEN), or `email`, `password` and `site_id` (environment ONECLOUD_EMAIL, ONECLOUD_PASSWORD, ONECLOUD_SITE_ID)",
        ),
        (
            AccountConfig::new("sweeppea").setting("apikey", "s3cret"),
            "sweeppea has no setting `apikey`; it has base_url, api_key, id_form; every account has also timeout_s, max_attempts, rate, concurrency, page_size, read_only and max_delete",
        ),
        (
            AccountConfig::new("sweeppea").setting("api_key", "s3cret\nx"),
            "the value of the header authorization contains a character that cannot be sent",
        ),
        (
            AccountConfig::new("sweeppea").setting("api_key_env", "NO_SUCH_VARIABLE_HERE"),
            "`api_key_env` names the environment variable NO_SUCH_VARIABLE_HERE, which is not set",
        ),
    ] {
        let error = tickets::connect(&account).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert_eq!(error.to_string(), words);
        assert!(!format!("{account:?} {error:?}").contains("s3cret"));
    }
}

#[tokio::test]
async fn a_read_of_an_account_is_timed_by_its_own_timeout() {
    let sandbox = Sandbox::start().await.unwrap();
    let all = Vendor::ALL.len() as u64;
    sandbox.inject(Rule::new(Fault::Delay(Duration::from_secs(3600))).times(all));
    // All at once, with time enough for a busy computer to send what is sent.
    let reads = Vendor::ALL.map(|vendor| {
        let account = account(&sandbox, vendor.prefix())
            .timeout(Duration::from_secs(1))
            .max_attempts(NonZeroU32::MIN);
        let tickets = tickets::connect(&account).unwrap();
        async move { tickets.get("2531581").await.unwrap_err() }
    });
    for error in join_all(reads).await {
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        // In the provider's words, not in those of the layer that waits for it.
        assert!(error.message().contains("within 1 s"), "{error}");
    }
    assert_eq!(sandbox.journal().len(), Vendor::ALL.len());
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_never_answers_is_given_up_two_seconds_after_the_accounts_timeout() {
    #[derive(Debug)]
    struct Silent(ProviderInfo);
    impl TicketProvider for Silent {
        fn info(&self) -> &ProviderInfo {
            &self.0
        }

        // What `#[async_trait]` makes of an `async fn`.
        fn get<'a, 'x, 'b, 'c>(
            &'a self,
            _: &'x CallContext,
            _: &'b TicketId,
        ) -> Pin<Box<dyn Future<Output = tickets::Result<Ticket>> + Send + 'c>>
        where
            'a: 'c,
            'x: 'c,
            'b: 'c,
            Self: 'c,
        {
            Box::pin(std::future::pending())
        }
    }
    fn info() -> ProviderInfo {
        ProviderInfo::new("silent", "Silent", Capabilities::none().get())
    }
    let registry = Registry::new().with(ProviderDescriptor::new(info, &[], |_| {
        Ok(Arc::new(Silent(info())))
    }));
    let account = AccountConfig::new("silent")
        .timeout(Duration::from_millis(1))
        .max_attempts(NonZeroU32::MIN);
    let error = registry
        .connect(&account)
        .unwrap()
        .get("1")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.message(), "no answer within 2.001 s");
}

#[test]
fn an_account_is_read_from_a_file() {
    let read = |text: &str| toml::from_str::<AccountConfig>(text);
    let account =
        read("provider = \"leadsquared\"\ntimeout_s = 2.5\ndelete_batch = 7\norg_id = 22824")
            .unwrap();
    assert_eq!(account.timeout, Some(Duration::from_millis(2500)));
    assert_eq!(
        account.settings.names().collect::<Vec<_>>(),
        ["delete_batch", "org_id"]
    );
    for bad in [
        "",
        "provider = 1",
        "provider = \"x\"\ntimeout_s = 0",
        "provider = \"x\"\ntimeout_s = -1",
        "provider = \"x\"\ntoken = [\"s\"]",
        "provider = \"x\"\nmax_attempts = 0",
        "provider = \"x\"\nconcurrency = 0",
        "provider = \"x\"\nconcurrency = \"4\"",
        "provider = \"x\"\npage_size = 0",
        "provider = \"x\"\npage_size = 4294967296",
        "provider = \"x\"\nrate = 25",
        "provider = \"x\"\nrate = [\"25\"]",
        "provider = \"x\"\nrate = \"0/5\"",
    ] {
        assert!(read(bad).is_err(), "{bad}");
    }
}

#[test]
fn rates_and_attempts_are_read_from_a_file_and_rates_take_the_place_of_the_documented_ones() {
    let account = |lines: &str| {
        let text = format!("provider = \"sweeppea\"\napi_key = \"key\"\n{lines}");
        toml::from_str::<AccountConfig>(&text).unwrap()
    };
    let windows = |account: &AccountConfig| {
        let tickets = Registry::new().connect(account).unwrap();
        let limits = tickets.pacer().unwrap().limits();
        // What is not about rates stays as the provider documents it.
        assert!(limits.iter().any(|limit| limit.max_concurrent.is_some()));
        let windows = limits.iter().flat_map(|limit| limit.windows.clone());
        windows.collect::<Vec<_>>()
    };
    let quota = |calls, seconds| Quota::new(calls, Duration::from_secs(seconds));
    assert_eq!(windows(&account("")), [quota(150, 60)]);
    assert_eq!(windows(&account("rate = \"60/60\"")), [quota(60, 60)]);
    assert_eq!(
        windows(&account("rate = [\"10/5\", \"10000/86400\"]")),
        [quota(10, 5), quota(10_000, 86_400)]
    );
    assert_eq!(windows(&account("rate = []")), []);
    assert_eq!(account("max_attempts = 7").max_attempts, NonZeroU32::new(7));
}

#[test]
fn concurrency_is_read_as_a_number_or_auto() {
    use tickets::provider::Concurrency;
    let read = |line: &str| {
        let text = format!("provider = \"x\"\n{line}");
        toml::from_str::<AccountConfig>(&text).map(|account| account.concurrency)
    };
    let seven = std::num::NonZeroUsize::new(7).unwrap();
    for (line, expected) in [
        ("", Concurrency::Auto),
        ("concurrency = \"auto\"", Concurrency::Auto),
        ("concurrency = 7", seven.into()),
    ] {
        assert_eq!(read(line).unwrap(), expected, "{line}");
    }
    let error = read("concurrency = \"fast\"").unwrap_err().to_string();
    assert!(
        error.contains("\"auto\" or a whole number above 0"),
        "{error}"
    );
}

#[tokio::test]
async fn an_account_is_listed_in_pages_of_its_size_and_changed_with_its_concurrency() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.add_tickets(Vendor::OneCloud, 60);
    let keys: AccountConfig =
        toml::from_str("provider = \"onecloud\"\nconcurrency = 1\npage_size = 50").unwrap();
    let mut sized = account(&sandbox, "onecloud");
    (sized.concurrency, sized.page_size) = (keys.concurrency, keys.page_size);
    let tickets = tickets::connect(&sized).unwrap();
    assert_eq!(tickets.page_size(), NonZeroU32::new(50));
    let listed: Vec<_> = tickets.list_all(TicketQuery::new()).collect().await;
    assert_eq!(listed.len(), 63);
    let paths: Vec<_> = (sandbox.journal().into_iter())
        .map(|exchange| exchange.path.split_once('?').unwrap().1.to_owned())
        .collect();
    assert_eq!(paths, ["limit=50", "limit=50&offset=49"]);

    // Each delete waits for the answer of the one before: the first is slow, and yet they arrive in order.
    let slow = Fault::Delay(Duration::from_millis(100));
    sandbox.inject(Rule::new(slow).endpoint(Endpoint::Delete));
    let ids = sandbox.ticket_ids(Vendor::OneCloud);
    let ids = stream::iter(ids.into_iter().take(5).enumerate());
    let options = BulkOptions::default();
    let settled = tickets.apply(Change::Delete, ids, &options);
    let places: Vec<_> = settled.map(|settled| settled.key).collect().await;
    assert_eq!(places, [0, 1, 2, 3, 4]);
    assert_eq!(sandbox.tickets(Vendor::OneCloud).len(), 58);
}

#[tokio::test]
async fn an_account_is_tried_as_often_as_it_says() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject(Rule::new(Fault::Status(503)).times(9));
    let account = account(&sandbox, "onecloud").max_attempts(NonZeroU32::MIN);
    let error = tickets::connect(&account)
        .unwrap()
        .get("121")
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Unavailable, 1)
    );
    assert_eq!(sandbox.journal().len(), 1);
}

#[test]
fn handles_of_one_account_share_its_quotas_within_a_registry() {
    let account = |key: &str| {
        AccountConfig::new("sweeppea")
            .setting("api_key", key)
            .timeout(Duration::from_secs(1))
    };
    let registry = Registry::new();
    let connect = |registry: &Registry, account: &AccountConfig| {
        Arc::clone(registry.connect(account).unwrap().pacer().unwrap())
    };
    let first = connect(&registry, &account("first-key"));
    assert!(Arc::ptr_eq(
        &first,
        &connect(&registry, &account("first-key"))
    ));
    assert!(Arc::ptr_eq(
        &first,
        &connect(&registry.clone(), &account("first-key"))
    ));
    let patient = account("first-key")
        .timeout(Duration::from_secs(9))
        .max_attempts(NonZeroU32::MAX);
    assert!(Arc::ptr_eq(&first, &connect(&registry, &patient)));
    // Nothing shows that another key is another account; only who configures it can say so.
    let second = account("second-key");
    assert!(Arc::ptr_eq(&first, &connect(&registry, &second)));
    let second = second.quota_key("second");
    let apart = connect(&registry, &second);
    assert!(!Arc::ptr_eq(&first, &apart));
    let renewed = account("renewed-key").quota_key("second");
    assert!(Arc::ptr_eq(&apart, &connect(&registry, &renewed)));
    assert!(!Arc::ptr_eq(
        &first,
        &connect(&Registry::new(), &account("first-key"))
    ));
    // Neither spelling nor what is not about who calls makes another account.
    let spelt = account("first-key").setting("base_url", "https://api-v3.sweeppea.com/");
    assert!(Arc::ptr_eq(&first, &connect(&registry, &spelt)));
    let elsewhere = account("first-key").setting("base_url", "https://example.com");
    assert!(!Arc::ptr_eq(&first, &connect(&registry, &elsewhere)));
    // Zendesk counts the calls of all agents of an account together, and the part before the host is the account.
    let agent = |host: &str, email: &str| {
        let agent = AccountConfig::new("zendesk").setting("base_url", format!("https://{host}"));
        let agent = agent.setting("email", email).setting("api_token", email);
        connect(&registry, &agent)
    };
    let ann = agent("acme.zendesk.com", "ann@example.com");
    let bob = agent("acme.zendesk.com", "bob@example.com");
    assert!(Arc::ptr_eq(&ann, &bob));
    let elsewhere = agent("other.zendesk.com", "ann@example.com");
    assert!(!Arc::ptr_eq(&ann, &elsewhere));
    // Another provider that is told the same is another account.
    let sweeppea = *registry.get("sweeppea").unwrap();
    let info = || ProviderInfo::new("own", "Own", Capabilities::none());
    let own = ProviderDescriptor::new(info, sweeppea.settings, sweeppea.connect);
    let mut same = account("first-key");
    same.provider = "own".to_owned();
    assert!(!Arc::ptr_eq(
        &first,
        &connect(&registry.clone().with(own), &same)
    ));
    // One account cannot have two limits at once.
    let slower = account("first-key").rates([Quota::new(1, Duration::from_secs(1))]);
    let error = registry.connect(&slower).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("with other limits"), "{error}");
    assert!(error.to_string().contains("`quota_key`"), "{error}");
    let other = connect(&registry, &slower.clone().quota_key("slower"));
    assert!(other.limits().iter().any(|limit| !limit.windows.is_empty()));
    drop(first);
    let slower = connect(&registry, &slower);
    let windows = slower.limits().iter().flat_map(|limit| &limit.windows);
    assert_eq!(windows.map(|quota| quota.calls).collect::<Vec<_>>(), [1]);
    assert!(!format!("{registry:?}").contains("first-key"));
}

/// Slots that are never free, as of a store that another process has emptied, and who asked.
#[derive(Debug, Default)]
struct Taken {
    asked: AtomicUsize,
}

impl Slots for Taken {
    fn take<'a>(&'a self, _: &'a CallIntent<'a>) -> BoxFuture<'a, Result<Box<dyn Slot>, NoSlot>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(std::future::ready(Err(NoSlot::Failed(Error::config(
            "the store has none",
        )))))
    }

    fn close_for(&self, _: Duration) {}
}

#[tokio::test]
async fn a_registry_with_slots_asks_its_factory_once_per_account_and_sends_nothing_without_a_slot()
{
    let sandbox = Sandbox::start().await.unwrap();
    let made = Arc::new(Mutex::new(Vec::new()));
    let slots = Arc::new(Taken::default());
    let registry = Registry::new().slots({
        let (made, slots) = (Arc::clone(&made), Arc::clone(&slots));
        move |key, limits| {
            let windows = limits.iter().flat_map(|limit| limit.windows.clone());
            let windows: Vec<_> = windows.collect();
            made.lock().unwrap().push((key.to_string(), windows));
            Some(Arc::clone(&slots) as Arc<dyn Slots>)
        }
    });
    let account = account(&sandbox, "sweeppea").rates(["7/1".parse().unwrap()]);
    let handles = [
        registry.connect(&account).unwrap(),
        registry.clone().connect(&account).unwrap(),
    ];
    for handle in &handles {
        let error = handle.get("2531581").await.unwrap_err();
        assert_eq!(error.message(), "the store has none");
    }
    assert_eq!(slots.asked.load(Ordering::SeqCst), 2);
    assert!(sandbox.journal().is_empty());
    // The store says what to do: nothing is wrong with the account's settings.
    let accounts = Accounts::given(registry.clone(), [("eu".to_owned(), account.clone())]);
    let eu = accounts.account("eu").unwrap();
    let error = handles[0].get("2531581").await.unwrap_err();
    assert_eq!(eu.hint(&error, None), None);
    assert_ne!(eu.hint(&Error::config("the key is missing"), None), None);
    let quota = Quota::new(7, Duration::from_secs(1));
    let key = format!("sweeppea://{}", sandbox.address());
    assert_eq!(*made.lock().unwrap(), [(key.clone(), vec![quota])]);
    // What is made anew is asked for anew.
    drop((handles, eu, accounts));
    let again = registry.connect(&account).unwrap();
    assert_eq!(made.lock().unwrap().len(), 2);
    let shown = format!("{registry:?}");
    assert!(shown.contains(&key), "{shown}");
    drop(again);
}

#[tokio::test]
async fn an_application_adds_a_provider_of_its_own() {
    #[derive(Debug)]
    struct Own(ProviderInfo);
    impl TicketProvider for Own {
        fn info(&self) -> &ProviderInfo {
            &self.0
        }
    }
    #[derive(Deserialize)]
    struct OwnConfig {
        place: String,
        #[serde(skip)]
        timeout: Option<Duration>,
    }
    impl Connect for Own {
        type Config = OwnConfig;
        const SETTINGS: &'static [Setting] =
            &[Setting::required("place", "OWN_PLACE", "where it is")];
        fn info() -> ProviderInfo {
            ProviderInfo::new("own", "Own", Capabilities::none())
        }
        fn with_timeout(mut config: OwnConfig, timeout: Duration) -> OwnConfig {
            config.timeout = Some(timeout);
            config
        }
        fn connect(config: OwnConfig) -> tickets::Result<Self> {
            let mut info = <Self as Connect>::info();
            info.title = format!("{}, {:?}", config.place, config.timeout).into();
            Ok(Self(info))
        }
    }
    let registry = Registry::new().with(ProviderDescriptor::of::<Own>());
    assert_eq!(
        registry
            .connect(&AccountConfig::new("own"))
            .unwrap_err()
            .kind(),
        ErrorKind::Config
    );
    let tickets = registry
        .connect(&AccountConfig::new("own").setting("place", "here"))
        .unwrap();
    assert_eq!(tickets.info().title, "here, None");
    let hurried = AccountConfig::new("own")
        .setting("place", "there")
        .timeout(Duration::from_secs(7));
    let hurried = registry.connect(&hurried).unwrap();
    assert_eq!(hurried.info().title, "there, Some(7s)");
    assert_eq!(
        tickets.get("1").await.unwrap_err().kind(),
        ErrorKind::Unsupported
    );
    assert_eq!(registry.iter().count(), PROVIDERS.len() + 1);
}

#[test]
fn an_application_replaces_a_provider_by_its_id() {
    #[derive(Debug)]
    struct Own(ProviderInfo);
    impl TicketProvider for Own {
        fn info(&self) -> &ProviderInfo {
            &self.0
        }
    }
    fn info() -> ProviderInfo {
        ProviderInfo::new("onecloud", "Replaced", Capabilities::none())
    }
    let own = ProviderDescriptor::new(info, &[], |_| Ok(Arc::new(Own(info()))));
    let registry = Registry::new().with(own).with(own);
    let account = AccountConfig::new("onecloud");
    assert_eq!(registry.connect(&account).unwrap().info().title, "Replaced");
    assert!(tickets::connect(&account).is_err());
    let mut ids: Vec<_> = registry.iter().map(|known| (known.info)().id).collect();
    ids.sort_unstable();
    let before: Vec<_> = PROVIDERS.iter().map(|known| (known.info)().id).collect();
    assert_eq!(ids, before);
}

#[tokio::test]
async fn read_only_account_sends_no_write_however_it_is_connected() {
    let sandbox = Sandbox::start().await.unwrap();
    let registry = Registry::new();
    let new = NewTicket::new("A subject").description("A text");
    let read_only = |vendor: Vendor| account(&sandbox, vendor.prefix()).read_only(true);
    for vendor in Vendor::ALL.iter().copied() {
        let tickets = registry.connect(&read_only(vendor)).unwrap();
        let created = tickets.create(&new).await.unwrap_err();
        assert_eq!(created.kind(), ErrorKind::Config);
        for (_, outcome) in tickets.delete(["121", "122"]).await.iter() {
            let error = outcome.error().unwrap();
            assert_eq!(
                (outcome.as_str(), error.kind()),
                ("unattempted", ErrorKind::Config)
            );
            assert!(error.to_string().contains("`read_only`"), "{error}");
        }
    }
    assert!(sandbox.journal().is_empty());
    for vendor in Vendor::ALL.iter().copied() {
        let descriptor = registry.get(vendor.prefix()).unwrap();
        let bare = (descriptor.connect)(&read_only(vendor)).unwrap();
        let bare = tickets::Tickets::bare(bare);
        let created = bare.create(&new).await.unwrap_err();
        assert_eq!(created.kind(), ErrorKind::Config);
        assert!(!bare.delete(["121", "122"]).await.all_deleted());
        // Reads are made, whatever they find.
        let _ = bare.get("121").await;
    }
    let journal = sandbox.journal();
    assert!(journal.len() >= Vendor::ALL.len());
    assert!(journal.iter().all(|seen| !seen.is_write), "{journal:?}");
}
