//! The scenarios that there are: the console's own, and the user's, which come first.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::Scenario;
use super::notes::help;
use crate::files;
use crate::nearest::nearest;
use crate::toml_file::Problems;

/// The folder below the user's configuration in which he may have some of his own.
const FOLDER: &str = "scenarios";
/// How the files of scenarios end.
const ENDINGS: [&str; 2] = ["md", "scenario"];

/// The console's own: name and text.
const BUILT_IN: [(&str, &str); 18] = [
    ("add-node", include_str!("../../assets/scenarios/add-node.md")),
    ("basic-cluster-test", include_str!("../../assets/scenarios/basic-cluster-test.md")),
    ("basic-cluster", include_str!("../../assets/scenarios/basic-cluster.md")),
    ("destroy-cluster", include_str!("../../assets/scenarios/destroy-cluster.md")),
    ("galera-recovery", include_str!("../../assets/scenarios/galera-recovery.md")),
    ("galera-test", include_str!("../../assets/scenarios/galera-test.md")),
    ("galera", include_str!("../../assets/scenarios/galera.md")),
    ("load-balancer-test", include_str!("../../assets/scenarios/load-balancer-test.md")),
    ("load-balancer", include_str!("../../assets/scenarios/load-balancer.md")),
    ("memcached-test", include_str!("../../assets/scenarios/memcached-test.md")),
    ("memcached", include_str!("../../assets/scenarios/memcached.md")),
    ("mongodb", include_str!("../../assets/scenarios/mongodb.md")),
    ("qpid", include_str!("../../assets/scenarios/qpid.md")),
    ("rabbitmq-test", include_str!("../../assets/scenarios/rabbitmq-test.md")),
    ("rabbitmq", include_str!("../../assets/scenarios/rabbitmq.md")),
    ("relocate-service", include_str!("../../assets/scenarios/relocate-service.md")),
    ("remove-node", include_str!("../../assets/scenarios/remove-node.md")),
    ("rolling-maintenance", include_str!("../../assets/scenarios/rolling-maintenance.md")),
];

/// The scenarios that there are, each by its name, also those that are wrong.
#[derive(Debug)]
pub struct Library {
    shelf: BTreeMap<String, Shelved>,
}

/// A scenario in the library.
#[derive(Debug)]
pub struct Shelved {
    /// Whose it is.
    pub origin: Origin,
    /// Its path or, for one of the console's own, such as `scenarios/basic-cluster.md (built in)`.
    pub file: String,
    /// It, or all that is wrong with it.
    pub scenario: Result<Scenario, NoScenario>,
}

/// Whose a scenario is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The console's own.
    BuiltIn,
    /// The user's, from the folder of his configuration.
    User,
}

/// Why there is no scenario.
#[derive(Debug, thiserror::Error)]
pub enum NoScenario {
    /// None is called so, and there is no such file.
    #[error("no scenario and no file is called `{}`; {help}", name.escape_debug())]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        help: String,
    },
    /// The file can't be read.
    #[error("the scenario {} can't be read: {message}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// It is wrong.
    #[error(transparent)]
    Wrong(#[from] Problems),
}

/// Why scenarios can't be put in order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoOrder {
    /// One needs another that there is not.
    #[error("the scenario {scenario} needs `{}`, and there is none; {help}", need.escape_debug())]
    Unknown {
        /// The one that needs it.
        scenario: String,
        /// What it needs.
        need: String,
        /// What may have been meant.
        help: String,
    },
    /// They need each other.
    #[error("the scenarios need each other: {}", cycle.join(" → "))]
    Cycle {
        /// The names, the first also at the end.
        cycle: Vec<String>,
    },
}

impl Library {
    /// Reads all that there are; `user_dir` is the folder of the user's configuration. One that is wrong hinders no
    /// other. The error is for a folder that can't be read; that there is none is none.
    pub fn load(user_dir: Option<&Path>) -> Result<Self, NoScenario> {
        let mut shelf = BTreeMap::new();
        for (name, text) in BUILT_IN {
            let file = format!("{FOLDER}/{name}.md (built in)");
            let scenario = Scenario::read(&file, name, text).map_err(NoScenario::from);
            shelf.insert(name.to_owned(), Shelved { origin: Origin::BuiltIn, file, scenario });
        }
        if let Some(dir) = user_dir {
            for path in files(&dir.join(FOLDER))? {
                let file = path.display().to_string();
                let shelved = Shelved { origin: Origin::User, file, scenario: read_file(&path) };
                shelf.insert(name_of(&path), shelved);
            }
        }
        Ok(Self { shelf })
    }

    /// All of them by name, in the names' order.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Shelved)> {
        self.shelf.iter().map(|(name, shelved)| (name.as_str(), shelved))
    }

    /// Those that can be used.
    pub fn scenarios(&self) -> impl Iterator<Item = &Scenario> {
        self.shelf.values().filter_map(|shelved| shelved.scenario.as_ref().ok())
    }

    /// Takes the scenario of that name out of the library, or reads the file. What holds a `/` or ends as files of
    /// scenarios do is a file.
    pub fn open(mut self, word: &str) -> Result<Scenario, NoScenario> {
        let path = Path::new(word);
        if let Some(shelved) = self.shelf.remove(word) {
            return shelved.scenario;
        }
        if path.is_file() {
            return read_file(path);
        }
        if word.contains('/') {
            let message = "there is no such file".to_owned();
            return Err(NoScenario::Unreadable { path: path.to_owned(), message });
        }
        let names = self.shelf.keys().map(String::as_str);
        Err(NoScenario::Unknown { name: word.to_owned(), help: help(word, names) })
    }

    /// Those that can be used in the order in which they are deployed: what one needs comes before it; else the tier
    /// decides, then `order`, then the name.
    pub fn in_order(&self) -> Result<Vec<&Scenario>, NoOrder> {
        let mut left: Vec<&Scenario> = self.scenarios().collect();
        left.sort_by_key(|scenario| {
            (scenario.tier, scenario.order.unwrap_or(u32::MAX), scenario.name.as_str())
        });
        for scenario in &left {
            self.check_needs(scenario)?;
        }
        let mut done = BTreeSet::new();
        let mut ordered = Vec::with_capacity(left.len());
        while !left.is_empty() {
            let is_ready =
                |scenario: &&Scenario| scenario.needs.iter().all(|need| done.contains(need.as_str()));
            let Some(at) = left.iter().position(is_ready) else {
                return Err(NoOrder::Cycle { cycle: cycle(&left) });
            };
            let scenario = left.remove(at);
            done.insert(scenario.name.as_str());
            ordered.push(scenario);
        }
        Ok(ordered)
    }

    fn check_needs(&self, scenario: &Scenario) -> Result<(), NoOrder> {
        let is_usable = |name: &str| self.shelf.get(name).is_some_and(|shelved| shelved.scenario.is_ok());
        let Some(need) = scenario.needs.iter().find(|need| !is_usable(need)) else { return Ok(()) };
        let help = match self.shelf.get(need) {
            Some(shelved) => format!("{} is wrong", shelved.file),
            None => match nearest(need, self.shelf.keys().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`quorate scenario list` tells which there are".to_owned(),
            },
        };
        Err(NoOrder::Unknown { scenario: scenario.name.clone(), need: need.clone(), help })
    }
}

/// A cycle among scenarios of which each needs another of them.
fn cycle(left: &[&Scenario]) -> Vec<String> {
    let mut path: Vec<&str> = Vec::new();
    let mut at = left.first().copied();
    while let Some(scenario) = at {
        let name = scenario.name.as_str();
        if let Some(begin) = path.iter().position(|before| *before == name) {
            let mut cycle: Vec<String> = path.iter().skip(begin).map(|name| (*name).to_owned()).collect();
            cycle.push(name.to_owned());
            return cycle;
        }
        path.push(name);
        let needed = |other: &&&Scenario| scenario.needs.contains(&other.name);
        at = left.iter().find(needed).copied();
    }
    path.into_iter().map(str::to_owned).collect()
}

/// The files of scenarios in a folder, sorted; Markdown goes after phd's, and so before it where both have a name.
fn files(folder: &Path) -> Result<Vec<PathBuf>, NoScenario> {
    let unreadable =
        |error: io::Error| NoScenario::Unreadable { path: folder.to_owned(), message: error.to_string() };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        let is_readme = path.file_stem().is_some_and(|stem| stem.eq_ignore_ascii_case("readme"));
        if ending.is_some_and(|ending| ENDINGS.contains(&ending)) && !is_readme {
            paths.push(path);
        }
    }
    paths.sort_by(|one, other| other.extension().cmp(&one.extension()).then_with(|| one.cmp(other)));
    Ok(paths)
}

fn read_file(path: &Path) -> Result<Scenario, NoScenario> {
    let unreadable = |message: String| NoScenario::Unreadable { path: path.to_owned(), message };
    let text = files::read_text(path).map_err(|error| unreadable(error.to_string()))?;
    Ok(Scenario::read(&path.display().to_string(), &name_of(path), &text)?)
}

/// The file's name without its ending.
fn name_of(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn library(scenarios: &[(&str, &str)]) -> Library {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join(FOLDER)).unwrap();
        for (name, front) in scenarios {
            let text = format!("+++\n{front}\n+++\n## Do\n```bash run\ntrue\n```\n");
            fs::write(dir.path().join(FOLDER).join(format!("{name}.md")), text).unwrap();
        }
        let mut library = Library::load(Some(dir.path())).unwrap();
        library.shelf.retain(|_, shelved| shelved.origin == Origin::User);
        library
    }

    #[test]
    fn every_file_of_the_folder_is_in_the_binary_and_right() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/scenarios");
        let names: Vec<String> = files(&folder).unwrap().iter().map(|path| name_of(path)).collect();
        assert_eq!(names, BUILT_IN.map(|(name, _)| name));
        for (name, shelved) in Library::load(None).unwrap().all() {
            if let Err(error) = &shelved.scenario {
                panic!("{name}: {error}");
            }
        }
    }

    #[test]
    fn the_example_of_the_manual_is_a_scenario() {
        let page =
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scenarios.md")).unwrap();
        let (_, example) = page.split_once("````markdown\n").unwrap();
        let (example, _) = example.split_once("````").unwrap();
        let scenario = Scenario::read("docs/scenarios.md", "memcached", example).unwrap();
        assert_eq!((scenario.steps.len(), scenario.variables.len()), (2, 1));
    }

    #[test]
    fn what_is_needed_comes_first_then_tier_order_and_name() {
        let library = library(&[
            ("nova", "tier = \"openstack\"\nneeds = [\"late\"]"),
            ("late", "tier = \"compute\""),
            ("galera", "tier = \"core\"\norder = 2"),
            ("lb", "tier = \"core\"\norder = 1"),
            ("basic", "tier = \"core\""),
        ]);
        let names: Vec<&str> =
            library.in_order().unwrap().iter().map(|scenario| scenario.name.as_str()).collect();
        assert_eq!(names, ["lb", "galera", "basic", "late", "nova"]);
    }

    #[rstest]
    #[case(&[("a", "needs = [\"b\"]"), ("b", "needs = [\"c\"]"), ("c", "needs = [\"b\"]")],
           "the scenarios need each other: b → c → b")]
    #[case(&[("galera", ""), ("nova", "needs = [\"galra\"]")],
           "the scenario nova needs `galra`, and there is none; did you mean `galera`?")]
    fn what_has_no_order_is_told(#[case] scenarios: &[(&str, &str)], #[case] message: &str) {
        assert_eq!(library(scenarios).in_order().unwrap_err().to_string(), message);
    }

    #[test]
    fn the_users_own_comes_before_the_consoles() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join(FOLDER)).unwrap();
        let text = "# Mine\n## Do\n```bash run\ntrue\n```\n";
        fs::write(dir.path().join(FOLDER).join("basic-cluster.md"), text).unwrap();
        let library = Library::load(Some(dir.path())).unwrap();
        assert_eq!(library.open("basic-cluster").unwrap().title, "Mine");
    }

    #[test]
    fn an_unknown_name_suggests_the_nearest() {
        let error = Library::load(None).unwrap().open("basic-clutser").unwrap_err().to_string();
        assert_eq!(error, "no scenario and no file is called `basic-clutser`; did you mean `basic-cluster`?");
    }
}
