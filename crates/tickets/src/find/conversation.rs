//! What the messages of a ticket tell of it.

use ticket_core::Message;
use ticket_core::model::Direction;

/// What a conversation tells of its ticket, in constant memory. Messages may come in any order.
#[derive(Default)]
pub(super) struct Conversation {
    first: Option<Message>,
    /// The first message of the customer.
    first_inbound: Option<Message>,
    /// Whether somebody else wrote at the same time.
    is_tied: bool,
    /// Whether the customer's messages have several addresses, and whether one of them has no time.
    has_others: bool,
    has_untimed: bool,
    /// The first message of which the vendor does not tell from whom it is.
    first_untold: Option<Message>,
}

impl Conversation {
    pub(super) fn add(&mut self, message: Message) {
        let first = self.first.as_ref();
        if first.is_none_or(|first| is_earlier(&message, first)) {
            self.first = Some(message.clone());
        }
        if message.direction.is_none() {
            let first = self.first_untold.as_ref();
            if first.is_none_or(|first| is_earlier(&message, first) || message.created_at.is_none())
            {
                self.first_untold = Some(message);
            }
            return;
        }
        if message.direction != Some(Direction::Inbound) {
            return;
        }
        self.has_untimed |= message.created_at.is_none();
        let Some(first) = &self.first_inbound else {
            self.first_inbound = Some(message);
            return;
        };
        let is_others = email(&message) != email(first);
        self.has_others |= is_others;
        if is_earlier(&message, first) {
            self.is_tied = false;
            self.first_inbound = Some(message);
        } else if message.created_at == first.created_at {
            self.is_tied |= is_others;
        }
    }

    /// The address of the author of the earliest message of the customer, if it is told.
    pub(super) fn requester(&self) -> Option<&str> {
        let first = self.first_inbound.as_ref();
        // It may be the customer's, and it may be the first one.
        let is_untold = self
            .first_untold
            .as_ref()
            .zip(first)
            .is_some_and(|(untold, first)| {
                !is_earlier(first, untold) && email(untold) != email(first)
            });
        let is_ambiguous = is_untold || self.is_tied || (self.has_untimed && self.has_others);
        first.filter(|_| !is_ambiguous).and_then(email)
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

#[cfg(test)]
mod tests {
    use ticket_core::model::{Person, RawJson, RawValue};

    use super::*;

    fn message(who: &str, direction: impl Into<Option<Direction>>, second: i64) -> Message {
        let raw = RawValue::from_string("{}".to_owned()).unwrap();
        let mut message = Message::new(format!("{who} at {second}"), RawJson::from(raw));
        message.direction = direction.into();
        message.author = Some(match who {
            "chat" => Person::with_id("4711"),
            who => Person::default().email(format!("{who}@example.com")),
        });
        message.created_at = jiff::Timestamp::from_second(second)
            .ok()
            .filter(|_| second > 0);
        message
    }

    /// The requester and the text of a conversation of these, in this order and in the opposite one.
    #[track_caller]
    fn told(messages: &[(&str, Direction, i64)], requester: Option<&str>, text: &str) {
        for is_reversed in [false, true] {
            let mut messages: Vec<_> = messages.to_vec();
            if is_reversed {
                messages.reverse();
            }
            let mut conversation = Conversation::default();
            for (who, direction, second) in messages {
                conversation.add(message(who, direction, second));
            }
            let expected = requester.map(|who| format!("{who}@example.com"));
            assert_eq!(conversation.requester(), expected.as_deref());
            assert_eq!(conversation.text(), Some(text));
        }
    }

    #[test]
    fn requester_is_the_author_of_the_earliest_message_of_the_customer() {
        use Direction::{Inbound, Internal, Outbound};

        told(&[("ann", Inbound, 1)], Some("ann"), "ann at 1");
        told(
            &[("ann", Inbound, 1), ("bob", Inbound, 2)],
            Some("ann"),
            "ann at 1",
        );
        let late = [
            ("desk", Outbound, 1),
            ("desk", Internal, 2),
            ("ann", Inbound, 3),
            ("bob", Inbound, 4),
        ];
        told(&late, Some("ann"), "desk at 1");
        told(
            &[
                ("ann", Inbound, 1),
                ("ann", Inbound, 2),
                ("ann", Inbound, 1),
            ],
            Some("ann"),
            "ann at 1",
        );
    }

    #[test]
    fn requester_is_untold_where_another_may_have_been_first() {
        use Direction::{Inbound, Outbound};

        told(&[("desk", Outbound, 1)], None, "desk at 1");
        told(
            &[("chat", Inbound, 1), ("ann", Inbound, 2)],
            None,
            "chat at 1",
        );
        for messages in [
            [
                ("ann", Inbound, 2),
                ("bob", Inbound, 2),
                ("bob", Inbound, 3),
            ],
            [
                ("ann", Inbound, 2),
                ("bob", Inbound, 0),
                ("ann", Inbound, 3),
            ],
        ] {
            let mut conversation = Conversation::default();
            for (who, direction, second) in messages {
                conversation.add(message(who, direction, second));
            }
            assert_eq!(conversation.requester(), None);
        }
        // An earlier one decides.
        let tied = [
            ("ann", Inbound, 2),
            ("bob", Inbound, 2),
            ("eve", Inbound, 1),
        ];
        told(&tied, Some("eve"), "eve at 1");
    }

    #[test]
    fn requester_is_untold_where_a_message_without_a_direction_may_be_the_first() {
        let requester = |messages: &[(&str, Option<Direction>, i64)]| {
            let mut conversation = Conversation::default();
            for (who, direction, second) in messages {
                conversation.add(message(who, *direction, *second));
            }
            conversation.requester().map(str::to_owned)
        };
        let inbound = Some(Direction::Inbound);
        for (untold, second) in [("ann", 1), ("ann", 2), ("ann", 0)] {
            let messages = [(untold, None, second), ("bob", inbound, 2)];
            assert_eq!(requester(&messages), None);
            let [first, last] = messages;
            assert_eq!(requester(&[last, first]), None);
        }
        let bob = Some("bob@example.com".to_owned());
        assert_eq!(requester(&[("ann", None, 3), ("bob", inbound, 2)]), bob);
        assert_eq!(requester(&[("bob", None, 1), ("bob", inbound, 2)]), bob);
    }
}
