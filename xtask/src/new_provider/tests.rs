use super::*;
use crate::checks;

/// This workspace's files, in a folder of their own. What fuzzing found is not looked at by any check.
fn copy() -> (tempfile::TempDir, Workspace) {
    let folder = tempfile::tempdir().unwrap();
    let ws = workspace::load(&workspace::root()).unwrap();
    for (path, text) in &ws.files {
        if !path.starts_with("fuzz/corpus/") {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }
    let ws = workspace::load(folder.path()).unwrap();
    (folder, ws)
}

fn texts(root: &Path) -> BTreeMap<String, String> {
    workspace::load(root).unwrap().files
}

#[test]
fn a_new_provider_passes_every_check_whatever_its_place_in_the_order() {
    let (folder, ws) = copy();
    let mut ws = ws;
    for name in ["aaa", "pear7", "zzz"] {
        write(
            folder.path(),
            &edits(&ws, &Name::new(&ws, name, &[]).unwrap()).unwrap(),
        )
        .unwrap();
        ws = workspace::load(folder.path()).unwrap();
        let mut problems = checks::problems(&ws);
        problems.retain(|problem| !problem.contains("To be done"));
        assert_eq!(problems, [""; 0], "{name}");
        // What is left of the guess is found in the crate, in the sandbox and among the rules.
        let marks = checks::problems(&ws);
        let place = format!("vendors/{name}.rs");
        for place in [&format!("ticket-{name}/"), &place, "rules.toml"] {
            assert!(marks.iter().any(|mark| mark.contains(place)), "{marks:#?}");
        }
    }
    let facade = ws.crate_of(Role::Facade).unwrap();
    let features = &facade.features["all"];
    assert!(features.is_sorted(), "{features:?}");
    let registry = &ws.files["crates/tickets/src/registry.rs"];
    let rows: Vec<&str> = registry
        .lines()
        .filter(|line| line.starts_with("    #[cfg(feature"))
        .collect();
    assert!(rows.is_sorted(), "{rows:?}");
    assert_eq!(rows.len(), features.len());
    let left: Vec<String> = texts(folder.path())
        .into_iter()
        .filter(|(path, text)| path.contains("pear7") && text.to_lowercase().contains("acme"))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn a_wrong_name_writes_nothing() {
    let (folder, ws) = copy();
    let before = texts(folder.path());
    let names = "|Pear|pear-desk|pear_desk|7pear|birne\u{e9}|../pear|pear desk|onecloud|pear|core|http|sandbox|cli|all|mock|rustls|type|self|registry";
    for name in names.split('|') {
        let error = command(&ws, name, None).unwrap_err().to_string();
        assert!(
            error.starts_with('`') || error.starts_with("there is a crate"),
            "{name}: {error}"
        );
    }
    assert!(texts(folder.path()) == before);
}

#[test]
fn a_workspace_without_a_place_for_an_edit_is_refused_before_anything_is_written() {
    for (path, from) in [
        ("Cargo.toml", "\ntickets = {"),
        ("crates/tickets/Cargo.toml", "\nnative-tls = ["),
        ("xtask/rules.toml", "[words]"),
        ("CHANGELOG.md", "* **added:** `ticket-"),
    ] {
        let (_folder, mut ws) = copy();
        let text = ws.files.get_mut(path).unwrap();
        assert!(text.contains(from), "{path}");
        *text = text.replace(from, "");
        let before = texts(&ws.root);
        let error = command(&ws, "plum", None).unwrap_err().to_string();
        assert!(error.contains(path), "{error}");
        assert!(texts(&ws.root) == before);
    }
}

#[test]
fn a_crate_outside_stands_by_itself_and_nothing_is_written_over() {
    let (_folder, ws) = copy();
    let outside = tempfile::tempdir().unwrap();
    let dir = outside.path().join("ticket-pear");
    let pear = |dir: &Path| command(&ws, "pear", Some(dir));
    assert_eq!(pear(&dir).unwrap(), Verdict::Clean);
    let manifest = std::fs::read_to_string(dir.join("Cargo.toml")).unwrap();
    let manifest: toml::Table = toml::from_str(&manifest).unwrap();
    for (section, name) in [
        ("dependencies", "ticket-core"),
        ("dependencies", "ticket-http"),
        ("dev-dependencies", "ticket-conformance"),
        ("dev-dependencies", "ticket-testkit"),
        ("dev-dependencies", "tickets"),
    ] {
        let dependency = &manifest[section][name];
        let path = Path::new(dependency["path"].as_str().unwrap()).join("Cargo.toml");
        assert_eq!(path, ws.root.join(format!("crates/{name}/Cargo.toml")));
        let version = Some(edit::version(&ws).unwrap());
        assert_eq!(dependency["version"].as_str(), version);
    }
    assert_eq!(manifest["package"]["name"].as_str(), Some("ticket-pear"));
    // The house's own names stay its own there: the crate would be confused with what it depends on.
    let core = command(&ws, "core", Some(Path::new("elsewhere")));
    let taken = core.unwrap_err().to_string();
    assert!(taken.ends_with("already, in crates/ticket-core"), "{taken}");
    let again = pear(&dir).unwrap_err().to_string();
    assert!(again.contains("not empty"), "{again}");
    for inside in ["elsewhere", "crates/../elsewhere"] {
        pear(&ws.root.join(inside)).unwrap_err();
        assert!(!ws.root.join("elsewhere").exists());
    }
}

#[test]
fn a_folder_beside_the_repository_is_outside() {
    let (_folder, ws) = copy();
    let outside = tempfile::tempdir().unwrap();
    // As CONTRIBUTING.md has it: `--path ../ticket-pear`. Both are among the temporary files.
    let beside = ws.root.join("..").join(outside.path().file_name().unwrap());
    let made = command(&ws, "pear", Some(&beside));
    assert_eq!(made.unwrap(), Verdict::Clean);
    assert!(outside.path().join("Cargo.toml").exists());
}

#[test]
fn the_finished_example_has_what_the_guide_leaves_as_it_is() {
    let (_folder, ws) = copy();
    let examples = ws.crates.iter();
    let mut examples = examples.filter(|krate| krate.role == Role::Example);
    let example = examples.next().unwrap();
    assert_eq!(example.name, "ticket-pear");
    let name = Name::new(&ws, "pear", &[Role::Example]).unwrap();
    let files = files(&name, FILES, &format!("{}/", example.dir));
    for path in ["src/lib.rs", "src/mapping.rs"] {
        let path = example.path(path);
        assert!(ws.files[&path] == files[&path], "{path}");
    }
    for path in files.keys() {
        assert!(ws.files.contains_key(path), "{path}");
    }
}
