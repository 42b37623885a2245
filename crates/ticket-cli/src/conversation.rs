//! How a ticket and its conversation look to people: the one place that lays them out. It is given what was read, and
//! reads and writes nothing itself.
//!
//! Foreign text stands two columns from the left and its control characters are escaped, so that no message can look
//! like a heading or act on a terminal.

use jiff::Timestamp;
use tickets::model::{Direction, Person};
use tickets::{Message, Ticket, TicketRef};

use crate::html;
use crate::output::shown;
use crate::table::{self, Target};
use crate::text;

/// What foreign text begins with on each line.
const INDENT: &str = "  ";

/// Lines are no shorter than this, however narrow the terminal.
const NARROWEST: usize = 20;

/// Lays out a conversation for a terminal or a file.
pub(crate) struct Conversation {
    target: Target,
    /// The present, for "3 days ago". Only terminals show that: a file is read later.
    now: Timestamp,
}

impl Conversation {
    #[expect(clippy::disallowed_methods, reason = "what people read is of now")]
    pub(crate) fn new(target: Target) -> Self {
        Self {
            target,
            now: Timestamp::now(),
        }
    }

    /// What it is laid out for, for tables in it.
    pub(crate) fn target(&self) -> Target {
        self.target
    }

    /// The subject, and what is known of the ticket beside its texts.
    pub(crate) fn head(&self, reference: &TicketRef, ticket: &Ticket) -> String {
        let subject = ticket.subject.as_deref().unwrap_or_default();
        let subject = match text::line(subject) {
            blank if blank.trim().is_empty() => "(no subject)".to_owned(),
            subject => subject,
        };
        let time = |time: Option<Timestamp>| time.map(|time| self.time(time)).unwrap_or_default();
        let people = |people: &mut dyn Iterator<Item = &Person>| {
            let people: Vec<_> = people.map(|one| text::line(&person(one))).collect();
            // Each on a line of its own.
            people.join("\n")
        };
        let facts = [
            ("ticket", reference.to_string()),
            ("status", shown(ticket.status.as_ref())),
            ("priority", shown(ticket.priority.as_ref())),
            ("category", ticket.category.clone().unwrap_or_default()),
            ("requester", people(&mut ticket.requesters())),
            ("assignee", people(&mut ticket.assignee.iter())),
            ("tags", ticket.tags.join(", ")),
            ("created", time(ticket.created_at)),
            ("updated", time(ticket.updated_at)),
            ("closed", time(ticket.closed_at)),
            ("due", time(ticket.due_at)),
            ("merged into", shown(ticket.merged_into.as_ref())),
        ];
        let facts = facts.map(|(name, fact)| match name {
            "requester" | "assignee" => (name, fact),
            _ => (name, text::line(&fact)),
        });
        let (names, facts): (Vec<_>, Vec<_>) = facts.into_iter().unzip();
        // The status is the second fact.
        let colour = ticket.status.as_ref().and_then(table::colour_of);
        let colour = colour.filter(|_| self.target != Target::File);
        let facts = (facts, colour.map(|colour| (1, colour)));
        let facts = table::listing(self.target, &names, &facts);
        format!("{}\n\n{facts}", self.bold(&self.fold(&subject, 0)))
    }

    /// The ticket's own text, below its head.
    pub(crate) fn description(&self, description: &str) -> String {
        format!("\n{}\n", self.foreign(description))
    }

    /// The message with this number.
    pub(crate) fn message(&self, number: usize, message: &Message) -> String {
        let direction = direction(message.direction).map(|words| format!(" · {words}"));
        let heading = format!("Message {number}{}", direction.unwrap_or_default());
        let mut block = self.heading(&heading);
        if let Some(author) = message
            .author
            .as_ref()
            .map(person)
            .filter(|author| !author.is_empty())
        {
            block.push_str(&self.bold(&self.fold(&text::line(&author), 0)));
            block.push('\n');
        }
        if let Some(time) = message.created_at {
            block.push_str(&self.time(time));
            block.push('\n');
        }
        let body = self.foreign(&message.body);
        let body = if body.trim().is_empty() {
            "  (no text)"
        } else {
            &body
        };
        format!("{block}\n{body}\n")
    }

    /// A sentence of this command.
    pub(crate) fn remark(&self, sentence: &str) -> String {
        match self.target {
            Target::Terminal(columns) => format!("\n{}\n", text::wrap(sentence, columns.into())),
            Target::File => format!("\n{sentence}\n"),
        }
    }

    /// A line above a part of the conversation.
    pub(crate) fn heading(&self, words: &str) -> String {
        let begin = format!("── {words} ");
        let rule = match self.target {
            Target::Terminal(columns) => usize::from(columns).saturating_sub(begin.chars().count()),
            Target::File => 2,
        };
        self.bold(&format!("{begin}{}", "─".repeat(rule))) + "\n"
    }

    /// A foreign text, readable if it is HTML.
    fn foreign(&self, body: &str) -> String {
        let body = body.trim_matches(['\r', '\n']).trim_end();
        let readable = html::to_text(body);
        let body = text::body(readable.as_deref().unwrap_or(body));
        let folded = self.fold(&body, INDENT.len());
        let mut foreign = String::with_capacity(folded.len() + folded.len() / 16);
        for (number, line) in folded.split('\n').enumerate() {
            if number > 0 {
                foreign.push('\n');
            }
            if !line.is_empty() {
                foreign.push_str(INDENT);
                foreign.push_str(line);
            }
        }
        foreign
    }

    fn fold(&self, text: &str, indent: usize) -> String {
        match self.target {
            Target::Terminal(columns) => {
                let columns = usize::from(columns).saturating_sub(indent);
                text::fold(text, columns.max(NARROWEST))
            }
            Target::File => text.to_owned(),
        }
    }

    fn time(&self, time: Timestamp) -> String {
        let absolute = text::minute(&time.to_string());
        match self.target {
            Target::Terminal(_) => format!("{absolute} ({})", text::ago(time, self.now)),
            Target::File => absolute,
        }
    }

    fn bold(&self, text: &str) -> String {
        match self.target {
            Target::Terminal(_) => {
                let lines = text.lines().map(|line| format!("\u{1b}[1m{line}\u{1b}[0m"));
                lines.collect::<Vec<_>>().join("\n")
            }
            Target::File => text.to_owned(),
        }
    }
}

/// A person as people write it: the name and the address, or else the id.
fn person(person: &Person) -> String {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    // A name that could be taken for an address, or for several parts, stands in quotation marks.
    let name = given(&person.name).map(|name| {
        let is_odd = name.contains(['<', '>', '@', ',', '"']);
        if is_odd && person.email.as_ref() != Some(&name) {
            format!("{name:?}")
        } else {
            name
        }
    });
    let who = match (name, given(&person.email)) {
        (Some(name), Some(email)) if name != email => Some(format!("{name} <{email}>")),
        (name, email) => name.or(email),
    };
    let who = who.or(given(&person.id).map(|id| format!("id {id}")));
    let parts: Vec<_> = who.into_iter().chain(given(&person.phone)).collect();
    parts.join(", ")
}

fn direction(direction: Option<Direction>) -> Option<&'static str> {
    Some(match direction? {
        Direction::Inbound => "from the customer",
        Direction::Outbound => "to the customer",
        Direction::Internal => "internal note",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_that_could_be_an_address_stands_in_quotation_marks() {
        let ann = Person::named("Ann").email("ann@example.com");
        assert_eq!(person(&ann), "Ann <ann@example.com>");
        let alone = Person::named("Ann <ann@example.com>");
        assert_eq!(person(&alone), "\"Ann <ann@example.com>\"");
        let eve = alone.email("eve@evil.example");
        assert_eq!(person(&eve), "\"Ann <ann@example.com>\" <eve@evil.example>");
        assert_eq!(person(&Person::named("root, +49 170")), "\"root, +49 170\"");
    }
}
