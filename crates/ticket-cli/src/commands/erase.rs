//! `tickets erase`: finds the tickets of persons in all accounts, and makes one job of them that awaits confirmation.
//!
//! Nothing is deleted here, and no address is kept: see `ticket_jobs::erase`.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use ticket_jobs::archive::Archive;
use ticket_jobs::erase::ErasureKey;
use ticket_jobs::{AccountSearch, Erasure, Guards, NewJob, PersonHash, user_at_host};
use tickets::accounts::Account;
use tickets::find::Find;
use tickets::{Change, Operation, TicketRef};

use super::bulk::{self, Plan, Refused, read_list};
use super::identifiers::{Identifiers, is_address};
use super::people;
use super::search::{Search, Searched};
use crate::accounts::Accounts;
use crate::args::{self, DeleteMode, Global, OutputFormat};
use crate::failure::{Exit, Failure};
use crate::interrupt;
use crate::ledger::Ledger;
use crate::output::Output;
use crate::status::say;
use crate::text::{self, counted};

/// The tickets of an erasure, and whose each is.
pub(super) type Tickets = Vec<(TicketRef, Vec<PersonHash>)>;

pub(super) async fn run(
    asked: args::Erase,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    if global.sandbox {
        let message =
            "an erasure is a job, and jobs of --sandbox end with their command; nothing was sent";
        return Err(Failure::refused(message)
            .hinting("`tickets sandbox` serves a sandbox for several commands".to_owned()));
    }
    refuse_several_readers(&asked)?;
    let addresses = addresses(&asked)?;
    let ledger = Ledger::open_kept(global)?;
    let accounts = Accounts::with_ledger(&ledger, global).await?;
    let named = named(&asked, addresses.len(), &accounts)?;
    let guards = guards(&asked)?;
    let key = ErasureKey::load_or_create(&key_file(&ledger)?)?;
    let people: Vec<_> = addresses.iter().map(|one| key.person(one)).collect();

    let mut find = Find::new();
    for address in addresses {
        find = find.requester(address);
    }
    if asked.people.ignore_plus_tags {
        find = find.ignoring_plus_tags();
    }
    let change = asked.mode.change();
    let mut search = Search::new(find, &asked.account, &accounts, Some(&change))?;
    if !output.format.is_json() {
        search.say_cost();
    }
    let interruption = interrupt::stop_on_ctrl_c()?;
    let mut found = Tickets::new();
    let running = search.run(&interruption, output.format, |hit| {
        let Some((account, hit)) = hit else {
            return Ok(());
        };
        let of = hit.requesters.iter();
        let of = of.filter_map(|place| people.get(*place)).copied();
        let ticket = TicketRef::new(account.name.clone(), hit.ticket.id);
        found.push((ticket, of.collect()));
        refuse_too_many(&asked, found.len())
    });
    running.await?;
    search.say_summary(output.format, "No tickets found.");
    if named.is_empty() && search.has_unsearchable() && output.format == OutputFormat::Table {
        say(
            "hint: --tickets FILE names tickets that are known otherwise, of systems that cannot be searched",
        );
    }
    if search.is_stopped() {
        say("Stopped: no job was made.");
        return Ok(search.exit());
    }
    let searches = searches(&search, &named, &accounts)?;
    found.extend(named.into_iter().map(|ticket| (ticket, people.clone())));
    refuse_too_many(&asked, found.len())?;
    refuse_mode(&asked.mode, &found, &accounts)?;
    let mut erasure = Erasure::new(key.id(), people).look_again_after(asked.look_again_after);
    if let Some(time) = asked.keep {
        erasure = erasure.keep_archive(time);
    }
    let is_searched = searches.iter().all(AccountSearch::is_complete);
    for search in searches {
        erasure = erasure.search(search);
    }
    if found.is_empty() {
        record_search(erasure, guards, is_searched, &ledger, &accounts, output).await?;
    } else {
        make(erasure, guards, change, found, &ledger, &accounts, output).await?;
    }
    // Also of an account of which tickets were only named.
    Ok(match search.exit() {
        Exit::Done if !is_searched => Exit::Incomplete,
        exit => exit,
    })
}

/// Makes the job of an erasure that found nothing: it is over, and its report proves the search.
async fn record_search(
    erasure: Erasure,
    guards: Guards,
    is_searched: bool,
    ledger: &Ledger,
    accounts: &Accounts,
    output: &Output,
) -> Result<(), Failure> {
    let new = NewJob::erasure(erasure)
        .guards(guards)
        .created_by(user_at_host());
    let list = ledger.jobs.erase(new, []).await?;
    let job = list.seal(&*accounts.source()).await?;
    bulk::print_no_estimate(output)?;
    if output.format == OutputFormat::Table {
        say(if is_searched {
            "There is nothing to erase."
        } else {
            "There is nothing to erase where it was searched; search the rest again, or name its tickets with --tickets."
        });
    }
    if let Some(report) = ledger.command("report", &job) {
        say(&format!(
            "Job {job} records the search: `{report} --to DIR` proves it"
        ));
    }
    Ok(())
}

/// Makes the job of an erasure, and says what is next.
pub(super) async fn make(
    erasure: Erasure,
    guards: Guards,
    change: Change,
    found: Tickets,
    ledger: &Ledger,
    accounts: &Accounts,
    output: &Output,
) -> Result<(), Failure> {
    let plan = plan(&change, &found, accounts)?;
    plan.check()?;
    let mut new = NewJob::erasure(erasure)
        .guards(guards)
        .created_by(user_at_host());
    if change == Change::Purge {
        new = new.permanent();
    }
    let job = ledger.jobs.erase(new, found).await?;
    // What is seen tells later whether an id was given out again.
    let seen = bulk::read_tickets(ticket_jobs::Look::All, &plan, &job, accounts).await;
    if let Err(failure) = seen {
        job.discard().await?;
        return Err(failure);
    }
    let job = job.seal(&*accounts.source()).await?;
    let job = ledger.jobs.ledger().job(&job).await?;
    bulk::print_estimate(&plan, &job, true, ledger, output).await?;
    if output.format == OutputFormat::Table
        && let (Some(export), Some(run)) = (
            ledger.command("export", &job.id),
            ledger.command("run", &job.id),
        )
    {
        say(&format!(
            "A second person may approve it: `{export} > plan.json`, then `tickets job approve plan.json --reason TEXT \
             --to approval.json`, and confirm with --approval approval.json"
        ));
        say(&format!(
            "Then `{run}` deletes, waits, and looks at each ticket again"
        ));
    }
    Ok(())
}

/// Standard input can be read once.
fn refuse_several_readers(asked: &args::Erase) -> Result<(), Failure> {
    let is_stdin = |path: &Option<std::path::PathBuf>| path.as_deref() == Some(Path::new("-"));
    let requesters = asked.people.requesters.iter();
    let readers = requesters.filter(|one| *one == "-").count()
        + usize::from(is_stdin(&asked.from.from))
        + usize::from(is_stdin(&asked.tickets));
    if readers > 1 {
        let message = "`-` is given several times, and standard input can be read only once; nothing was sent";
        return Err(Failure::refused(message));
    }
    Ok(())
}

/// Whose tickets are erased: addresses, each once.
fn addresses(asked: &args::Erase) -> Result<Vec<String>, Failure> {
    if let (Some(path), Some(column)) = (&asked.from.from, &asked.from.column) {
        let table = Identifiers::read(path, column)?;
        match table.without_address() {
            0 => {}
            rows => say(&format!(
                "{} without an address left out",
                counted(rows, "row")
            )),
        }
        return Ok(people::once(table.addresses().map(str::to_owned)));
    }
    let addresses = people::requesters(&asked.people)?;
    if addresses.iter().all(|address| is_address(address)) {
        return Ok(addresses);
    }
    let message = "a requester is not an e-mail address, and names and ids are not enough to erase by; nothing was sent";
    Err(Failure::refused(message))
}

/// The tickets that are known otherwise.
fn named(
    asked: &args::Erase,
    persons: usize,
    accounts: &Accounts,
) -> Result<Vec<TicketRef>, Failure> {
    let Some(path) = &asked.tickets else {
        return Ok(Vec::new());
    };
    if persons > 1 {
        let message = format!(
            "--tickets names tickets of one person, and these are {persons}: erase each one's alone; nothing was sent"
        );
        return Err(Failure::refused(message));
    }
    let mut refused = Refused::default();
    let mut connected: HashMap<String, Option<Account>> = HashMap::new();
    let mut known = HashSet::new();
    let mut tickets = Vec::new();
    for ticket in read_list(path) {
        let ticket = match ticket {
            Ok(ticket) => ticket,
            Err(failure) => {
                refused.push(failure);
                continue;
            }
        };
        let account = connected.entry(ticket.account.clone()).or_insert_with(|| {
            let account = accounts.connect(&ticket.account);
            account.map_err(|failure| refused.push(failure)).ok()
        });
        let Some(account) = account else {
            continue;
        };
        if let Err(error) = bulk::check_ticket(&asked.mode.change(), account, &ticket) {
            refused.push(account.diagnose(error, Some(&ticket)).into());
        } else if known.insert(ticket.clone()) {
            tickets.push(ticket);
        }
    }
    refused.into_result()?;
    Ok(tickets)
}

/// The guards of the job. An archive that cannot be used is told now.
fn guards(asked: &args::Erase) -> Result<Guards, Failure> {
    let mut guards = Guards::default();
    asked.brakes.add_to(&mut guards);
    if let Some(folder) = &asked.archive {
        let guard = asked.missing.guard(folder).map_err(|error| {
            Failure::refused(format!(
                "the current folder is unknown ({error}); nothing was sent"
            ))
        })?;
        Archive::open(&guard.folder)?;
        guards.archive = Some(guard);
    }
    Ok(guards)
}

/// The file with the key that hashes addresses.
pub(super) fn key_file(ledger: &Ledger) -> Result<std::path::PathBuf, Failure> {
    ledger
        .erasure_key()
        .ok_or_else(|| Failure::unconfigured("an erasure needs a ledger that is kept"))
}

fn refuse_too_many(asked: &args::Erase, found: usize) -> Result<(), Failure> {
    match asked.max {
        Some(most) if found > most.get() => {
            let message =
                format!("--max allows {most}, and more tickets were found; no job was made");
            Err(Failure::refused(message))
        }
        _ => Ok(()),
    }
}

/// How each account was searched, also those that were not, and those of which tickets were named.
fn searches(
    search: &Search,
    named: &[TicketRef],
    accounts: &Accounts,
) -> Result<Vec<AccountSearch>, Failure> {
    let mut given: HashMap<&str, usize> = HashMap::new();
    for ticket in named {
        *given.entry(&ticket.account).or_insert(0) += 1;
    }
    let mut all = Vec::new();
    for searched in search.accounts() {
        let mut about = about(searched, accounts);
        if let Some(count) = given.remove(searched.name.as_str()) {
            let note = format!("{} named by whoever planned this", counted(count, "ticket"));
            about = about.note(note);
        }
        all.push(about);
    }
    for (name, count) in given {
        let account = accounts.connect(name)?;
        let about = AccountSearch::new(name, &*account.tickets.info().id);
        let mut about = about.host(accounts.facts(name)?.host);
        // Whether these are all of them, nobody knows.
        let why = format!("{} named by whoever planned this", counted(count, "ticket"));
        about.not_searched = Some(why);
        all.push(about);
    }
    Ok(all)
}

fn about(searched: &Searched, accounts: &Accounts) -> AccountSearch {
    let provider = searched.account.as_ref();
    let provider = provider.map(|account| account.tickets.info().id.to_string());
    let host = accounts
        .facts(&searched.name)
        .ok()
        .and_then(|facts| facts.host);
    let mut about =
        AccountSearch::new(searched.name.clone(), provider.unwrap_or_default()).host(host);
    if let Some(how) = searched.how() {
        about = about.how(how);
    }
    // A ticket in the trash is still at the vendor, so without it the search is not complete.
    match (&searched.lacking, searched.note()) {
        (Some(lacking), Some(note)) => about = about.not_searched(&lacking.error).note(note),
        (Some(lacking), None) => about = about.not_searched(&lacking.error),
        (None, note) => about.not_searched = note.map(str::to_owned),
    }
    let counts = searched.counts().unwrap_or_default();
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    about.listed = number(counts.listed);
    about.read = number(counts.read);
    about.conversations = number(counts.conversations);
    about.undecided = number(counts.undecided);
    about
}

/// Refuses accounts that cannot delete as asked.
fn refuse_mode(mode: &DeleteMode, found: &Tickets, accounts: &Accounts) -> Result<(), Failure> {
    let mut refused = Refused::default();
    let mut known = HashSet::new();
    for (ticket, _) in found {
        if !known.insert(&*ticket.account) {
            continue;
        }
        let account = accounts.connect(&ticket.account)?;
        if mode.trash {
            if let Err(failure) = bulk::refuse_without_trash(&account) {
                refused.push(failure);
            }
        } else if mode.permanent
            && let Err(error) = bulk::check_ticket(&mode.change(), &account, ticket)
        {
            refused.push(account.diagnose(error, None).into());
        }
    }
    refused.into_result()
}

/// What is deleted at which account.
fn plan(change: &Change, found: &Tickets, accounts: &Accounts) -> Result<Plan, Failure> {
    let mut counts: Vec<(&str, HashSet<&TicketRef>)> = Vec::new();
    for (ticket, _) in found {
        match counts.iter_mut().find(|(name, _)| *name == ticket.account) {
            Some((_, tickets)) => {
                tickets.insert(ticket);
            }
            None => counts.push((&ticket.account, HashSet::from([ticket]))),
        }
    }
    let mut groups = Vec::new();
    for (name, tickets) in counts {
        let account = accounts.connect(name)?;
        if !account
            .tickets
            .info()
            .capabilities
            .supports(Operation::Delete)
        {
            let message = "the vendor has no documented way to delete tickets; no job was made";
            return Err(Failure::refused(message).at(text::line(name)));
        }
        groups.push((account, accounts.facts(name)?, tickets.len()));
    }
    Ok(Plan::of_job(change.clone(), groups))
}
