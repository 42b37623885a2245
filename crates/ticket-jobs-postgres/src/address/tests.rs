use tokio_postgres::config::{Host, SslMode};

use super::*;

fn address(url: &str, variables: &[(&str, &str)]) -> Result<Address> {
    Address::with(url, &|name| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn url_says_everything_and_its_place_has_no_password() {
    let url = "postgresql://us%40er:p%2Fw@[::1]:6000,db2/jobs?application_name=x&sslmode=disable";
    let found = address(url, &[("PGUSER", "other")]).unwrap();
    assert_eq!(found.config.get_user(), Some("us@er"));
    assert_eq!(found.config.get_password(), Some(&b"p/w"[..]));
    assert_eq!(found.config.get_dbname(), Some("jobs"));
    assert_eq!(found.config.get_application_name(), Some("x"));
    assert_eq!(found.config.get_ports(), [6000, 5432]);
    let hosts = ["::1", "db2"].map(|host| Host::Tcp(host.to_owned()));
    assert_eq!(found.config.get_hosts(), hosts);
    assert_eq!(found.config.get_ssl_mode(), SslMode::Disable);
    assert_eq!(found.place, "postgres://us@er@::1,db2:6000,5432/jobs");
}

#[test]
fn environment_service_and_password_file_fill_what_the_url_leaves_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(
        path("services"),
        "[test]\nhost=nowhere\n\n[fleet]\n# where\nhost = db.example\ndbname=jobs\n[more]\nport=1\n",
    )
    .unwrap();
    std::fs::write(
        path("pass"),
        "#x\nother:*:*:*:no\ndb.example:*:jobs:me:se\\:cret\n",
    )
    .unwrap();
    let variables = [
        ("PGSERVICEFILE", path("services")),
        ("PGPASSFILE", path("pass")),
        ("PGUSER", "me".to_owned()),
        ("PGHOST", "not.this".to_owned()),
    ];
    let variables = variables
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let url = "postgres:///?service=fleet";
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(path("pass"), open).unwrap();
        let refused = address(url, &variables).err().unwrap().to_string();
        assert!(refused.contains("chmod 600"), "{refused}");
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(path("pass"), private).unwrap();
    }
    let found = address(url, &variables).unwrap();
    assert_eq!(found.place, "postgres://me@db.example/jobs");
    assert_eq!(found.config.get_password(), Some(&b"se:cret"[..]));
    assert_eq!(found.config.get_ssl_mode(), SslMode::Prefer);
    let error = address("postgres:///?service=none", &variables).err();
    assert!(error.unwrap().to_string().contains("service none"));
}

#[test]
fn wrong_url_is_refused_without_what_may_be_a_password() {
    for url in [
        "mysql://me:secret@host/db",
        "postgres://me:secret@host/db?sslmode=allow",
        "postgres://me:secret@host:port/db",
        "postgres://me:secret@host/db?sslmode",
        "postgres://me:secret@host/db?no_such=secret",
    ] {
        let error = address(url, &[]).err().unwrap();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
