//! The meaning of an HTTP status, unless the vendor's reply is more precise.

use ticket_core::{Effect, ErrorKind};

/// The error kind of a status, the first half of [`meaning_of_status`].
///
/// ```
/// use ticket_core::ErrorKind;
/// use ticket_http::kind_of_status;
///
/// assert_eq!(kind_of_status(429), ErrorKind::RateLimited);
/// ```
pub const fn kind_of_status(status: u16) -> ErrorKind {
    meaning_of_status(status).0
}

/// The kind and the effect of a failure with this status, unless the vendor documents more.
///
/// | Status | Kind | Effect |
/// |---|---|---|
/// | 401, 403, 404, 410 | `Unauthenticated`, `Forbidden`, `NotFound` | none |
/// | 409, 412, 423 | `Conflict` | none: the state of the ticket, or its version, does not allow the request |
/// | 425 | `Unavailable` | none: the server did not process the request (RFC 8470, section 5.2) |
/// | 429 | `RateLimited` | none: the limit is checked before the request is processed (RFC 6585, section 4) |
/// | 408, 499 | `Timeout` | unknown: a gateway gave up waiting, and the vendor may have carried out the request |
/// | other 4xx | `InvalidInput` | none |
/// | 502, 503, 504 | `Unavailable` | unknown |
/// | other 5xx | `Server` | unknown |
/// | 301, 302, 307, 308 | `BadResponse` | none: the server names another address and did not process the request |
/// | any other | `BadResponse` | unknown |
///
/// A provider whose vendor sends 409 or 429 after it has begun to act must set the effect to unknown itself.
///
/// ```
/// use ticket_core::{Effect, ErrorKind};
/// use ticket_http::meaning_of_status;
///
/// assert_eq!(meaning_of_status(408), (ErrorKind::Timeout, Effect::Unknown));
/// ```
pub const fn meaning_of_status(status: u16) -> (ErrorKind, Effect) {
    match status {
        301 | 302 | 307 | 308 => (ErrorKind::BadResponse, Effect::None),
        401 => (ErrorKind::Unauthenticated, Effect::None),
        403 => (ErrorKind::Forbidden, Effect::None),
        404 | 410 => (ErrorKind::NotFound, Effect::None),
        408 | 499 => (ErrorKind::Timeout, Effect::Unknown),
        409 | 412 | 423 => (ErrorKind::Conflict, Effect::None),
        425 => (ErrorKind::Unavailable, Effect::None),
        429 => (ErrorKind::RateLimited, Effect::None),
        400..=499 => (ErrorKind::InvalidInput, Effect::None),
        502..=504 => (ErrorKind::Unavailable, Effect::Unknown),
        500..=599 => (ErrorKind::Server, Effect::Unknown),
        _ => (ErrorKind::BadResponse, Effect::Unknown),
    }
}

/// The effect that a status implies whatever the kind. A 2xx status implies none: the body decides.
pub(crate) const fn effect_of_status(status: u16) -> Option<Effect> {
    match status {
        300..=599 => Some(meaning_of_status(status).1),
        _ => None,
    }
}

/// The kind of a reply that another server sent in the vendor's place.
///
/// A status that any server may send about itself or about the size of the request keeps its kind. What it
/// would say about the ticket or the credentials does not count.
pub(crate) const fn kind_of_foreign(status: u16) -> ErrorKind {
    match status {
        408 | 425 | 429 | 499 | 500..=599 | 413 | 414 | 431 => kind_of_status(status),
        _ => ErrorKind::BadResponse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_kind_and_effect() {
        let (none, unknown) = (Effect::None, Effect::Unknown);
        let table = [
            (
                ErrorKind::InvalidInput,
                none,
                &[400, 402, 405, 406, 407, 411, 413, 414, 415, 418, 422][..],
            ),
            (ErrorKind::Unauthenticated, none, &[401]),
            (ErrorKind::Forbidden, none, &[403]),
            (ErrorKind::NotFound, none, &[404, 410]),
            (ErrorKind::Timeout, unknown, &[408, 499]),
            (ErrorKind::Conflict, none, &[409, 412, 423]),
            (ErrorKind::RateLimited, none, &[429]),
            (ErrorKind::Server, unknown, &[500, 501, 505, 520, 599]),
            (ErrorKind::Unavailable, none, &[425]),
            (ErrorKind::Unavailable, unknown, &[502, 503, 504]),
            (ErrorKind::BadResponse, none, &[301, 302, 307, 308]),
            (
                ErrorKind::BadResponse,
                unknown,
                &[0, 101, 200, 202, 204, 300, 303, 304, 600, 999],
            ),
        ];
        for (kind, effect, statuses) in table {
            for status in statuses {
                assert_eq!(meaning_of_status(*status), (kind, effect), "{status}");
                assert_eq!(kind_of_status(*status), kind, "{status}");
            }
        }
    }
}
