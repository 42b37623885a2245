//! Edits of existing files: one line or block each, sorted by name.
//!
//! Each function returns a path and its new text, or an error that names the file if the place for the edit is not
//! found. Nothing is written here.

use std::collections::BTreeMap;

use super::Name;
use crate::Result;
use crate::workspace::{Crate, RULES, Role, Workspace};

/// A path relative to the root, and the whole new text.
type Edit = (String, String);

/// The version of the workspace.
pub(super) fn version(ws: &Workspace) -> Result<&str> {
    Ok(&crate_of(ws, Role::Core)?.version)
}

pub(super) fn root_manifest(ws: &Workspace, name: &Name) -> Result<Edit> {
    let (krate, version) = (name.krate(), version(ws)?);
    let line = format!(
        "{krate} = {{ path = \"crates/{krate}\", version = \"{version}\", default-features = false }}\n"
    );
    let before = |text: &str| text.starts_with("tickets = {");
    insert_line(ws, "Cargo.toml", &line, before)
}

pub(super) fn facade_manifest(ws: &Workspace, name: &Name) -> Result<Edit> {
    let path = crate_of(ws, Role::Facade)?.manifest_path();
    let (feature, krate) = (&name.0, name.krate());
    let mut text = text_of(ws, &path)?.to_owned();
    for (list, entry) in [
        ("all", feature.clone()),
        ("rustls", format!("{krate}?/rustls")),
        ("native-tls", format!("{krate}?/native-tls")),
    ] {
        text = with_entry(&text, list, &entry)
            .ok_or_else(|| format!("{path}: there is no list `{list} = [..]`"))?;
    }
    let line = format!("{feature} = [\"dep:{krate}\"]\n");
    text = sorted_into(&text, &line, |line, _| line.contains("= [\"dep:ticket-"))
        .ok_or_else(|| format!("{path}: there is no feature of a provider"))?;
    let line = format!("{krate} = {{ workspace = true, optional = true }}\n");
    let is_optional = |line: &str| line.starts_with("ticket-") && line.contains("optional = true");
    text = sorted_into(&text, &line, |line, _| is_optional(line))
        .ok_or_else(|| format!("{path}: there is no dependency on a provider"))?;
    Ok((path, text))
}

/// In the facade: `pub use ticket_NAME as NAME;`, and the row of `PROVIDERS`. Both may be in one file.
pub(super) fn facade_sources(
    ws: &Workspace,
    edits: &mut BTreeMap<String, String>,
    name: &Name,
) -> Result<()> {
    let source = crate_of(ws, Role::Facade)?.path("src");
    for (indent, begin, rest) in [
        ("", "pub use ticket_", "acme as acme;"),
        ("    ", "ProviderDescriptor::of::<ticket_", "acme::Acme>(),"),
    ] {
        let gate = format!("{indent}#[cfg(feature = ");
        let second = format!("{indent}{begin}");
        let block = name.in_place(&format!("{gate}\"acme\")]\n{second}{rest}\n"));
        let is_first =
            |line: &str, next: &str| line.starts_with(&gate) && next.starts_with(&second);
        let texts = ws.rust_files(&source);
        let texts = texts.map(|(path, text)| (path, edits.get(path).map_or(text, String::as_str)));
        let mut edited = texts.filter_map(|(path, text)| {
            Some((path.to_owned(), sorted_into(text, &block, is_first)?))
        });
        let edited = edited.next();
        let (path, text) = edited.ok_or_else(|| format!("{source}: nothing has `{begin}`"))?;
        edits.insert(path, text);
    }
    Ok(())
}

/// The file that lists the vendors' modules, and the path of the new one.
pub(super) fn sandbox(ws: &Workspace, name: &Name) -> Result<(Edit, String)> {
    let source = crate_of(ws, Role::Sandbox)?.path("src");
    let is_module = |line: &str| {
        let line = line.trim_start_matches("pub ");
        let module = line
            .strip_prefix("mod ")
            .and_then(|rest| rest.strip_suffix(';'));
        ws.providers().any(|known| module == Some(known.feature()))
    };
    let (path, _) = ws
        .rust_files(&source)
        .find(|(_, text)| text.lines().any(is_module))
        .ok_or_else(|| format!("{source}: no module of a vendor is declared"))?;
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let module = format!("{folder}/{}.rs", name.0);
    let list = insert_line(ws, path, &format!("mod {};\n", name.0), is_module)?;
    Ok((list, module))
}

/// A row in the table of providers. `cargo xtask tables --write` writes it anew, and the other tables.
pub(super) fn readme(ws: &Workspace, name: &Name) -> Result<Edit> {
    let path = "README.md";
    let text = text_of(ws, path)?;
    let last = text
        .lines()
        .rfind(|line| line.starts_with('|') && names_a_provider(ws, line))
        .ok_or("README.md: no table has a row for a provider")?;
    let mut row = format!("| {} | `{}` |", name.title(), name.krate());
    for _ in 2..last.split('|').count().saturating_sub(2) {
        row.push_str(" – |");
    }
    let text = text.replacen(last, &format!("{last}\n{row}"), 1);
    Ok((path.to_owned(), text))
}

pub(super) fn changelog(ws: &Workspace, name: &Name) -> Result<Edit> {
    let line = format!("* **added:** `{}`: get and delete.\n", name.krate());
    insert_line(ws, "CHANGELOG.md", &line, |line| {
        line.starts_with("* **added:** `ticket-") && names_a_provider(ws, line)
    })
}

/// The vendor's words and foreign types of the template.
pub(super) fn rules(ws: &Workspace, name: &Name) -> Result<Edit> {
    let text = text_of(ws, RULES)?;
    let words = name.in_place("acme = [\"AcmeTicket\"] # To be done: what its pages call things\n");
    let section = format!(
        "[foreign.{}]\nsecrecy = \"the key in the configuration\"\n\
         serde_core = \"the configuration can be read, and the vendor's shapes read and written\"\n\n",
        name.krate()
    );
    let with_words = text.replacen("[words]\n", &format!("[words]\n{words}"), 1);
    let facade = "[foreign.tickets]\n";
    let whole = with_words.replacen(facade, &format!("{section}{facade}"), 1);
    if with_words == text || whole == with_words {
        return Err(format!("{RULES}: there is no `[words]` or no `[foreign.tickets]`").into());
    }
    Ok((RULES.to_owned(), whole))
}

fn crate_of(ws: &Workspace, role: Role) -> Result<&Crate> {
    let found = ws.crate_of(role);
    found.ok_or_else(|| format!("there is no crate of the role {role:?}").into())
}

fn text_of<'a>(ws: &'a Workspace, path: &str) -> Result<&'a str> {
    let text = ws.files.get(path).map(String::as_str);
    text.ok_or_else(|| format!("{path} is missing").into())
}

fn names_a_provider(ws: &Workspace, line: &str) -> bool {
    ws.providers()
        .any(|known| line.contains(&format!("`{}`", known.name)))
}

/// Inserts a line before the first line that satisfies `before`.
fn insert_line(
    ws: &Workspace,
    path: &str,
    line: &str,
    before: impl Fn(&str) -> bool,
) -> Result<Edit> {
    let lines: Vec<&str> = text_of(ws, path)?.split_inclusive('\n').collect();
    let at = lines.iter().position(|line| before(line.trim_end()));
    let at =
        at.ok_or_else(|| format!("{path}: the place for `{}` is not found", line.trim_end()))?;
    Ok((path.to_owned(), joined(&lines, at, line)))
}

/// Inserts a block among the sorted blocks of its kind, each of as many lines. A kind is known by a block's first line and
/// the one after it.
fn sorted_into(text: &str, block: &str, is_first: impl Fn(&str, &str) -> bool) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let nexts = lines.iter().copied().skip(1).chain([""]);
    let pairs = lines.iter().copied().zip(nexts).enumerate();
    let kind: Vec<(usize, &str)> = pairs
        .filter(|(_, (line, next))| is_first(line, next))
        .map(|(at, (line, _))| (at, line))
        .collect();
    let greater = kind.iter().find(|(_, line)| *line > block);
    let at = match greater {
        Some((at, _)) => *at,
        None => kind.last()?.0 + block.lines().count(),
    };
    Some(joined(&lines, at, block))
}

/// Adds an entry to the sorted list `name = ["..", ..]`.
fn with_entry(text: &str, name: &str, entry: &str) -> Option<String> {
    let begin = format!("\n{name} = [");
    let (before, rest) = text.split_once(&begin)?;
    let (list, after) = rest.split_once(']')?;
    let mut entries: Vec<String> = list
        .split(',')
        .map(|entry| entry.trim().to_owned())
        .collect();
    entries.retain(|entry| !entry.is_empty());
    entries.push(format!("\"{entry}\""));
    entries.sort();
    Some(format!("{before}{begin}{}]{after}", entries.join(", ")))
}

fn joined(lines: &[&str], at: usize, block: &str) -> String {
    let (before, after) = lines.split_at(at.min(lines.len()));
    format!("{}{block}{}", before.concat(), after.concat())
}
