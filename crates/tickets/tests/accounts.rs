//! Named accounts: which account a name means, what the server then sees, and what is said where that fails.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use ticket_sandbox::{Fault, Rule, Sandbox, Vendor, credentials};
use tickets::accounts::Accounts;
use tickets::diagnosis::Hint;
use tickets::{
    AccountConfig, AccountSource, Effect, Error, ErrorKind, Operation, PROVIDERS, Registry,
    TicketRef,
};

/// A folder with a configuration file of this content.
fn file(content: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

fn load(path: &Path) -> Accounts {
    Accounts::load(Registry::new(), Some(path)).unwrap()
}

fn sweeppea(name: &str, sandbox: &Sandbox, more: &str) -> String {
    let base_url = sandbox.base_url(Vendor::Sweeppea);
    let key = credentials::SWEEPPEA_API_KEY;
    format!(
        "[accounts.{name}]\nprovider = \"sweeppea\"\nbase_url = \"{base_url}\"\napi_key = \"{key}\"\n{more}\n"
    )
}

#[tokio::test]
async fn a_name_of_the_file_reaches_its_own_server_and_as_a_source_too() {
    let (eu, us) = (
        Sandbox::start().await.unwrap(),
        Sandbox::start().await.unwrap(),
    );
    let (_folder, path) = file(&(sweeppea("eu", &eu, "") + &sweeppea("us", &us, "")));
    let accounts = load(&path);
    let account = accounts.account("eu").unwrap();
    account.tickets.get("2531581").await.unwrap();
    assert_eq!((eu.journal().len(), us.journal().len()), (1, 0));
    let source: &dyn AccountSource = &accounts;
    let handle = source.connect("us").unwrap();
    assert!(handle.delete(["2531581"]).await.all_deleted());
    assert!(eu.exists(Vendor::Sweeppea, "2531581") && !us.exists(Vendor::Sweeppea, "2531581"));
    let unknown = source.connect("uk").unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::Config);
    for shown in [format!("{accounts:?}"), format!("{account:?}")] {
        assert!(!shown.contains(credentials::SWEEPPEA_API_KEY), "{shown}");
    }
}

#[tokio::test]
async fn two_names_of_one_account_share_its_quota_and_other_limits_are_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    let names = sweeppea("one", &sandbox, "")
        + &sweeppea("same", &sandbox, "")
        + &sweeppea("slow", &sandbox, "rate = \"1/60\"")
        + &sweeppea("apart", &sandbox, "rate = \"1/60\"\nquota_key = \"apart\"");
    let (_folder, path) = file(&names);
    let accounts = load(&path);
    let pacer = |name| Arc::clone(accounts.account(name).unwrap().tickets.pacer().unwrap());
    let one = pacer("one");
    assert!(Arc::ptr_eq(&one, &pacer("same")));
    assert!(!Arc::ptr_eq(&one, &pacer("apart")));
    let slow = accounts.account("slow").unwrap_err();
    assert_eq!(slow.error.kind(), ErrorKind::Config);
    let message = slow.to_string();
    assert!(message.starts_with("slow: another handle"), "{message}");
    assert!(message.contains("`quota_key`"), "{message}");
    assert_eq!(
        slow.hint,
        Some(Hint::Settings(path.display().to_string())),
        "{message}"
    );
    assert!(sandbox.journal().is_empty());
}

#[test]
fn facts_of_an_account_are_its_key_and_host_without_a_secret() {
    let text = "[accounts.eu]\nprovider = \"sweeppea\"\napi_key = \"s3cret\"\n\
                [accounts.own]\nprovider = \"sweeppea\"\napi_key = \"s3cret\"\nquota_key = \"own\"\n\
                base_url = \"http://me:s3cret@127.0.0.1:8080/s3cret?s3cret\"\n";
    let (_folder, path) = file(text);
    let accounts = load(&path);
    let facts = |name| accounts.facts(name).unwrap();
    let (eu, own) = (facts("eu"), facts("own"));
    assert_eq!(eu.key, "sweeppea://api-v3.sweeppea.com");
    assert_eq!(eu.host.as_deref(), Some("api-v3.sweeppea.com"));
    assert_eq!(own.key, "sweeppea#own");
    assert_eq!(own.host.as_deref(), Some("127.0.0.1:8080"));
    assert!(!format!("{own:?}").contains("s3cret"), "{own:?}");
    let unknown = accounts.facts("uk").unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::Config);
}

#[tokio::test]
async fn given_accounts_are_all_there_are_and_are_adjusted_before_they_are_connected() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject(Rule::new(Fault::Status(503)).times(9));
    let shop = AccountConfig::new("onecloud")
        .setting("base_url", sandbox.base_url(Vendor::OneCloud))
        .setting("token", credentials::ONECLOUD_TOKEN);
    let accounts = Accounts::given(Registry::new(), [("shop".to_owned(), shop)])
        .adjust(|account| account.max_attempts = Some(NonZeroU32::MIN));
    assert_eq!(accounts.names().collect::<Vec<_>>(), ["shop"]);
    let shop = accounts.account("shop").unwrap();
    assert_eq!(shop.tickets.get("121").await.unwrap_err().attempts(), 1);
    assert_eq!(sandbox.journal().len(), 1);
    // Not even with its environment variables, which may be another tenant's.
    let provider = accounts.account("onecloud").unwrap_err();
    assert_eq!(
        (provider.to_string().as_str(), provider.hint),
        (
            "there is no account \"onecloud\"; there are shop",
            Some(Hint::Accounts)
        )
    );
}

#[test]
fn a_file_names_its_accounts_beside_the_providers_and_none_is_disguised_as_another() {
    let (_folder, path) = file("[accounts.eu]\nprovider = \"sweeppea\"\n");
    let accounts = load(&path);
    let mut known: Vec<_> = PROVIDERS.iter().map(|known| (known.info)().id).collect();
    known.push("eu".into());
    known.sort_unstable();
    assert_eq!(accounts.names().collect::<Vec<_>>(), known);
    let keyless = accounts.account("eu").unwrap_err();
    assert_eq!(keyless.place.as_deref(), Some("eu"));
    let (_folder, path) = file("[accounts.onecloud]\nprovider = \"sweeppea\"\n");
    let disguised = Accounts::load(Registry::new(), Some(&path)).unwrap_err();
    assert_eq!(disguised.error.kind(), ErrorKind::Config);
    let message = disguised.to_string();
    assert!(message.contains("named like a provider"), "{message}");
    let absent = Path::new("no/such/file");
    let absent = Accounts::load(Registry::new(), Some(absent)).unwrap_err();
    assert_eq!(absent.place.as_deref(), Some("no/such/file"));
}

#[tokio::test]
async fn an_error_of_a_call_is_told_with_its_ticket_and_with_what_can_be_done() {
    let sandbox = Sandbox::start().await.unwrap();
    let (_folder, path) = file(&sweeppea("eu", &sandbox, ""));
    let accounts = load(&path);
    let eu = accounts.account("eu").unwrap();
    let ticket = TicketRef::new("eu", "1");
    let place = format!("of the account eu in {}", path.display());
    for (kind, hint) in [
        (
            ErrorKind::Unauthenticated,
            Some(format!("check api_key {place}")),
        ),
        (ErrorKind::Config, Some(format!("see api_key {place}"))),
        (
            ErrorKind::Connect,
            Some(format!("the address comes from base_url {place}")),
        ),
        (
            ErrorKind::RateLimited,
            Some("wait a little, then run it again".to_owned()),
        ),
        (ErrorKind::NotFound, None),
        (
            ErrorKind::Server,
            Some("the request may have succeeded; check eu:1 before retrying".to_owned()),
        ),
    ] {
        let told = eu.diagnose(Error::new(kind, "x"), Some(&ticket));
        assert_eq!(told.place.as_deref(), Some("eu:1"));
        assert_eq!(told.hint.map(|hint| hint.to_string()), hint, "{kind}");
    }
    // Who named the place already need not be told it again.
    let named = Error::new(ErrorKind::Unauthenticated, format!("check api_key {place}"));
    assert_eq!(eu.hint(&named, None), None);
    // What was filed has an id that nobody knows.
    let unanswered = eu.unanswered(Operation::Create, None);
    assert_eq!(unanswered.error.effect(), Effect::Unknown);
    assert_eq!(
        (unanswered.place.as_deref(), unanswered.hint),
        (Some("eu"), Some(Hint::Look(None)))
    );
    // A note is not shown with the ticket by every vendor.
    let unanswered = eu.unanswered(Operation::Comment, Some(&ticket));
    assert_eq!(unanswered.hint, Some(Hint::Look(None)));
    let unanswered = eu.unanswered(Operation::Resolve, Some(&ticket));
    assert_eq!(unanswered.hint, Some(Hint::Look(Some(ticket))));
}
