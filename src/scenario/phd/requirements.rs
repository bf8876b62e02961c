//! What stands below `= REQUIREMENTS =`, as YAML or as `key=value`.

use super::declared;
use crate::scenario::notes::Notes;
use crate::scenario::{Gate, Variable, value_file};
use crate::toml_file::Problem;

/// More of a thing, and a number has slipped.
const MOST: usize = 256;

/// The lines of the section.
#[derive(Debug, Default)]
pub(super) struct Lines(Vec<(usize, String)>);

/// What is needed.
#[derive(Debug, Default)]
pub(super) struct Needed {
    pub(super) gates: Vec<Gate>,
    pub(super) variables: Vec<Variable>,
    pub(super) remarks: Vec<Problem>,
}

impl Lines {
    pub(super) fn push(&mut self, number: usize, line: &str) {
        self.0.push((number, line.to_owned()));
    }

    pub(super) fn read(self, notes: &mut Notes<'_>) -> Needed {
        let mut found: Vec<(usize, String, String)> = Vec::new();
        // The other lines stay as empty ones, so that YAML's mistakes have the lines of the file.
        let mut yaml = String::new();
        let mut yaml_begins = None;
        for (number, line) in &self.0 {
            if let Some((key, value)) = line.split_once('=') {
                found.push((*number, key.trim().to_owned(), value.trim().to_owned()));
                continue;
            }
            while yaml.matches('\n').count() + 1 < *number {
                yaml.push('\n');
            }
            yaml.push_str(line);
            yaml_begins.get_or_insert(*number);
        }
        if let Some(line) = yaml_begins {
            match value_file::yaml(notes.file(), &yaml) {
                Ok(values) => found.extend(values.into_iter().map(|(key, value)| (line, key, value))),
                Err(problems) => notes.take(problems, line),
            }
        }
        let mut needed = Needed::default();
        for (line, key, value) in found {
            needed.take(notes, line, &key, &value);
        }
        needed
    }
}

impl Needed {
    fn take(&mut self, notes: &mut Notes<'_>, line: usize, key: &str, value: &str) {
        if key == "packages" {
            let packages: Vec<String> = value.split_whitespace().map(str::to_owned).collect();
            if !packages.is_empty() {
                let message = format!(
                    "phd itself installs these packages before the scripts: {value}; quorate does not"
                );
                self.remarks.push(notes.problem(line, message));
                self.gates.push(Gate::Packages(packages));
            }
            return;
        }
        let Some(number) = value.parse::<usize>().ok().filter(|number| *number <= MOST) else {
            let message =
                format!("`{}` must be a number, not `{}`", key.escape_debug(), value.escape_debug());
            return notes.note(line, message);
        };
        if number == 0 {
            return;
        }
        let itself = match key {
            "nodes" => return self.gates.push(Gate::Members { least: number, most: None, odd: false }),
            // What phd does with them belongs to what it does with clusters.
            "fence_cmd" | "install_local" => return,
            "cluster_init" => {
                self.gates.push(Gate::Cluster);
                "destroys the cluster on these hosts and sets up a new one before the scripts; quorate does not, and \
                 wants one that runs"
            }
            "cluster_destroy" => "destroys the cluster on these hosts before the scripts; quorate does not",
            "clean_shared_storage" => "wipes the shared storage before the scripts; quorate does not",
            _ if super::is_name(key) => {
                let variable = |nth| {
                    let description = format!("one of {number} {key} of phd's cluster definition");
                    declared(&format!("PHD_ENV_{key}{nth}"), None, description, line)
                };
                return self.variables.extend((1..=number).map(variable));
            }
            _ => {
                let message = format!("`{}` is no requirement", key.escape_debug());
                return notes.note(line, message);
            }
        };
        self.remarks.push(notes.problem(line, format!("phd itself {itself} ({key})")));
    }
}
