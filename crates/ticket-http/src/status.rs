//! The meaning of an HTTP status, unless the vendor's reply is more precise.

use ticket_core::{Effect, ErrorKind};

/// The error kind of a status. Any status outside 400 to 599 is `BadResponse`.
///
/// ```
/// use ticket_core::ErrorKind;
/// use ticket_http::kind_of_status;
///
/// assert_eq!(kind_of_status(429), ErrorKind::RateLimited);
/// ```
pub const fn kind_of_status(status: u16) -> ErrorKind {
    match status {
        401 => ErrorKind::Unauthenticated,
        403 => ErrorKind::Forbidden,
        404 | 410 => ErrorKind::NotFound,
        408 => ErrorKind::Timeout,
        409 | 423 => ErrorKind::Conflict,
        429 => ErrorKind::RateLimited,
        400..=499 => ErrorKind::InvalidInput,
        502..=504 => ErrorKind::Unavailable,
        500..=599 => ErrorKind::Server,
        _ => ErrorKind::BadResponse,
    }
}

/// The effect that a status implies: none after 4xx, unknown after 3xx and 5xx.
pub(crate) const fn effect_of_status(status: u16) -> Option<Effect> {
    match status {
        400..=499 => Some(Effect::None),
        300..=399 | 500..=599 => Some(Effect::Unknown),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_kind() {
        let table = [
            (
                ErrorKind::InvalidInput,
                &[400, 402, 405, 406, 411, 412, 413, 414, 415, 418, 422, 499][..],
            ),
            (ErrorKind::Unauthenticated, &[401]),
            (ErrorKind::Forbidden, &[403]),
            (ErrorKind::NotFound, &[404, 410]),
            (ErrorKind::Timeout, &[408]),
            (ErrorKind::Conflict, &[409, 423]),
            (ErrorKind::RateLimited, &[429]),
            (ErrorKind::Server, &[500, 501, 505, 520, 599]),
            (ErrorKind::Unavailable, &[502, 503, 504]),
            (ErrorKind::BadResponse, &[0, 101, 200, 204, 302, 600, 999]),
        ];
        for (kind, statuses) in table {
            for status in statuses {
                assert_eq!(kind_of_status(*status), kind, "{status}");
            }
        }
    }
}
