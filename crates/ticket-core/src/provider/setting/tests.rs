//! Where settings come from, and what is said when they do not.

use super::*;

#[derive(Deserialize, Debug)]
struct Config {
    base_url: String,
    token: SecretString,
    spare: Option<SecretString>,
    batch: NonZero,
}

#[derive(Debug, PartialEq)]
struct NonZero(u32);

impl<'de> Deserialize<'de> for NonZero {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map(NonZero)
            .map_err(|_| serde::de::Error::custom(format!("`{text}` is no number")))
    }
}

const KNOWN: &[Setting] = &[
    Setting::optional("base_url", "X_BASE_URL", "where", "https://x.example"),
    Setting::secret("token", "X_TOKEN", "the token"),
    Setting::secret("spare", "X_SPARE", "another token").or_others(),
    Setting::optional("batch", "X_BATCH", "how many", "100"),
];

#[test]
fn what_is_given_wins_over_the_environment_and_that_over_the_default() {
    let env = |name: &str| match name {
        "X_BASE_URL" => Some("https://env.example".to_owned()),
        "X_TOKEN" => Some(" from-env\n".to_owned()),
        _ => None,
    };
    let config: Config = Settings::new()
        .or_else(KNOWN, env)
        .read("x", KNOWN)
        .unwrap();
    assert_eq!(
        (config.base_url.as_str(), config.token.expose_secret()),
        ("https://env.example", "from-env")
    );
    let config: Config = Settings::new()
        .with("token", "given")
        .or_else(KNOWN, env)
        .read("x", KNOWN)
        .unwrap();
    assert_eq!(config.token.expose_secret(), "given");
    let config: Config = Settings::new()
        .with("token", "given")
        .read("x", KNOWN)
        .unwrap();
    assert_eq!(config.base_url, "https://x.example");
    assert!(config.spare.is_none());
    let settings = Settings::new().with("token", "t").with("spare", "s");
    assert!(settings.read::<Config>("x", KNOWN).unwrap().spare.is_some());
}

#[test]
fn a_blank_value_is_no_reason_for_the_default() {
    let settings = Settings::new().with("token", "t").with("base_url", " ");
    let error = settings.or_else(KNOWN, |_| Some("https://env.example".to_owned()));
    let error = error.read::<Config>("x", KNOWN).unwrap_err();
    assert_eq!(
        error.to_string(),
        "x is not configured: `base_url` (environment X_BASE_URL) is blank"
    );
}

#[test]
fn one_way_that_is_given_is_not_mixed_with_another_from_the_environment() {
    const WAYS: &[Setting] = &[
        Setting::secret("token", "X_TOKEN", "a token").or_others(),
        Setting::secret("password", "X_PASSWORD", "a password").or_others(),
        Setting::required("site", "X_SITE", "a site"),
    ];
    let env = |name: &str| Some(format!("env {name}"));
    let settings = Settings::new().with("token", "given").or_else(WAYS, env);
    assert_eq!(settings.names().collect::<Vec<_>>(), ["site", "token"]);
    let settings = Settings::new().or_else(WAYS, env);
    assert_eq!(
        settings.names().collect::<Vec<_>>(),
        ["password", "site", "token"]
    );
}

#[test]
fn a_secret_in_the_place_of_a_variables_name_is_not_shown() {
    let settings = Settings::new().with("token_env", "sk_live_s3cret");
    let error = settings.resolve(KNOWN, |_| None).unwrap_err();
    assert!(!error.to_string().contains("s3cret"), "{error}");
    let nothing = Settings::new().with("token_env", "");
    let error = nothing.resolve(KNOWN, |_| None).unwrap_err().to_string();
    assert!(error.contains("must be the name"), "{error}");
}

#[test]
fn a_value_is_had_by_its_name_and_debug_shows_names_only() {
    let settings = Settings::new().with("token", "s3cret").with("batch", "7");
    let token = settings.get("token").map(ExposeSecret::expose_secret);
    assert_eq!(token, Some("s3cret"));
    assert!(settings.get("spare").is_none());
    assert_eq!(format!("{settings:?}"), r#"{"batch", "token"}"#);
}

#[test]
fn the_programs_own_environment_is_read_where_that_is_asked_for() {
    const PLACE: &[Setting] = &[Setting::required("place", "PATH", "a variable that is set")];
    let path = std::env::var("PATH").unwrap();
    let read = Settings::new().or_env(PLACE);
    let named = Settings::new().with("place_env", "PATH");
    for settings in [read, named.resolve_env(PLACE).unwrap()] {
        let place = settings.get("place").map(ExposeSecret::expose_secret);
        assert_eq!(place, Some(path.trim()));
    }
}

#[test]
fn what_is_missing_or_unknown_is_named() {
    let missing = Settings::new()
        .or_else(KNOWN, |_| Some("  ".to_owned()))
        .read::<Config>("x", KNOWN)
        .unwrap_err();
    assert_eq!(
        missing.to_string(),
        "x is not configured: `token` (environment X_TOKEN) missing; there are also `spare` (environment X_SPARE)"
    );
    let unknown = Settings::new()
        .with("tokn", "s3cret")
        .read::<Config>("x", KNOWN)
        .unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "x has no setting `tokn`; it has base_url, token, spare, batch"
    );
}

#[test]
fn a_value_that_cannot_be_read_is_named_but_not_shown() {
    let settings = Settings::new()
        .with("token", "given")
        .with("batch", "s3cret");
    let error = settings.read::<Config>("x", KNOWN).unwrap_err();
    let told = "`batch` (environment X_BATCH) of x cannot be read; it is how many, by default 100";
    assert_eq!(error.to_string(), told);
    assert!(!format!("{error:?} {settings:?}").contains("s3cret"));
}

#[test]
fn numbers_and_truth_values_of_a_file_are_read_as_text() {
    let settings: Settings = serde_json::from_str(r#"{"token":"t","batch":7}"#).unwrap();
    assert_eq!(
        settings.read::<Config>("x", KNOWN).unwrap().batch,
        NonZero(7)
    );
    assert!(serde_json::from_str::<Settings>(r#"{"token":["t"]}"#).is_err());
    let error = serde_json::from_str::<Settings>("[]").unwrap_err();
    assert!(error.to_string().contains("a table of settings"), "{error}");
}

#[test]
fn a_setting_can_name_the_variable_to_read() {
    let env = |name: &str| (name == "EU_TOKEN").then(|| "from-eu".to_owned());
    let settings = Settings::new().with("token_env", "EU_TOKEN");
    let config: Config = settings
        .clone()
        .resolve(KNOWN, env)
        .unwrap()
        .read("x", KNOWN)
        .unwrap();
    assert_eq!(config.token.expose_secret(), "from-eu");
    let error = settings.clone().resolve(KNOWN, |_| None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`token_env` names the environment variable EU_TOKEN, which is not set"
    );
    let both = settings.with("token", "x").resolve(KNOWN, env).unwrap_err();
    assert_eq!(both.to_string(), "`token` and `token_env` are both given");
}
