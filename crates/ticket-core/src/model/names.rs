//! Names of an enum's variants, from one exhaustive list.

/// Gives an enum `ALL`, `as_str` and `Display`. A variant that is not listed does not compile.
///
/// `strum` would add three crates to every provider, which exceeds the dependency limit.
macro_rules! names {
    ($Enum:ident { $($Variant:ident => $name:literal,)+ }) => {
        impl $Enum {
            /// Every variant, for tables and tests.
            pub const ALL: &'static [Self] = &[$(Self::$Variant),+];

            /// The name in `snake_case`, as it is printed, logged and stored.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$Variant => $name,)+
                }
            }
        }

        impl std::fmt::Display for $Enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use names;
