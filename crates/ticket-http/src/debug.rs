//! `Debug` for types that hold personal data.

/// Implements `Debug` for a wire struct: it prints only the listed fields. A field that is added later stays
/// hidden until it is listed.
///
/// ```
/// use ticket_http::debug_fields;
///
/// struct Ticket {
///     id: u64,
///     subject: String,
/// }
///
/// debug_fields!(Ticket { id });
///
/// let ticket = Ticket { id: 160, subject: "Refund for Ann".into() };
/// assert_eq!(format!("{ticket:?}"), "Ticket { id: 160, .. }");
/// # let _ = ticket.subject;
/// ```
// `derive_more` would add three crates to every provider, which exceeds the dependency limit.
#[macro_export]
macro_rules! debug_fields {
    ($Type:ident { $($field:ident),* $(,)? }) => {
        impl ::std::fmt::Debug for $Type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($Type))
                    $(.field(stringify!($field), &self.$field))*
                    .finish_non_exhaustive()
            }
        }
    };
}
