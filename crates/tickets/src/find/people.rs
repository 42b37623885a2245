//! Whose tickets are looked for.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use ticket_core::model::{Person, is_invisible, is_misleading};
use ticket_core::provider::Field;

/// Requesters and domains. `Debug` prints how many.
#[derive(Clone, Default)]
pub(super) struct People {
    /// As they were given, in their order.
    requesters: Vec<String>,
    domains: Vec<String>,
    ignores_plus_tags: bool,
}

/// A requester as it is compared.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Wanted {
    Address(String),
    Name(String),
    Id(String),
}

impl Wanted {
    /// Whether it could be nobody's.
    pub(super) fn is_blank(&self) -> bool {
        match self {
            Self::Address(address) => {
                let parts = address.rsplit_once('@');
                parts.is_none_or(|(local, host)| local.is_empty() || host.is_empty())
            }
            Self::Name(text) | Self::Id(text) => text.is_empty(),
        }
    }

    /// Whether vendors may write it in two ways, so that a filter of theirs finds the one that is asked for only.
    pub(super) fn has_two_forms(&self) -> bool {
        match self {
            Self::Address(address) => {
                let host = address.rsplit_once('@').map_or("", |(_, host)| host);
                host.split('.').any(|label| label.starts_with("xn--"))
            }
            Self::Name(_) | Self::Id(_) => false,
        }
    }

    /// What must be known of a requester.
    pub(super) fn field(&self) -> Field {
        match self {
            Self::Address(_) => Field::RequesterEmail,
            Self::Name(_) => Field::RequesterName,
            Self::Id(_) => Field::RequesterId,
        }
    }

    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Address(text) | Self::Name(text) | Self::Id(text) => text,
        }
    }
}

impl People {
    pub(super) fn add_requester(&mut self, requester: String) {
        self.requesters.push(requester);
    }

    pub(super) fn add_domain(&mut self, domain: String) {
        self.domains.push(domain);
    }

    pub(super) fn ignore_plus_tags(&mut self) {
        self.ignores_plus_tags = true;
    }

    pub(super) fn ignores_plus_tags(&self) -> bool {
        self.ignores_plus_tags
    }

    pub(super) fn is_empty(&self) -> bool {
        self.requesters.is_empty() && self.domains.is_empty()
    }

    pub(super) fn has_domains(&self) -> bool {
        !self.domains.is_empty()
    }

    pub(super) fn wanted(&self) -> impl Iterator<Item = Wanted> {
        self.requesters.iter().map(|requester| {
            let requester = requester.trim();
            if requester.contains('@') {
                Wanted::Address(address(requester, self.ignores_plus_tags))
            } else if requester.bytes().all(|byte| byte.is_ascii_digit()) {
                Wanted::Id(requester.to_owned())
            } else {
                Wanted::Name(requester.to_owned())
            }
        })
    }

    pub(super) fn domains(&self) -> impl Iterator<Item = String> {
        let plain = |domain: &String| host_of(domain.trim().trim_start_matches('@'));
        self.domains.iter().map(plain)
    }

    /// For the comparison with many tickets.
    pub(super) fn index(&self) -> Index {
        let mut index = Index {
            places: HashMap::new(),
            domains: self.domains().collect(),
            ignores_plus_tags: self.ignores_plus_tags,
            fields: BTreeSet::new(),
        };
        if self.has_domains() {
            index.fields.insert(Field::RequesterEmail);
        }
        for (place, wanted) in self.wanted().enumerate() {
            index.fields.insert(wanted.field());
            index.places.entry(wanted).or_default().push(place);
        }
        index
    }
}

impl fmt::Debug for People {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("People")
            .field("requesters", &self.requesters.len())
            .field("domains", &self.domains.len())
            .field("ignores_plus_tags", &self.ignores_plus_tags)
            .finish()
    }
}

/// Requesters by what they are compared with.
pub(super) struct Index {
    /// The places of requesters in the order in which they were given.
    places: HashMap<Wanted, Vec<usize>>,
    domains: Vec<String>,
    ignores_plus_tags: bool,
    /// What must be known of a requester.
    pub(super) fields: BTreeSet<Field>,
}

impl Index {
    /// The places of those who have this address, and whether it is in one of the domains; `None` if it is not one plain
    /// address, so that nobody knows.
    pub(super) fn by_address(&self, email: &str) -> Option<(&[usize], bool)> {
        let plain = address(email, self.ignores_plus_tags);
        let (local, host) = plain.split_once('@')?;
        let is_odd = |letter: char| {
            letter.is_whitespace()
                || letter.is_control()
                || "@,;:<>()\u{200b}\u{feff}".contains(letter)
        };
        if local.contains(is_odd) || host.contains(is_odd) {
            return None;
        }
        let is_in_domain = self.domains.iter().any(|domain| domain == host);
        Some((self.at(&Wanted::Address(plain)), is_in_domain))
    }

    /// The places of those who have this person's name or id.
    pub(super) fn by_name_or_id<'a>(&'a self, person: &Person) -> impl Iterator<Item = usize> + 'a {
        let name = person.name.as_deref().unwrap_or_default().trim().to_owned();
        let id = person.id.as_deref().unwrap_or_default().trim().to_owned();
        let mut places = self.at(&Wanted::Name(name.clone())).to_vec();
        if id != name {
            places.extend(self.at(&Wanted::Name(id.clone())));
        }
        places.extend(self.at(&Wanted::Id(id)));
        places.into_iter()
    }

    /// The places of this requester.
    pub(super) fn at(&self, wanted: &Wanted) -> &[usize] {
        self.places.get(wanted).map_or(&[], Vec::as_slice)
    }
}

/// A host as it is compared: in the form of the DNS, since vendors show `bücher.example` or `xn--bcher-kva.example`.
fn host_of(host: &str) -> String {
    if host.is_ascii() {
        return host.to_ascii_lowercase();
    }
    // What people do not see is no part of a host's name, although the DNS ignores it.
    let is_hidden = |c: char| is_misleading(c) || is_invisible(c);
    if host.contains(is_hidden) {
        return host.to_lowercase();
    }
    // What is no host has one form only.
    idna::domain_to_ascii(host).unwrap_or_else(|_| host.to_lowercase())
}

/// An address as it is compared. Vendors may write a name before it, as in `Ann <ann@example.com>`.
fn address(text: &str, ignores_plus_tags: bool) -> String {
    let text = text.trim();
    let inner = text
        .strip_suffix('>')
        .and_then(|text| text.rsplit_once('<'));
    let plain = inner.map_or(text, |(_, inner)| inner.trim()).to_lowercase();
    let plain = match plain.rsplit_once('@') {
        Some((local, host)) => format!("{local}@{}", host_of(host)),
        None => plain,
    };
    let parts = plain.rsplit_once('@').filter(|_| ignores_plus_tags);
    match parts.and_then(|(local, host)| Some((local.split_once('+')?.0, host))) {
        Some((local, host)) if !local.is_empty() => format!("{local}@{host}"),
        _ => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_in_letters_and_in_the_form_of_the_dns_is_one_host() {
        let forms = [
            "ann@bücher.example",
            "Ann@XN--BCHER-KVA.example",
            "<ann@BÜCHER.example>",
        ];
        for wanted in forms {
            let mut people = People::default();
            people.add_requester(wanted.to_owned());
            people.add_domain("Bücher.example".to_owned());
            let index = people.index();
            for shown in forms {
                assert_eq!(
                    index.by_address(shown),
                    Some((&[0][..], true)),
                    "{wanted} {shown}"
                );
            }
            let other = Some((&[][..], false));
            assert_eq!(index.by_address("ann@bucher.example"), other);
            assert!(people.wanted().all(|wanted| wanted.has_two_forms()));
        }
        let mut people = People::default();
        people.add_requester("ann@books.example".to_owned());
        assert!(!people.wanted().any(|wanted| wanted.has_two_forms()));
    }
}
