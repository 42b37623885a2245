#![no_main]

#[path = "../../crates/ticket-cli/src/config.rs"]
#[allow(dead_code, reason = "the body is shared with the command, which uses all of it")]
mod config;
#[path = "../../crates/ticket-cli/src/config/guard.rs"]
mod guard;

/// Stands for the command's own, which says where something is wrong and what.
mod failure {
    #[derive(Debug)]
    pub(crate) struct Failure(
        #[allow(dead_code, reason = "only made here")] String,
        #[allow(dead_code, reason = "only made here")] Option<String>,
    );

    impl From<tickets::Error> for Failure {
        fn from(error: tickets::Error) -> Self {
            Self(error.to_string(), None)
        }
    }

    impl Failure {
        pub(crate) fn at(self, place: impl Into<String>) -> Self {
            Self(self.0, Some(place.into()))
        }
    }
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    let path = std::env::temp_dir().join(format!("tickets-fuzz-{}.toml", std::process::id()));
    guard::check(text, |text| {
        std::fs::write(&path, text).unwrap();
        let read = config::ConfigFile::load(Some(&path));
        read.map(|file| file.accounts)
            .map_err(|error| format!("{error:?}"))
    });
});
