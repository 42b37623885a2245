//! Whose tickets have an address: Redmine's lists take the ids of users only.

use ticket_core::{Error, ErrorKind, Operation, Result};

use crate::client::{Redmine, preparing};
use crate::info::ID;
use crate::wire::{FoundUser, FoundUsers};

impl Redmine {
    /// The ids of the users whose main address this is.
    pub(crate) async fn authors(&self, address: &str) -> Result<Vec<String>> {
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
        ids(address, &found).map_err(|error| error.in_operation(ID, operation))
    }
}

fn ids(address: &str, found: &FoundUsers) -> Result<Vec<String>> {
    let shown = u64::try_from(found.users.len()).unwrap_or(u64::MAX);
    if found.total_count > shown {
        let message =
            "too many users have the address as a part of theirs; give the id of the user";
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    let mut ids = Vec::new();
    for user in &found.users {
        let mail = user.mail.as_deref().unwrap_or_default().trim();
        if mail.eq_ignore_ascii_case(address) {
            ids.push(user.id.to_string());
        } else if is_login(user, address) || !shows_why(user, address) {
            // Without the id, which would tell a reader of an erasure who it was.
            let message = "a user was found by an address that Redmine does not show, or has it as the login, so that \
                           nobody knows whether it is this one; give the id of the user";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
    }
    Ok(ids)
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
        assert_eq!(
            ids("ann@example.com", &found(4, &users)).unwrap(),
            ["7", "10"]
        );
        assert!(ids("ann@example.com", &found(0, &[])).unwrap().is_empty());
    }

    #[test]
    fn user_with_an_address_that_is_not_shown_is_told() {
        let error = ids("bob@example.org", &found(1, &[(12, "bob@example.com")])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(!error.message().contains("12"), "{error}");
        let mut moved = found(1, &[(12, "bob@example.com")]);
        moved.users[0].login = Some("Bob@example.org".to_owned());
        let error = ids("bob@example.org", &moved).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let error = ids("n@e", &found(101, &[(7, "ann@example.com")])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}
