use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::scenario::Gate;

fn parse(text: &str) -> Result<Scenario, String> {
    read("a.scenario", "a", text).map_err(|error| error.to_string())
}

/// In the format as it was published, with the traps that the published files hold.
const WHOLE: &str = "\
# This file can be used directly by 'phd'.  It explains itself in many words, which is more than a title.
#
# - target=all
#   The commands are run on every node.

#################################
# Scenario Requirements Section #
#################################
= VARIABLES =

PHD_VAR_env_password
# where the files are
PHD_VAR_osp_configdir
PHD_ENV_nodes1

#################################
# Scenario Requirements Section #
#################################
= REQUIREMENTS =
nodes: 3
packages=pacemaker corosync
floating_ips=2

= LOCAL_VARIABLES =
where=$PHD_ENV_nodes2

######################
# Deployment Scripts #
######################
= SCRIPTS =

##
# Configure it
##
target=all
....
# a comment that phd would drop

cat > /etc/it.conf << EOF
# a comment of the file

 indented = $PHD_VAR_osp_configdir
target = all
EOF
....

target=$PHD_ENV_nodes1
require_exitcode=3
 ....
echo one
....
target=local
....
echo two
....
target=$PHD_SENV_where
....
echo three
....
....
phd_wait_connection 10 n1
";

#[test]
fn a_scenario_is_read_whole() {
    let scenario = parse(WHOLE).unwrap();
    assert_eq!(
        (scenario.title.as_str(), scenario.format),
        ("This file can be used directly by 'phd'", Format::Phd)
    );
    assert!(scenario.introduction.ends_with("- target=all\n  The commands are run on every node."));
    let variables: Vec<&str> = scenario.variables.iter().map(|variable| variable.name.as_str()).collect();
    assert_eq!(
        variables,
        [
            "PHD_VAR_env_password",
            "PHD_VAR_osp_configdir",
            "PHD_SENV_where",
            "PHD_ENV_floating_ips1",
            "PHD_ENV_floating_ips2"
        ]
    );
    assert_eq!(scenario.variables[0].secrecy, Secrecy::Secret);
    assert_eq!(scenario.variables[1].description, "where the files are");
    let packages = Gate::Packages(vec!["pacemaker".into(), "corosync".into()]);
    let members = Gate::Members { least: 3, most: None, odd: false };
    assert_eq!(scenario.gates.before, [packages, members]);
    let steps: Vec<_> =
        scenario.steps.iter().map(|step| (step.title.as_str(), step.on.clone(), step.line)).collect();
    assert_eq!(
        steps,
        [
            ("Configure it", Target::All, 35),
            ("Script 2, on host 1", Target::Nth(1), 47),
            ("Script 3, on this machine", Target::Local, 52),
            ("Script 4, on host 2", Target::Nth(2), 56),
            ("Script 5, on every host", Target::All, 60),
        ]
    );
    assert_eq!(scenario.steps[1].run[0].exit_code, 3);
}

#[test]
fn a_script_is_kept_byte_for_byte() {
    let scenario = parse(WHOLE).unwrap();
    let expected = "# a comment that phd would drop\n\ncat > /etc/it.conf << EOF\n# a comment of the file\n\n \
                    indented = $PHD_VAR_osp_configdir\ntarget = all\nEOF\n";
    assert_eq!(scenario.steps[0].run[0].text, expected);
}

#[test]
fn what_phd_would_do_otherwise_is_remarked() {
    let remarks: Vec<String> = parse(WHOLE).unwrap().remarks.iter().map(ToString::to_string).collect();
    assert_eq!(
        remarks,
        [
            "a.scenario:60: the script that begins here is not closed with `....`; it goes on to the file's end",
            "a.scenario:60: the script calls `phd_wait_connection`, a function of phd, which hosts don't have",
            "a.scenario:21: phd itself installs these packages before the scripts: pacemaker corosync; quorate does not",
        ]
    );
}

#[test]
fn a_file_without_scripts_is_a_scenario_too() {
    let scenario = parse("= REQUIREMENTS =\nnodes=2\ncluster_destroy=1\n").unwrap();
    assert_eq!((scenario.title.as_str(), scenario.steps.len(), scenario.remarks.len()), ("a", 0, 1));
}

#[rstest]
#[case(
    "= SCRIPTS =\ntarget=all\n....\nx\ntarget=local\n....\n",
    "a.scenario:5: stands in the script that begins in line 3; has that one been closed with `....`?"
)]
#[case(
    "= SCRIPTS =\ntarget=every one\n....\nx\n....\n",
    "a.scenario:2: `every one` is no target; there are all, local, $PHD_ENV_nodes1 and so on, and a host's name"
)]
#[case(
    "= SCRIPTS =\ntaget=all\n....\nx\n....\n",
    "a.scenario:2: nothing of a script is called `taget`; did you mean `target`?"
)]
#[case("= SCRIPTS =\ntarget=$PHD_ENV_nodes0\n....\nx\n....\n", "a.scenario:2: hosts are counted from 1")]
#[case("= SCRIPTS =\nrequire_exitcode=one\n....\nx\n....\n", "a.scenario:2: must be an exit code, 0 to 255")]
#[case(
    "= SCRIPTS =\nyum install\n",
    "a.scenario:2: stands in no script; one stands between two lines of `....`"
)]
#[case(
    "= SCRIPTS =\ntarget=all\n",
    "a.scenario:2: no script follows; one stands between two lines of `....`"
)]
#[case(
    "= SCRITPS =\n= REQUIREMENTS =\n",
    "a.scenario:1: no section is called `SCRITPS`; did you mean `SCRIPTS`?"
)]
#[case("= VARIABLES =\nPHD VAR\n", "a.scenario:2: `PHD VAR` is no variable's name")]
#[case("= REQUIREMENTS =\nnodes: many\n= SCRIPTS =\n", "a.scenario:2: `nodes` must be a number, not `many`")]
#[case("words\n= SCRIPTS =\n", "a.scenario:1: stands before the first section, such as `= SCRIPTS =`")]
fn a_mistake_is_told_with_its_line(#[case] text: &str, #[case] message: &str) {
    assert_eq!(parse(text), Err(message.to_owned()));
}

#[rstest]
#[case(WHOLE, true)]
#[case("=SCRIPTS=\n", true)]
#[case("# Title\n\n## Step\n", false)]
#[case("Title\n=====\n", false)]
#[case("+++\n+++\n```\n= SCRIPTS =\n```\n", false)]
fn the_format_is_seen_by_the_content(#[case] text: &str, #[case] is_phd: bool) {
    assert_eq!(is_one(text), is_phd);
}

proptest! {
    #[test]
    fn scripts_are_read_back_as_they_are_written(
        scripts in prop::collection::vec(("(all|local|\\$PHD_ENV_nodes[1-9])", "([ -~]{0,20}\n){0,5}"), 1..6),
    ) {
        prop_assume!(scripts.iter().all(|(_, text)| !text.lines().any(|line| is_target(line) || line.trim_end().replace(' ', "") == FENCE)));
        let written: Vec<String> = scripts.iter().map(|(on, text)| format!("target={on}\n....\n{text}....\n")).collect();
        let found = parse(&format!("= SCRIPTS =\n{}", written.join("\n"))).unwrap();
        let found: Vec<&str> = found.steps.iter().map(|step| step.run[0].text.as_str()).collect();
        prop_assert_eq!(found, scripts.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>());
    }
}
