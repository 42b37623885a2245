//! Writes a crate's public API as text, from rustdoc's JSON: `api-text IN.json OUT.txt`.
//!
//! For `cargo xtask api` alone, and a program of its own because what it is built from wants a younger
//! compiler than the rest of the workspace. It compares nothing.

use std::collections::HashSet;
use std::error::Error;

use public_api::Builder;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [json, output] = arguments.as_slice() else {
        return Err("usage: api-text IN.json OUT.txt".into());
    };
    std::fs::write(output, text(json)?)?;
    Ok(())
}

/// One line per item. Of what the compiler adds by itself only what is worth a review: which traits are
/// derived, and which types are not `Send` or not `Sync`.
fn text(json: &str) -> Result<String, public_api::Error> {
    let builder = || Builder::from_rustdoc_json(json).omit_blanket_impls(true);
    let own = builder()
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true);
    let own: HashSet<String> = own.build()?.items().map(ToString::to_string).collect();
    let mut text = String::new();
    for item in builder().build()?.items() {
        let line = item.to_string();
        if own.contains(&line) || is_worth_a_line(&line) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    Ok(text)
}

fn is_worth_a_line(line: &str) -> bool {
    const AUTO: [&str; 6] = [
        "core::marker::Freeze for ",
        "core::marker::Unpin for ",
        "core::marker::UnsafeUnpin for ",
        "core::marker::StructuralPartialEq for ",
        "core::panic::unwind_safe::RefUnwindSafe for ",
        "core::panic::unwind_safe::UnwindSafe for ",
    ];
    const THREADS: [&str; 2] = ["core::marker::Send for ", "core::marker::Sync for "];
    let is_any = |of: &[&str]| of.iter().any(|name| line.contains(name));
    line.starts_with("impl") && !is_any(&AUTO) && (!is_any(&THREADS) || line.contains(" !core::"))
}
