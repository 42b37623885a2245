//! The forms that some faults come in.

/// Who answers in place of the vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Gateway {
    /// A sign-in page: 200 with HTML.
    SignIn,
    /// A firewall: 403 with HTML.
    Firewall,
    /// A redirect to a sign-in page: 302 without a body.
    Redirect,
    /// 404 with the text `404 page not found`.
    PageNotFound,
    /// 404 with JSON: no route matched.
    NoRoute,
    /// 404 with the text `default backend - 404`.
    DefaultBackend,
    /// 404 with the JSON of a web framework.
    Framework,
    /// 404 without a body.
    Empty,
}

impl Gateway {
    /// Every one, in the order of the variants.
    pub const ALL: [Self; 8] = [
        Self::SignIn,
        Self::Firewall,
        Self::Redirect,
        Self::PageNotFound,
        Self::NoRoute,
        Self::DefaultBackend,
        Self::Framework,
        Self::Empty,
    ];

    /// The status of its reply.
    ///
    /// ```
    /// use ticket_conformance::Gateway;
    ///
    /// assert_eq!(Gateway::Firewall.status(), 403);
    /// ```
    pub const fn status(self) -> u16 {
        match self {
            Self::SignIn => 200,
            Self::Firewall => 403,
            Self::Redirect => 302,
            _ => 404,
        }
    }

    /// The body of its reply. Bodies that begin with `<` are HTML, with `{` JSON; others are text.
    pub const fn body(self) -> &'static str {
        match self {
            Self::SignIn => "<html><title>Sign in</title><body>Please sign in</body></html>",
            Self::Firewall => "<html><title>Forbidden</title><body>Request blocked</body></html>",
            Self::Redirect | Self::Empty => "",
            Self::PageNotFound => "404 page not found\n",
            Self::NoRoute => r#"{"message":"no Route matched with those values"}"#,
            Self::DefaultBackend => "default backend - 404",
            Self::Framework => r#"{"status":404,"error":"Not Found","path":"/"}"#,
        }
    }
}

/// What is odd about one row of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OddRow {
    /// The subject ends with half of a surrogate pair.
    LoneSurrogate,
    /// A date is an empty string.
    EmptyDate,
    /// A date is `0001-01-01T00:00:00`.
    YearOneDate,
    /// A date is a number of milliseconds.
    NumberDate,
    /// A date has no time zone: `2025-01-26T10:00:00`.
    ZonelessDate,
    /// The row has no id.
    MissingId,
    /// The id is null.
    NullId,
    /// The row is null.
    Null,
    /// The row is a copy of the first one in the page.
    Repeated,
}

/// How the total of a list is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WrongTotal {
    /// The number of rows in the page.
    PageSize,
    /// 0.
    Zero,
    /// Half of the correct total.
    TooSmall,
    /// 7 more than the correct total.
    TooLarge,
}

/// What is odd about one id in the reply to a delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OddId {
    /// The first id is null.
    Null,
    /// The first id is a number with a fraction, such as `160.0`.
    Float,
    /// The first id is a string where the vendor writes a number, or the other way round.
    OtherType,
    /// The first id is missing.
    Missing,
    /// There is one more id, which nobody asked for: [`OddId::UNASKED`].
    Unasked,
}

impl OddId {
    /// The id that nobody asked for.
    pub const UNASKED: u64 = 999_999_999;
}
