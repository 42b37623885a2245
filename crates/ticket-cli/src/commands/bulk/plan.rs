//! What is to be done to which tickets: read, checked and grouped by account, before anything is sent.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use tickets::{TicketId, TicketRef};

use super::deed::Deed;
use crate::accounts::{Account, Accounts};
use crate::args::Many;
use crate::commands::input::read_text;
use crate::failure::Failure;
use crate::text::{self, counted};

/// How many tickets of an account are named before a list becomes "and 97 more".
const NAMED: usize = 5;

/// How many characters of a wrong line are shown.
const QUOTED: usize = 80;

/// A ticket that was asked for, and where.
pub(super) struct Asked {
    ticket: TicketRef,
    /// The file and the line, for a ticket from a file.
    place: Option<(String, usize)>,
}

/// All tickets that were asked for, in the order asked.
pub(super) fn read(many: &Many) -> Result<Vec<Asked>, Failure> {
    let mut asked = Vec::new();
    for text in many.tickets.iter().filter(|text| *text != "-") {
        let ticket = reference(text)?;
        asked.push(Asked {
            ticket,
            place: None,
        });
    }
    let files = many.from.as_deref().into_iter();
    let stdin = many
        .tickets
        .iter()
        .any(|text| text == "-")
        .then_some(Path::new("-"));
    for path in files.chain(stdin) {
        read_lines(path, &mut asked)?;
    }
    if asked.is_empty() {
        return Err(Failure::refused(
            "no ticket is named; there is nothing to do",
        ));
    }
    Ok(asked)
}

/// Whether standard input is taken by the list of tickets.
pub(super) fn from_stdin(many: &Many) -> bool {
    many.from
        .as_deref()
        .is_some_and(|path| path.as_os_str() == "-")
        || many.tickets.iter().any(|text| text == "-")
}

fn read_lines(path: &Path, asked: &mut Vec<Asked>) -> Result<(), Failure> {
    let name = match path.as_os_str() {
        dash if dash == "-" => "standard input".to_owned(),
        _ => path.display().to_string(),
    };
    let text = read_text(path)?;
    // Windows programs put a byte order mark before the first line.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let place = (name.clone(), index + 1);
        let ticket = reference(line).map_err(|failure| failure.at(line_of(&place)))?;
        asked.push(Asked {
            ticket,
            place: Some(place),
        });
    }
    Ok(())
}

/// The ticket that is named. Stricter than elsewhere: here lines of other programs arrive, and what looks like
/// one ticket but is a list, a row or an object must not become the id of something to delete.
fn reference(text: &str) -> Result<TicketRef, Failure> {
    let foreign =
        |character: char| character.is_whitespace() || matches!(character, '{' | '}' | '"' | ',');
    if text.contains(foreign) {
        let quoted = text::line(&text::cut(text, QUOTED));
        let failure = Failure::refused(format!("`{quoted}` names no ticket; write account:id"));
        return Err(failure.hinting(text.starts_with(['{', '[', '"']).then(|| {
            "this looks like JSON: `jq -r .ticket` makes a list of tickets of it".to_owned()
        })));
    }
    match text.parse::<TicketRef>() {
        Ok(ticket) => Ok(ticket),
        Err(_) if text.chars().count() > QUOTED => Err(Failure::refused(format!(
            "`{}` names no ticket; write account:id",
            text::line(&text::cut(text, QUOTED))
        ))),
        Err(error) => Err(error.into()),
    }
}

fn line_of((file, line): &(String, usize)) -> String {
    format!("{file}, line {line}")
}

/// What is to be done, with everything connected and checked.
pub(super) struct Plan {
    pub(super) deed: Deed,
    /// As asked for: with repetitions.
    pub(super) asked: Vec<TicketRef>,
    /// By account, in the order of first appearance.
    pub(super) groups: Vec<Group>,
}

/// The tickets of one account.
pub(super) struct Group {
    pub(super) account: Account,
    /// Each once, in the order of first appearance.
    pub(super) ids: Vec<TicketId>,
}

impl Plan {
    /// Connects every account that is named and checks every ticket. Nothing is sent.
    pub(super) fn new(deed: Deed, asked: Vec<Asked>, accounts: &Accounts) -> Result<Self, Failure> {
        let mut groups: Vec<Group> = Vec::new();
        let mut by_account: HashMap<String, usize> = HashMap::new();
        let mut seen = HashSet::new();
        for Asked { ticket, place } in &asked {
            let located = |failure: Failure| match place {
                Some(place) => failure.at(line_of(place)),
                None => failure,
            };
            let index = if let Some(index) = by_account.get(&ticket.account) {
                *index
            } else {
                let account = accounts.connect(&ticket.account).map_err(located)?;
                groups.push(Group {
                    account,
                    ids: Vec::new(),
                });
                by_account.insert(ticket.account.clone(), groups.len() - 1);
                groups.len() - 1
            };
            if !seen.insert(ticket) {
                continue;
            }
            if let Some(group) = groups.get_mut(index) {
                let info = group.account.tickets.info();
                info.check(&deed.request(&ticket.id)).map_err(|error| {
                    located(Failure::of_call(&error, &group.account, Some(ticket)))
                })?;
                group.ids.push(ticket.id.clone());
            }
        }
        let asked = asked.into_iter().map(|asked| asked.ticket).collect();
        Ok(Self {
            deed,
            asked,
            groups,
        })
    }

    /// How many different tickets there are.
    pub(super) fn len(&self) -> usize {
        self.groups.iter().map(|group| group.ids.len()).sum()
    }

    /// Each ticket once.
    pub(super) fn tickets(&self) -> impl Iterator<Item = TicketRef> {
        self.groups.iter().flat_map(|group| {
            let ids = group.ids.iter();
            ids.map(|id| TicketRef::new(&group.account.name, id))
        })
    }

    /// The account of this name.
    pub(super) fn account(&self, name: &str) -> Option<&Account> {
        let group = self.groups.iter().find(|group| group.account.name == name);
        group.map(|group| &group.account)
    }

    pub(super) fn question(&self) -> String {
        format!(
            "{} {}? [y/N]",
            self.deed.imperative(),
            counted(self.len(), "ticket")
        )
    }

    /// What will be done, or in a dry run would be, for people.
    pub(super) fn summary(&self, dry_run: bool) -> String {
        let does = if dry_run {
            format!("would {}", self.deed.verb())
        } else {
            format!("{}s", self.deed.verb())
        };
        let repeated = match self.asked.len() - self.len() {
            0 => String::new(),
            _ => format!(" (named {} times; each is sent once)", self.asked.len()),
        };
        let head = format!(
            "This {does} {}{repeated}, which cannot be undone from here:",
            counted(self.len(), "ticket")
        );
        let titles: Vec<_> = self
            .groups
            .iter()
            .map(|group| group.account.title())
            .collect();
        let width = titles
            .iter()
            .map(|title| title.chars().count())
            .max()
            .unwrap_or(0);
        let digits = self.len().to_string().len();
        let rows = titles
            .iter()
            .zip(&self.groups)
            .map(|(title, Group { ids, .. })| {
                let first = ids.iter().take(NAMED);
                let named: Vec<_> = first.map(|id| text::line(id.as_str())).collect();
                let more = match ids.len().saturating_sub(NAMED) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                let count = ids.len();
                format!(
                    "\n  {title:width$}  {count:digits$}  {}{more}",
                    named.join(", ")
                )
            });
        head + &rows.collect::<String>()
    }
}
