//! Whose tickets have an address: Redmine's lists take the ids of users only.

use ticket_core::{Error, ErrorKind, Operation, Result};

use crate::client::{Redmine, preparing};
use crate::info::ID;
use crate::wire::{FoundUser, FoundUsers};

/// Whose tickets a list takes.
#[derive(Debug, Default)]
pub(crate) struct Authors {
    /// The ids of the users.
    pub(crate) ids: Vec<String>,
    /// Whether other users may have the address as a further one: Redmine looks for it in all of them, and shows the main one.
    pub(crate) may_be_others: bool,
}

impl Redmine {
    /// The users whose main address this is.
    pub(crate) async fn authors(&self, address: &str) -> Result<Authors> {
        let operation = Operation::List;
        let address = address.trim();
        let found = self.find_users(address).await.map_err(|error| match error.kind() {
            ErrorKind::Forbidden => {
                let message = "only the key of an administrator can look up whose an e-mail address is; give the id of the \
                               user";
                Error::new(ErrorKind::Forbidden, message)
                    .with_status(403)
                    .in_operation(ID, operation)
            }
            _ => preparing(operation)(error),
        })?;
        authors(address, &found).map_err(|error| error.in_operation(ID, operation))
    }
}

fn authors(address: &str, found: &FoundUsers) -> Result<Authors> {
    let shown = u64::try_from(found.users.len()).unwrap_or(u64::MAX);
    if found.total_count > shown {
        let message =
            "too many users have the address as a part of theirs; give the id of the user";
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    let mut authors = Authors::default();
    for user in &found.users {
        let mail = user.mail.as_deref().unwrap_or_default().trim();
        if mail.eq_ignore_ascii_case(address) {
            authors.ids.push(user.id.to_string());
        } else if is_login(user, address) || !shows_why(user, address) {
            // Without the id, which would tell a reader of an erasure who it was.
            let message = "a user was found by an address that Redmine does not show, or has it as the login, so that \
                           nobody knows whether it is this one; give the id of the user";
            return Err(Error::new(ErrorKind::Unsupported, message));
        } else {
            authors.may_be_others = true;
        }
    }
    Ok(authors)
}

/// Whether the address is the login of a user who has another one now.
fn is_login(user: &FoundUser, address: &str) -> bool {
    let login = user.login.as_deref().unwrap_or_default().trim();
    login.eq_ignore_ascii_case(address)
}

/// Whether it can be seen why Redmine found a user by a part of a text.
fn shows_why(user: &FoundUser, address: &str) -> bool {
    let address = address.to_lowercase();
    let texts = [&user.login, &user.mail, &user.firstname, &user.lastname];
    let mut texts = texts.into_iter().flatten();
    texts.any(|text| text.to_lowercase().contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(total: u64, mails: &[(u64, &str)]) -> FoundUsers {
        let users = mails.iter().map(|(id, mail)| {
            serde_json::json!({ "id": id, "login": format!("user{id}"), "mail": mail })
        });
        let users: Vec<_> = users.collect();
        let json = serde_json::json!({ "users": users, "total_count": total });
        serde_json::from_str(&json.to_string()).unwrap()
    }

    #[test]
    fn address_is_that_of_the_users_who_have_exactly_it() {
        let users = [
            (7, "Ann@Example.com"),
            (8, "joann@example.com"),
            (9, "ann@example.com.evil.example"),
            (10, " ann@example.com"),
        ];
        let told = |found: &FoundUsers| {
            let authors = authors("ann@example.com", found).unwrap();
            (authors.ids, authors.may_be_others)
        };
        let of = |ids: &[&str]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
        // Eve and Jo Ann may have Ann's address beside the one that is shown.
        assert_eq!(told(&found(4, &users)), (of(&["7", "10"]), true));
        assert_eq!(told(&found(1, &users[..1])), (of(&["7"]), false));
        assert_eq!(told(&found(1, &users[1..2])), (of(&[]), true));
        assert_eq!(told(&found(0, &[])), (of(&[]), false));
    }

    #[test]
    fn user_with_an_address_that_is_not_shown_is_told() {
        let error = authors("bob@example.org", &found(1, &[(12, "bob@example.com")])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(!error.message().contains("12"), "{error}");
        let mut moved = found(1, &[(12, "bob@example.com")]);
        moved.users[0].login = Some("Bob@example.org".to_owned());
        let error = authors("bob@example.org", &moved).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let error = authors("n@e", &found(101, &[(7, "ann@example.com")])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}
