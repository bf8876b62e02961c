//! Reading a deployment: TOML with `[clusters.ROLE]` and a `[[scenario]]` for each stage.

use std::collections::BTreeMap;

use super::place::{FIELDS, references};
use super::{Deployment, Role, Stage};
use crate::scenario::value_file::text_of;
use crate::toml_file::{Located, Place, Problems, Reader, Section};

pub(super) fn read(file: &str, name: &str, text: &str) -> Result<Deployment, Problems> {
    let (mut reader, mut root) = Reader::open(file, text);
    let title = reader.value::<String>(&mut root, "title").map_or_else(|| name.to_owned(), |it| it.value);
    let description = text_or_nothing(&mut reader, &mut root, "description");
    let roles = read_roles(&mut reader, &mut root);
    let sections = reader.sections(&mut root, "scenario");
    reader.no_more(root);
    if sections.is_empty() {
        reader.note(&Place::default(), "has no [[scenario]]: there is nothing to deploy");
    }
    let mut stages = Vec::new();
    for (index, section) in sections.into_iter().enumerate() {
        stages.extend(read_stage(&mut reader, section, index + 1, &roles));
    }
    let (name, file) = (name.to_owned(), file.to_owned());
    reader.finish(Deployment { name, title, description, roles, stages, file })
}

fn read_roles<'a>(reader: &mut Reader<'a>, root: &mut Section<'a>) -> Vec<Role> {
    let Some(mut section) = reader.section(root, "clusters") else {
        reader
            .note(&Place::default(), "names no cluster; add one for each part that they play: [clusters.db]");
        return Vec::new();
    };
    let mut roles = Vec::new();
    for entry in reader.entries(&mut section) {
        let (name, place) = (entry.key.clone(), entry.place.clone());
        // It stands before the `.` of `db.hosts`, and behind the `@` of `galera@db`.
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            reader.note(&place, "the name must be letters, digits, `-` and `_`");
        }
        let Ok(mut table) = reader.entry_section(entry) else {
            reader.note(&place, "must be a table such as [clusters.db]");
            continue;
        };
        let description = text_or_nothing(reader, &mut table, "description");
        let is_optional = reader.value::<bool>(&mut table, "optional").is_some_and(|it| it.value);
        reader.no_more(table);
        roles.push((place.line, Role { name, description, is_optional }));
    }
    roles.sort_by_key(|(line, _)| *line);
    roles.into_iter().map(|(_, role)| role).collect()
}

fn read_stage<'a>(
    reader: &mut Reader<'a>,
    mut section: Section<'a>,
    number: usize,
    roles: &[Role],
) -> Option<Stage> {
    let place = section.place().clone();
    let name = needed(reader, &mut section, "name");
    let cluster = needed(reader, &mut section, "cluster");
    let mut values = BTreeMap::new();
    if let Some(mut table) = reader.section(&mut section, "values") {
        for entry in reader.entries(&mut table) {
            let key = entry.key.clone();
            let Some(found) = reader.read::<toml::Value>(entry) else { continue };
            match text_of(&found.value) {
                Some(text) => {
                    check_references(reader, &found.place, &text, roles);
                    values.insert(key, text);
                }
                None => reader.note(&found.place, "must be a text, a number, true, false or a list"),
            }
        }
    }
    reader.no_more(section);
    let (name, cluster) = (name?, cluster?);
    check_role(reader, &cluster.place, &cluster.value, roles);
    let line = place.line.unwrap_or(1);
    Some(Stage { number, scenario: name.value, role: cluster.value, values, line })
}

/// Where it refers to the cluster of a role, there has to be one.
fn check_references(reader: &mut Reader<'_>, place: &Place, text: &str, roles: &[Role]) {
    for (role, field) in references(text) {
        check_role(reader, place, role, roles);
        if !FIELDS.contains(&field) {
            reader.unknown(place, &format!("of {role} nothing is called"), field, FIELDS);
        }
    }
}

fn check_role(reader: &mut Reader<'_>, place: &Place, name: &str, roles: &[Role]) {
    if !roles.iter().any(|role| role.name == name) {
        let known = roles.iter().map(|role| role.name.as_str());
        reader.unknown(place, "no cluster of this deployment is called", name, known);
    }
}

fn needed<'a>(
    reader: &mut Reader<'a>,
    section: &mut Section<'a>,
    key: &'static str,
) -> Option<Located<String>> {
    let is_there = section.has(key);
    let found = reader.value::<String>(section, key);
    if !is_there {
        let place = section.place().clone();
        reader.note(&place, &format!("has no `{key}`"));
    }
    found
}

fn text_or_nothing<'a>(reader: &mut Reader<'a>, section: &mut Section<'a>, key: &'static str) -> String {
    reader.value::<String>(section, key).map(|found| found.value).unwrap_or_default()
}
