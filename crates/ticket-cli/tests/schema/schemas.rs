//! Schemas, and output that is held against them.

use std::collections::{BTreeMap, BTreeSet};

use boon::{Compiler, SchemaIndex};
use serde_json::{Value, json};

use crate::common::{Run, command, execute, json};

/// What a command printed for programs.
pub(crate) struct Printed {
    arguments: Vec<String>,
    stdout: String,
    stderr: String,
}

impl Printed {
    pub(crate) fn new(arguments: &[&str], run: &Run) -> Self {
        Self {
            arguments: arguments.iter().map(|&word| word.to_owned()).collect(),
            stdout: run.stdout.clone(),
            stderr: run.stderr.clone(),
        }
    }

    /// What a file of tests/golden holds, if it is for programs.
    pub(crate) fn recorded(text: &str) -> Option<Self> {
        let line = text.lines().next()?.strip_prefix("$ tickets")?;
        let words = line.split_whitespace().map(str::to_owned);
        // Numbers that differ from run to run.
        let text = text.replace(":SECONDS", ":1");
        let section = |name: &str| {
            let start = text
                .split_once(&format!("--- {name}\n"))
                .unwrap_or_default()
                .1;
            let end = start.find("\n--- ").map_or(start.len(), |end| end + 1);
            if start.starts_with("--- ") {
                return String::new();
            }
            start[..end].to_owned()
        };
        let printed = Self {
            arguments: words.collect(),
            stdout: section("stdout"),
            stderr: section("stderr"),
        };
        // Fields that the caller chose have a form that only the caller knows, and an address is no record.
        let others = ["--json", "--jq", "--web"];
        let is_chosen = |word: &String| others.iter().any(|other| word.starts_with(other));
        let is_for_programs = printed.form().is_some() && !printed.arguments.iter().any(is_chosen);
        is_for_programs.then_some(printed)
    }

    /// The format, if it is one of JSON.
    fn form(&self) -> Option<&str> {
        let forms = ["json", "ndjson"];
        let mut words = self.arguments.iter();
        words.find(|word| ["--output", "-o"].contains(&word.as_str()))?;
        words
            .next()
            .map(String::as_str)
            .filter(|form| forms.contains(form))
    }

    /// The command, by its name.
    fn command<'a>(&self, names: &'a BTreeSet<String>) -> Option<&'a str> {
        let words = self.arguments.iter().enumerate();
        let mut pairs = words.map(|(at, word)| (word, self.arguments.get(at + 1)));
        pairs.find_map(|(word, next)| {
            let both = next.map(|next| format!("{word} {next}"));
            let both = both.and_then(|both| names.get(&both));
            both.or_else(|| names.get(word)).map(String::as_str)
        })
    }

    /// Each record on stdout.
    fn records(&self) -> Result<Vec<Value>, serde_json::Error> {
        if self.form() == Some("ndjson") {
            return self.stdout.lines().map(serde_json::from_str).collect();
        }
        let documents = serde_json::Deserializer::from_str(&self.stdout).into_iter();
        let documents: Result<Vec<Value>, _> = documents.collect();
        let records = documents?.into_iter().flat_map(|document| match document {
            Value::Array(records) => records,
            record => vec![record],
        });
        Ok(records.collect())
    }
}

/// The schemas of `tickets schema`.
pub(crate) struct Schemas {
    document: Value,
    compiled: boon::Schemas,
    records: BTreeMap<String, SchemaIndex>,
}

impl Schemas {
    /// All of them, and so strict that a field that none tells is a fault.
    pub(crate) fn load() -> Self {
        let run = execute(&mut command(&["schema"]));
        assert_eq!((run.code, &*run.stderr), (0, ""));
        let all = Self::of(json(&run.stdout));
        let listed = all.document["anyOf"].as_array().unwrap().iter();
        let listed: BTreeSet<_> = listed
            .map(|one| one["$ref"].as_str().unwrap().trim_start_matches("#/$defs/"))
            .collect();
        assert_eq!(listed, all.names().collect());
        all
    }

    /// These, and as strict.
    pub(crate) fn of(mut document: Value) -> Self {
        for (name, schema) in document["$defs"].as_object_mut().unwrap() {
            close(schema, name.ends_with("-fields"));
        }
        Self::published(document)
    }

    /// These, as they are.
    pub(crate) fn published(document: Value) -> Self {
        let mut all = boon::Schemas::new();
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        compiler
            .add_resource("schema.json", document.clone())
            .unwrap();
        let named = document["$defs"].as_object().unwrap().iter();
        let records = named.filter(|(_, schema)| schema["x-stream"].is_string());
        let records = records.map(|(name, _)| {
            let place = format!("schema.json#/$defs/{name}");
            (name.clone(), compiler.compile(&place, &mut all).unwrap())
        });
        Self {
            records: records.collect(),
            compiled: all,
            document,
        }
    }

    /// The names of records.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.records.keys().map(String::as_str)
    }

    /// The commands that print records.
    pub(crate) fn commands(&self) -> BTreeSet<String> {
        let commands = self.names().flat_map(|name| self.commands_of(name));
        commands.map(str::to_owned).collect()
    }

    fn commands_of(&self, name: &str) -> impl Iterator<Item = &str> {
        let commands = self.document["$defs"][name]["x-commands"].as_array();
        commands.into_iter().flatten().filter_map(Value::as_str)
    }

    /// Why a value is not such a record.
    pub(crate) fn fault_of(&self, value: &Value, name: &str) -> Option<String> {
        let valid = self.compiled.validate(value, self.records[name]);
        valid.err().map(|error| error.to_string())
    }

    /// Holds what was printed against the schemas, and notes which are of use.
    pub(crate) fn check(
        &self,
        printed: &Printed,
        seen: &mut BTreeSet<String>,
        faults: &mut Vec<String>,
    ) {
        let line = printed.arguments.join(" ");
        let commands = self.commands();
        let command = printed.command(&commands);
        let of_command = |stream: &str| -> Vec<&str> {
            let is_of = |name: &&str| {
                let mut commands = self.commands_of(name).peekable();
                let is_of_all = commands.peek().is_none();
                self.document["$defs"][name]["x-stream"] == stream
                    && (is_of_all || commands.any(|one| Some(one) == command))
            };
            self.names().filter(is_of).collect()
        };
        let mut hold = |record: &Value, names: &[&str]| {
            let tried: Vec<_> = names
                .iter()
                .map(|name| (name, self.fault_of(record, name)))
                .collect();
            match tried.iter().find(|(_, fault)| fault.is_none()) {
                Some((name, _)) => drop(seen.insert((**name).to_owned())),
                None => faults.push(format!("tickets {line}: no schema for {record}: {tried:?}")),
            }
        };
        match printed.records() {
            Ok(records) => records
                .iter()
                .for_each(|record| hold(record, &of_command("stdout"))),
            Err(error) => hold(&json!(format!("{error}: {}", printed.stdout)), &[]),
        }
        for text in printed.stderr.lines().filter(|line| line.starts_with('{')) {
            hold(&json(text), &of_command("stderr"));
        }
    }
}

/// Makes a schema refuse fields that it does not name. Fields that are a part of several records are not closed
/// themselves: `is_part`.
fn close(schema: &mut Value, is_part: bool) {
    match schema {
        Value::Array(schemas) => schemas.iter_mut().for_each(|schema| close(schema, false)),
        Value::Object(keys) => {
            let has_fields = keys.get("properties").is_some_and(Value::is_object);
            let is_composed = keys
                .get("$ref")
                .is_some_and(|name| name.as_str().is_some_and(|name| name.ends_with("-fields")));
            let is_open = keys.contains_key("additionalProperties");
            for (key, value) in keys.iter_mut() {
                match value {
                    // Its keys are names of fields.
                    Value::Object(fields) if key == "properties" => {
                        fields.values_mut().for_each(|field| close(field, false));
                    }
                    value => close(value, false),
                }
            }
            if (has_fields || is_composed) && !is_part && !is_open {
                keys.insert("unevaluatedProperties".to_owned(), false.into());
            }
        }
        _ => {}
    }
}
