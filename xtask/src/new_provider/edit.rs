//! Edits of existing files: one line or block each, sorted by name.
//!
//! Each function returns a path and its new text, or an error that names the file if the place for the edit is not
//! found. Nothing is written here.

use std::collections::BTreeMap;

use super::Name;
use crate::Result;
use crate::rules;
use crate::workspace::{Role, Workspace};

/// A path relative to the root, and the whole new text.
type Edit = (String, String);

/// The version of the workspace.
pub(super) fn version(ws: &Workspace) -> Result<&str> {
    let core = ws
        .crate_of(Role::Core)
        .ok_or("there is no crate ticket-core")?;
    Ok(&core.version)
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
    let facade = ws
        .crate_of(Role::Facade)
        .ok_or("there is no facade, crates/tickets")?;
    let path = facade.manifest_path();
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
    let line = format!("{feature} = [\"dep:{krate}\"]");
    text = sorted_into(&text, &line, |line| line.contains("= [\"dep:ticket-"))
        .ok_or_else(|| format!("{path}: there is no feature of a provider"))?;
    let line = format!("{krate} = {{ workspace = true, optional = true }}");
    let is_optional = |line: &str| line.starts_with("ticket-") && line.contains("optional = true");
    text = sorted_into(&text, &line, is_optional)
        .ok_or_else(|| format!("{path}: there is no dependency on a provider"))?;
    Ok((path, text))
}

/// `pub use ticket_NAME as NAME;` in the facade, in the order of the names.
pub(super) fn re_export(
    ws: &Workspace,
    edits: &BTreeMap<String, String>,
    name: &Name,
) -> Result<Edit> {
    let block = format!(
        "#[cfg(feature = \"{0}\")]\npub use ticket_{0} as {0};\n",
        name.0
    );
    let is_first =
        |text: &str, next: &str| text.starts_with("#[cfg(") && next.starts_with("pub use ticket_");
    blocks(ws, edits, &block, "pub use ticket_", is_first)
}

/// The row of `PROVIDERS`, in the order of the names.
pub(super) fn providers_row(
    ws: &Workspace,
    edits: &BTreeMap<String, String>,
    name: &Name,
) -> Result<Edit> {
    let row = name.in_place(concat!(
        "    #[cfg(feature = \"acme\")]\n",
        "    ProviderDescriptor::of::<ticket_acme::Acme>(),\n",
    ));
    let is_first = |text: &str, _: &str| text.starts_with("    #[cfg(feature = ");
    blocks(ws, edits, &row, "PROVIDERS:", is_first)
}

/// Inserts a block into the facade's file that contains `mark`, sorted by name among the blocks whose first two lines
/// satisfy `is_first`.
fn blocks(
    ws: &Workspace,
    edits: &BTreeMap<String, String>,
    block: &str,
    mark: &str,
    is_first: impl Fn(&str, &str) -> bool,
) -> Result<Edit> {
    let facade = ws
        .crate_of(Role::Facade)
        .ok_or("there is no facade, crates/tickets")?;
    let missing = || format!("{}: nothing has `{mark}`", facade.path("src"));
    let (path, text) = ws
        .rust_files(&facade.path("src"))
        .map(|(path, text)| (path, edits.get(path).map_or(text, String::as_str)))
        .find(|(_, text)| text.contains(mark))
        .ok_or_else(missing)?;
    let first = block.lines().next().unwrap_or_default();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let starts = || {
        lines.windows(2).enumerate().filter_map(|(at, pair)| {
            let [line, next] = pair else { return None };
            is_first(line, next).then_some((at, *line))
        })
    };
    let greater = starts().find(|(_, line)| line.trim_end() > first);
    let at = if let Some((at, _)) = greater {
        at
    } else {
        let (last, _) = starts().last().ok_or_else(missing)?;
        // The end of the block: the end of the table, or the next line.
        let rest = lines.iter().enumerate().skip(last + 1);
        let mut ends = rest.filter(|(_, line)| line.trim_end() == "];");
        let end = ends.next().map(|(at, _)| at);
        let is_row = first.starts_with(' ');
        end.filter(|_| is_row).unwrap_or(last + 2)
    };
    Ok((path.to_owned(), joined(&lines, at, block)))
}

/// The file that lists the vendors' modules, and the path of the new one.
pub(super) fn sandbox(ws: &Workspace, name: &Name) -> Result<(Edit, String)> {
    let sandbox = ws
        .crate_of(Role::Sandbox)
        .ok_or("there is no sandbox, crates/ticket-sandbox")?;
    let known: Vec<String> = ws
        .providers()
        .map(|known| format!("mod {};", known.feature()))
        .collect();
    let is_module = |line: &str| {
        let line = line.trim_start_matches("pub ").trim_end();
        known.iter().any(|known| known == line)
    };
    let (path, text) = ws
        .rust_files(&sandbox.path("src"))
        .find(|(_, text)| text.lines().any(is_module))
        .ok_or("crates/ticket-sandbox/src: no module of a vendor is declared")?;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let at = lines
        .iter()
        .position(|line| is_module(line))
        .unwrap_or_default();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let module = format!("{folder}/{}.rs", name.0);
    let list = joined(&lines, at, &format!("mod {};\n", name.0));
    Ok(((path.to_owned(), list), module))
}

/// A row in the table of providers. `cargo xtask tables --write` writes it anew, and the other tables.
pub(super) fn readme(ws: &Workspace, name: &Name) -> Result<Edit> {
    let path = "README.md";
    let text = text_of(ws, path)?;
    let known: Vec<String> = ws
        .providers()
        .map(|known| format!("`{}`", known.name))
        .collect();
    let is_row =
        |line: &&str| line.starts_with('|') && known.iter().any(|known| line.contains(known));
    let last = text
        .lines()
        .rfind(is_row)
        .ok_or("README.md: no table has a row for a provider")?;
    let mut row = format!("| {} | `{}` |", name.title(), name.krate());
    for _ in 2..last.split('|').count().saturating_sub(2) {
        row.push_str(" – |");
    }
    let text = text.replacen(last, &format!("{last}\n{row}"), 1);
    Ok((path.to_owned(), text))
}

pub(super) fn changelog(ws: &Workspace, name: &Name) -> Result<Edit> {
    let path = "CHANGELOG.md";
    let line = format!("* **added:** `{}`: get and delete.\n", name.krate());
    let is_provider = |line: &str| {
        line.starts_with("* **added:** `ticket-")
            && ws
                .providers()
                .any(|known| line.contains(&format!("`{}`", known.name)))
    };
    insert_line(ws, path, &line, is_provider)
}

/// The vendor's words and foreign types of the template.
pub(super) fn rules(ws: &Workspace, name: &Name) -> Result<Edit> {
    let path = rules::PATH;
    let text = text_of(ws, path)?;
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
        return Err(format!("{path}: there is no `[words]` or no `[foreign.tickets]`").into());
    }
    Ok((path.to_owned(), whole))
}

fn text_of<'a>(ws: &'a Workspace, path: &str) -> Result<&'a str> {
    let text = ws.files.get(path).map(String::as_str);
    text.ok_or_else(|| format!("{path} is missing").into())
}

/// Inserts a line before the first line that satisfies `before`.
fn insert_line(
    ws: &Workspace,
    path: &str,
    line: &str,
    before: impl Fn(&str) -> bool,
) -> Result<Edit> {
    let lines: Vec<&str> = text_of(ws, path)?.split_inclusive('\n').collect();
    let at = lines.iter().position(|line| before(line));
    let at =
        at.ok_or_else(|| format!("{path}: the place for `{}` is not found", line.trim_end()))?;
    Ok((path.to_owned(), joined(&lines, at, line)))
}

/// Inserts a line among the sorted lines of its kind.
fn sorted_into(text: &str, line: &str, is_kind: impl Fn(&str) -> bool) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let kind = || lines.iter().enumerate().filter(|(_, known)| is_kind(known));
    let greater = kind().find(|(_, known)| **known > line);
    let at = match greater {
        Some((at, _)) => at,
        None => kind().last()?.0 + 1,
    };
    Some(joined(&lines, at, &format!("{line}\n")))
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
