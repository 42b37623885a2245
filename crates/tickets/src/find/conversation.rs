//! What the messages of a ticket tell of it.

use ticket_core::Message;
use ticket_core::model::Direction;

/// What a conversation tells of its ticket, in constant memory.
#[derive(Default)]
pub(super) struct Conversation {
    first: Option<Message>,
    /// The first message of the customer.
    first_inbound: Option<Message>,
    /// Whether another address could be that of the first message of the customer.
    is_ambiguous: bool,
}

impl Conversation {
    pub(super) fn add(&mut self, message: Message) {
        if self
            .first
            .as_ref()
            .is_none_or(|first| is_earlier(&message, first))
        {
            self.first = Some(message.clone());
        }
        if message.direction != Some(Direction::Inbound) {
            return;
        }
        match &self.first_inbound {
            None => self.first_inbound = Some(message),
            Some(first) if is_earlier(&message, first) => {
                self.is_ambiguous = false;
                self.first_inbound = Some(message);
            }
            Some(first) => {
                let is_later = message.created_at > first.created_at && first.created_at.is_some();
                self.is_ambiguous |= !is_later && email(&message) != email(first);
            }
        }
    }

    /// The address of the author of the earliest message of the customer, if it is told.
    pub(super) fn requester(&self) -> Option<&str> {
        let first = self.first_inbound.as_ref();
        first.filter(|_| !self.is_ambiguous).and_then(email)
    }

    /// The text of the earliest message.
    pub(super) fn text(&self) -> Option<&str> {
        self.first.as_ref().map(|message| message.body.as_str())
    }
}

fn email(message: &Message) -> Option<&str> {
    message.author.as_ref()?.email.as_deref()
}

fn is_earlier(message: &Message, than: &Message) -> bool {
    let times = message.created_at.zip(than.created_at);
    times.is_some_and(|(time, than)| time < than)
}
