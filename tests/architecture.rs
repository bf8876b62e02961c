//! Keeps the table of modules in ARCHITECTURE.md true: who may know whom.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The rows of the table in ARCHITECTURE.md: a module, and the modules that it may use. `everything` stands
/// for all of them.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the page");
    let table = text.split("<!-- modules -->").nth(1).expect("the table stands between two marks");
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    let mut rows = BTreeMap::new();
    for line in table.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
        let [modules, _holds, may_use] = cells.as_slice() else { panic!("not three cells: {line}") };
        for module in names(modules) {
            let mut used = names(may_use);
            if may_use.contains("everything") {
                used.insert("everything".to_owned());
            }
            rows.insert(module, used);
        }
    }
    rows
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The file's code without its unit tests, which stand last.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).expect("a file of ours");
    text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default().to_owned()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of ours") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
            continue;
        }
        if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn module_of(file: &Path) -> String {
    let relative = file.strip_prefix(root().join("src")).expect("below src");
    let first = relative.components().next().expect("not src itself");
    Path::new(first.as_os_str()).file_stem().expect("a name").to_string_lossy().into_owned()
}

/// Every module of this crate that the code names, as `crate::x`, `crate::{x, y}` or `quorate::x`.
fn used(code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for (at, mark) in line.match_indices("crate::").chain(line.match_indices("quorate::")) {
            let rest = line.get(at + mark.len()..).unwrap_or_default();
            let list = rest.strip_prefix('{').map_or(rest, |list| list.split('}').next().unwrap_or(list));
            let many = rest.starts_with('{');
            for name in list.split(',').take(if many { usize::MAX } else { 1 }) {
                let name: String =
                    name.trim().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                if !name.is_empty() && name != "self" {
                    used.insert(name);
                }
            }
        }
    }
    used
}

#[test]
fn every_module_uses_only_what_it_may() {
    let allowed = allowed();
    let mut all = Vec::new();
    files(&root().join("src"), &mut all);
    let mut wrong = Vec::new();
    for file in all {
        let module = module_of(&file);
        if module == "lib" || file.file_name().is_some_and(|name| name == "tests.rs" || name == "testing.rs")
        {
            continue;
        }
        let Some(may) = allowed.get(&module) else {
            wrong.push(format!("{module} is not in the table"));
            continue;
        };
        for name in used(&code(&file)) {
            if name != module && !may.contains(&name) && !may.contains("everything") {
                wrong.push(format!("{} uses {name}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_names_no_module_that_is_gone() {
    for module in allowed().keys() {
        let folder = root().join("src").join(module);
        assert!(folder.is_dir() || folder.with_extension("rs").is_file(), "{module} is in the table only");
    }
}

#[test]
fn keymaps_know_only_the_names_of_actions() {
    let mut all = Vec::new();
    files(&root().join("src/keymap"), &mut all);
    for file in all {
        for line in code(&file).lines().filter(|line| line.contains("crate::app")) {
            let names = line.split("crate::app::").nth(1).unwrap_or_default();
            let names = names.trim_matches(|c| "{};".contains(c));
            assert!(
                names.split(", ").all(|name| ["Action", "Context"].contains(&name)),
                "{}: {line}",
                file.display()
            );
        }
    }
}

/// A host is written in many ways: `ClusterEntry::has` compares hosts, and equality compares spellings.
#[test]
fn hosts_of_a_cluster_are_compared_as_hosts() {
    let mut all = Vec::new();
    files(&root().join("src"), &mut all);
    for file in all {
        let code = code(&file);
        let wrong = code.lines().find(|line| line.contains(".hosts.contains(host"));
        assert!(wrong.is_none(), "{}: use ClusterEntry::has: {}", file.display(), wrong.unwrap_or_default());
    }
}
